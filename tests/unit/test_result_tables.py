"""The tables of lessons 09 and 10 in benchmarks/results: whole, of the photos that they speak of."""

import json
from pathlib import Path

import distillation
import numpy as np
import pytest
import resolution

import vitcourse as vc

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
TAUGHT = {"convnet", "plain", "soft", "hard", "class", "distillation", "both", "both by ViT"}


def table(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_demo_assets_have_their_tables():
    names = {path.stem for path in RESULTS.glob("*.json")}
    assert names >= {"distillation_demo", "resolution_world", "resolution_fridge_demo"}


@pytest.mark.parametrize("path", sorted(RESULTS.glob("distillation_*.json")), ids=lambda path: path.stem)
def test_distillation_has_every_decision_of_five_seeds(path):
    result = table(path)
    assert len(result["seeds"]) >= 5 and len(result["truth"]) == len(result["files"]) == 54
    for decisions in result["seeds"].values():
        assert decisions.keys() >= TAUGHT
        assert all(len(said) == 54 and set(said) <= {0, 1, 2, 3} for said in decisions.values())
        assert np.mean(np.equal(decisions["plain"], result["truth"])) > 0.5


def test_distillation_speaks_of_the_photos_that_ship(monkeypatch):
    monkeypatch.setenv("VITCOURSE_ASSETS", "demo")
    result, now = table(RESULTS / "distillation_demo.json"), distillation.about(vc.setup(), epochs=8)
    same = ("truth", "files", "test_from", "student", "convnet", "epochs", "command")
    assert {name: result[name] for name in same} == {name: now[name] for name in same}
    assert now["machine"]["processor"] and not now["seeds"]


def test_resolution_of_the_world_adds_up():
    rows = table(RESULTS / "resolution_world.json")["rows"]
    wanted = {(name, size) for name in resolution.WORLD_MODELS for size in resolution.WORLD_SIZES}
    assert {(row["model"], row["size"]) for row in rows} == wanted
    assert all(sum(row["photos"]) == row["right"] and len(row["photos"]) == row["of"] == 492 for row in rows)


@pytest.mark.parametrize("path", sorted(RESULTS.glob("resolution_fridge_*.json")), ids=lambda path: path.stem)
def test_resolution_has_every_size_of_table_10_for_each_seed(path):
    rows = table(path)["rows"]
    seeds = {row["seed"] for row in rows}
    assert sorted((row["seed"], row["size"]) for row in rows) == sorted(
        (seed, size) for seed in seeds for size in resolution.SIZES
    )
    assert all(len(row["before"]) == len(row["after"]) == row["of"] == 27 for row in rows)
