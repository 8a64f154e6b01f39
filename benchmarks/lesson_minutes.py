"""How many minutes does each section of each lesson take? Executes lessons, writes notebooks/MINUTES.md.

    python benchmarks/lesson_minutes.py [00 06 ...]     measure these lessons, or all of them (ten minutes)
    python benchmarks/lesson_minutes.py --page          only write the page again, from the JSON

The machine's seconds are measured on the demo assets, and kept in notebooks/minutes.json. A reader's minutes
are counted: words and lines of code at a fixed pace. The minutes of an exercise are those of its heading.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import sys
from pathlib import Path
from typing import Any

import minutes_page
import results_file
from nbformat import NotebookNode

from vitcourse import workshop
from vitcourse.course import execution, lessons

ROOT = Path(__file__).resolve().parents[1]
RESULT, PAGE = ROOT / workshop.MINUTES, ROOT / "notebooks" / "MINUTES.md"
_NOT_WORDS = r"!\[[^\]]*\]\([^)]*\)|(?<=\])\([^)]*\)|<[^>]+>"  # pictures, where links lead, tags
_EXERCISE = r"^### .*\((?:recall|modify|extend), (\d+) min"


def sections(notebook: NotebookNode, cell_seconds: dict[int, float]) -> list[dict[str, Any]]:
    """Return what each H2 section of a lesson asks of the reader and of the machine.

    Args:
        notebook: The lesson. What stands before its first H2 counts with that section.
        cell_seconds: How long each code cell ran, by its place in `notebook.cells`.

    Returns:
        In order: `heading`, `words`, `lines` of code, minutes of `exercises`, and the `cells`: the first line
        and the seconds of each.
    """
    found = [_section()]
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and cell.source.strip():
            lines = [line for line in cell.source.splitlines() if line.strip()]
            found[-1]["lines"] += len(lines)
            found[-1]["cells"].append([lines[0], round(cell_seconds.get(place, 0.0), 2)])
        elif cell.cell_type == "markdown":
            before, *others = re.split(r"^## ", lessons.prose(NotebookNode(cells=[cell])), flags=re.MULTILINE)
            _count(found[-1], before)
            for text in others:
                if found[-1]["heading"]:
                    found.append(_section())
                found[-1]["heading"] = text.partition("\n")[0].strip()
                _count(found[-1], text)
    return found


def _section() -> dict[str, Any]:
    return {"heading": "", "words": 0, "lines": 0, "exercises": 0, "cells": []}


def _count(section: dict[str, Any], text: str) -> None:
    section["words"] += len(re.findall(r"\w[\w'.-]*", re.sub(_NOT_WORDS, " ", text)))
    section["exercises"] += sum(map(int, re.findall(_EXERCISE, text, flags=re.MULTILINE)))


def measure(path: Path) -> dict[str, Any]:
    """Execute a lesson on the demo assets, and time this machine beside it.

    Raises:
        RuntimeError: If the lesson stops at an error.
    """
    pace = workshop.pace_seconds()
    result = execution.execute(path, env={"VITCOURSE_ASSETS": "demo"})
    if result.failure:
        raise RuntimeError(f"{path.stem}, {result.failure}")
    return {
        "title": lessons.title(result.notebook, path.stem),
        "measured": datetime.date.today().isoformat(),
        "machine": results_file.machine(),
        "pace_seconds": round(pace, 4),
        "start_seconds": round(result.seconds - sum(result.cell_seconds.values()), 1),
        "sections": sections(result.notebook, dict(result.cell_seconds)),
    }


def read() -> dict[str, dict[str, Any]]:
    """Return what was measured, by lesson; nothing if there is no such file yet."""
    return json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.is_file() else {}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="numbers or names, such as 06 (default: all)")
    parser.add_argument("--page", action="store_true", help="execute nothing, write the page from the JSON")
    options = parser.parse_args(arguments)
    paths = lessons.lesson_paths(ROOT / "notebooks", options.lessons)
    for path in [] if options.page else paths:
        print(f"{path.stem} ...", flush=True)
        try:
            measured = {**read(), path.stem: measure(path)}
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 1
        results_file.write_json(RESULT, dict(sorted(measured.items())))
    PAGE.write_text(minutes_page.page(read()), encoding="utf-8", newline="\n")
    print(f"{PAGE.relative_to(ROOT)}: {len(read())} lessons")
    return 0


if __name__ == "__main__":
    sys.exit(main())
