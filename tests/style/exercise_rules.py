"""The rules for exercises, their checks and their solutions; they join the rules of lesson_rules."""

import ast
import re

from lesson_rules import EXERCISE_KINDS, rule
from nbformat import NotebookNode
from parsed_lesson import Lesson

from vitcourse import exercises
from vitcourse.course.lessons import read_lesson


def ids(lesson: Lesson) -> list[str]:
    return [f"{lesson.path.stem[:2]}.{place}" for place in range(1, len(EXERCISE_KINDS) + 1)]


def exercise_cells(notebook: NotebookNode) -> list[tuple[str, NotebookNode]]:
    noted = [(cell.metadata.get("vitcourse", {}).get("exercise"), cell) for cell in notebook.cells]
    return [(exercise, cell) for exercise, cell in noted if exercise]


def checked_name(exercise: str, cell: NotebookNode) -> str | None:
    """The NAME of the last line, `vc.check("06.1", NAME)`; None if the cell ends with something else."""
    lines = cell.source.rstrip().splitlines()
    found = re.fullmatch(rf'vc\.check\("{re.escape(exercise)}", (\w+)\)', lines[-1]) if lines else None
    return found.group(1) if found else None


def is_stub(exercise: str, cell: NotebookNode) -> bool:
    """Tell whether a cell assigns `...` to the name that it checks."""
    assigned = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Assign)]
    empty = [node for node in assigned if isinstance(node.value, ast.Constant) and node.value.value is ...]
    names = [ast.unparse(target) for node in empty for target in node.targets]
    return checked_name(exercise, cell) in names


@rule
def exercise_stubs(lesson: Lesson) -> list[str]:
    cells = exercise_cells(lesson.notebook)
    got = [exercise for exercise, _ in cells]
    if got != ids(lesson):
        return [f"got stub cells (metadata vitcourse.exercise) {got}, expected {ids(lesson)}"]
    return [
        f'stub {exercise} does not set a name to `...` and end with `vc.check("{exercise}", NAME)`'
        for exercise, cell in cells
        if not is_stub(exercise, cell)
    ]


@rule
def exercise_checks(lesson: Lesson) -> list[str]:
    found = []
    for exercise, _ in exercise_cells(lesson.notebook):
        try:
            hint = exercises.check(exercise, ...).message
        except ValueError as error:
            found.append(str(error))
        else:
            found += [] if hint else [f"the check of {exercise} has no docstring, the hint"]
    return found


@rule
def exercise_solutions(lesson: Lesson) -> list[str]:
    path = lesson.path.parent / "solutions" / lesson.path.name
    if not path.is_file():
        return [f"no solutions/{path.name}"]
    notebook = read_lesson(path)
    cells = exercise_cells(notebook)
    got = [exercise for exercise, _ in cells]
    found = [] if got == ids(lesson) else [f"got solutions {got}, expected {ids(lesson)}"]
    stubs = dict(exercise_cells(lesson.notebook))
    for exercise, cell in cells:
        name = checked_name(exercise, cell)
        if name is None or exercise not in stubs or name != checked_name(exercise, stubs[exercise]):
            found.append(f"the solution of {exercise} does not end with the same vc.check as its stub")
        wrong = cell.metadata["vitcourse"].get("wrong")
        if not (isinstance(wrong, list) and wrong):
            found.append(f"the solution of {exercise} has no list of wrong answers in its metadata")
    if any(cell.get("outputs") for cell in notebook.cells):
        found.append("the solutions have outputs; they run in their lesson, so keep none")
    return found
