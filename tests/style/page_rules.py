"""Rules that hold for lessons and for the Markdown pages beside them; they join the rules of lesson_rules."""

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
from lesson_rules import rule
from nbformat.v4 import new_markdown_cell, new_notebook
from output_rules import ABSOLUTE_PATH
from parsed_lesson import Lesson

GLOSSARY = "GLOSSARY.md"  # beside the lessons
OF_PAGES = ("one_h1", "no_skipped_heading", "markdown_alt_text")
OF_PAGES += ("local_links", "link_places", "no_local_paths")


def read_page(path: Path) -> Lesson:
    """Read a notebook, or a Markdown file as a notebook of one cell; a header in YAML is left out."""
    if path.suffix == ".ipynb":
        return Lesson(path, nbformat.read(path, as_version=4))
    text = re.sub(r"\A---\n.*?\n---\n", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return Lesson(path, new_notebook(cells=[new_markdown_cell(text)]))


def place(heading: str) -> str:
    """The name that GitHub gives to a heading: small letters, hyphens for spaces, no other punctuation."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@rule
def link_places(lesson: Lesson) -> list[str]:
    """Links to a heading (`GLOSSARY.md#logits`) lead to one."""
    found = []
    for number, address in lesson.targets():
        parts = urlsplit(address)
        target = lesson.path.parent / unquote(parts.path) if parts.path else lesson.path
        has_headings = target.suffix in (".md", ".ipynb") and target.is_file()
        if parts.scheme or parts.netloc or not parts.fragment or not has_headings:
            continue
        page = lesson if target == lesson.path else read_page(target)
        if unquote(parts.fragment).lower() not in {place(heading.text) for heading in page.headings}:
            found.append(f"cell {number}: no heading for {address!r} in {target.name}")
    return found


def terms(lesson: Lesson) -> list[str]:
    """The entries of the glossary that a lesson links to, in order."""
    parts = [urlsplit(address) for _, address in lesson.targets()]
    return [part.fragment for part in parts if part.path == GLOSSARY and part.fragment]


@rule
def terms_linked_once(lesson: Lesson) -> list[str]:
    """A term is linked to the glossary where it is first used, and not again."""
    return [
        f"{count} links to {GLOSSARY}#{term}" for term, count in Counter(terms(lesson)).items() if count > 1
    ]


@rule
def no_local_paths(lesson: Lesson) -> list[str]:
    """Nobody else has the author's folders."""
    numbered = enumerate(lesson.notebook.cells, start=1)
    found = [(number, ABSOLUTE_PATH.search(cell.source)) for number, cell in numbered]
    return [f"cell {number}: a path of one machine, {match.group()!r}" for number, match in found if match]
