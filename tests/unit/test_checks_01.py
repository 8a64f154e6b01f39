"""The checks of lesson 01 accept equivalent answers, and refuse everything else with a reason."""

import pytest
import torch
from torch.nn import functional

from vitcourse.checks import lesson_01
from vitcourse.exercises import Wrong

SILLY = [None, "", "242", [], {}, float("nan"), True, torch.zeros(3), object(), lambda: None, lambda *_: 3]
SILLY += [lambda *_: torch.zeros(()), lambda x, _: x, lambda *_: 1 / 0]


@pytest.mark.parametrize("answer", SILLY, ids=lambda answer: type(answer).__name__)
@pytest.mark.parametrize("check", [lesson_01.exercise_1, lesson_01.exercise_2, lesson_01.exercise_3])
def test_a_silly_answer_is_refused_and_nothing_breaks(check, answer):
    with pytest.raises(Wrong, match=r"got .*expected"):
        check(answer)


@pytest.mark.parametrize("answer", [242, 242.0])
def test_the_number_of_tokens(answer):
    lesson_01.exercise_1(answer)


@pytest.mark.parametrize("answer", [240, 241, 301, -242])
def test_a_wrong_number_of_tokens_is_refused_without_telling_the_right_one(answer):
    with pytest.raises(Wrong) as refused:
        lesson_01.exercise_1(answer)
    assert "242" not in str(refused.value).replace(repr(answer), "")


def test_colours_first_by_another_way():
    def unfolded(pixel_values, patch_size):
        columns = functional.unfold(pixel_values, patch_size, stride=patch_size)
        return columns.transpose(1, 2)

    lesson_01.exercise_2(unfolded)


def test_a_matrix_repaired_by_another_way():
    lesson_01.exercise_3(lambda matrix, order: matrix.T[order].T)
    with pytest.raises(Wrong, match="other numbers"):
        lesson_01.exercise_3(lambda matrix, order: matrix[:, order.argsort()])
