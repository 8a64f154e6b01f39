"""What fine-tuning must reach on the drawn fridge pictures; lesson 06 has one from scratch beside it."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_three_seeds_on_the_drawn_pictures(tmp_path, record_property):
    command = [sys.executable, "benchmarks/finetune_seeds.py", "--json", str(tmp_path / "rows.json")]
    environment = os.environ | {"VITCOURSE_ASSETS": "demo"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stderr
    record_property("measured", done.stdout)
    result = json.loads((tmp_path / "rows.json").read_text())
    assert (result["model"], result["assets"]) == ("vit-micro", "demo")
    accuracies = [row["accuracy"] for row in result["rows"]]
    assert len(accuracies) == 3
    assert statistics.mean(accuracies) >= 0.95
