"""What fine-tuning must reach on the drawn fridge pictures, three seeds, and one from scratch."""

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
    command = [sys.executable, "benchmarks/finetune_seeds.py", "--scratch", "0"]
    command += ["--json", str(tmp_path / "rows.json")]
    environment = os.environ | {"VITCOURSE_ASSETS": "demo"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stderr
    record_property("measured", done.stdout)
    result = json.loads((tmp_path / "rows.json").read_text())
    assert (result["model"], result["assets"]) == ("vit-micro", "demo")
    accuracy = {
        start: statistics.mean(row["accuracy"] for row in result["rows"] if row["start"] == start)
        for start in ("pre-trained", "scratch")
    }
    assert accuracy["pre-trained"] >= 0.95
    assert accuracy["pre-trained"] - accuracy["scratch"] >= 0.15
