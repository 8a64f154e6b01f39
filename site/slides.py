"""Slides from the lessons: the cells that are marked, with the outputs they keep, as reveal.js presentations.

    python site/slides.py [--out _build/slides] [00 01 ...]

A cell is marked by its metadata `{"slideshow": {"slide_type": TYPE}}`: `slide` begins a slide, `subslide` one
below, `fragment` appears on a key, `-` continues. Every heading in a marked cell begins a slide, too; with
`"only": ["Summary"]` beside the type, the cell gives only what stands under headings that begin so. Code that
draws is left out, and code of more than eight lines that prints. Nothing is executed, and nothing is fetched.
"""

import argparse
import re
import shutil
import sys
from copy import deepcopy
from importlib.resources import files
from pathlib import Path

from mathml import with_mathml
from nbconvert import SlidesExporter
from nbformat import NotebookNode

from vitcourse.course import lessons
from vitcourse.course.page_templates import PICTURE_BLOCKS

ROOT = Path(__file__).resolve().parent.parent
_MAX_CODE_LINES = 8
# nbconvert's template without what it loads from other hosts; reveal.js lies in a folder beside the slides.
_TEMPLATE = """
{%- extends 'index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_css -%}
<style>
.reveal { font-size: 1.4rem; }
.reveal .slides :is(h1, h2, h3) { text-transform: none; }
.reveal .jp-CodeCell pre { font-size: 0.95rem !important; }
.reveal .slides section { max-height: 700px; overflow-y: auto; }
.reveal .slides img { max-height: 430px; margin: 0; background: #fff; }
.reveal .slides section:has(table) img { max-height: 320px; }
.reveal .slides table { font-size: 1rem; }
.reveal .slides :is(th, td) { padding: 0.2em 0.6em; }
.reveal .jp-InputPrompt, .reveal .jp-OutputPrompt { display: none; }
</style>
{%- endblock -%}
{%- block footer_js -%}
<script src="reveal/dist/reveal.js"></script>
<script src="reveal/plugin/notes/notes.js"></script>
<script>
Reveal.initialize({hash: true, slideNumber: "c/t", transition: "none", width: 1100, plugins: [RevealNotes]});
</script>
{%- endblock -%}
"""


def slides(path: Path, out: Path) -> int:
    """Write the slides of a lesson, if any of its cells are marked.

    Args:
        path: the lesson.
        out: the folder to write `NAME.html` to; `reveal/` and `figures/` lie in it.

    Returns:
        How many slides there are, those below others not counted.
    """
    notebook = lessons.read_lesson(path)
    title = lessons.title(notebook, path.stem)
    notebook.cells = [part for cell in notebook.cells if _slide_type(cell) for part in _parts(cell)]
    if not notebook.cells:
        return 0
    notebook.metadata["title"] = title
    exporter = SlidesExporter(raw_template=_TEMPLATE + PICTURE_BLOCKS, reveal_url_prefix="reveal")
    exporter.reveal_theme = "white"
    page, _ = exporter.from_notebook_node(notebook, {"metadata": {"path": str(path.parent)}})
    (out / f"{path.stem}.html").write_text(page, encoding="utf-8", newline="\n")
    return sum(_slide_type(cell) == "slide" for cell in notebook.cells)


def _slide_type(cell: NotebookNode) -> str:
    kind = cell.metadata.get("slideshow", {}).get("slide_type", "")
    return "" if kind == "skip" else kind


def _parts(cell: NotebookNode) -> list[NotebookNode]:
    """Cut a Markdown cell at its headings; leave code out whose output tells enough."""
    if cell.cell_type != "markdown":
        shows = any(kind.startswith("image/") for output in cell.outputs for kind in output.get("data", {}))
        if shows or (cell.outputs and len(cell.source.splitlines()) > _MAX_CODE_LINES):
            cell.metadata["transient"] = {"remove_source": True}  # as nbconvert's TagRemovePreprocessor does
        return [cell]
    text = re.sub(r"(?<!!)\[([^\]]+)\]\((?!https?:)[^)]+\)", r"\1", with_mathml(cell.source))
    parts = []
    for number, source in enumerate(_sections(text, cell.metadata["slideshow"].get("only", [""]))):
        part = deepcopy(cell)
        part.source = source
        if number:
            part.id = f"{cell.id}-{number}"
            part.metadata["slideshow"] = {"slide_type": "slide"}
        parts.append(part)
    return parts


def _sections(text: str, only: list[str]) -> list[str]:
    """Cut a text before its headings, except below a bare one; keep what begins with one of some titles."""
    sections: list[str] = []
    for section in re.split(r"\n(?=#+ )", text):
        bare = re.fullmatch(r"(#+) .*\n*", sections[-1]) if sections else None
        if bare and section.startswith(f"{bare[1]}#"):
            sections[-1] += f"\n{section}"
        else:
            sections.append(section)
    return [section for section in sections if section.lstrip("# ").startswith(tuple(only))]


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Make reveal.js slides of the marked cells of lessons.")
    parser.add_argument("lessons", nargs="*", help="such as 00 or 06_finetune_multiclass; all without")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "slides", help="the folder to write to")
    arguments = parser.parse_args()
    reveal = files("sphinx_revealjs") / "_static" / "revealjs"
    for part in ("dist", "plugin/notes"):
        shutil.copytree(reveal / part, arguments.out / "reveal" / part, dirs_exist_ok=True)
    shutil.copytree(ROOT / "notebooks" / "figures", arguments.out / "figures", dirs_exist_ok=True)
    for path in lessons.lesson_paths(ROOT / "notebooks", arguments.lessons):
        if count := slides(path, arguments.out):
            print(f"{arguments.out / path.stem}.html: {count} slides")
    return 0


if __name__ == "__main__":
    sys.exit(main())
