"""notebooks/MINUTES.md is made from what was measured, and what was measured is the lessons as they are."""

import json
import re
from pathlib import Path

import lesson_minutes
import minutes_page
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes

from vitcourse.course.lessons import lesson_paths, prose, read_lesson

ROOT = Path(__file__).parents[2]
AGAIN = "make minutes LESSONS="


def table_rows(text):
    """The rows of the tables in a part of the page: the first cell, and the numbers in the others."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "|" in line
    ]
    return {first: [float(n) for n in rest] for first, *rest in cells if re.fullmatch(r"[\d.]+", rest[0])}


def page_parts():
    """What stands below each H2 of the page."""
    _, *parts = re.split(r"^## ", lesson_minutes.PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


def test_the_page_is_the_one_of_the_measurements():
    page = lesson_minutes.PAGE.read_text(encoding="utf-8")
    assert page == minutes_page.page(lesson_minutes.read()), "run: python benchmarks/lesson_minutes.py --page"


@pytest.mark.parametrize("path", lesson_paths(ROOT / "notebooks"), ids=lambda path: path.stem)
def test_every_section_of_a_lesson_has_its_row(path):
    measured = lesson_minutes.read()
    assert path.stem in measured, f"{AGAIN}{path.stem[:2]}"
    headings = re.findall(r"^## (.+?) *$", prose(read_lesson(path)), flags=re.MULTILINE)
    rows = table_rows(page_parts()[measured[path.stem]["title"]])
    assert list(rows) == [*headings, "all"], f"{AGAIN}{path.stem[:2]}"


def test_the_sums_agree():
    for title, part in page_parts().items():
        rows = table_rows(part)
        if "all" in rows:
            total = rows.pop("all")
            assert total == pytest.approx([sum(column) for column in zip(*rows.values(), strict=True)]), title
    overview = table_rows(page_parts()["All lessons"])
    for name, lesson in lesson_minutes.read().items():
        assert (
            overview[f"[{lesson['title']}]({name}.ipynb)"] == table_rows(page_parts()[lesson["title"]])["all"]
        )


def test_minutes_of_exercises_are_those_that_the_lesson_promises():
    for path in lesson_paths(ROOT / "notebooks"):
        lesson = lesson_minutes.read()[path.stem]
        promised = re.search(r"(\d+) for the exercises", prose(read_lesson(path))).group(1)
        minutes = sum(section["exercises"] for section in lesson["sections"])
        assert minutes == int(promised), f"{AGAIN}{path.stem[:2]}"


@pytest.mark.parametrize("path", lesson_paths(ROOT / "notebooks"), ids=lambda path: path.stem)
def test_minutes_to_read_are_those_of_the_maps_and_near_those_that_were_counted(path):
    promised = int(re.search(r"Reading:\*\* (\d+) minutes", prose(read_lesson(path))).group(1))
    counted = sum(map(minutes_page.read_minutes, lesson_minutes.read()[path.stem]["sections"]))
    assert abs(promised - counted) < 4
    for page, row in (("README.md", r"\| (\d+) \|$"), ("notebooks/README.md", r"\| (\d+) min \|")):
        line = re.search(
            rf"^\| \[{path.stem[:2]} .*$", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE
        )
        assert int(re.search(row, line.group()).group(1)) == promised, page


def test_the_paths_of_the_map_add_up():
    text = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    minutes = {
        lesson: int(n)
        for lesson, n in re.findall(r"^\| \[(\d\d) .*?\| (\d+) min \|", text, flags=re.MULTILINE)
    }
    paths = re.findall(r"^\| [a-z ]+ \| ([\d, ]+|all, in order) \| (\d+) \|$", text, flags=re.MULTILINE)
    assert len(paths) == 3
    for lessons, total in paths:
        taken = minutes if lessons.startswith("all") else lessons.split(", ")
        assert sum(minutes[lesson] for lesson in taken) == int(total), lessons


def test_the_machine_is_named():
    for lesson in lesson_minutes.read().values():
        assert lesson["machine"]["cores"] >= 1 and lesson["machine"]["processor"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", lesson["measured"])
        assert lesson["pace_seconds"] > 0


def small_lesson():
    return new_notebook(
        cells=[
            new_markdown_cell(
                "# One lesson\n\nSix words, of which [two](gone.md) count.\n\n## First\n\nOne."
            ),
            new_code_cell("x = 1\n\nx"),
            new_markdown_cell(
                "Two.\n\n```text\n## no heading\n```\n\n## Exercises\n\n### 1. A (recall, 3 minutes)"
            ),
            new_markdown_cell("### 2. B (extend, 12 minutes)\n\nDo it.\n\n## Summary"),
        ]
    )


def test_sections_are_counted():
    first, exercises, last = lesson_minutes.sections(small_lesson(), {1: 2.345})
    assert first["heading"] == "First" and first["lines"] == 2 and first["cells"] == [["x = 1", 2.35]]
    assert first["words"] == 11, "One lesson Six words of which two count First One Two"
    assert (exercises["heading"], exercises["exercises"]) == ("Exercises", 15)
    assert minutes_page.read_minutes(exercises) == 0, "reading them is in their minutes"
    assert (last["heading"], last["cells"], last["exercises"]) == ("Summary", [], 0)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Two lessons, of which the second fails."""
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(lesson_minutes, "ROOT", tmp_path)
    monkeypatch.setattr(lesson_minutes, "PAGE", tmp_path / "notebooks" / "MINUTES.md")
    monkeypatch.setattr(lesson_minutes, "RESULT", tmp_path / "notebooks" / "minutes.json")
    monkeypatch.setattr(lesson_minutes.workshop, "pace_seconds", lambda: 0.5)
    slow = new_code_cell("import time\ntime.sleep(1.2)")
    bad = new_code_cell("1 / 0")
    for name, cell in {"00_one": slow, "01_two": bad}.items():
        lesson = new_notebook(cells=[new_markdown_cell(f"# {name[:2]} One\n\n## First\n\nWords."), cell])
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text(writes(lesson))
    return tmp_path / "notebooks"


def test_a_lesson_is_timed_and_a_failing_one_is_named(checkout, capsys):
    assert lesson_minutes.main([]) == 1
    assert "01_two, cell 2 `1 / 0`: ZeroDivisionError" in capsys.readouterr().err
    assert lesson_minutes.main(["00"]) == 0
    measured = json.loads((checkout / "minutes.json").read_text())
    assert list(measured) == ["00_one"], "a lesson that failed has no minutes"
    [[line, seconds]] = measured["00_one"]["sections"][0]["cells"]
    assert line == "import time" and 1.2 <= seconds < 10
    assert f"| First | 4 | 0.2 | 0 | {round(seconds, 1)} |" in (checkout / "MINUTES.md").read_text()
