"""What tries the solutions finds what it should; nbmake runs it for each lesson, from _solved/."""

from types import SimpleNamespace

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from solved_lesson import solved

from vitcourse import exercises


def run_solved(answer, wrong, monkeypatch):
    """Solve a lesson of one exercise, whose right answer is 2, and run its cells here."""

    def exercise_1(answer):
        """Count."""
        if answer != 2:
            raise exercises.Wrong("got another number, expected 2")

    monkeypatch.setattr(exercises, "check_function", lambda exercise: exercise_1)
    call = 'vc.check("00.1", answer)'
    metadata = {"vitcourse": {"exercise": "00.1", "wrong": wrong}}
    solution = new_code_cell(f"answer = {answer}\n{call}  # done", metadata=metadata)
    stub = new_code_cell(f"answer = ...\n{call}", metadata={"vitcourse": {"exercise": "00.1"}})
    names = {"vc": SimpleNamespace(check=exercises.check)}
    for cell in solved(new_notebook(cells=[stub]), new_notebook(cells=[solution])).cells:
        exec(cell.source, names)
    assert names["answer"] == eval(answer)


def test_right_and_wrong_are_told_apart(monkeypatch):
    run_solved("1 + 1", ["answer = 3", "answer = None", "def answer():\n    return 2"], monkeypatch)


def test_a_solution_that_is_wrong_is_found(monkeypatch):
    with pytest.raises(AssertionError, match=r"the solution is refused: .*expected 2"):
        run_solved("3", ["answer = 4"], monkeypatch)


@pytest.mark.parametrize("planted", ["answer = 2", "answer = ..."])
def test_a_wrong_answer_that_is_not_refused_is_found(planted, monkeypatch):
    with pytest.raises(AssertionError, match="a wrong answer is not refused"):
        run_solved("2", ["answer = 3", planted], monkeypatch)


def test_a_missing_solution_is_found():
    stub = new_code_cell("answer = ...", metadata={"vitcourse": {"exercise": "00.1"}})
    with pytest.raises(AssertionError, match="other exercises"):
        solved(new_notebook(cells=[stub]), new_notebook())
