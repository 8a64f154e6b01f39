"""Two rows of `make bench`, with generous margins. `make test` runs this folder while nothing else runs."""

import time

import bench_inference
import compare
import pytest
from processor_seconds import Stopwatch

import vitcourse as vc


@pytest.mark.slow
@pytest.mark.real
def test_the_course_is_still_ahead(monkeypatch, record_property):
    watch = Stopwatch()
    time.sleep(2)
    if watch.disturbed():
        pytest.skip("other guests take more than a twentieth of the machine: times would say nothing")
    monkeypatch.setenv("VITCOURSE_ASSETS", "real")
    name = vc.setup(seed=0).model
    photos = bench_inference.files(vc.fridge.multilabel())[:24]
    monkeypatch.setattr(bench_inference, "files", lambda splits: photos)
    watch = Stopwatch()
    rows = [bench_inference.disk(name, rounds=3)[0], bench_inference.pixels(name, rounds=3)[0]]
    record_property("measured", compare.as_table(rows))
    margins = max(compare.by_precision(1.5), 1.2), 1.0
    for row, margin in zip(rows, margins, strict=True):
        assert watch.disturbed() or row["ratio"] > margin, row
