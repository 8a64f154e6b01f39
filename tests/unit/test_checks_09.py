"""What the checks of lesson 09 accept, and what they say to wrong answers."""

import math

import pytest
import torch
from torch.nn import functional

from vitcourse import distillation
from vitcourse.exercises import check

DIVERGENCE = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)


def two_teachers(logits, first, second, temperature):
    said = ((first / temperature).softmax(-1) + (second / temperature).softmax(-1)) / 2
    student = (logits / temperature).log_softmax(-1)
    return temperature**2 * functional.kl_div(student, said, reduction="batchmean")


def modest_loss(logits, teacher_logits, labels, threshold):
    sure, said = teacher_logits.softmax(-1).max(-1)
    return functional.cross_entropy(logits, torch.where(sure >= threshold, said, labels))


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        ("09.1", 0.676),
        ("09.1", torch.tensor(0.9 * math.log(2) + 0.4 * DIVERGENCE)),
        ("09.2", two_teachers),
        ("09.2", lambda *given: two_teachers(*given).item()),
        ("09.3", modest_loss),
    ],
)
def test_right_answers(exercise, answer):
    assert check(exercise, answer).status == "right"


@pytest.mark.parametrize(
    ("exercise", "answer", "hint"),
    [
        ("09.1", 0.9 * math.log(2) + 0.1 * DIVERGENCE, "square"),
        ("09.1", math.log(2) + 0.4 * DIVERGENCE, "1 - λ"),
        ("09.1", float("nan"), "expected another number"),
        ("09.2", lambda a, b, c, t: distillation.soft_loss(a, (b + c) / 2, t), "not the logits"),
        ("09.2", lambda a, b, c, t: two_teachers(a, b, c, t) / t**2, "square"),
        ("09.2", distillation.soft_loss, "expected a function that runs"),
        ("09.3", lambda a, b, c, t: distillation.hard_loss(a, b), "at threshold"),
        ("09.3", lambda a, b, c, t: modest_loss(a, b, c, t).expand(2), "expected a number"),
        ("09.3", None, "expected a function"),
    ],
)
def test_wrong_answers_get_a_hint(exercise, answer, hint):
    outcome = check(exercise, answer)
    assert outcome.status == "wrong"
    assert hint in outcome.message
