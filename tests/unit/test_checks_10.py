"""What the checks of lesson 10 accept and refuse."""

import copy

import numpy as np
import pytest
import torch

from vitcourse import positions
from vitcourse.checks import lesson_10
from vitcourse.exercises import Wrong

SILLY = [None, "", "386", [], {}, True, np.zeros(3), object(), lambda: None, lambda *_: None, lambda *_: "no"]
SILLY += [
    lambda *_: 1 / 0,
    lambda a, *_: a,
    lambda *_: np.nan,
    lambda *_: -1.0,
    lambda *_: torch.nn.Linear(1, 1),
]


@pytest.mark.parametrize("answer", SILLY, ids=lambda answer: type(answer).__name__)
@pytest.mark.parametrize("check", [lesson_10.exercise_1, lesson_10.exercise_2, lesson_10.exercise_3])
def test_a_silly_answer_is_refused_and_nothing_breaks(check, answer):
    with pytest.raises(Wrong, match=r"got .*expected"):
        check(answer)


@pytest.mark.parametrize("answer", [386, 386.0, np.int64(386), torch.tensor(386)])
def test_places_of_a_distilled_network(answer):
    lesson_10.exercise_1(answer)


@pytest.mark.parametrize(
    ("answer", "hint"), [(384, "prefix tokens"), (385, "distillation token"), (578, "256 wide"), (1, "rows")]
)
def test_what_was_counted_instead(answer, hint):
    with pytest.raises(Wrong, match=hint) as refused:
        lesson_10.exercise_1(answer)
    assert "386" not in str(refused.value)


def test_the_crossover_by_its_formula():
    lesson_10.exercise_2(lambda width: 16 * (int((6 * width - 1) ** 0.5) + 1))
    with pytest.raises(Wrong, match="patches; in pixels"):
        lesson_10.exercise_2(lambda width: int((6 * width - 1) ** 0.5) + 1)


def enlarged(model, image_size, num_prefix=None, mode="bicubic"):
    larger = copy.deepcopy(model)
    places, grid = model.embeddings.positions.data, (image_size // 16,) * 2
    num_prefix = num_prefix or len(model.heads)
    larger.embeddings.positions = torch.nn.Parameter(positions.interpolate(places, grid, num_prefix, mode))
    larger.embeddings.image_size = image_size
    return larger


def test_a_network_enlarged():
    lesson_10.exercise_3(enlarged)
    with pytest.raises(Wrong, match="are the positions bicubic"):
        lesson_10.exercise_3(lambda model, size: enlarged(model, size, mode="bilinear"))
    with pytest.raises(Wrong, match="Is num_prefix 2"):
        lesson_10.exercise_3(lambda model, size: enlarged(model, size, num_prefix=1))


def test_the_old_network_has_to_stay():
    def in_place(model, image_size):
        model.embeddings = enlarged(model, image_size).embeddings
        return copy.deepcopy(model)

    with pytest.raises(Wrong, match="the old network, changed"):
        lesson_10.exercise_3(in_place)
