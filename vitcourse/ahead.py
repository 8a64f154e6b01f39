"""Work done in threads ahead of its turn, results in order: the next batch while this one is computed.

Taught in lesson 12.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

Result = TypeVar("Result")


def in_order(calls: Iterable[Callable[[], Result]], threads: int, ahead: int) -> Iterator[Result]:
    """Yield what calls return, in their order, while threads carry out those that come next.

    Decoding, resizing and the products of a network all let other threads run meanwhile. The calls are taken
    by whoever asks for results, so that a generator of them stays in one thread. When the iterator is used up
    or closed, no thread is left.

    Args:
        calls: Taken at most `ahead` further than the result that is yielded.
        threads: How many calls run at the same time, on one core each.
        ahead: How many results may wait.

    Raises:
        Exception: What a call raises, or whoever makes them, in its turn: after the results before.

    Taught in lesson 12.
    """
    usual = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads, "ahead", torch.set_num_threads, (1,))
    waiting: deque[Future[Result]] = deque()
    try:
        for call in _errors_last(calls):
            waiting.append(pool.submit(call))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(usual)  # the last to set it has set it for every thread that is yet to begin


def _errors_last(calls: Iterable[Callable[[], Result]]) -> Iterator[Callable[[], Result]]:
    try:
        yield from calls
    except Exception as error:  # noqa: BLE001 - raised again, in its turn
        yield _raiser(error)


def _raiser(error: Exception) -> Callable[[], Result]:
    def fail() -> Result:
        raise error

    return fail
