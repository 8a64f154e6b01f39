"""Put the solutions of a lesson in the place of its stubs, with trials of the wrong answers behind them.

One execution of the result tries everything: the cell of a solution fails unless its check says right, and
each trial fails unless its wrong answer is refused. A trial runs in a copy of the names and changes none.
"""

import ast
from collections.abc import Iterator
from copy import deepcopy

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

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
    """Return a copy of the lesson with every stub solved; the two must have the same exercises."""
    answers = by_exercise(solutions)
    assert list(answers) == list(by_exercise(lesson)), "lesson and solutions have other exercises"
    result = deepcopy(lesson)
    result.cells = [new for cell in lesson.cells for new in _cells(cell, answers)]
    return result


def _cells(cell: NotebookNode, answers: dict[str, NotebookNode]) -> Iterator[NotebookNode]:
    exercise = cell.metadata.get("vitcourse", {}).get("exercise")
    if exercise is None:
        yield deepcopy(cell)
        return
    body, call = _split(answers[exercise].source)
    yield new_code_cell(_RIGHT.format(body=body, call=call))
    for wrong in answers[exercise].metadata["vitcourse"]["wrong"]:
        yield new_code_cell(_TRIAL.format(wrong=wrong, call=call))


def _split(source: str) -> tuple[str, str]:
    """Take the last statement, the call of `vc.check`, off a cell."""
    last = ast.parse(source).body[-1]
    return "\n".join(source.splitlines()[: last.lineno - 1]), ast.unparse(last)
