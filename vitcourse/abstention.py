"""Say nothing rather than something wrong: answer only above a threshold of confidence.

Taught in lesson 14.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from vitcourse.arrays import AnyArray, to_numpy


@dataclass(frozen=True)
class Curve:
    """What a model is worth at each threshold, from the most cautious to the one that answers everything.

    Attributes:
        threshold: (K,), falling; an answer is given where the confidence is at least this.
        coverage: (K,), the share of the photos that get an answer.
        accuracy: (K,), the share of those answers that is right; 1 minus it is the risk.
    """

    threshold: np.ndarray
    coverage: np.ndarray
    accuracy: np.ndarray


def risk_coverage(confidence: AnyArray, right: AnyArray) -> Curve:
    """Return coverage and accuracy at every threshold that makes a difference.

    Geifman and El-Yaniv, *Selective Classification for Deep Neural Networks*, arXiv:1705.08500, section 2.

    Args:
        confidence: (N,), how sure the model is of its answer; the higher the surer.
        right: (N,), whether the answer was right.

    Raises:
        ValueError: If the shapes differ, there is no answer, or a confidence is nan.

    Taught in lesson 14.
    """
    confidence, right = checked(confidence, right)
    order = np.argsort(-confidence, kind="stable")
    answered = np.arange(1, len(order) + 1)
    accuracy = np.cumsum(right[order]) / answered
    last = np.append(np.diff(confidence[order]) != 0, True)  # equally sure answers come together
    return Curve(confidence[order][last], answered[last] / len(order), accuracy[last])


def lowest_threshold(confidence: AnyArray, right: AnyArray, accuracy: float) -> float:
    """Return the threshold that answers the most photos with at least this accuracy on them.

    Choose by validation photos and report on others: on the photos that chose it, it looks too good.

    Args:
        confidence: (N,), as for `risk_coverage`.
        right: (N,), the same.
        accuracy: The share of answers that is to be right, 0 to 1.

    Returns:
        A threshold; infinity, which answers nothing, if no threshold is good enough.

    Raises:
        ValueError: As `risk_coverage`, or if accuracy is not between 0 and 1.

    Taught in lesson 14.
    """
    if not 0 <= accuracy <= 1:
        raise ValueError(f"got accuracy {accuracy}; expected a share from 0 to 1")
    curve = risk_coverage(confidence, right)
    good = curve.threshold[curve.accuracy >= accuracy]
    return float(good.min()) if good.size else np.inf


def error_bound(wrong: int, answered: int, level: float = 0.95) -> float:
    """Return the largest share of errors that a count of errors is still compatible with.

    The one-sided bound of Clopper and Pearson (Biometrika 26, 1934): were the true share larger, so few
    errors would be seen less often than in 1 - level of such counts. Without any it is about 3 / answered.

    Args:
        wrong: Errors among photos that played no part in choosing model or threshold.
        answered: How many of those photos got an answer; with none the bound is 1.
        level: How sure the statement is to be, 0 to 1.

    Raises:
        ValueError: If wrong is not a count between 0 and answered.

    Taught in lesson 14.
    """
    if not 0 <= wrong <= answered or wrong != int(wrong):
        raise ValueError(f"got {wrong} wrong of {answered}; expected a whole number from 0 to answered")
    if answered == 0:
        return 1.0
    return float(binomtest(int(wrong), int(answered), alternative="less").proportion_ci(level, "exact").high)


def checked(confidence: AnyArray, right: AnyArray) -> tuple[np.ndarray, np.ndarray]:
    """Return both as arrays of numbers, (N,) each.

    Raises:
        ValueError: As `risk_coverage`.
    """
    confidence, right = to_numpy(confidence).astype(float), to_numpy(right).astype(float)
    if confidence.ndim != 1 or confidence.shape != right.shape or not confidence.size:
        raise ValueError(
            f"got confidence {confidence.shape}, right {right.shape}; expected one number a photo in both, "
            "and at least one photo"
        )
    if np.isnan(confidence).any() or not np.isin(right, (0, 1)).all():
        raise ValueError("expected confidences that are numbers, and true or false for each answer")
    return confidence, right
