"""What the rendered course makes of a lesson's own words and links."""

from pathlib import Path

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from vitcourse.course import lessons
from vitcourse.course.execution import Result
from vitcourse.course.lab import write_settings
from vitcourse.course.pages import Addresses, render_course


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15 minutes to read, 2 minutes to run", (15, 2)),
        ("**Read:** 15 min · **Run:** 1.5 min", (15, 1.5)),
        ("| | |\n|--|--|\n| Read | 15 min |\n| Run | about 2 minutes |", (15, 2)),
        ("| Minutes to run | 2 |\n|--|--|\n| Minutes to read | 15 |", (15, 2)),
        ("15 min of reading, 2 min of running", (15, 2)),
        ("Run it when you have read it", (None, None)),
    ],
)
def test_minutes(text: str, expected: tuple) -> None:
    notebook = new_notebook(
        cells=[new_markdown_cell(f"# A\n\n## At a glance\n\n{text}\n\n## B\n\n9 minutes to read")]
    )
    assert lessons.minutes(notebook) == expected


def test_title_and_summary() -> None:
    source = "```\n# a comment\n```\n# The title #\n\nOne **sentence**\nin two lines.\n\nNot this."
    notebook = new_notebook(cells=[new_markdown_cell(source)])
    assert lessons.title(notebook) == "The title"
    assert lessons.summary(notebook) == "One **sentence** in two lines."
    assert lessons.title(new_notebook(), "none") == "none"


@pytest.fixture
def addresses(tmp_path: Path) -> Addresses:
    for name in ("notebooks/06_b.ipynb", "notebooks/README.md", "notebooks/figures/a.svg", "data/README.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    rendered = [tmp_path / "notebooks" / name for name in ("06_b.ipynb", "README.md")]
    return Addresses(tmp_path / "notebooks", tmp_path / "_build" / "course", rendered)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("06_b.ipynb", "06_b.html"),
        ("06_b.ipynb#setup", "06_b.html#setup"),
        ("./README.md", "README.html"),
        ("figures/a.svg", "figures/a.svg"),
        ("../data/README.md", "../../data/README.md"),
        ("https://arxiv.org/abs/2010.11929", "https://arxiv.org/abs/2010.11929"),
        ("#setup", "#setup"),
        ("gone.ipynb", "gone.ipynb"),
        ("data:image/png;base64,aGk=", "data:image/png;base64,aGk="),
    ],
)
def test_links_go_to_pages_and_files(address: str, expected: str, addresses: Addresses) -> None:
    assert addresses.target(address) == expected
    assert addresses.rewrite(f'<a href="{address}">') == f'<a href="{expected}">'


@pytest.mark.parametrize(("text", "loads"), [("no formula costs $5", False), ("so $x_p$ is", True)])
def test_only_pages_with_formulas_ask_for_mathjax(text: str, loads: bool, tmp_path: Path) -> None:
    notebook = new_notebook(cells=[new_markdown_cell(f"# A\n\n{text}")])
    render_course([Result(tmp_path / "00_a.ipynb", notebook, 1.0)], tmp_path, tmp_path, tmp_path)
    page = (tmp_path / "00_a.html").read_text(encoding="utf-8")
    assert ("mathjax" in page.lower()) is loads
    assert text in page, "a formula reads as TeX when MathJax cannot be had"


def test_lab_settings_are_where_jupyter_looks(tmp_path: Path) -> None:
    write_settings(tmp_path)
    assert "Markdown Preview" in (tmp_path / "labconfig" / "default_setting_overrides.json").read_text()
