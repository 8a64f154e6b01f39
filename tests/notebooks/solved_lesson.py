"""Lessons with their solutions, and with trials of the wrong answers, behind the last cell.

    python tests/notebooks/solved_lesson.py FOLDER    makes the folder anew with all of them, for nbmake

One execution tries everything: the lesson with its stubs, as a learner gets it; the cell of each solution,
which fails unless its check says right; and each trial, which fails unless its wrong answer is refused.
A trial runs in a copy of the names and changes none.
"""

import ast
import shutil
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from vitcourse.course.lessons import lesson_paths, read_lesson

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

_RIGHT = """{body}
_outcome = {call}
assert _outcome.status == "right", f"the solution is refused: {{_outcome}}"
_outcome"""
_TRIAL = """_trial = dict(globals())
exec({wrong!r}, _trial)
_outcome = eval({call!r}, _trial)
assert _outcome.status == "wrong", f"a wrong answer is not refused: {{_outcome}}"
_outcome"""


def by_exercise(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """The cells of a lesson or of its solutions that belong to an exercise, by its id."""
    noted = ((cell.metadata.get("vitcourse", {}).get("exercise"), cell) for cell in notebook.cells)
    return {exercise: cell for exercise, cell in noted if exercise}


def solved(lesson: NotebookNode, solutions: NotebookNode) -> NotebookNode:
    """Return a copy of the lesson with the solutions behind it; the two must have the same exercises."""
    answers = by_exercise(solutions)
    assert list(answers) == list(by_exercise(lesson)), "lesson and solutions have other exercises"
    result = deepcopy(lesson)
    result.cells += [cell for answer in answers.values() for cell in _cells(answer)]
    return result


def write_solved(lesson: Path, folder: Path) -> Path:
    """Write a lesson with its solutions into a folder and return its path."""
    notebook = solved(read_lesson(lesson), read_lesson(lesson.parent / "solutions" / lesson.name))
    nbformat.write(notebook, folder / lesson.name)
    return folder / lesson.name


def _cells(answer: NotebookNode) -> Iterator[NotebookNode]:
    body, call = _split(answer.source)
    yield new_code_cell(_RIGHT.format(body=body, call=call))
    for wrong in answer.metadata["vitcourse"]["wrong"]:
        yield new_code_cell(_TRIAL.format(wrong=wrong, call=call))


def _split(source: str) -> tuple[str, str]:
    """Take the last statement, the call of `vc.check`, off a cell."""
    last = ast.parse(source).body[-1]
    return "\n".join(source.splitlines()[: last.lineno - 1]), ast.unparse(last)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for path in lesson_paths(NOTEBOOKS):
        write_solved(path, target)
