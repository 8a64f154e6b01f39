"""The rules for the outputs that are kept in a lesson; they join the rules of lesson_rules."""

import re
from collections.abc import Iterator
from pathlib import Path

from lesson_rules import is_sentence, rule
from nbformat import NotebookNode
from parsed_lesson import Lesson

from vitcourse.course.stamp import MAX_BYTES, PROGRESS_BAR, WIDGET_MIME, is_fresh

MAKE_OUTPUTS = "run `python -m vitcourse.course outputs {0}`"
_PLACES = "home|Users|root|tmp|var|opt|usr|mnt|media|srv|private|Applications|workspaces?|work"
ABSOLUTE_PATH = re.compile(rf"(?<![\w.:/~…-])/(?:{_PLACES})/[\w.-]|\b[A-Z]:\\{{1,2}}[A-Za-z]|\bfile://")


def outputs(lesson: Lesson) -> Iterator[tuple[int, NotebookNode]]:
    for number, cell in lesson.code_cells:
        for output in cell.outputs:
            yield number, output


def texts(output: NotebookNode) -> Iterator[str]:
    """Every text in an output, pictures in bytes left out."""
    data = output.get("data", {})
    yield output.get("text", "")
    yield "\n".join(output.get("traceback", []))
    for mime, content in data.items():
        if not mime.startswith("image/") or mime == "image/svg+xml":
            yield content if isinstance(content, str) else str(content)


@rule
def outputs_kept(lesson: Lesson) -> list[str]:
    counts = [cell.execution_count for _, cell in lesson.code_cells]
    how = MAKE_OUTPUTS.format(lesson.path.stem)
    found = [] if any(outputs(lesson)) else [f"no outputs; {how}"]
    if counts != list(range(1, len(counts) + 1)):
        found.append(f"the execution counts are not 1 to {len(counts)}; {how}")
    return found


@rule
def no_errors_in_outputs(lesson: Lesson) -> list[str]:
    errors = ((number, output) for number, output in outputs(lesson) if output.output_type == "error")
    return [f"cell {number}: the output is an error, {output.ename}" for number, output in errors]


@rule
def no_absolute_paths(lesson: Lesson) -> list[str]:
    home, root = str(Path.home()), str(Path(__file__).parents[2])
    found = []
    for number, output in outputs(lesson):
        for text in texts(output):
            match = ABSOLUTE_PATH.search(text)
            path = (
                match.group() if match else next((p for p in (root, home) if len(p) > 5 and p in text), None)
            )
            if path:
                found.append(f"cell {number}: an absolute path in the output, {path!r}")
    return found


@rule
def no_widget_state(lesson: Lesson) -> list[str]:
    found = ["metadata.widgets is kept"] if "widgets" in lesson.notebook.metadata else []
    for number, output in outputs(lesson):
        if any(mime.startswith(WIDGET_MIME) for mime in output.get("data", {})):
            found.append(f"cell {number}: a widget in the output; show a static picture")
    return found


@rule
def no_progress_bars(lesson: Lesson) -> list[str]:
    streams = ((number, output) for number, output in outputs(lesson) if output.output_type == "stream")
    return [
        f"cell {number}: a progress bar in {output.name}"
        for number, output in streams
        if PROGRESS_BAR.search(output.text) or "\r" in output.text
    ]


@rule
def small_file(lesson: Lesson) -> list[str]:
    size = lesson.path.stat().st_size
    return [f"{size:,} bytes, expected at most {MAX_BYTES:,}"] if size > MAX_BYTES else []


@rule
def fresh_stamp(lesson: Lesson) -> list[str]:
    how = MAKE_OUTPUTS.format(lesson.path.stem)
    if not is_fresh(lesson.notebook):
        return [f"the code has changed since the outputs were made; {how}"]
    assets = lesson.notebook.metadata.vitcourse.get("assets")
    return [] if assets == "demo" else [f"outputs made with {assets!r} assets, expected 'demo'; {how}"]


@rule
def output_alt_text(lesson: Lesson) -> list[str]:
    found = []
    for number, output in outputs(lesson):
        for mime in output.get("data", {}):
            alt = output.get("metadata", {}).get(mime, {}).get("alt", "")
            if mime.startswith("image/") and not is_sentence(alt):
                found.append(f"cell {number}: metadata[{mime!r}]['alt'] is {alt!r}, expected a sentence")
        for tag in re.findall(r"<img\b[^>]*>", str(output.get("data", {}).get("text/html", ""))):
            alt = re.search(r'\balt=["\']([^"\']*)', tag)
            if not is_sentence(alt.group(1) if alt else ""):
                found.append(f"cell {number}: a picture in HTML without a sentence as alternative text")
    return found
