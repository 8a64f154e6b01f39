"""Tell a learner whether an answer is right, without ever stopping the notebook.

The stub cell of an exercise ends with `vc.check("06.1", answer)`. The function `exercise_1` in
`vitcourse/checks/lesson_06.py` knows what is right: it returns for a right answer and raises `Wrong` for any
other. The first line of its docstring is the hint for those who have not begun, the next paragraph is the
second hint: `vc.hint("06.1", 2)`.
"""

import ast
import html
import importlib.util
import inspect
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vitcourse import checks, passed

MAX_MESSAGE = 400
_SHOWN = {
    "right": ("\N{HEAVY CHECK MARK}", "right", "#009E73"),
    "wrong": ("\N{HEAVY BALLOT X}", "not yet", "#D55E00"),
    "not attempted": ("\N{WHITE CIRCLE}", "not attempted", "#0072B2"),
    "hint": ("\N{BLACK RIGHT-POINTING SMALL TRIANGLE}", "hint", "#0072B2"),
}


class Wrong(Exception):
    """An answer is not right. The message says what was got, what was expected, and what to look at."""


@dataclass(frozen=True, repr=False)
class Outcome:
    """What became of an answer; a notebook shows it as one line.

    Attributes:
        exercise: Its id, such as "06.1".
        status: "right", "wrong", "not attempted" or "hint".
        message: What was got and what was expected, or the hint; empty if the answer is right.
    """

    exercise: str
    status: Literal["right", "wrong", "not attempted", "hint"]
    message: str = ""

    def __repr__(self) -> str:
        """Say it in one line of text."""
        mark, words, _ = _SHOWN[self.status]
        return f"{mark} {self.exercise}, {words}{': ' if self.message else '.'}{self.message}"

    def _repr_html_(self) -> str:
        """Say it in one line with a coloured edge; the words and the mark say the same as the colour."""
        mark, words, colour = _SHOWN[self.status]
        message = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(self.message))
        end = f":</strong> {message}" if message else ".</strong>"
        style = f"border-left: 4px solid {colour}; padding-left: 0.6em"
        return f'<p style="{style}"><strong>{mark} {self.exercise}, {words}{end}</p>'


def check(exercise: str, answer: Any) -> Outcome:
    """Check the answer to an exercise; whatever the answer is, the notebook goes on.

    A right answer is noted for `vitcourse progress`, on this machine only.

    Args:
        exercise: The id in the stub cell, such as "06.1".
        answer: What the learner found; `...` if nothing yet.

    Returns:
        The outcome, which Jupyter shows when the call is the last line of a cell.

    Raises:
        ValueError: If there is no such exercise.

    Taught in lesson 00.
    """
    function = check_function(exercise)
    first, _ = _hints(function)
    if answer is ...:
        return Outcome(exercise, "not attempted", f'{first} More: vc.hint("{exercise}", 2)')
    try:
        function(answer)
    except Wrong as wrong:
        return Outcome(exercise, "wrong", _short(str(wrong)))
    except Exception as error:  # noqa: BLE001 - a learner's object may raise anything when it is looked at
        return Outcome(exercise, "wrong", _short(f"got {type(error).__name__}: {error}; hint: {first}"))
    passed.add(exercise)
    return Outcome(exercise, "right")


def hint(exercise: str, step: Literal[1, 2] = 1) -> Outcome:
    """Give a hint for an exercise: the first says where to look, the second how to begin.

    Args:
        exercise: The id in the stub cell, such as "06.1".
        step: 1, which `vc.check` gives too, or 2, which ends with the place of the solution.

    Returns:
        The hint, which Jupyter shows when the call is the last line of a cell.

    Raises:
        ValueError: If there is no such exercise or step.

    Taught in lesson 00.
    """
    first, second = _hints(check_function(exercise))
    if step == 1:
        return Outcome(exercise, "hint", first)
    if step == 2:
        return Outcome(exercise, "hint", f"{second} Solution: {_solution(exercise[:2])}")
    raise ValueError(f"no hint {_short(repr(step), 60)} for {exercise}; there are 1 and 2")


def _hints(function: Callable[[Any], None]) -> tuple[str, str]:
    """The two hints in a docstring: its first paragraph and its second, each on one line."""
    first, _, rest = (inspect.getdoc(function) or "").partition("\n\n")
    return " ".join(first.split()), " ".join(rest.partition("\n\n")[0].split())


def _solution(lesson: str) -> str:
    """Where the solutions of a lesson lie, as the lesson's own folder sees it."""
    folder = Path(__file__).parents[1] / "notebooks" / "solutions"
    found = sorted(path.name for path in folder.glob(f"{lesson}_*.ipynb"))
    return f"solutions/{found[0] if found else f'{lesson}_*.ipynb'}"


def number(answer: Any) -> float:
    """Return the number in an answer: an int, a float, or an array or tensor with one element.

    Raises:
        Wrong: If it is something else.
    """
    try:
        if isinstance(answer, bool | str | bytes):
            raise TypeError
        return float(answer.item() if hasattr(answer, "item") else answer)
    except (TypeError, ValueError, RuntimeError, ArithmeticError):
        raise Wrong(f"got {_short(repr(answer), 60)}, expected a number") from None


def call(function: Any, *arguments: Any) -> Any:
    """Call the function in an answer and return what it returns.

    Raises:
        Wrong: If it is no function, or raises an error.
    """
    if not callable(function):
        raise Wrong(f"got {_short(repr(function), 60)}, expected a function")
    try:
        return function(*arguments)
    except Exception as error:
        raise Wrong(f"got {type(error).__name__}: {error}; expected a function that runs") from error


def check_function(exercise: str) -> Callable[[Any], None]:
    """Find the function that checks an exercise.

    Raises:
        ValueError: If there is none; the message names those that exist.
    """
    is_id = isinstance(exercise, str) and re.fullmatch(r"\d\d\.\d", exercise)
    lesson, _, place = exercise.partition(".") if is_id else ("", "", "")
    if lesson in lessons():
        module = importlib.import_module(f"{checks.__name__}.lesson_{lesson}")
        functions = {name: found for name, found in vars(module).items() if name.startswith("exercise_")}
        if f"exercise_{place}" in functions:
            return functions[f"exercise_{place}"]
        have = ", ".join(f"{lesson}.{name.removeprefix('exercise_')}" for name in sorted(functions))
        raise ValueError(f"no exercise {exercise!r}; lesson {lesson} has {have}")
    have = ", ".join(lessons())
    raise ValueError(
        f'no exercise {_short(repr(exercise), 60)}; expected a text such as "06.1"; '
        f"lessons with exercises: {have}"
    )


def ids(lesson: str) -> list[str]:
    """List the exercises of a lesson that has checks, such as "06.1"; its module is read, not imported."""
    module = importlib.util.find_spec(f"{checks.__name__}.lesson_{lesson}")
    source = Path(module.origin).read_text(encoding="utf-8")
    names = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return sorted(f"{lesson}.{name[9:]}" for name in names if name.startswith("exercise_"))


def lessons() -> list[str]:
    """List the numbers of the lessons that have checks, such as "06"."""
    names = (module.name for module in pkgutil.iter_modules(checks.__path__))
    return sorted(name.removeprefix("lesson_") for name in names if name.startswith("lesson_"))


def _short(text: str, limit: int = MAX_MESSAGE) -> str:
    """Put a text on one line, and cut it where it gets long."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
