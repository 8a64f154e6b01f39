"""Put the sources of the site together: a copy of the course's own pages, and pages made from its data."""

import ast
import base64
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
from measured import measured_page
from nbformat import NotebookNode

from vitcourse.course import lessons

_DOCUMENTS = ("*.md", "LICENSE", "data/README.md", "data/demo/*/README.md", "notebooks/*.md")
_PICTURES = {"image/jpeg": "jpg", "image/png": "png"}
_DRAWING = re.compile(r"!\[([^\]]+)\]\(([^)]+)\)")  # every lesson begins with one
# Not in the reference: what checks accept gives the exercises away.
_NOT_DOCUMENTED = ("vitcourse.checks",)


def collect(root: Path, source: Path) -> None:
    """Fill the folder that Sphinx reads.

    Paths stay as in the checkout, so that links between the pages stay true.

    Args:
        root: the checkout.
        source: the folder to make.
    """
    for pattern in (*_DOCUMENTS, "benchmarks/results/*.svg"):
        for path in sorted(root.glob(pattern)):
            _copy(path, source / path.relative_to(root))
    shutil.copytree(root / "notebooks" / "figures", source / "notebooks" / "figures")
    for path in sorted((root / "notebooks").rglob("[0-9][0-9]_*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            _write(source / path.relative_to(root), nbformat.writes(prepared(lessons.read_lesson(path))))
    _copy(root / "site" / "index.md", source / "index.md")
    _write(source / "lessons.md", lesson_list(root / "notebooks", source))
    _write(source / "measured.md", measured_page(root))
    _write(source / "notebooks" / "solutions" / "index.md", _SOLUTIONS)
    for name, page in reference_pages(root / "vitcourse"):
        _write(source / "api" / f"{name}.md", page)


_SOLUTIONS = """# Solutions

One a lesson. Try first: `vc.check` in the lesson gives hints.

```{toctree}
:glob:
:maxdepth: 1

[0-9]*
```
"""


def prepared(notebook: NotebookNode) -> NotebookNode:
    """Copy the alt text of pictures from the outputs, where Jupyter has it, to the cells, for MyST-NB."""
    for cell in notebook.cells:
        alts = [alt for output in cell.get("outputs", []) if (alt := _alt(output))]
        if alts:
            cell.metadata["mystnb"] = {"image": {"alt": " ".join(alts)}}
    return notebook


def _kind(output: NotebookNode) -> str | None:
    return next((kind for kind in _PICTURES if kind in output.get("data", {})), None)


def _alt(output: NotebookNode) -> str:
    return output.get("metadata", {}).get(_kind(output), {}).get("alt", "")


def lesson_list(notebooks: Path, source: Path) -> str:
    """Write the list of the lessons for the first page: a picture from each, its title, and what it is about.

    The picture is one of the cell with `{"vitcourse": {"cover": true}}` in its metadata, or the first among
    the outputs, or, in a lesson that shows none, the drawing at its head.

    Args:
        notebooks: the folder of the lessons.
        source: where the pictures go, into the folder `covers`.
    """
    items = []
    for path in lessons.lesson_paths(notebooks):
        notebook = lessons.read_lesson(path)
        output = cover(notebook)
        if output is None:
            alt, address = _DRAWING.search(lessons.prose(notebook)).groups()
            address = f"notebooks/{address}"
        else:
            kind, alt = _kind(output), _alt(output)
            address = f"covers/{path.stem}.{_PICTURES[kind]}"
            _write(source / address, base64.b64decode(output.data[kind]))
        title, (read, _) = lessons.title(notebook, path.stem), lessons.minutes(notebook)
        items.append(
            f"- ![{alt}]({address})\n\n"
            f"  **[{title}](notebooks/{path.name})** · {read:g} minutes\n\n  {lessons.summary(notebook)}\n"
        )
    return "{.lessons}\n" + "\n".join(items)


def cover(notebook: NotebookNode) -> NotebookNode | None:
    """Choose the output that stands for a lesson: a picture with an alt text; None when it has none."""
    marked = [cell for cell in notebook.cells if cell.metadata.get("vitcourse", {}).get("cover")]
    outputs = (output for cell in [*marked, *notebook.cells] for output in cell.get("outputs", []))
    return next((output for output in outputs if _alt(output)), None)


def reference_pages(package: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each page of the reference.

    Each module has a page; those of a package inside the package share one; the page `index` lists them.
    """
    rows = []
    for path in sorted([*package.glob("[!_]*.py"), *package.glob("[!_]*/__init__.py")]):
        inside = path.name == "__init__.py"
        name = f"{package.name}.{path.parent.name if inside else path.stem}"
        if name in _NOT_DOCUMENTED:
            continue
        modules = (
            [f"{name}.{module.stem}" for module in sorted(path.parent.glob("[!_]*.py"))] if inside else []
        )
        sections = [f"## {module}\n\n{_reference(module)}" for module in modules]
        rows.append(f"- [{name}]({name}.md): {_first_line(path)}")
        yield name, "\n".join([f"# {name}\n\n{_reference(name)}", *sections])
    yield "index", _REFERENCE.format(rows="\n".join(rows))


def _reference(module: str) -> str:
    options = "".join(f"\n   :{option}:" for option in ("members", "show-inheritance", "ignore-module-all"))
    return f"```{{eval-rst}}\n.. automodule:: {module}{options}\n```\n"


def _first_line(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0]


_REFERENCE = """# The package, module by module

What the lessons import. Every page is made from the docstrings of the code.

{rows}

```{{toctree}}
:glob:
:hidden:

vitcourse*
```
"""


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, target)


def _write(target: Path, content: str | bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.encode() if isinstance(content, str) else content)
