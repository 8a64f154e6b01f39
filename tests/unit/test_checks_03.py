"""The checks of lesson 03 accept what is right in any form, and refuse what is wrong or partly so."""

import numpy as np
import pytest
import torch

from vitcourse.checks import lesson_03
from vitcourse.exercises import Wrong
from vitcourse.suspects import BUGS

CHANGES = {"query": 0.5, "key": 1e-6, "value": 2.0}
RIGHT = [
    (lesson_03.exercise_1, 392),
    (lesson_03.exercise_1, np.int64(392)),
    (lesson_03.exercise_1, torch.tensor(392.0)),
    (lesson_03.exercise_2, dict(BUGS)),
    (lesson_03.exercise_2, {letter: f" {bug.upper()} " for letter, bug in BUGS.items()}),
    (lesson_03.exercise_3, CHANGES),
    (lesson_03.exercise_3, {part: torch.tensor(change) for part, change in CHANGES.items()}),
]
WRONG = [
    (lesson_03.exercise_1, 384),
    (lesson_03.exercise_2, {**BUGS, "A": "eps"}),
    (lesson_03.exercise_2, {**BUGS, "A": np.zeros(2)}),
    (lesson_03.exercise_2, {"A": BUGS["A"]}),
    (lesson_03.exercise_3, {**CHANGES, "key": 0.1}),
    (lesson_03.exercise_3, {**CHANGES, "query": 0.0}),
    (lesson_03.exercise_3, {**CHANGES, "query": 10**400}),
    (lesson_03.exercise_3, {**CHANGES, "value": float("inf")}),
    (lesson_03.exercise_3, {**CHANGES, "value": "large"}),
    (lesson_03.exercise_3, {"query": 0.5}),
]


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers(check, answer):
    assert check(answer) is None


@pytest.mark.parametrize(("check", "answer"), WRONG)
def test_wrong_answers(check, answer):
    with pytest.raises(Wrong, match=r"got .*expected"):
        check(answer)
