"""The tables of lesson 12 in benchmarks/results: complete, of one machine, and written whole."""

import json
from pathlib import Path

import pytest
import results_file

from vitcourse import cost, variants

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
TEN = [name for name, variant in variants.all_variants().items() if not variant.demo]


def table(name):
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def test_throughput_has_all_ten_beside_the_published_numbers():
    rows = [row for row in table("throughput")["rows"] if row["precision"] == "fp32"]
    assert [row["name"] for row in rows] == TEN
    for row in rows:
        variant = variants.get(row["name"])
        assert row["flops_per_image"] == cost.forward_flops(variant)
        assert row["published_v100"] == variant.published.get("v100", {}).get("images_per_second")
        assert row["images_per_second"] > 0 and row["runs"] >= 3


def test_needs_has_all_ten_and_memory_that_adds_up():
    rows = table("needs")["rows"]
    assert [row["name"] for row in rows] == TEN
    for row in rows:
        parameters = variants.get(row["name"]).num_parameters
        assert row["parameters"] == parameters
        assert 4 * parameters <= row["disk_bytes"] <= 1.01 * 4 * parameters
        assert row["inference_bytes"] <= row["evaluation_bytes"] <= row["fine_tuning_bytes"]
        assert row["fine_tuning_bytes"] >= 16 * parameters


def test_precisions_has_the_family_and_every_way_of_vit_micro():
    result = table("precisions")
    assert result["pictures"] == 492
    ways = {row["how"] for row in result["rows"] if row["name"] == "vit-micro"}
    assert {"fp32", "bf16", "ONNX fp32", "ONNX int8", "2 heads off", "4 heads off", "6 heads off"} <= ways
    right = {row["how"]: row["right"] for row in result["rows"] if row["name"] == "vit-micro"}
    assert right["ONNX fp32"] == right["fp32"]
    assert {row["name"] for row in result["rows"]} > {"deit-micro", "deit-micro-384", "convnet-micro"}


@pytest.mark.parametrize("name", ["throughput", "needs", "precisions"])
def test_each_table_names_its_machine_and_its_command(name):
    machine = table(name)["machine"]
    assert machine["command"].startswith(f"python benchmarks/{name}.py")
    assert machine["processor"] and machine["threads"] >= 1 and machine["torch"]


def test_a_table_is_written_whole_or_not_at_all(tmp_path):
    file = tmp_path / "results" / "table.json"
    results_file.write_json(file, {"machine": results_file.machine(), "rows": [1]})
    with pytest.raises(TypeError):
        results_file.write_json(file, {"rows": [object()]})
    assert json.loads(file.read_text())["rows"] == [1]
    assert list(file.parent.iterdir()) == [file]
