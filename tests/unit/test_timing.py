"""The stopwatch, and what it says when something is missing; no assertion on how fast a machine is."""

import time

import pytest
import torch

from vitcourse import timing


def test_median_and_quartiles():
    timed = timing.Timing((1.0, 2.0, 3.0, 4.0, 100.0))
    assert (timed.median, timed.quartiles, timed.mean) == (3.0, (2.0, 4.0), 22.0)
    assert timing.Timing((2.0,)).quartiles == (2.0, 2.0)


def test_warm_up_is_not_timed_and_every_run_is():
    calls = []
    timed = timing.measure(lambda: calls.append(0), runs=7, warm_up=2)
    assert (len(calls), len(timed.seconds)) == (9, 7)


def test_it_stops_early_after_three_runs_at_the_soonest():
    timed = timing.measure(lambda: time.sleep(0.01), runs=50, warm_up=0, seconds=0.001)
    assert len(timed.seconds) == 3
    assert timed.median >= 0.009  # a sleep may end a clock tick early on Windows


def test_it_waits_for_the_device_on_both_sides(monkeypatch):
    waits = []
    monkeypatch.setattr(timing, "synchronize", lambda: waits.append(0))
    timing.measure(lambda: None, runs=5)
    assert len(waits) == 10


@pytest.mark.parametrize("wrong", [{"runs": 0}, {"warm_up": -1}])
def test_senseless_numbers_are_refused(wrong):
    with pytest.raises(ValueError, match=r"runs is .* expected"):
        timing.measure(lambda: None, **wrong)


def test_the_largest_batch_that_fits(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "empty_cache", lambda: None)

    def attempt(size):
        if size > 20:
            raise torch.OutOfMemoryError("CUDA out of memory")

    assert timing.largest_batch(attempt) == 16
    assert timing.largest_batch(attempt, most=4) == 4
    with pytest.raises(ValueError, match="batch of 1 does not fit"):
        timing.largest_batch(lambda size: attempt(99))


def test_the_matrix_rate_counts_a_product_and_a_sum(monkeypatch):
    monkeypatch.setattr(timing, "measure", lambda call, **_: timing.Timing((0.5,)))
    assert timing.matmul_rate(size=100) == 2 * 100**3 / 0.5


def test_without_a_compiler_one_clear_error(monkeypatch):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", "")
    assert timing.compiler() is None
    with pytest.raises(RuntimeError, match=r"needs a C\+\+ compiler.*Install one"):
        timing.compiled(torch.nn.Linear(2, 2), torch.zeros(1, 2))


def test_a_compiler_named_by_the_environment_comes_first(monkeypatch, tmp_path):
    own = tmp_path / "my-compiler"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("CXX", str(own))
    assert timing.compiler() == str(own)
