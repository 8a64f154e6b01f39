"""Thresholds for multi-label probabilities: from which one on is a label said to be there?

Taught in lesson 07.
"""

from collections.abc import Callable, Sequence

import numpy as np

from vitcourse import metrics
from vitcourse.arrays import AnyArray, to_numpy

Score = Callable[[np.ndarray, np.ndarray], float]
GRID = tuple(round(0.05 * step, 2) for step in range(1, 20))  # 0.05 to 0.95


def exact_match(labels: np.ndarray, said: np.ndarray) -> float:
    """Return the share of photos (0 to 1) on which every label is right; both (N, C) or (N,), 0 and 1.

    Taught in lesson 07.
    """
    right = labels == said
    return float(right.reshape(len(right), -1).all(1).mean())


def macro_f1(labels: np.ndarray, said: np.ndarray) -> float:
    """Return the mean over classes of F1 (0 to 1); both (N, C), or (N,) for one class, 0 and 1.

    A class that is on no photo and is never said scores 0, as in scikit-learn.

    Taught in lesson 07.
    """
    truth, answers = (array.reshape(len(array), -1).astype(bool) for array in (labels, said))
    return float(np.nan_to_num(metrics.per_class(truth, answers)["f1"]).mean())


def sweep(
    probabilities: AnyArray, labels: AnyArray, score: Score = macro_f1, grid: Sequence[float] = GRID
) -> np.ndarray:
    """Return the score at each threshold of a grid, (T,).

    Args:
        probabilities: (N, C), or (N,) for one class; from a sigmoid.
        labels: Of the same shape, 0 and 1.
        score: Takes labels and answers, both 0 and 1, and returns a number; the higher the better.
        grid: Thresholds. A label is said to be there if its probability is at least the threshold.

    Raises:
        ValueError: If the shapes differ, or values are no probabilities, no labels or no thresholds.

    Taught in lesson 07.
    """
    probabilities, labels = _checked(probabilities, labels)
    grid = np.asarray(grid, dtype=float)
    if grid.ndim != 1 or not grid.size or not ((grid >= 0) & (grid <= 1)).all():
        raise ValueError(f"got thresholds {grid.tolist()}; expected a list of numbers from 0 to 1")
    return np.array([score(labels, (probabilities >= threshold).astype(int)) for threshold in grid])


def best_threshold(
    probabilities: AnyArray,
    labels: AnyArray,
    score: Score = macro_f1,
    grid: Sequence[float] = GRID,
    per_class: bool = False,
) -> float | np.ndarray:
    """Return the threshold with the highest score; give it validation photos, never test photos.

    On few photos many thresholds tie. Of those with the highest score it takes the median, since it stands
    farthest from where the score falls; of an even number, the upper one of the two in the middle.

    Args:
        probabilities: (N, C), or (N,) for one class.
        labels: Of the same shape, 0 and 1.
        score: Takes labels and answers; the higher the better.
        grid: Thresholds to try.
        per_class: Whether each class gets its own, from its own column alone.

    Returns:
        A threshold; with `per_class` an array (C,).

    Raises:
        ValueError: As `sweep`, or if `per_class` is asked for one class.

    Taught in lesson 07.
    """
    if per_class:
        probabilities, labels = _checked(probabilities, labels)
        if labels.ndim != 2:
            raise ValueError(f"got one class, {labels.shape}; expected (N, C) for thresholds per class")
        columns = zip(probabilities.T, labels.T, strict=True)
        return np.array([best_threshold(*column, score=score, grid=grid) for column in columns])
    scores = sweep(probabilities, labels, score, grid)
    best = np.sort(np.asarray(grid, dtype=float)[scores == scores.max()])
    return float(best[len(best) // 2])


def _checked(probabilities: AnyArray, labels: AnyArray) -> tuple[np.ndarray, np.ndarray]:
    """Return both as NumPy arrays, labels as whole numbers.

    Raises:
        ValueError: If the shapes differ, there is no photo, or values are no probabilities or no labels.
    """
    probabilities, labels = to_numpy(probabilities).astype(float), to_numpy(labels)
    if probabilities.shape != labels.shape or probabilities.ndim not in (1, 2) or not labels.size:
        raise ValueError(
            f"got probabilities {probabilities.shape} and labels {labels.shape}; expected both (N, C), "
            "or both (N,) for one class, and at least one photo"
        )
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("got values outside 0 to 1; expected probabilities: take the sigmoid of the logits")
    if not np.isin(labels, (0, 1)).all():
        raise ValueError(f"got labels {np.unique(labels)[:5].tolist()}; expected zeros and ones")
    return probabilities, labels.astype(int)
