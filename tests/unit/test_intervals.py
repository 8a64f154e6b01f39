"""Intervals of scores on few photos, and comparisons of two models on the same ones."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import f1_score

from vitcourse import intervals


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(27, 27, 0.875, 1.0), (24, 26, 0.759, 0.979), (26, 27, 0.817, 0.993), (0, 10, 0.0, 0.278)],
)
def test_wilson_by_the_published_formula(right, total, low, high):
    assert intervals.wilson(right, total) == pytest.approx((low, high), abs=5e-4)
    z, p = stats.norm.ppf(0.95), right / total
    centre = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * np.sqrt(p * (1 - p) / total + z * z / (4 * total**2))
    expected = (max(0, centre - half), min(1, centre + half))
    assert intervals.wilson(np.int64(right), total, level=0.9) == pytest.approx(expected)


@pytest.mark.parametrize(("right", "total"), [(3, 2), (-1, 2), (0, 0), (0.963, 27)])
def test_wilson_needs_a_count(right, total):
    with pytest.raises(ValueError, match=f"got {right} right of {total}; expected"):
        intervals.wilson(right, total)


def test_bootstrap_of_a_mean_agrees_with_scipy():
    right = np.r_[np.ones(80), np.zeros(20)]
    expected = stats.bootstrap((right,), np.mean, method="percentile", rng=1).confidence_interval
    assert intervals.bootstrap(np.mean, right) == pytest.approx(tuple(expected), abs=0.02)
    assert intervals.bootstrap(np.mean, right) == intervals.bootstrap(np.mean, torch.tensor(right))
    narrow = intervals.bootstrap(np.mean, right, level=0.5)
    assert 0.75 < narrow.low < 0.8 < narrow.high < 0.85


def test_bootstrap_draws_the_same_photos_from_every_array():
    labels = np.arange(50) % 3
    assert intervals.bootstrap(lambda a, b: (a == b).mean(), labels, labels) == (1, 1)
    rows = np.stack([labels, labels], axis=1)
    assert intervals.bootstrap(lambda a, b: (a[:, 1] == b).mean(), rows, labels) == (1, 1)


def test_bootstrap_leaves_out_draws_without_a_score_and_says_so():
    right, rare = np.ones(8), np.r_[np.zeros(7), 1]
    with pytest.warns(UserWarning, match=r"of 500 resamples have no score"):
        interval = intervals.bootstrap(
            lambda r, c: r[c == 1].mean() if c.any() else np.nan, right, rare, resamples=500
        )
    assert interval == (1, 1)
    with pytest.raises(ValueError, match="nan on every resample"):
        intervals.bootstrap(lambda r: np.nan, right, resamples=5)


@pytest.mark.parametrize("arrays", [([1, 2], [1]), ([],), (), (3,)])
def test_bootstrap_needs_rows(arrays):
    with pytest.raises(ValueError, match="expected arrays with a row a photo"):
        intervals.bootstrap(np.mean, *arrays)


def test_mcnemar_counts_only_the_photos_that_tell():
    a = np.array([1] * 10 + [1] * 7 + [0] * 1 + [0] * 5)
    b = np.array([1] * 10 + [0] * 7 + [1] * 1 + [0] * 5)
    found = intervals.mcnemar(a, torch.tensor(b) > 0)
    assert (found.only_a, found.only_b) == (7, 1)
    assert found.p_value == pytest.approx(2 * (1 + 8) / 2**8)  # at most 1 of 8 tosses, on either side
    assert intervals.mcnemar(b, a).p_value == found.p_value


def test_mcnemar_without_a_difference():
    assert intervals.mcnemar([1, 0, 1], [1, 0, 1]) == (0, 0, 1.0)
    with pytest.raises(ValueError, match="true and false"):
        intervals.mcnemar([1, 2], [0, 1])
    with pytest.raises(ValueError, match="same photos in each"):
        intervals.mcnemar([1, 1], [0, 1, 1])


def test_sign_flips_of_single_runs_are_mcnemar():
    a, b = np.array([1] * 9 + [1] * 7 + [0] * 1), np.array([1] * 9 + [0] * 7 + [1] * 1)
    expected = intervals.mcnemar(a, b).p_value
    assert intervals.sign_flips(a - b) == intervals.sign_flips(torch.tensor(b - a)) == pytest.approx(expected)
    assert intervals.sign_flips([0, 0, 1]) == intervals.sign_flips(np.zeros(5)) == 1.0


def test_sign_flips_by_hand():
    # Of the 16 ways to sign 1, 1, 1 and 0.5, 3.5 is reached by all plus, and by all minus.
    assert intervals.sign_flips([1, 1, 1, 0.5, 0]) == pytest.approx(2 / 16)
    assert intervals.sign_flips([0.8, -0.8, 0.2, -0.2]) == 1.0


def test_sign_flips_of_many_photos_are_drawn_and_come_out_again():
    values = np.random.default_rng(0).normal(0.3, 1, 40)
    found, expected = intervals.sign_flips(values), stats.ttest_1samp(values, 0).pvalue
    assert found == intervals.sign_flips(values) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("values", [[], [[1, 0]], [1, float("nan")], 3])
def test_sign_flips_need_a_number_for_each_photo(values):
    with pytest.raises(ValueError, match="one for each photo"):
        intervals.sign_flips(values)


def test_paired_bootstrap_is_narrower_than_two_separate_ones():
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=100)
    said_a = np.where(rng.random(100) < 0.25, (labels + 1) % 3, labels)
    said_b = np.where(np.arange(100) < 4, (said_a + 1) % 3, said_a)
    assert intervals.paired_bootstrap(accuracy, said_a, said_a, labels) == (0, 0)
    paired = intervals.paired_bootstrap(accuracy, said_a, said_b, labels, resamples=500)
    alone = intervals.bootstrap(accuracy, said_a, labels, resamples=500)
    assert paired.high - paired.low < 0.7 * (alone.high - alone.low)
    macro = intervals.paired_bootstrap(
        lambda said, truth: f1_score(truth, said, average="macro"), said_a, said_b, labels, resamples=50
    )
    assert macro.low <= macro.high


def accuracy(said, labels):
    return (said == labels).mean()
