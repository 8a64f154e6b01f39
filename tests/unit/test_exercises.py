"""`vc.check` says not attempted, wrong or right, names what exists, and survives any answer."""

import time

import numpy as np
import pytest
import torch

import vitcourse as vc
from vitcourse import exercises
from vitcourse.exercises import Outcome, Wrong

EVERY = [f"{lesson}.{place}" for lesson in exercises.lessons() for place in (1, 2, 3)]


class Hostile:
    """Raises whatever is done with it."""

    def __getattribute__(self, name):
        raise RuntimeError(f"do not touch {name}")

    def __repr__(self):
        raise RuntimeError("do not print me")


def raises(*arguments, **options):
    raise RuntimeError("I never work")


SILLY = [None, True, 0, -1.5, float("nan"), 10**400, "", "text", b"bytes", [], [None] * 12, {}]
SILLY += [{"a": 1}, object(), print, raises, int, np.zeros((2, 3)), torch.zeros(3, 3), torch.zeros(12)]
SILLY += [torch.nn.Identity(), {"key": ...}, (..., ...)]


@pytest.fixture(autouse=True)
def demo(monkeypatch):
    monkeypatch.setenv("VITCOURSE_ASSETS", "demo")


def test_not_attempted_gives_the_hint_and_no_failure():
    outcome = vc.check("06.1", ...)
    assert (outcome.exercise, outcome.status) == ("06.1", "not attempted")
    assert outcome.message.startswith("80 photos in batches of 16")
    assert "\n" not in repr(outcome)


@pytest.mark.parametrize("answer", [60, 60.0, np.int64(60), torch.tensor(60), np.array([60])])
def test_right_in_any_form(answer):
    assert vc.check("06.1", answer) == Outcome("06.1", "right")


def test_wrong_says_what_was_got_and_expected():
    outcome = vc.check("06.1", 5)
    assert outcome.status == "wrong"
    assert "got 5, expected" in outcome.message
    assert "one epoch" in outcome.message


@pytest.mark.parametrize(
    ("answer", "status"), [("b", "right"), (" (B). ", "right"), ("a", "wrong"), ("c", "wrong"), (2, "wrong")]
)
def test_a_letter_is_read_kindly(answer, status):
    assert vc.check("00.1", answer).status == status


@pytest.mark.parametrize("exercise", EVERY)
@pytest.mark.parametrize(
    "answer", SILLY, ids=[f"{k}-{type(silly).__name__}" for k, silly in enumerate(SILLY)]
)
def test_a_silly_answer_is_refused_by_name(exercise, answer):
    start = time.process_time()
    with pytest.raises(Wrong, match="expected"):
        exercises.check_function(exercise)(answer)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("exercise", EVERY)
def test_a_hostile_answer_stops_nothing(exercise):
    outcome = vc.check(exercise, Hostile())
    assert outcome.status == "wrong"
    assert "got " in outcome.message


@pytest.mark.parametrize("exercise", EVERY)
def test_every_check_has_a_hint(exercise):
    outcome = vc.check(exercise, ...)
    assert outcome.status == "not attempted"
    assert len(outcome.message.split()) >= 4


@pytest.mark.parametrize(
    ("exercise", "named"),
    [
        ("06.9", "lesson 06 has 06.1, 06.2, 06.3"),
        ("99.1", "lessons with exercises: 00, "),
        ("6.1", 'expected a text such as "06.1"'),
        ("06.1.1", 'expected a text such as "06.1"'),
        ("../x", 'expected a text such as "06.1"'),
        (6.1, "no exercise 6.1"),
        (None, "no exercise None"),
    ],
)
def test_an_unknown_exercise_is_an_error_that_names_those_that_exist(exercise, named):
    with pytest.raises(ValueError, match=named):
        vc.check(exercise, ...)


@pytest.mark.parametrize("status", ["right", "wrong", "not attempted", "hint"])
def test_what_a_notebook_shows_is_safe_and_needs_no_colour(status):
    outcome = Outcome("06.1", status, "got <b>, expected a number")
    page = outcome._repr_html_()
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    assert "<code>f(&lt;i&gt;)</code>" in Outcome("06.1", status, "call `f(<i>)`")._repr_html_()
    words = {"wrong": "not yet"}.get(status, status)
    assert words in page
    assert words in repr(outcome)


def test_a_long_message_is_cut(monkeypatch):
    def exercise_1(answer):
        """Think about it."""
        raise Wrong(f"got {answer}, expected less\nof it")

    monkeypatch.setattr(exercises, "check_function", lambda exercise: exercise_1)
    message = exercises.check("00.1", "long " * 1000).message
    assert len(message) == exercises.MAX_MESSAGE
    assert message.endswith("…")
    assert "\n" not in message


def test_a_learners_function_is_called_and_its_errors_are_told():
    assert exercises.call(lambda a, b: a + b, 1, 2) == 3
    with pytest.raises(Wrong, match="got RuntimeError: I never work"):
        exercises.call(raises, 1)
    with pytest.raises(Wrong, match="got 7, expected a function"):
        exercises.call(7)


def test_a_frozen_body_and_a_trained_head_are_told_from_others():
    model, _ = vc.load("vit-micro", labels=["a", "b"])
    assert "all zeros" in vc.check("06.3", model).message
    with torch.no_grad():
        model.classifier.weight[0, 0] = 1
    assert vc.check("06.3", model).status == "right"
    with torch.no_grad():
        next(model.vit.parameters()).add_(1e-6)
    assert "changed" in vc.check("06.3", model).message


def test_every_exercise_has_two_hints():
    """The docstring of a check: one line, a blank line, and a paragraph that says how to begin."""
    missing = []
    for exercise in (name for lesson in exercises.lessons() for name in exercises.ids(lesson)):
        first, second = exercises._hints(exercises.check_function(exercise))
        if len(first.split()) < 4 or first[-1] not in ".?!`":
            missing.append(f"{exercise}: the first hint is {first!r}, expected a sentence")
        if len(second.split()) < 12 or second[-1] not in ".?!":
            missing.append(f"{exercise}: the second hint is {second!r}, expected two or three sentences")
        if len(second) > exercises.MAX_MESSAGE:
            missing.append(f"{exercise}: the second hint has {len(second)} characters")
    assert not missing, "\n".join(missing)


def test_hints_come_in_two_steps_and_the_second_leads_to_the_solution():
    first = vc.hint("03.1")
    assert (first.status, first.message) == (
        "hint",
        "Sixteen tensors a block, and eight outside of the blocks.",
    )
    assert vc.check("03.1", ...).message == f'{first.message} More: vc.hint("03.1", 2)'
    assert vc.hint("03.1", 2).message.endswith("Solution: solutions/03_same_as_the_library.ipynb")
    assert repr(first).startswith("▸ 03.1, hint: Sixteen")


def test_a_hint_gives_no_right_answer_away():
    for exercise, answer in {
        "01.1": "242",
        "03.1": "392",
        "05.1": "3076",
        "06.1": " 60",
        "10.1": "386",
    }.items():
        assert answer not in vc.hint(exercise, 2).message.replace(",", "")


@pytest.mark.parametrize("step", [0, 3, "2", None])
def test_another_step_is_an_error(step):
    with pytest.raises(ValueError, match="there are 1 and 2"):
        vc.hint("03.1", step)


def test_the_exercises_of_a_lesson_are_those_that_its_module_has():
    for lesson in exercises.lessons():
        assert [exercises.check_function(name) for name in exercises.ids(lesson)]
    assert exercises.ids("06") == ["06.1", "06.2", "06.3"]
