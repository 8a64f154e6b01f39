"""Every lesson with its solutions on the real photos, and what lesson 06 must reach there.

Only where a mirror is at hand.
"""

import ast
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from solved_lesson import NOTEBOOKS, write_solved

from vitcourse.course.execution import execute
from vitcourse.course.lessons import lesson_paths

ROOT = Path(__file__).parents[2]
LESSONS = lesson_paths(NOTEBOOKS)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("VITCOURSE_MIRROR"), reason="VITCOURSE_MIRROR is not set: no real photos at hand"
    ),
]


@pytest.fixture(scope="module")
def real_assets(tmp_path_factory):
    return {"VITCOURSE_ASSETS": "real", "VITCOURSE_DATA": str(tmp_path_factory.mktemp("data"))}


def metrics(notebook):
    """The dictionary that the cell tagged "metrics" returned."""
    (cell,) = [cell for cell in notebook.cells if "metrics" in cell.metadata.get("tags", [])]
    return ast.literal_eval(cell.outputs[-1]["data"]["text/plain"])


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson_on_real_assets(path, real_assets, tmp_path, record_property):
    result = execute(write_solved(path, tmp_path), env=real_assets)
    assert result.failure is None, str(result.failure)
    setup = next(cell for cell in result.notebook.cells if cell.cell_type == "code")
    assert "assets: real photos and vit-tiny" in setup.outputs[0].text
    record_property("measured", f"{result.seconds:.0f} s")
    if path.stem.startswith("06"):
        record_property("measured", f"test photos {metrics(result.notebook)}")


def test_three_seeds_on_the_real_photos(real_assets, tmp_path, record_property):
    command = [sys.executable, "benchmarks/finetune_seeds.py", "--json", str(tmp_path / "rows.json")]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | real_assets, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr
    record_property("measured", done.stdout)
    result = json.loads((tmp_path / "rows.json").read_text())
    assert (result["model"], result["assets"]) == ("vit-tiny", "real")
    assert statistics.median(row["right"] for row in result["rows"]) >= 25
    assert result["peak_bytes"] <= 2.5e9
    assert max(row["seconds"] for row in result["rows"]) <= 180
