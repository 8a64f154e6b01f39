"""Coverage, accuracy and bounds against numbers computed by hand."""

import numpy as np
import pytest
import torch

from vitcourse import abstention

CONFIDENCE, RIGHT = [0.9, 0.6, 0.8, 0.6, 0.7], [1, 1, 1, 0, 0]


def test_a_curve_by_hand():
    """From the surest down: right, right, wrong, then two that are equally sure, one of them right."""
    curve = abstention.risk_coverage(CONFIDENCE, RIGHT)
    assert curve.threshold.tolist() == [0.9, 0.8, 0.7, 0.6]
    assert curve.coverage.tolist() == pytest.approx([0.2, 0.4, 0.6, 1.0])
    assert curve.accuracy.tolist() == pytest.approx([1, 1, 2 / 3, 3 / 5])


def test_the_order_of_photos_does_not_matter_and_tensors_do():
    rng = np.random.default_rng(0)
    confidence, right = rng.integers(0, 20, 100) / 20, rng.random(100) < 0.7
    order = rng.permutation(100)
    expected = abstention.risk_coverage(confidence, right)
    got = abstention.risk_coverage(torch.tensor(confidence[order]), torch.tensor(right[order]))
    assert np.allclose(got.accuracy, expected.accuracy) and np.allclose(got.coverage, expected.coverage)
    for threshold, coverage, accuracy in zip(*vars(expected).values(), strict=True):
        kept = confidence >= threshold
        assert (kept.mean(), right[kept].mean()) == pytest.approx((coverage, accuracy))


@pytest.mark.parametrize(("accuracy", "threshold"), [(1.0, 0.8), (0.65, 0.7), (0.6, 0.6), (0.0, 0.6)])
def test_the_lowest_threshold_that_is_good_enough(accuracy, threshold):
    assert abstention.lowest_threshold(CONFIDENCE, RIGHT, accuracy) == threshold


def test_it_may_dip_on_the_way_down():
    """The surest answer is wrong, and so many right ones follow that the whole is good enough again."""
    assert abstention.lowest_threshold([0.9, 0.8, 0.7, 0.6, 0.5], [0, 1, 1, 1, 1], 0.8) == 0.5


def test_without_a_good_threshold_nothing_is_answered():
    assert abstention.lowest_threshold([0.9, 0.8], [0, 0], 0.5) == np.inf


@pytest.mark.parametrize(("wrong", "answered"), [(0, 1), (0, 27), (0, 59), (3, 50), (49, 50)])
def test_the_bound_is_where_so_few_errors_become_rare(wrong, answered):
    from scipy.stats import binom

    bound = abstention.error_bound(wrong, answered)
    assert binom.cdf(wrong, answered, bound) == pytest.approx(0.05, abs=1e-6)


def test_bounds_at_the_ends():
    assert abstention.error_bound(0, 59) <= 0.05 < abstention.error_bound(0, 58)
    assert abstention.error_bound(0, 10, level=0.5) == pytest.approx(1 - 0.5**0.1)
    assert abstention.error_bound(0, 0) == abstention.error_bound(7, 7) == 1


@pytest.mark.parametrize(
    ("confidence", "right"),
    [([], []), ([0.5], [1, 0]), ([[0.5]], [[1]]), ([np.nan], [1]), ([0.5], [2]), ([0.5], [np.nan])],
)
def test_bad_input_is_refused(confidence, right):
    with pytest.raises(ValueError, match="expected"):
        abstention.risk_coverage(confidence, right)
    with pytest.raises(ValueError, match="expected"):
        abstention.lowest_threshold(confidence, right, 0.9)


@pytest.mark.parametrize("counts", [(1, 0), (-1, 5), (0.5, 5)])
def test_counts_that_are_none_are_refused(counts):
    with pytest.raises(ValueError, match="expected a whole number"):
        abstention.error_bound(*counts)


@pytest.mark.parametrize("accuracy", [-0.1, 95, np.nan])
def test_an_accuracy_that_is_none_is_refused(accuracy):
    with pytest.raises(ValueError, match="from 0 to 1"):
        abstention.lowest_threshold(CONFIDENCE, RIGHT, accuracy)
