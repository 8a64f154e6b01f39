"""The table of `make bench`: how its rows are made."""

import json

import bench_growth
import bench_lessons
import compare
import pytest

from vitcourse import devices


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


@pytest.mark.parametrize(("precision", "said", "asked"), [("bf16", "bf16", 3.0), ("no", "fp32", 1.0)])
def test_without_bf16_it_is_another_file_and_not_to_be_slower_is_enough(monkeypatch, precision, said, asked):
    monkeypatch.setattr(devices, "mixed_precision", lambda: precision)
    monkeypatch.setattr(devices, "name", lambda: "cpu")
    assert compare.results("bench_growth.py").name == f"bench_growth_cpu_{said}.json"
    assert compare.by_precision(3.0) == asked


def test_the_lessons_row_comes_with_its_profile():
    rows = bench_lessons.rows_of(
        {"00_a": 90.0, "01_b": 150.0}, {"00_a": [8.0, 1.0, 60.0], "01_b": [12.0, 100.0]}
    )
    assert (rows[0]["ratio"], rows[0]["holds"]) == (2.0, True)
    assert [(row["ours"], row["ratio"]) for row in rows[1:]] == [
        ("20 s", 0.083),
        ("161 s", 0.671),
        ("90 s", 0.375),
        ("150 s", 0.625),
    ]


def test_growth_is_judged_by_seconds_of_a_processor():
    points = [
        {"x": x, "photos": x, "seconds": x / rate, "processor_seconds": x / 10 + 1, "bytes": 10**6}
        for x, rate in ((100, 5), (1000, 8), (10_000, 2))
    ]
    row = bench_growth.judged("photos", points)
    assert row["holds"] and row["ratio"] < 1e-6
    assert row["ours"] == "100: 5/s, 1000: 8/s, 10000: 2/s"
    points[-1]["processor_seconds"] *= 1.5
    assert not bench_growth.judged("photos", points)["holds"]
