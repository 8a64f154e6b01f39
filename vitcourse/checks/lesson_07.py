"""Checks of lesson 07, several labels a photo."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from sklearn.metrics import f1_score
from torchvision.ops import sigmoid_focal_loss

from vitcourse.arrays import to_numpy
from vitcourse.exercises import Wrong, call, number
from vitcourse.recipe import Recipe

TRUTH = np.array([[1, 1, 0, 0], [0, 0, 1, 1]])  # can, carton, milk_bottle, water_bottle
SAID = np.array([[1, 1, 0, 1], [0, 0, 1, 1]])
GAMMA = 2.0


def exercise_1(answer: Any) -> None:
    """Count wrong labels, wrong photos, and for water_bottle true positives, false positives and misses.

    Write the two answers under the two truths. Exact match counts photos without any error, Hamming loss
    counts single labels that differ, of eight. For water_bottle only the last column matters: 2 TP / (2 TP +
    FP + FN).
    """
    try:
        got = [number(item) for item in answer]
    except TypeError:
        raise Wrong(f"got {answer!r:.60}, expected three numbers (exact_match, hamming_loss, f1)") from None
    expected = [
        float((TRUTH == SAID).all(1).mean()),
        float((TRUTH != SAID).mean()),
        f1_score(TRUTH[:, 3], SAID[:, 3]),
    ]
    hints = {
        "exact_match": "one of the two photos has every label right",
        "hamming_loss": "wrong labels divided by all labels, two photos with four each",
        "f1": "2 TP / (2 TP + FP + FN), and water_bottle was said twice, once rightly",
    }
    if len(got) != len(expected):
        raise Wrong(f"got {len(got)} numbers, expected three: {', '.join(hints)}")
    for (name, hint), value, right in zip(hints.items(), got, expected, strict=True):
        if not abs(value - right) < 0.005:  # nan is no answer either
            raise Wrong(f"got {name} {value:g}, expected another number; {hint}")


def exercise_2(answer: Any) -> None:
    """Compare with the threshold as before, then put a 1 where `argmax` points.

    `said = (probabilities >= threshold).astype(int)`, then `silent = ~said.any(1)` finds the photos without a
    label. Only for those rows: find `argmax(1)` of the probabilities, and set a 1 at those pairs of row and
    column.
    """
    probabilities = np.array([[0.7, 0.6, 0.1, 0.2], [0.1, 0.2, 0.3, 0.4], [0.5, 0.1, 0.1, 0.1], [0.2] * 4])
    for threshold, expected in (
        (0.5, [[1, 1, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0], None]),
        (0.2, [[1, 1, 0, 1], [0, 1, 1, 1], [1, 0, 0, 0], [1, 1, 1, 1]]),
    ):
        got = _array(call(answer, probabilities.copy(), threshold))
        if got.shape != probabilities.shape or not np.isin(got, (0, 1)).all():
            raise Wrong(f"got shape {got.shape}, expected {probabilities.shape}, zeros and ones")
        for row, said, right in zip(probabilities, got, expected, strict=True):
            if right is None:  # four equals: one of them, whichever
                right = said if said.sum() == 1 else [1, 0, 0, 0]
            if not np.array_equal(said, right):
                raise Wrong(
                    f"got {said.astype(int).tolist()} for {row.tolist()} at threshold {threshold}, expected "
                    f"{list(right)}; only a photo without any label gets its most likely one"
                )


def exercise_3(answer: Any) -> None:
    """Take binary cross-entropy with `reduction="none"`, multiply by (1 - p_t) ** 2, and average.

    `functional.binary_cross_entropy_with_logits(..., reduction="none")` gives the BCE (B, C), which is
    -log(p_t): so p_t is `exp` of its negative. Multiply elementwise and take `.mean()`.
    """
    generator = torch.Generator().manual_seed(7)
    logits = 2 * torch.randn(6, 4, generator=generator)
    labels = torch.randint(2, (6, 4), generator=generator).float()
    logits.requires_grad_()
    output, batch = SimpleNamespace(logits=logits), {"labels": labels}
    got = call(answer, output, batch, Recipe(label_smoothing=0))
    if not isinstance(got, torch.Tensor) or got.ndim or not got.requires_grad:
        raise Wrong("got no loss to train on, expected one number, a tensor made from output.logits")
    losses = sigmoid_focal_loss(logits, labels, alpha=-1, gamma=GAMMA, reduction="none")
    plain = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
    hints = {
        losses.sum(): "take the mean, not the sum",
        plain: "that is the plain loss, without its factor",
        sigmoid_focal_loss(logits, labels, gamma=GAMMA, reduction="mean"): "no alpha here: pass alpha=-1",
    }
    if not torch.isclose(got, losses.mean(), atol=1e-4):
        close = [hint for value, hint in hints.items() if torch.isclose(got, value)]
        hint = close[0] if close else "the factor is (1 - p_t) ** 2"
        raise Wrong(f"got {got.item():.4f} on a batch, expected {losses.mean().item():.4f}; {hint}")


def _array(answer: Any) -> np.ndarray:
    """Return what a function returned as an array."""
    try:
        return to_numpy(answer)
    except ValueError:
        raise Wrong(f"got {answer!r:.60}, expected zeros and ones (N, C)") from None
