"""Common misspellings, in everything that people read; exceptions are in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def misspelt(*paths: str) -> str:
    command = [sys.executable, "-m", "codespell_lib", "--toml", str(ROOT / "pyproject.toml"), *paths]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900).stdout


def test_spelling() -> None:
    assert misspelt(".") == ""


def test_a_planted_misspelling_is_found(tmp_path: Path) -> None:
    (tmp_path / "00_x.ipynb").write_text('{"cells": [{"source": "' + "t" + 'eh picture"}]}')
    assert "==> the" in misspelt(str(tmp_path))
