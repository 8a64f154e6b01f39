"""The table of `make bench`: how its rows are made, and two of them measured, with generous margins."""

import json
import os

import bench_inference
import compare
import pytest

import vitcourse as vc


def test_calls_take_turns_and_the_first_round_only_warms_up():
    order = []
    taken = compare.in_turns({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=3)
    assert "".join(order) == "abbaabba"
    assert {name: len(seconds) for name, seconds in taken.items()} == {"a": 3, "b": 3}


@pytest.mark.parametrize(("to_reach", "holds"), [(3.0, True), (3.1, False), (None, None)])
def test_a_row_quotes_medians_and_the_ratio_of_each_round(to_reach, holds):
    pair = ("peer", [3.0, 4.0, 8.0]), ("course", [1.0, 2.0, 2.0])
    row = compare.faster("question", *pair, 10, "images/s", to_reach=to_reach)
    assert (row["ratio"], row["range"], row["holds"]) == (3.0, "2.00 to 4.00", holds)
    assert (row["peer"], row["ours"]) == ("peer: 2.5 images/s", "course: 5 images/s")
    assert "| 3.00 | 2.00 to 4.00 |" in compare.as_table([row])


def test_rows_are_written_with_the_machine_and_the_versions(tmp_path, capsys):
    row = compare.row("question", "peer", "course", [2.0], 1.0)
    compare.finish(tmp_path / "rows.json", [row], model="vit-tiny")
    result = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
    assert result["rows"] == [row]
    assert {"processor", "torch", "transformers", "commit"} <= result["machine"].keys()
    assert "| question | peer | course | 2.00 |" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(
    "VITCOURSE_MIRROR" not in os.environ, reason="VITCOURSE_MIRROR is not set: no real photos"
)
def test_the_course_is_still_ahead(monkeypatch, record_property):
    monkeypatch.setenv("VITCOURSE_ASSETS", "real")
    name = vc.setup(seed=0).model
    photos = bench_inference.files(vc.fridge.multilabel())[:24]
    monkeypatch.setattr(bench_inference, "files", lambda splits: photos)
    rows = [bench_inference.disk(name, rounds=3)[0], bench_inference.pixels(name, rounds=3)[0]]
    record_property("measured", compare.as_table(rows))
    for row, margin in zip(rows, (1.2, 1.0), strict=True):  # tests on the other core take their part
        assert row["ratio"] > margin, row
