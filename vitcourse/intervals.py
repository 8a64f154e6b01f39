"""How sure is a number measured on few photos, and is one model better than another?

Taught in lesson 08.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, permutation_test

from vitcourse.arrays import AnyArray, to_numpy

Score = Callable[..., float]


class Interval(NamedTuple):
    """Lower and upper end."""

    low: float
    high: float


class Paired(NamedTuple):
    """Two models on the same photos: those that one alone got right, and how easily chance does that."""

    only_a: int
    only_b: int
    p_value: float


def wilson(right: int, total: int, level: float = 0.95) -> Interval:
    """Return the Wilson interval of a proportion: the true values that such a count is compatible with.

    Wilson, *Probable Inference, the Law of Succession, and Statistical Inference*, JASA 22 (1927). It holds
    for photos drawn independently, and stays within 0 and 1 where everything is right or wrong.

    Raises:
        ValueError: If right is not a count between 0 and total, or there is nothing to count.

    Taught in lesson 08.
    """
    if not 0 <= right <= total or total == 0 or right != int(right):
        raise ValueError(
            f"got {right} right of {total}; expected a whole number from 0 to total, and a total of at least "
            "1: pass how many were right, not their share"
        )
    low, high = binomtest(int(right), int(total)).proportion_ci(level, method="wilson")
    return Interval(float(low), float(high))


def resample(score: Score, arrays: Sequence[np.ndarray], resamples: int = 2000, seed: int = 0) -> np.ndarray:
    """Draw as many photos as there are, with replacement, score them, and repeat: (resamples,) scores.

    Args:
        score: Takes the arrays and returns a number.
        arrays: Each (N, ...), a row a photo; the same rows are drawn from all of them.
        resamples: How many times to draw.
        seed: Seeds the draws.

    Taught in lesson 08.
    """
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(arrays[0]), size=(resamples, len(arrays[0])))  # (resamples, N)
    return np.array([score(*(array[rows] for array in arrays)) for rows in draws], dtype=float)


def bootstrap(
    score: Score, *arrays: AnyArray, resamples: int = 2000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Return the percentile bootstrap interval of any score of photos.

    Efron, *Bootstrap Methods: Another Look at the Jackknife*, Annals of Statistics 7 (1979).

    Args:
        score: As in `resample`.
        arrays: As in `resample`, lists and tensors too.
        resamples: How many times to draw.
        level: The share of the scores inside the interval.
        seed: Seeds the draws.

    Returns:
        Draws without a score (nan: a class was left without a photo, say) are left out, with a warning. With
        few photos it is too narrow, and has no width at all where every photo is right: see `wilson`.

    Raises:
        ValueError: If the arrays differ in length or are empty, or no draw has a score.

    Taught in lesson 08.
    """
    scores = _defined(resample(score, _same_length(arrays), resamples, seed))
    low, high = np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def paired_bootstrap(
    score: Score, said_a: AnyArray, said_b: AnyArray, labels: AnyArray, **options: float
) -> Interval:
    """Return the bootstrap interval of `score(said_a, labels) - score(said_b, labels)` on the same photos.

    Args:
        score: Takes answers and labels and returns a number.
        said_a: (N, ...), the answers of one model.
        said_b: (N, ...), those of the other.
        labels: (N, ...), the truth.
        options: `resamples`, `level` and `seed` of `bootstrap`.

    Raises:
        ValueError: As `bootstrap`.

    Taught in lesson 08.
    """
    return bootstrap(lambda a, b, truth: score(a, truth) - score(b, truth), said_a, said_b, labels, **options)


def mcnemar(right_a: AnyArray, right_b: AnyArray) -> Paired:
    """Compare two models on the same photos with the exact test of McNemar (Psychometrika 12, 1947).

    Photos that both get right, or both wrong, say nothing about which is better. Were the two equally good,
    each other photo would be a toss of a coin.

    Args:
        right_a: (N,), whether one model was right.
        right_b: (N,), whether the other was.

    Returns:
        The photos that only one got right, and the two-sided p-value: 1 if there are none.

    Raises:
        ValueError: If the arrays differ in length, are empty, or hold anything but true and false.

    Taught in lesson 08.
    """
    right_a, right_b = _same_length((right_a, right_b))
    if not (np.isin(right_a, (0, 1)).all() and np.isin(right_b, (0, 1)).all()):
        raise ValueError("got other values than true and false; expected whether each photo was right")
    only_a = int((right_a.astype(bool) & ~right_b.astype(bool)).sum())
    only_b = int((right_b.astype(bool) & ~right_a.astype(bool)).sum())
    differ = only_a + only_b
    return Paired(only_a, only_b, float(binomtest(only_a, differ).pvalue) if differ else 1.0)


def sign_flips(differences: AnyArray) -> float:
    """Return how easily chance alone makes a mean difference as far from 0, on these photos.

    Fisher's randomization test (*The Design of Experiments*, 1935, chapter III): if two models were equally
    good, each photo's difference could as well have had the other sign. All ways to flip the signs are tried
    if at most 13 photos differ, else 9,999 drawn with seed 0. Differences of -1, 0 and 1 give the p-value of
    `mcnemar`; others may be shares of seeds, say.

    Args:
        differences: (N,), for each photo the score of one model minus that of the other.

    Returns:
        The two-sided p-value; 1 if fewer than two photos differ.

    Raises:
        ValueError: If it is not (N,) of finite numbers, N at least 1.

    Taught in lesson 09.
    """
    values = to_numpy(differences).astype(float)
    if values.ndim != 1 or not values.size or not np.isfinite(values).all():
        raise ValueError(f"got differences {values.shape}; expected finite numbers (N,), one for each photo")
    values = values[values != 0]
    if values.size < 2:
        return 1.0
    flipped = permutation_test((values,), np.sum, permutation_type="samples", n_resamples=9999, rng=0)
    return float(flipped.pvalue)


def _same_length(arrays: tuple[AnyArray, ...]) -> tuple[np.ndarray, ...]:
    arrays = tuple(to_numpy(array) for array in arrays)
    lengths = {len(array) if array.ndim else 0 for array in arrays}
    if len(lengths) != 1 or lengths == {0}:
        raise ValueError(
            f"got shapes {[array.shape for array in arrays]}; expected arrays with a row a photo, the same "
            "photos in each"
        )
    return arrays


def _defined(scores: np.ndarray) -> np.ndarray:
    """Leave out nan, and say so."""
    defined = scores[~np.isnan(scores)]
    if not defined.size:
        raise ValueError(
            "the score is nan on every resample; expected a number on most: check it on all photos"
        )
    if defined.size < scores.size:
        warnings.warn(
            f"{scores.size - defined.size} of {scores.size} resamples have no score and are left out",
            stacklevel=3,
        )
    return defined
