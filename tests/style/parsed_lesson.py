"""A lesson with its Markdown parsed, for the rules of the lesson template."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import mistune
from nbformat import NotebookNode

_markdown = mistune.create_markdown(renderer="ast", plugins=["table", "math", "strikethrough"])


@dataclass(frozen=True)
class Heading:
    cell: int
    level: int
    text: str


@dataclass
class Lesson:
    """A notebook with its Markdown parsed; cells count from 1."""

    path: Path
    notebook: NotebookNode

    @cached_property
    def blocks(self) -> list[tuple[int, dict[str, Any]]]:
        return [
            (number, token)
            for number, cell in enumerate(self.notebook.cells, start=1)
            if cell.cell_type == "markdown"
            for token in _markdown(cell.source)
        ]

    @property
    def code_cells(self) -> list[tuple[int, NotebookNode]]:
        numbered = enumerate(self.notebook.cells, start=1)
        return [(number, cell) for number, cell in numbered if cell.cell_type == "code"]

    @property
    def headings(self) -> list[Heading]:
        found = ((cell, token) for cell, token in self.blocks if token["type"] == "heading")
        return [Heading(cell, token["attrs"]["level"], text_of(token)) for cell, token in found]

    def section(self, name: str) -> list[tuple[int, dict[str, Any]]] | None:
        """The blocks under the H2 that begins with a name, or None if there is no such H2."""
        inside: list[tuple[int, dict[str, Any]]] | None = None
        for cell, token in self.blocks:
            if token["type"] == "heading" and token["attrs"]["level"] <= 2:
                if inside is not None:
                    return inside
                if text_of(token).lower().startswith(name):
                    inside = []
            elif inside is not None:
                inside.append((cell, token))
        return inside

    def targets(self) -> Iterator[tuple[int, str]]:
        """Every address in the Markdown: links and pictures, raw HTML included."""
        for number, token in _walk(self.blocks):
            if token["type"] in ("link", "image"):
                yield number, token["attrs"]["url"]
            elif token["type"] in ("block_html", "inline_html"):
                yield from (
                    (number, found) for found in re.findall(r'\b(?:href|src)="([^"]*)"', token["raw"])
                )


def _walk(blocks: list[tuple[int, dict[str, Any]]]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, token in blocks:
        yield number, token
        yield from _walk([(number, child) for child in token.get("children", [])])


def text_of(token: dict[str, Any]) -> str:
    """The words of a block as a reader sees them; code blocks, pictures and tags have none."""
    if token["type"] in ("block_code", "image", "inline_html", "blank_line"):
        return ""
    if token["type"] == "block_html":
        return re.sub(r"<[^>]+>", " ", token["raw"])
    if token["type"] in ("softbreak", "linebreak"):
        return " "
    inner = "".join(text_of(child) for child in token.get("children", []))
    ends = token["type"] in ("table_cell", "list_item", "paragraph", "block_text", "heading")
    return token.get("raw", "") + inner + (" " if ends else "")


def words(blocks: list[tuple[int, dict[str, Any]]]) -> int:
    return len(re.findall(r"\w[\w'.-]*", " ".join(text_of(token) for _, token in blocks)))


def pictures(blocks: list[tuple[int, dict[str, Any]]]) -> Iterator[tuple[int, str]]:
    """The alternative texts of the pictures in Markdown, raw HTML included."""
    for number, token in _walk(blocks):
        if token["type"] == "image":
            yield number, "".join(text_of(child) for child in token["children"])
        elif token["type"] in ("block_html", "inline_html"):
            for tag in re.findall(r"<img\b[^>]*>", token["raw"]):
                alt = re.search(r'\balt="([^"]*)"', tag)
                yield number, alt.group(1) if alt else ""
