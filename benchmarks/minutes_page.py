"""Writes notebooks/MINUTES.md from what lesson_minutes.py has measured."""

from __future__ import annotations

from typing import Any

WORDS_A_MINUTE, SECONDS_A_LINE = 200, 4
AHEAD_SECONDS = 10  # a cell that takes longer is started before it is talked about
MOST_CHARACTERS = 40  # of a line of code in a table

_TOP = f"""\
# Minutes

How long each section of each lesson takes; [INSTRUCTORS.md](INSTRUCTORS.md) plans with it. `make minutes`
writes this page, `make minutes LESSONS="06"` measures one lesson again.

- **Read** is counted: {WORDS_A_MINUTE} words a minute, {SECONDS_A_LINE} seconds a line of code.
- **Exercises** are the minutes in their headings, reading them included.
- **Run** is measured: seconds of the section's cells on the demo assets, the start of the kernel aside.
"""


def page(measured: dict[str, dict[str, Any]]) -> str:
    """Return the page as Markdown: all lessons, cells to run ahead, then a table a lesson."""
    parts = [_TOP, _machines(measured), "## All lessons", _overview(measured)]
    parts += ["## Cells to run ahead", _ahead(measured)]
    for lesson in measured.values():
        parts += [f"## {lesson['title']}", _lesson(lesson)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def read_minutes(section: dict[str, Any]) -> float:
    """Return the minutes that a section takes to read; those of exercises count with the exercises."""
    if section["exercises"]:
        return 0.0
    return round(section["words"] / WORDS_A_MINUTE + section["lines"] * SECONDS_A_LINE / 60, 1)


def run_seconds(section: dict[str, Any]) -> float:
    """Return the seconds that the cells of a section took."""
    return round(sum(seconds for _, seconds in section["cells"]), 1)


def _machines(measured: dict[str, dict[str, Any]]) -> str:
    """Say on which machines it was measured, and when."""
    lines = []
    for lesson in measured.values():
        machine = lesson["machine"]
        threads = f"{machine['threads']} thread{'s' * (machine['threads'] != 1)}"
        where = f"{machine['cores']} cores ({machine['processor']}), {threads}, torch {machine['torch']}"
        lines.append((f"{where}, {lesson['measured']}", lesson["title"][:2]))
    places = {place: [title for other, title in lines if other == place] for place, _ in lines}
    return "\n".join(f"- Measured on {place}: {', '.join(titles)}." for place, titles in places.items())


def _overview(measured: dict[str, dict[str, Any]]) -> str:
    rows = [_row(_link(name, lesson), *_totals(lesson)) for name, lesson in measured.items()]
    return "\n".join([*_head("lesson"), *rows, _row("all", *_sums(map(_totals, measured.values())))])


def _lesson(lesson: dict[str, Any]) -> str:
    rows = [_row(section["heading"], *_values(section)) for section in lesson["sections"]]
    return "\n".join([*_head("section"), *rows, _row("all", *_totals(lesson))])


def _ahead(measured: dict[str, dict[str, Any]]) -> str:
    rows = [
        f"| {lesson['title'][:2]} | {section['heading']} | `{_beginning(line)}` | {seconds:.0f} |"
        for lesson in measured.values()
        for section in lesson["sections"]
        for line, seconds in section["cells"]
        if seconds > AHEAD_SECONDS
    ]
    intro = f"Cells of more than {AHEAD_SECONDS} seconds: start them, and then talk about what they do."
    head = ["| lesson | section | the cell begins with | seconds |", "|---|---|---|---|"]
    return "\n".join([intro, "", *head, *rows])


def _beginning(line: str) -> str:
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]} ..."


def _head(first: str) -> list[str]:
    return [f"| {first} | words | read (min) | exercises (min) | run (s) |", "|---|---|---|---|---|"]


def _row(name: str, words: int, read: float, exercises: int, seconds: float) -> str:
    return f"| {name} | {words} | {read:.1f} | {exercises} | {seconds:.1f} |"


def _values(section: dict[str, Any]) -> tuple[int, float, int, float]:
    return section["words"], read_minutes(section), section["exercises"], run_seconds(section)


def _totals(lesson: dict[str, Any]) -> tuple[int, float, int, float]:
    return _sums(map(_values, lesson["sections"]))


def _sums(rows: Any) -> tuple[int, float, int, float]:
    words, read, exercises, seconds = zip(*rows, strict=True) if (rows := list(rows)) else [[0]] * 4
    return sum(words), round(sum(read), 1), sum(exercises), round(sum(seconds), 1)


def _link(name: str, lesson: dict[str, Any]) -> str:
    return f"[{lesson['title']}]({name}.ipynb)"
