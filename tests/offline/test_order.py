"""Which tests come first and last, and which may be left out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def pytest_says(*arguments, **environment):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(
        command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, timeout=900
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_each_worker_ends_with_its_share_of_slow_tests_the_real_ones_last(tmp_path):
    file = tmp_path / "test_planted.py"
    planted = {"a": "slow\n@pytest.mark.real", "b": "slow", "e": "slow"} | dict.fromkeys("cdfgh", "")
    marked = [f"@pytest.mark.{mark}\ndef test_{name}(): ..." for name, mark in planted.items() if mark]
    plain = [f"def test_{name}(): ..." for name, mark in planted.items() if not mark]
    file.write_text("import pytest\n" + "\n".join(marked + plain))
    conftest = ["-c", "pyproject.toml", "--rootdir", str(ROOT), "-p", "conftest"]
    said = pytest_says("--collect-only", *conftest, str(file), PYTEST_XDIST_WORKER_COUNT="2")
    order = "".join(line[-1] for line in said.splitlines() if "::test_" in line)
    assert order == "cdbafghe"


def test_what_takes_real_photos_and_has_not_begun_in_time_is_left_out_and_named():
    said = pytest_says(
        "tests/unit/test_real_mirror.py", "tests/offline/test_offline.py::test_a_public_address_is_refused",
        VITCOURSE_MIRROR=str(ROOT), VITCOURSE_REAL_UNTIL="0",
    )  # fmt: skip
    assert "LEFT OUT: tests/unit/test_real_mirror.py::test_the_real_core_set" in said
    assert "1 passed, 1 skipped" in said
