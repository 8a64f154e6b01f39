"""Work ahead: in order, a bounded number of results early, errors in their turn, no thread left."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from vitcourse import ahead


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]


def slow_first(number):
    return lambda: (time.sleep(0.05 if number % 4 == 0 else 0), number)[1]


def taken_from(read, count=100):
    for number in range(count):
        read.append(number)
        yield slow_first(number)


@pytest.mark.parametrize(("count", "workers", "early"), [(0, 2, 4), (1, 1, 1), (13, 3, 2), (13, 2, 100)])
def test_results_come_in_order_and_no_thread_is_left(count, workers, early):
    assert list(ahead.in_order(taken_from([], count), workers, early)) == list(range(count))
    assert not threads()


def test_calls_are_taken_by_whoever_asks_and_only_so_many_early():
    read = []
    results = ahead.in_order(taken_from(read), 2, ahead=3)
    assert read == []
    for number in range(5):
        assert next(results) == number
        assert len(read) == number + 1 + 3
    results.close()
    assert not threads()
    assert len(read) == 8


def test_threads_work_while_the_result_before_is_used():
    done = []
    results = ahead.in_order((lambda n=n: (done.append(n), n)[1] for n in range(10)), 2, ahead=4)
    next(results)
    until = time.monotonic() + 900
    while len(done) < 5 and time.monotonic() < until:
        time.sleep(0.01)
    assert sorted(done) == [0, 1, 2, 3, 4]
    results.close()


def test_several_run_at_the_same_time():
    both = threading.Barrier(2, timeout=900)  # each waits here for the other
    assert len(list(ahead.in_order((both.wait for _ in range(2)), 2, ahead=2))) == 2


def fail():
    raise LookupError("the call")


def test_an_error_of_a_call_comes_after_the_results_before_it():
    calls = [slow_first(0), slow_first(1), fail, slow_first(3)]
    results = ahead.in_order(calls, 2, ahead=4)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(LookupError, match="the call"):
        next(results)
    assert not threads()


def test_an_error_of_whoever_makes_the_calls_does_too():
    def calls():
        yield from taken_from([], 3)
        raise LookupError("the maker")

    results = ahead.in_order(calls(), 2, ahead=10)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(LookupError, match="the maker"):
        next(results)
    assert not threads()


def test_an_interruption_ends_it_at_once():
    def calls():
        yield slow_first(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        next(ahead.in_order(calls(), 2, ahead=10))
    assert not threads()


def test_threads_that_begin_afterwards_use_as_many_cores_as_before():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    seen = list(ahead.in_order((torch.get_num_threads for _ in range(3)), 2, ahead=2))
    with ThreadPoolExecutor(1) as pool:
        seen.append(pool.submit(torch.get_num_threads).result())
    torch.set_num_threads(before)
    assert seen == [1, 1, 1, 2]


def test_what_waits_is_dropped_when_it_is_closed():
    done = []
    results = ahead.in_order(((lambda: (time.sleep(0.02), done.append(1))) for _ in range(200)), 1, ahead=150)
    next(results)
    results.close()
    assert len(done) < 20
    assert not threads()
