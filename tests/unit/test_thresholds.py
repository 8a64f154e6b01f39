"""Thresholds are the ones found by hand on a handful of photos; scores equal scikit-learn's."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score

from vitcourse import thresholds

# Three photos, two classes; at 0.3 every label is right, at 0.5 the last label is missed.
PROBABILITIES = np.array([[0.9, 0.1], [0.2, 0.6], [0.8, 0.35]])
LABELS = np.array([[1, 0], [0, 1], [1, 1]])


def test_a_sweep_counted_by_hand():
    got = thresholds.sweep(PROBABILITIES, LABELS, thresholds.exact_match, (0.05, 0.15, 0.3, 0.5, 0.95))
    assert got == pytest.approx([1 / 3, 2 / 3, 1, 2 / 3, 0])
    got = thresholds.sweep(PROBABILITIES, LABELS, grid=(0.5, 0.05))
    assert got == pytest.approx([(1 + 2 / 3) / 2, (4 / 5 + 4 / 5) / 2])


def test_a_label_is_said_at_the_threshold_itself():
    assert thresholds.sweep([[0.5]], [[1]], thresholds.exact_match, (0.5,)) == [1]


def test_scores_equal_scikit_learn():
    rng = np.random.default_rng(0)
    probabilities, labels = rng.random((40, 4)), rng.integers(0, 2, (40, 4))
    said = (probabilities >= 0.4).astype(int)
    assert thresholds.macro_f1(labels, said) == pytest.approx(f1_score(labels, said, average="macro"))
    assert thresholds.macro_f1(labels[:, 0], said[:, 0]) == pytest.approx(f1_score(labels[:, 0], said[:, 0]))
    assert thresholds.exact_match(labels, said) == pytest.approx(accuracy_score(labels, said))
    assert thresholds.macro_f1(np.eye(2), np.array([[1, 0], [0, 0]])) == 0.5


def test_the_best_threshold_is_in_the_middle_of_the_best():
    # All right above 0.2 and up to 0.35: 0.25, 0.3 and 0.35 tie.
    assert thresholds.best_threshold(PROBABILITIES, LABELS) == 0.3
    assert thresholds.best_threshold(PROBABILITIES, LABELS, grid=(0.35, 0.3, 0.25, 0.9)) == 0.3
    assert thresholds.best_threshold(PROBABILITIES, LABELS, grid=(0.25, 0.3)) == 0.3


def test_a_threshold_for_each_class_looks_at_its_own_column():
    got = thresholds.best_threshold(PROBABILITIES, LABELS, per_class=True)
    assert got == pytest.approx([0.55, 0.25])  # 0.25 to 0.8 tie, and 0.15 to 0.35
    for column in range(2):
        own = thresholds.best_threshold(PROBABILITIES[:, column], LABELS[:, column])
        assert own == got[column]


def test_tensors_give_what_arrays_give():
    tensors = torch.tensor(PROBABILITIES), torch.tensor(LABELS, dtype=torch.float32)
    assert thresholds.best_threshold(*tensors) == thresholds.best_threshold(PROBABILITIES, LABELS)


@pytest.mark.parametrize(
    ("probabilities", "labels", "options", "message"),
    [
        (PROBABILITIES, LABELS[:2], {}, r"\(3, 2\) and labels \(2, 2\)"),
        (np.zeros((0, 2)), np.zeros((0, 2)), {}, "at least one photo"),
        (PROBABILITIES * 9 - 3, LABELS, {}, "take the sigmoid"),
        (np.full((3, 2), np.nan), LABELS, {}, "take the sigmoid"),
        (PROBABILITIES, LABELS * 2, {}, "expected zeros and ones"),
        (PROBABILITIES, LABELS, {"grid": ()}, "expected a list of numbers from 0 to 1"),
        (PROBABILITIES, LABELS, {"grid": (0.5, 1.5)}, "expected a list of numbers from 0 to 1"),
        (PROBABILITIES[:, 0], LABELS[:, 0], {"per_class": True}, "thresholds per class"),
    ],
)
def test_what_is_no_probability_is_an_error(probabilities, labels, options, message):
    with pytest.raises(ValueError, match=message):
        thresholds.best_threshold(probabilities, labels, **options)
