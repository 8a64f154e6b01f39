"""Find the lessons, and read what a lesson says about itself."""

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

LESSON_PATTERN = "[0-9][0-9]_*.ipynb"


def lesson_paths(folder: Path, names: Sequence[str] = ()) -> list[Path]:
    """List the lessons of a folder in course order.

    Args:
        folder: the folder that holds `00_*.ipynb` and the others.
        names: lessons to keep, as a number (`06`), a name (`06_finetune_multiclass`) or a file name;
            all of them when empty.

    Returns:
        The paths, sorted by lesson number.

    Raises:
        FileNotFoundError: if the folder, or a lesson that was named, does not exist.
    """
    if not folder.is_dir():
        raise FileNotFoundError(
            f"no folder {str(folder)!r}: expected the folder of the lessons. "
            "Run this in the course's checkout, or name the folder with --notebooks."
        )
    paths = sorted(folder.glob(LESSON_PATTERN))
    if not names:
        return paths
    wanted = [Path(name).name.removesuffix(".ipynb") for name in names]
    kept = [path for path in paths if any(_is_named(path, name) for name in wanted)]
    unknown = [name for name in wanted if not any(_is_named(path, name) for path in paths)]
    if unknown:
        have = ", ".join(path.stem for path in paths) or "none"
        raise FileNotFoundError(f"no lesson {', '.join(unknown)} in {folder}; lessons there: {have}.")
    return kept


def _is_named(path: Path, name: str) -> bool:
    return name in (path.stem, path.stem[:2])


def read_lesson(path: Path) -> NotebookNode:
    """Read a notebook in the current format (version 4)."""
    return nbformat.read(path, as_version=4)


def prose(notebook: NotebookNode) -> str:
    """Join the Markdown cells of a notebook, fenced code left out."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.sub(r"^(```|~~~).*?^\1[^\n]*$", "", text, flags=re.DOTALL | re.MULTILINE)


def title(notebook: NotebookNode, default: str = "") -> str:
    """Return the text of the first H1, or `default` when there is none."""
    found = re.search(r"^#[ \t]+(.+?)[ \t#]*$", prose(notebook), flags=re.MULTILINE)
    return found.group(1) if found else default


def summary(notebook: NotebookNode) -> str:
    """Return the paragraph under the H1 as Markdown: the sentence that says what the lesson is."""
    found = re.search(r"^#[ \t][^\n]+\n\s*((?:[^\n]+\n?)+)", prose(notebook), flags=re.MULTILINE)
    text = " ".join(found.group(1).split()) if found else ""
    return "" if text.startswith(("#", "!", "<", "|", "-")) else text


def at_a_glance(notebook: NotebookNode) -> str:
    """Return the section "At a glance" as Markdown, without its heading; empty when there is none."""
    text = prose(notebook)
    found = re.search(r"^#+[ \t]*at a glance\b.*$", text, flags=re.IGNORECASE | re.MULTILINE)
    if found is None:
        return ""
    rest = text[found.end() :]
    following = re.search(r"^#{1,6}[ \t]", rest, flags=re.MULTILINE)
    return rest[: following.start()].strip() if following else rest.strip()


def minutes(notebook: NotebookNode) -> tuple[float | None, float | None]:
    """Return the minutes to read and to run that "At a glance" states; None for one that is missing.

    Understood: "15 minutes to read, 2 minutes to run", "Read: 15 min", and table rows such as
    ``| Read | 15 min |``, with or without emphasis and in any order.
    """
    text = re.sub(r"[|*_:()~≈]+", " ", at_a_glance(notebook))
    return _minutes_to(text, "read"), _minutes_to(text, "run")


def _minutes_to(text: str, verb: str) -> float | None:
    number = r"(\d+(?:\.\d+)?)\s*min\w*"
    before = rf"{number}\s+(?:to\s+{verb}|(?:of\s+)?{verb}n?ing)\b"
    named = rf"\bminutes\s+to\s+{verb}\s+(\d+(?:\.\d+)?)"
    after = rf"\b{verb}(?:n?ing)?\s+(?:about\s+|under\s+)?{number}"
    for pattern in (before, named, after):
        found = re.search(pattern, text, flags=re.IGNORECASE)
        if found:
            return float(found.group(1))
    return None


def code_hash(notebook: NotebookNode) -> str:
    """Hash the sources of the code cells (SHA-256, hexadecimal), in order."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256(json.dumps(sources, ensure_ascii=False).encode()).hexdigest()
