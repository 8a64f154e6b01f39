"""Checks of lesson 08, honest evaluation."""

from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from vitcourse import intervals
from vitcourse.exercises import Wrong, call, number

TOLERANCE = 0.04  # ends of two bootstrap intervals of the same groups differ by less
EXTRA_LOSS = 1e-3  # nats above the best temperature's


def exercise_1(answer: Any) -> None:
    """The recall of each class first, along its row; then their plain mean.

    Recall of a class: rightly called, divided by how many there are. Work it out for cans and for cartons;
    the classes then count the same, however many photos they have.
    """
    got, expected = number(answer), (38 / 40 + 5 / 10) / 2
    hints = {
        43 / 50: "that is the accuracy, in which a can counts as much as a carton",
        (38 / 43 + 5 / 7) / 2: "that is macro precision, down the columns",
        72.5: "give a share from 0 to 1",
    }
    if not np.isclose(got, expected, atol=1e-3):
        hint = next((hint for value, hint in hints.items() if np.isclose(got, value, atol=1e-3)), "")
        raise Wrong(f"got {got:g}, expected another number; {hint or 'the mean of two recalls'}")


def exercise_2(answer: Any) -> None:
    """Find the rows of each group, draw groups with replacement, and join their rows.

    `np.unique(groups)` lists the bottles, `np.flatnonzero(groups == g)` the rows of one. In each of some
    2,000 rounds draw as many bottles as there are with `rng.integers`, join their rows, and take the mean of
    `right` there. `np.quantile` gives the ends.
    """
    right, groups = _bottles()
    low, high = _ends(call(answer, right.copy(), groups.copy()))
    expected, by_photo = _by_group(right, groups), intervals.bootstrap(np.mean, right)
    if np.allclose((low, high), expected, atol=TOLERANCE):
        return
    hint = "are they drawn with replacement, as many as there are, and is it the middle 95 %?"
    if np.allclose((low, high), by_photo, atol=TOLERANCE):
        hint = "that is the interval of single photos; draw whole groups"
    raise Wrong(
        f"got {low:.2f} to {high:.2f}, expected about {expected.low:.2f} to {expected.high:.2f}; {hint}"
    )


def exercise_3(answer: Any) -> None:
    """Minimise the mean cross-entropy of `logits / temperature`, over its logarithm, say.

    Write the loss as a function of one number, the logarithm of the temperature: `log_softmax(logits /
    np.exp(log_temperature), axis=1)`, picked at the labels, negated, averaged. `minimize_scalar(loss,
    bounds=(-4, 4)).x` finds the best; undo the logarithm.
    """
    for scale in (3.0, 0.4):
        logits, labels = _confident(scale)
        got = number(call(answer, logits.copy(), labels.copy()))
        if not (np.isfinite(got) and got > 0):
            raise Wrong(f"got {got:g}, expected a number above 0")
        best = minimize_scalar(lambda log: _loss(logits / np.exp(log), labels), bounds=(-4, 4)).fun  # noqa: B023
        extra = _loss(logits / got, labels) - best
        if extra > EXTRA_LOSS:
            raise Wrong(
                f"got {got:.3g}, {extra:.3g} nats above the lowest loss; expected at most {EXTRA_LOSS}; "
                "divide the logits by the temperature, and search from 0.1 to 10"
            )


def _bottles() -> tuple[np.ndarray, np.ndarray]:
    """Photos of 30 bottles, mostly all right or all wrong; the groups in no order: (N,) and (N,)."""
    rng = np.random.default_rng(0)
    sizes = rng.integers(8, 13, size=30)
    chance = np.repeat(np.where(np.arange(30) % 3 == 0, 0.1, 0.95), sizes)
    order = rng.permutation(sizes.sum())
    return (rng.random(sizes.sum()) < chance)[order], np.repeat(rng.permutation(100)[:30], sizes)[order]


def _by_group(right: np.ndarray, groups: np.ndarray) -> intervals.Interval:
    _, group = np.unique(groups, return_inverse=True)
    hits, photos = np.bincount(group, right), np.bincount(group)
    return intervals.bootstrap(lambda hits, photos: hits.sum() / photos.sum(), hits, photos)


def _ends(answer: Any) -> np.ndarray:
    try:
        ends = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        ends = np.empty(0)
    if ends.shape != (2,) or not np.isfinite(ends).all():
        raise Wrong(f"got {answer!r:.60}, expected two numbers, low and high")
    return ends


def _confident(scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits (500, 4) that are `scale` times too large for their labels (500,)."""
    rng = np.random.default_rng(1)
    logits = rng.normal(scale=1.5, size=(500, 4))
    return scale * logits, (logits + rng.gumbel(size=logits.shape)).argmax(1)


def _loss(logits: np.ndarray, labels: np.ndarray) -> float:
    return float(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean())
