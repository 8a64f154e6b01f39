"""Execute the lessons, then render them as a small web site or keep their outputs.

`python -m vitcourse.course build` makes `_build/course/`; the notebooks are not touched.
`python -m vitcourse.course outputs` writes fresh outputs, scrubbed and stamped, into the notebooks.
`python -m vitcourse.course lesson NAME` begins a new lesson.
`python -m vitcourse.course reading` says how hard the prose is to read.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import nbformat

from vitcourse.course import pages, reading, template
from vitcourse.course.execution import TIME_LIMIT, Failure, Result, execute
from vitcourse.course.lessons import lesson_paths
from vitcourse.course.stamp import MAX_BYTES, scrub, stamp


def _execute(path: Path, time_limit: float, env: Mapping[str, str]) -> Result:
    print(f"{path.stem} ...", flush=True)
    return execute(path, time_limit, env)


def build(
    notebooks: Path, out: Path, names: Sequence[str] = (), time_limit: float = TIME_LIMIT
) -> list[Result]:
    """Execute the lessons of a folder and render them to HTML with an index.

    The pages are made in a temporary folder that replaces `out` when all is written.

    Args:
        notebooks: the folder of the lessons.
        out: the folder to make; what was there is replaced.
        names: lessons to take, all of them when empty.
        time_limit: seconds for each lesson.

    Returns:
        One result a lesson, in order.

    Raises:
        FileNotFoundError: if the folder, or a lesson that was named, does not exist.
        FileExistsError: if `out` holds something that is not a rendered course.
    """
    paths = lesson_paths(notebooks, names)
    if not paths:
        raise FileNotFoundError(f"no lessons in {notebooks}: expected files such as 00_start_here.ipynb.")
    _refuse_foreign(out)
    env = {"VITCOURSE_ASSETS": os.environ.get("VITCOURSE_ASSETS", "demo")}
    results = [_execute(path, time_limit, env) for path in paths]
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
        made = Path(scratch) / "new"
        made.mkdir()
        pages.render_course(results, notebooks, made, home=out)
        if out.exists():
            out.replace(Path(scratch) / "old")
        made.replace(out)
    return results


def _refuse_foreign(out: Path) -> None:
    if out.exists() and not (out.is_dir() and ((out / "index.html").is_file() or not any(out.iterdir()))):
        raise FileExistsError(
            f"{out} is in the way: it is not a course that was rendered before. "
            "Move it, or choose another folder with --out."
        )


def write_outputs(notebooks: Path, names: Sequence[str] = (), time_limit: float = TIME_LIMIT) -> list[Result]:
    """Execute lessons on the demo assets and write their outputs, scrubbed and stamped, into the files.

    A lesson that fails, whose file would be over 500 KB, or whose file changes meanwhile, is left as it is.

    Args:
        notebooks: the folder of the lessons.
        names: lessons to take, all of them when empty.
        time_limit: seconds for each lesson.

    Returns:
        One result a lesson, in order.

    Raises:
        FileNotFoundError: if the folder, or a lesson that was named, does not exist.
    """
    env = {"VITCOURSE_ASSETS": "demo", "PYTHONHASHSEED": "0"}
    results = []
    for path in lesson_paths(notebooks, names):
        before = path.read_bytes()
        result = _execute(path, time_limit, env)
        failure = result.failure or _write(result, notebooks.resolve().parent, before)
        results.append(replace(result, failure=failure))
    return results


def _write(result: Result, root: Path, before: bytes) -> Failure | None:
    scrub(result.notebook, root)
    stamp(result.notebook)
    text = nbformat.writes(result.notebook) + "\n"
    size = len(text.encode())
    if size > MAX_BYTES:
        advice = "show fewer or smaller pictures"
        return Failure(0, "", f"{size:,} bytes with outputs, expected at most {MAX_BYTES:,}; {advice}")
    if result.path.read_bytes() != before:
        return Failure(0, "", "the file changed while it ran, and was left as it is; run this again")
    fresh = result.path.with_name(f".{result.path.name}.new")
    fresh.write_text(text, encoding="utf-8", newline="\n")
    fresh.replace(result.path)
    return None


def report(results: Sequence[Result]) -> str:
    """Write the results as a table, and below it one line for each failure."""
    width = max(len(result.path.stem) for result in results)
    lines = [f"{'lesson':<{width}}  status  seconds"]
    lines += [f"{result.path.stem:<{width}}  {result.status:<6}  {result.seconds:7.1f}" for result in results]
    failed = [result for result in results if result.failure]
    lines += [""] * bool(failed) + [f"{result.path.stem}, {result.failure}" for result in failed]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vitcourse.course", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    helps = {"build": "render the course as HTML", "outputs": "write fresh outputs into the notebooks"}
    for name, text in helps.items():
        command = commands.add_parser(name, help=text, description=f"Execute the lessons and {text}.")
        command.add_argument("lessons", nargs="*", help="numbers or names, such as 06 (default: all)")
        command.add_argument("--notebooks", type=Path, default=Path("notebooks"), help="the lessons' folder")
        command.add_argument("--time-limit", type=float, default=TIME_LIMIT, help="seconds for each lesson")
    lesson = commands.add_parser("lesson", help="begin a new lesson")
    lesson.add_argument("name", help="its file name without the ending, such as 15_example")
    lesson.add_argument("--notebooks", type=Path, default=Path("notebooks"), help="the lessons' folder")
    lesson.add_argument("--checks", type=Path, default=Path("vitcourse/checks"), help="the checks' folder")
    level = commands.add_parser("reading", help="say how hard the prose is to read")
    level.add_argument("--notebooks", type=Path, default=Path("notebooks"), help="the lessons' folder")
    out = Path("_build/course")
    commands.choices["build"].add_argument("--out", type=Path, default=out, help="the folder to make")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "lesson":
            print("\n".join(map(str, template.new_lesson(options.name, options.notebooks, options.checks))))
            return 0
        if options.command == "reading":
            print(reading.report(lesson_paths(options.notebooks)))
            return 0
        if options.command == "build":
            results = build(options.notebooks, options.out, options.lessons, options.time_limit)
        else:
            results = write_outputs(options.notebooks, options.lessons, options.time_limit)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if results:
        print(f"\n{report(results)}")
    if options.command == "build":
        print(f"\nOpen {options.out / 'index.html'}")
    return int(any(result.failure for result in results))
