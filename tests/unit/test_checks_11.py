"""What the checks of lesson 11 accept and what they answer."""

import pytest
import torch

import vitcourse as vc
from vitcourse import attention


@pytest.mark.parametrize("answer", [0.36, torch.tensor(0.36), 0.3600001])
def test_the_number_by_hand_is_right(answer):
    assert vc.check("11.1", answer).status == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [(0.4, "one layer"), (0.2, "half of which"), (0.64, "adds up to 1"), (7, "0.5 A"), ("x", "a number")],
)
def test_a_wrong_number_gets_its_hint(answer, hint):
    outcome = vc.check("11.1", answer)
    assert outcome.status == "wrong" and hint in outcome.message


def loudest(maps):
    flow = torch.eye(maps.shape[-1])
    for layer in maps.amax(2).unbind(1):
        mixed = layer + torch.eye(maps.shape[-1])  # the halves cancel
        flow = torch.matmul(mixed / mixed.sum(-1, keepdim=True), flow)
    return flow


def test_another_way_to_write_the_loudest_head_is_right():
    assert vc.check("11.2", loudest).status == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (attention.rollout, "largest head"),
        (lambda maps: maps.amax(2)[:, 0], "add up to"),
        (lambda maps: maps.softmax(-1)[:, 0, 0], "later layer"),
        (lambda maps: maps, "shape"),
        (lambda maps: maps.nope, "AttributeError"),
        (lambda maps: torch.full((2, 6, 6), torch.nan), "not finite"),
        (3, "a function"),
    ],
)
def test_a_wrong_rollout_gets_its_hint(answer, hint):
    outcome = vc.check("11.2", answer)
    assert outcome.status == "wrong" and hint in outcome.message


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda score, pixel_values, masks: torch.eye(4), "patch 6"),
        (lambda score, pixel_values, masks: torch.eye(16)[6].view(4, 4), "how often"),
        (lambda score, pixel_values, masks: 1, "got int"),
    ],
)
def test_a_wrong_rise_gets_its_hint(answer, hint):
    outcome = vc.check("11.3", answer)
    assert outcome.status == "wrong" and hint in outcome.message
