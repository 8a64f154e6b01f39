"""Make a notebook's outputs fit to commit: scrubbed of this machine and this run, and stamped."""

import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from vitcourse.course.lessons import code_hash

MAX_BYTES = 500_000
TIMING_TAG = "timing"
WIDGET_MIME = "application/vnd.jupyter.widget-"
PROGRESS_BAR = re.compile(
    r"(?<!\d)\d+%\|[ █▏▎▍▌▋▊▉#\d]*\| *[\d.]+[kMGT]?/|(?<!\d)\d+it \[\d\d:\d\d|\[\d\d:\d\d<"
)

_KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
_LANGUAGE |= {"pygments_lexer": "ipython3", "version": "3"}
_UNITS = r"hours?|h|minutes?|mins?|seconds?|secs?|ms|µs|us|ns|s"
_DURATION = re.compile(rf"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?(\s?(?:{_UNITS})\b)")
_CLOCK = re.compile(r"(?<![\w.:])\d+:\d\d(?::\d\d)?(?:\.\d+)?\b")
_KERNEL_FILE = re.compile(r"(?<![\w.:+~/\\-])(?:[\w.:+~-]*[/\\]+)+ipykernel_\d+[/\\]+\d+\.py")
_STYLER_ID = re.compile(r"\bT_[0-9a-f]{5}(?=[_ \"'#])")


def stamp(notebook: NotebookNode, assets: str = "demo") -> None:
    """Note in the metadata which code made the outputs, and with which assets."""
    notebook.metadata["vitcourse"] = {"code": code_hash(notebook), "assets": assets}


def is_fresh(notebook: NotebookNode) -> bool:
    """Tell whether the outputs were made by the code cells as they are now."""
    return notebook.metadata.get("vitcourse", {}).get("code") == code_hash(notebook)


def scrub(notebook: NotebookNode, root: Path) -> None:
    """Remove from the outputs, in place, all that another machine or another run would change.

    Removed: paths of the checkout, the environment, the home and the temporary folder, addresses of
    objects, progress bars, widgets and their state, timings of the execution, and, in cells tagged
    "timing", durations. Execution counts become 1 to n, and the kernel's metadata the same everywhere.

    Args:
        notebook: an executed notebook.
        root: the checkout; paths in it become relative to it.
    """
    drop_widgets(notebook)
    drop_progress_bars(notebook)
    clean = _path_cleaner(root)
    styler_ids: dict[str, str] = {}
    for number, cell in enumerate(_code_cells(notebook), start=1):
        cell.metadata.pop("execution", None)
        cell.execution_count = number
        changes = [clean, lambda text: _count_styler_ids(text, styler_ids)]
        changes += [_without_durations] * (TIMING_TAG in cell.metadata.get("tags", []))
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = number
            for change in changes:
                _rewrite_text(output, change)
    notebook.metadata["kernelspec"] = dict(_KERNELSPEC)
    notebook.metadata["language_info"] = dict(_LANGUAGE)


def drop_widgets(notebook: NotebookNode) -> None:
    """Remove widget views and states, in place; a picture or table shown with a widget stays."""
    notebook.metadata.pop("widgets", None)
    for cell in _code_cells(notebook):
        for output in cell.outputs:
            views = [mime for mime in output.get("data", {}) if mime.startswith(WIDGET_MIME)]
            for mime in views:
                del output["data"][mime]
            if views and set(output["data"]) <= {"text/plain"}:
                output["data"] = {}
        cell.outputs = [output for output in cell.outputs if output.get("data", True)]


def drop_progress_bars(notebook: NotebookNode) -> None:
    """Remove progress bars from standard output and error, in place; other lines stay."""
    for cell in _code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "stream":
                output.text = _without_bars(output.text)
        cell.outputs = [output for output in cell.outputs if output.get("text", True)]


def _without_bars(text: str) -> str:
    lines = []
    for line in text.split("\n"):
        shown = line.rstrip("\r").rpartition("\r")[-1]
        wiped = "\r" in line and not shown.strip()
        if not wiped and not PROGRESS_BAR.search(shown):
            lines.append(shown)
    kept = "\n".join(lines)
    return kept if kept.strip() else ""


def _code_cells(notebook: NotebookNode) -> Iterator[NotebookNode]:
    return (cell for cell in notebook.cells if cell.cell_type == "code")


def _rewrite_text(output: NotebookNode, change: Callable[[str], str]) -> None:
    if "text" in output:
        output["text"] = change(output["text"])
    for mime, content in output.get("data", {}).items():
        if not mime.startswith("image/") or mime == "image/svg+xml":
            output["data"][mime] = _changed(content, change)


def _changed(content: Any, change: Callable[[str], str]) -> Any:
    if isinstance(content, str):
        return change(content)
    if isinstance(content, list):
        return [_changed(item, change) for item in content]
    if isinstance(content, dict):
        return {key: _changed(value, change) for key, value in content.items()}
    return content


def _without_durations(text: str) -> str:
    return _CLOCK.sub("…", _DURATION.sub(r"…\1", text))


def _count_styler_ids(text: str, known: dict[str, str]) -> str:
    """Replace the random ids of pandas' styled tables by ids that count from one."""
    return _STYLER_ID.sub(lambda found: known.setdefault(found.group(), f"T_{len(known) + 1:05d}"), text)


def _path_cleaner(root: Path) -> Callable[[str], str]:
    """Return a function that shortens the paths of this machine in a text."""
    patterns = [(re.compile(r"(?<![\w.:+~/\\-])(?:[\w.:+~-]*[/\\]+)*ipykernel_\d+[/\\]+\d+\.py"), "(cell)")]
    places = [(sys.prefix, "…", ""), (str(root), "", r"[/\\]+(?=\.?\w)"), (str(root), ".", "")]
    places += [(tempfile.gettempdir(), "…", r"[/\\]+[\w.+-]+"), (sys.base_prefix, "…", "")]
    for folder, name, tail in [*places, (str(Path.home()), "~", "")]:
        for spelling in _spellings(folder):
            end = tail or r"(?![\w-])"
            patterns.append((re.compile(rf"(?<![\w.]){re.escape(spelling)}{end}"), name))
    patterns.append((re.compile(r"\b0x[0-9a-f]{6,}\b"), "0x…"))

    def clean(text: str) -> str:
        for pattern, name in patterns:
            text = pattern.sub(name, text)
        return text

    return clean


def _spellings(folder: str) -> list[str]:
    """List how a folder may be written in an output, longest first."""
    resolved = str(Path(folder).resolve())
    found = {folder, resolved, Path(folder).as_posix(), folder.replace("\\", "\\\\")}
    return sorted(found - {"/", ""}, key=len, reverse=True)
