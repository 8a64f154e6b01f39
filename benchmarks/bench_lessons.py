"""All demo lessons, one after the other, beside the eight minutes that they should take together.

    python benchmarks/bench_lessons.py [--only 06 09]

Each lesson runs once, as `make course` runs it: in a kernel of its own, its start included. Where the time
goes is in the rows below: importing libraries in each lesson's first cell, and the cells that take longest,
which train. Writes benchmarks/results/bench_lessons_DEVICE_PRECISION.json. About 11 minutes on two cores with
bf16, 12 to 16 without.
"""

from __future__ import annotations

import compare

from vitcourse.course import execution, lessons

NOTEBOOKS = compare.FOLDER.parent / "notebooks"
ENOUGH = 8 * 60  # seconds
LONGEST = 10


def main() -> None:
    """Run the lessons, and write the rows.

    Raises:
        RuntimeError: If a lesson fails: its seconds would mean nothing.
    """
    options = compare.parser(__doc__, __file__).parse_args()
    seconds, cells = {}, {}
    for path in lessons.lesson_paths(NOTEBOOKS, options.only or ()):
        ran = execution.execute(path, env={"VITCOURSE_ASSETS": "demo"})
        if ran.failure:
            raise RuntimeError(f"{path.stem}, {ran.failure}")
        seconds[path.stem], cells[path.stem] = ran.seconds, list(ran.cell_seconds.values())
        print(f"{path.stem}: {ran.seconds:.1f} s", flush=True)
    compare.finish(options.json, rows_of(seconds, cells))


def rows_of(seconds: dict[str, float], cells: dict[str, list[float]]) -> list[dict]:
    """Return the row, and beside it the share of each lesson, of all imports and of the longest cells.

    Args:
        seconds: Of each lesson.
        cells: Of each of its code cells, in order.
    """
    total = sum(seconds.values())
    question = f"all {len(seconds)} demo lessons, one after the other"
    asked = compare.row(question, f"asked: {ENOUGH} s", f"{total:.0f} s", [ENOUGH / total], to_reach=1.0)
    longest = sorted((each for lesson in cells.values() for each in lesson[1:]), reverse=True)[:LONGEST]
    parts = {
        "the first cells, which import": sum(lesson[0] for lesson in cells.values()),
        f"the {LONGEST} longest other cells": sum(longest),
        **{f"lesson {name[:2]}": each for name, each in seconds.items()},
    }
    return [asked] + [
        compare.row(f"of these: {part}", "-", f"{each:.0f} s", [each / total]) for part, each in parts.items()
    ]


if __name__ == "__main__":
    main()
