"""Class weights and weighted losses equal what is counted by hand, and what scikit-learn and torch say."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from vitcourse import losses
from vitcourse.training import Recipe

MULTI_HOT = torch.tensor([[1, 0, 1], [1, 0, 0], [1, 1, 0], [0, 1, 0]])


def loss(weights, logits, labels, recipe=None):
    output, batch = SimpleNamespace(logits=logits), {"labels": labels}
    return losses.weighted_loss(weights)(output, batch, recipe or Recipe(label_smoothing=0)).item()


def test_multi_class_weights_are_balanced():
    labels = torch.tensor([0, 0, 0, 1, 2, 2])
    weights = losses.class_weights(labels)
    assert weights.dtype == torch.float32
    assert weights.tolist() == pytest.approx([6 / 9, 6 / 3, 6 / 6])
    balanced = compute_class_weight("balanced", classes=np.arange(3), y=labels.numpy())
    assert weights.numpy() == pytest.approx(balanced)


def test_multi_label_weights_are_negatives_over_positives():
    assert losses.class_weights(MULTI_HOT).tolist() == pytest.approx([1 / 3, 1, 3])
    assert losses.class_weights(MULTI_HOT.float().numpy()).tolist() == pytest.approx([1 / 3, 1, 3])


@pytest.mark.parametrize(
    ("labels", "num_classes", "message"),
    [
        (torch.tensor([0, 2]), None, "class 1 of 0 to 2 has no photo"),
        (torch.tensor([0, 1]), 4, "class 2, 3 of 0 to 3 has no photo"),
        (torch.tensor([[1, 0], [0, 0]]), None, "class 1 of 0 to 1 has no photo"),
        (torch.tensor([[1, 1], [0, 1]]), None, "class 1 of 0 to 1 is on every photo"),
        (torch.tensor([[1, 2], [0, 1]]), None, "zeros and ones"),
        (torch.tensor([0.5, 1.0]), None, "whole numbers"),
        (torch.zeros(0, 4), None, "at least one photo"),
        (torch.zeros(0, dtype=torch.long), None, "at least one photo"),
    ],
)
def test_labels_that_give_no_weights_are_an_error(labels, num_classes, message):
    with pytest.raises(ValueError, match=message):
        losses.class_weights(labels, num_classes)


def test_binary_cross_entropy_counted_by_hand():
    # Logits of 0 are probabilities of a half: each label costs ln 2, a true one of class 1 three times that.
    got = loss(torch.tensor([1.0, 3.0]), torch.zeros(2, 2), torch.tensor([[1.0, 1.0], [0.0, 0.0]]))
    assert got == pytest.approx(np.log(2) * (1 + 3 + 1 + 1) / 4)


def test_cross_entropy_counted_by_hand():
    # The mean weighs each photo by its class: (2 * loss of photo 0 + 1 * loss of photo 1) / 3.
    logits = torch.tensor([[0.0, 0.0], [0.0, math.log(3)]])
    got = loss(torch.tensor([2.0, 1.0]), logits, torch.tensor([0, 1]))
    assert got == pytest.approx((2 * np.log(2) + np.log(4 / 3)) / 3)


def test_weights_of_one_change_nothing_and_smoothing_is_kept():
    torch.manual_seed(0)
    logits, labels, ones = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 2]), torch.ones(3)
    smoothed = functional.cross_entropy(logits, labels, label_smoothing=0.1).item()
    assert loss(ones, logits, labels, Recipe(label_smoothing=0.1)) == pytest.approx(smoothed)
    multi_hot = functional.one_hot(labels).float()
    plain = functional.binary_cross_entropy_with_logits(logits, multi_hot).item()
    assert loss(ones, logits, multi_hot, Recipe(label_smoothing=0.1)) == pytest.approx(plain)


@pytest.mark.parametrize("weights", [torch.ones(2, 2), torch.tensor([1, float("inf")]), torch.zeros(3)])
def test_weights_that_are_none_are_an_error(weights):
    with pytest.raises(ValueError, match="one for each class, finite and above 0"):
        losses.weighted_loss(weights)
