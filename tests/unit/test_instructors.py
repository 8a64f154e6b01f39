"""The plans of notebooks/INSTRUCTORS.md add up, and leave each section the time that it takes."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import lesson_minutes
import minutes_page
import pytest

from vitcourse import cli

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PAGE = (NOTEBOOKS / "INSTRUCTORS.md").read_text(encoding="utf-8")
WHO = {"instructor shows", "everyone runs", "everyone solves", "everyone talks", "pause"}
LENGTHS = (60, 180, 360)


def section(name):
    return PAGE.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]


def table(text):
    """The rows of a table, its head left out."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines[2:]]


def plan(length):
    """Rows of a plan: minutes since the start, minutes, what, who."""
    for begin, minutes, what, who in table(section(f"{length} minutes")):
        hours, _, rest = begin.partition(":")
        yield 60 * int(hours) + int(rest), int(minutes), what, who


def sections_in(what):
    """The sections that a row names: `01 *Predict*, *The block*` are two of lesson 01."""
    for number, names in re.findall(r"\b(\d\d)((?:[^*\d]*\*[^*]+\*)+)", what):
        lesson = next(value for name, value in lesson_minutes.read().items() if name.startswith(number))
        found = {one["heading"]: one for one in lesson["sections"]}
        for name in re.findall(r"\*([^*]+)\*", names):
            assert name in found, f"lesson {number} has no section {name!r}: {list(found)}"
            yield found[name]


def exercise_minutes(name):
    lesson = next(NOTEBOOKS.glob(f"{name[:2]}_*.ipynb")).read_text(encoding="utf-8")
    return int(re.search(rf"### {name[3]}\. [^\n]*?(\d+) minutes\)", lesson).group(1))


@pytest.mark.parametrize("length", LENGTHS)
def test_a_plan_adds_up(length):
    now = 0
    for begin, minutes, what, who in plan(length):
        assert begin == now, f"{what!r} begins at minute {begin}, and the row above ends at {now}"
        assert minutes > 0 and who in WHO
        now += minutes
    assert now == length


@pytest.mark.parametrize("length", LENGTHS)
def test_sections_exist_and_run_in_the_time_they_have(length):
    named = 0
    for _, minutes, what, _ in plan(length):
        seconds = sum(minutes_page.run_seconds(one) for one in sections_in(what))
        named += bool(seconds)
        assert seconds < 60 * minutes, f"{what!r} takes {seconds:.0f} s and has {minutes} minutes"
    assert named >= 3


@pytest.mark.parametrize("length", LENGTHS)
def test_exercises_have_the_minutes_of_their_headings(length):
    solved = [(minutes, what) for _, minutes, what, who in plan(length) if who == "everyone solves"]
    for minutes, what in solved:
        names = re.findall(r"\b\d\d\.\d\b", what)
        assert names and minutes >= sum(map(exercise_minutes, names)), what
    assert len(solved) >= 3


@pytest.mark.parametrize("length", LENGTHS)
def test_nobody_sits_for_two_hours(length):
    ends = [begin for begin, _, _, who in plan(length) if who == "pause"]
    starts = [0, *(begin + minutes for begin, minutes, _, who in plan(length) if who == "pause")]
    assert all(end - start <= 80 for start, end in zip(starts, [*ends, length], strict=True))


def test_every_lesson_has_its_hurdle_and_a_question():
    hurdles = re.split(r"^- \*\*", section("Where people get stuck"), flags=re.MULTILINE)[1:]
    assert [text[:2] for text in hurdles] == [name[:2] for name in sorted(lesson_minutes.read())]
    assert all("?" in text for text in hurdles)


def test_exercises_that_are_named_exist():
    for name in set(re.findall(r"\b\d\d\.\d\b", section("Where people get stuck"))):
        assert exercise_minutes(name)


def test_there_is_something_to_say_while_each_long_cell_runs():
    told = {(lesson, heading) for lesson, heading, _ in table(section("Cells to run ahead"))}
    measured = lesson_minutes.PAGE.read_text(encoding="utf-8")
    ahead = measured.split("## Cells to run ahead", 1)[1].split("\n## ", 1)[0]
    assert {(lesson, heading) for lesson, heading, _, _ in table(ahead)} <= told


def commands():
    """The commands of the page, as lists of words."""
    blocks = re.findall(r"^```bash\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    return [
        words
        for block in blocks
        for line in block.splitlines()
        if (words := shlex.split(line, comments=True))
    ]


def test_vitcourse_and_make_know_what_the_page_asks_of_them():
    targets = re.findall(
        r"^(\w+):", (NOTEBOOKS.parent / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    asked = 0
    for words in commands():
        program, *arguments = (word for word in words if not re.match(r"[A-Z_]+=", word))
        if program.endswith("vitcourse"):
            cli._parser().parse_args(arguments)
            asked += 1
        elif program == "make":
            assert set(arguments) <= set(targets)
            asked += 1
    assert asked >= 5


def test_pip_knows_the_options_of_the_wheel_folder(tmp_path):
    """Without an index there is nothing to download; an option that pip does not know ends with status 2."""
    (words,) = (words for words in commands() if "pip" in words)
    words = [str(tmp_path) if word == "room/wheels" else word for word in words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment |= {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    command = [sys.executable, *words[1:]]
    done = subprocess.run(
        command, cwd=NOTEBOOKS.parent, env=environment, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 1 and "no such option" not in done.stderr, done.stderr
    assert "setuptools" in done.stderr or "No matching distribution" in done.stderr
