"""Render executed lessons, and the Markdown pages beside them, to HTML that reads without a network."""

import html
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from jinja2 import Environment
from nbconvert import HTMLExporter
from nbconvert.filters import markdown2html_mistune

from vitcourse.course import lessons
from vitcourse.course.page_templates import INDEX_BODY, LESSON_TEMPLATE, SITE_TEMPLATE
from vitcourse.course.stamp import drop_progress_bars, drop_widgets

if TYPE_CHECKING:
    from vitcourse.course.execution import Result

_FORMULA = re.compile(r"\$[^$\n]+\$|\$\$|\\\\\(|\\begin\{")
_ADDRESS = re.compile(r'\b(href|src)="([^"]+)"')
_TITLE = "Vision Transformers, lesson by lesson"
_jinja = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)


def render_course(results: Sequence["Result"], notebooks: Path, folder: Path, home: Path) -> None:
    """Write the pages of a course: one a lesson, one a Markdown file, the figures, and the index.

    Args:
        results: the executed lessons.
        notebooks: the folder of the lessons; its `*.md` become pages, its `figures` are copied.
        folder: where to write; it exists and is empty.
        home: where the pages will lie in the end, for links that leave the course.
    """
    documents = sorted(notebooks.glob("*.md"), key=lambda path: (path.stem != "README", path.stem))
    addresses = Addresses(notebooks, home, [*(result.path for result in results), *documents])
    pages = {result.path.stem: _lesson_page(result) for result in results}
    pages |= {path.stem: _document_page(path) for path in documents}
    pages["index"] = _index_page(results, documents)
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(addresses.rewrite(page), encoding="utf-8", newline="\n")
    if (notebooks / "figures").is_dir():
        shutil.copytree(notebooks / "figures", folder / "figures")


class Addresses:
    """Turns the links of the sources into links of the rendered course.

    Links to a lesson or document that is rendered go to its page; links to other files of the checkout go
    to the file where it lies; links to other hosts, and to what does not exist, stay.
    """

    def __init__(self, notebooks: Path, home: Path, rendered: Iterable[Path]) -> None:
        """Remember where things lie.

        Args:
            notebooks: the folder that the links are relative to.
            home: the folder of the rendered pages.
            rendered: the sources that have a page, `NAME.html`, in `home`.
        """
        self.notebooks = notebooks.resolve()
        self.home = home.resolve()
        self.rendered = {path.resolve() for path in rendered}

    def rewrite(self, page: str) -> str:
        """Rewrite every `href` and `src` of an HTML page."""

        def replacement(found: re.Match[str]) -> str:
            return f'{found[1]}="{html.escape(self.target(html.unescape(found[2])))}"'

        return _ADDRESS.sub(replacement, page)

    def target(self, address: str) -> str:
        """Return the address to use on a page for one that was written in a source."""
        if address.startswith(("#", "data:")):
            return address
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or not parts.path:
            return address
        source = (self.notebooks / unquote(parts.path)).resolve()
        if source in self.rendered:
            path = f"{source.stem}.html"
        elif source.is_relative_to(self.notebooks / "figures") or not source.exists():
            return address
        else:
            path = _relative(source, self.home)
        return parts._replace(path=quote(path)).geturl()


def _relative(path: Path, start: Path) -> str:
    try:
        return Path(os.path.relpath(path, start)).as_posix()
    except ValueError:  # on Windows, another drive
        return path.as_uri()


def _lesson_page(result: "Result") -> str:
    notebook = deepcopy(result.notebook)
    drop_widgets(notebook)
    drop_progress_bars(notebook)
    notebook.metadata["title"] = lessons.title(notebook, result.path.stem)
    notebook.metadata["has_formulas"] = bool(_FORMULA.search(lessons.prose(notebook)))
    page, _ = HTMLExporter(raw_template=LESSON_TEMPLATE).from_notebook_node(notebook)
    return page


def _document_page(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    body = f'<nav><a href="index.html">All lessons</a></nav>\n{markdown2html_mistune(text)}'
    return _site_page(_document_title(path), body)


def _document_title(path: Path) -> str:
    found = re.search(r"^#[ \t]+(.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return found.group(1) if found else path.stem


def _index_page(results: Sequence["Result"], documents: Sequence[Path]) -> str:
    body = _jinja.from_string(INDEX_BODY).render(
        title=_TITLE,
        cards=[_card(result) for result in results],
        failed=sum(result.failure is not None for result in results),
        documents=[(f"{path.stem}.html", _document_title(path)) for path in documents],
    )
    return _site_page(_TITLE, body)


def _card(result: "Result") -> dict[str, Any]:
    read, run = lessons.minutes(result.notebook)
    return {
        "href": f"{result.path.stem}.html",
        "title": lessons.title(result.notebook, result.path.stem),
        "summary": markdown2html_mistune(lessons.summary(result.notebook)),
        "status": result.status,
        "seconds": f"{result.seconds:.1f}",
        "read": None if read is None else f"{read:g}",
        "run": None if run is None else f"{run:g}",
        "failure": result.failure,
    }


def _site_page(title: str, body: str) -> str:
    return _jinja.from_string(SITE_TEMPLATE).render(title=title, body=body)
