"""notebooks/COMMON_ERRORS.md says what is printed: every mistake on it is made, and its message compared."""

import re
from pathlib import Path

import pytest
import raised_errors

PAGE = (Path(__file__).parents[2] / "notebooks" / "COMMON_ERRORS.md").read_text(encoding="utf-8")
ENTRY = re.compile(
    r"^### (?P<heading>[^\n]+)\n\n```text\n(?P<message>.+?)\n```\n\n"
    r"- \*\*Cause:\*\* (?P<cause>.+?)\n- \*\*Cure:\*\* (?P<cure>.+?)\n(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
ENTRIES = {found["heading"]: found for found in ENTRY.finditer(PAGE)}


def is_printed(message: str, printed: str) -> bool:
    """Tell whether a message of the page is what was printed; `...` stands for anything."""
    shown, all_of_it = " ".join(message.split()), " ".join(printed.split())
    pattern = ".*".join(re.escape(part.strip()) for part in re.split(r"(?<![\w.])\.\.\.(?![\w.])", shown))
    return re.fullmatch(pattern, all_of_it) is not None


@pytest.fixture
def alone(data, monkeypatch):
    """No downloads, no mirror, demo assets."""
    monkeypatch.setenv("VITCOURSE_ASSETS", "demo")


def test_the_page_and_the_mistakes_are_the_same_ones():
    headings = re.findall(r"^### (.+)$", PAGE, flags=re.MULTILINE)
    assert headings == list(ENTRIES), "an entry is a heading, a block `text`, **Cause:** and **Cure:**"
    assert set(headings) == set(raised_errors.MISTAKES)
    assert len(set(headings)) == len(headings)


@pytest.mark.parametrize("heading", raised_errors.MISTAKES)
def test_the_page_shows_what_is_printed(heading, tmp_path, monkeypatch, alone):
    printed = raised_errors.printed(heading, tmp_path, monkeypatch)
    message = ENTRIES[heading]["message"]
    assert is_printed(message, printed), f"COMMON_ERRORS.md says\n{message}\nand this is printed\n{printed}"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("ValueError: epochs is 0; expected 1 or more", True),
        ("ValueError: epochs is 0; expected 1\nor more", True),
        ("ValueError: epochs ... more", True),
        ("ValueError: ... 1 or more", True),
        ("ValueError: epochs is 0", False),
        ("ValueError: epochs ... less", False),
        ("TypeError: epochs is 0; expected 1 or more", False),
    ],
)
def test_a_stale_message_is_found(message, expected):
    assert is_printed(message, "ValueError: epochs is 0; expected 1 or more") is expected
