"""The glossary: in order, each entry used by a lesson, and found by a link wherever the page is shown."""

from pathlib import Path

import page_rules

from vitcourse.course.lessons import lesson_paths

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PAGE = page_rules.read_page(NOTEBOOKS / page_rules.GLOSSARY)
ENTRIES = [heading.text.strip() for heading in PAGE.headings if heading.level == 2]


def test_every_entry_is_linked_from_a_lesson() -> None:
    lessons = [page_rules.read_page(path) for path in lesson_paths(NOTEBOOKS)]
    linked = {term for lesson in lessons for term in page_rules.terms(lesson)}
    assert linked == {page_rules.place(entry) for entry in ENTRIES}


def test_entries_are_in_alphabetical_order() -> None:
    letters = [
        "".join(letter for letter in entry.lower() if letter.isalpha() or letter == " ") for entry in ENTRIES
    ]
    assert letters == sorted(letters)


def test_jupyterlab_finds_every_entry() -> None:
    """It keeps the capitals and the punctuation of a heading in its name; GitHub and the site do not."""
    text = PAGE.notebook.cells[0].source
    differ = [
        page_rules.place(entry) for entry in ENTRIES if entry.replace(" ", "-") != page_rules.place(entry)
    ]
    assert [place for place in differ if f'<a id="{place}"></a>' not in text] == []
