"""The checks of lesson 07 accept equivalent answers, and refuse everything else with a reason."""

import numpy as np
import pytest
import torch
from torch.nn import functional
from torchvision.ops import sigmoid_focal_loss

from vitcourse.checks import lesson_07
from vitcourse.exercises import Wrong

SILLY = [None, "", "0.5", [], {}, True, 3, np.zeros(2), object(), lambda: None, lambda *_: 3, lambda *_: "no"]
SILLY += [lambda *_: None, lambda *_: [[1], [1, 2]], lambda *_: 1 / 0, lambda a, *_: a]


@pytest.mark.parametrize("answer", SILLY, ids=lambda answer: type(answer).__name__)
@pytest.mark.parametrize("check", [lesson_07.exercise_1, lesson_07.exercise_2, lesson_07.exercise_3])
def test_a_silly_answer_is_refused_and_nothing_breaks(check, answer):
    with pytest.raises(Wrong, match=r"got .*expected"):
        check(answer)


@pytest.mark.parametrize("answer", [(0.5, 0.125, 2 / 3), [0.5, 1 / 8, 0.667], np.array([0.5, 0.125, 0.6667])])
def test_what_is_counted_on_two_photos(answer):
    lesson_07.exercise_1(answer)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ((0.875, 0.125, 0.667), "one of the two photos"),
        ((0.5, 0.5, 0.667), "wrong labels divided by all labels"),
        ((0.5, 0.125, 0.5), "said twice, once rightly"),
        ((0.5, 0.125, float("nan")), "said twice, once rightly"),
        ((0.5, 0.125), "got 2 numbers"),
    ],
)
def test_another_count_is_refused_with_its_own_hint(answer, hint):
    with pytest.raises(Wrong, match=hint):
        lesson_07.exercise_1(answer)


def with_torch(probabilities, threshold):
    probabilities = torch.as_tensor(probabilities)
    said = probabilities >= threshold
    most_likely = functional.one_hot(probabilities.argmax(1), 4).bool()
    return said | (most_likely & ~said.any(1, keepdim=True))


def with_numpy(probabilities, threshold):
    said = (probabilities >= threshold).astype(int)
    said[np.arange(len(said)), probabilities.argmax(1)] = 1
    return said


@pytest.mark.parametrize("answer", [with_torch, with_numpy])
def test_a_photo_without_a_label_gets_its_most_likely_one(answer):
    lesson_07.exercise_2(answer)


@pytest.mark.parametrize(
    "answer",
    [
        lambda probabilities, threshold: probabilities >= threshold,
        lambda probabilities, threshold: np.eye(4)[probabilities.argmax(1)],
        lambda probabilities, threshold: with_torch(probabilities, 0.5),
        lambda probabilities, threshold: (probabilities >= threshold).astype(int)[:2],
    ],
)
def test_other_answers_are_refused(answer):
    with pytest.raises(Wrong, match=r"got .*expected"):
        lesson_07.exercise_2(answer)


def focal(output, batch, recipe, power=2, reduce=torch.mean):
    p, labels = output.logits.sigmoid(), batch["labels"]
    p_t = p * labels + (1 - p) * (1 - labels)
    return reduce(-((1 - p_t) ** power) * p_t.log())


def test_focal_loss_written_in_two_ways():
    lesson_07.exercise_3(focal)
    lesson_07.exercise_3(
        lambda output, batch, recipe: sigmoid_focal_loss(
            output.logits, batch["labels"], alpha=-1, gamma=2, reduction="mean"
        )
    )


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda *given: focal(*given, reduce=torch.sum), "not the sum"),
        (lambda *given: focal(*given, power=0), "without its factor"),
        (lambda *given: focal(*given, power=1), "the factor is"),
        (lambda *given: focal(*given).detach(), "no loss to train on"),
    ],
)
def test_another_loss_is_refused_with_its_own_hint(answer, hint):
    with pytest.raises(Wrong, match=hint):
        lesson_07.exercise_3(answer)
