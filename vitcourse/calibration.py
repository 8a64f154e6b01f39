"""Is a model as sure as it is right? Bins of confidence, and the expected calibration error.

Taught in lesson 08.
"""

from dataclasses import dataclass

import numpy as np

from vitcourse.arrays import AnyArray, to_numpy


@dataclass(frozen=True)
class Bins:
    """Answers sorted into M bins of confidence; nan in a bin without an answer.

    Attributes:
        edges: (M + 1,), from 0 to 1; bin m holds confidences above `edges[m]`, up to `edges[m + 1]`.
        count: (M,), answers in each.
        confidence: (M,), their mean confidence.
        accuracy: (M,), the share of them that is right.
    """

    edges: np.ndarray
    count: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray


def bins(confidence: AnyArray, right: AnyArray, num_bins: int = 15) -> Bins:
    """Sort answers into bins of equal width, as a reliability diagram shows them (Guo et al., section 2).

    Args:
        confidence: (N,), the probability that the model gave to its answer.
        right: (N,), whether the answer was right. For multi-label tasks: the probability of a label and
            whether it is true, one entry a decision.
        num_bins: How many bins, M.

    Raises:
        ValueError: If the shapes differ, a confidence is outside 0 to 1, or there is no bin or no answer.

    Taught in lesson 08.
    """
    confidence, right = to_numpy(confidence).astype(float), to_numpy(right).astype(float)
    if confidence.ndim != 1 or confidence.shape != right.shape or not confidence.size or num_bins < 1:
        raise ValueError(
            f"got confidence {confidence.shape}, right {right.shape}, {num_bins} bins; expected one number "
            "an answer in both, at least one answer and at least one bin"
        )
    if not ((confidence >= 0) & (confidence <= 1 + 1e-6)).all():
        raise ValueError(
            f"got confidence from {confidence.min():.3g} to {confidence.max():.3g}; expected probabilities"
        )
    edges = np.linspace(0, 1, num_bins + 1)
    place = np.digitize(confidence, edges[1:-1], right=True)  # (N,)
    count, sure, hits = (np.bincount(place, weights, num_bins) for weights in (None, confidence, right))
    full = np.where(count > 0, count, np.nan)
    return Bins(edges, count, sure / full, hits / full)


def expected_calibration_error(confidence: AnyArray, right: AnyArray, num_bins: int = 15) -> float:
    """Return the mean distance between confidence and accuracy over the bins, weighted by their answers.

    Guo et al., *On Calibration of Modern Neural Networks*, arXiv:1706.04599, equation 3; they use 15 bins.
    With few answers it is too large even for a perfectly calibrated model: each bin's accuracy is noise.

    Args:
        confidence: (N,), the probability that the model gave to its answer.
        right: (N,), whether the answer was right.
        num_bins: How many bins.

    Raises:
        ValueError: As `bins`.

    Taught in lesson 08.
    """
    found = bins(confidence, right, num_bins)
    gaps = np.abs(found.accuracy - found.confidence)  # (M,)
    return float(np.nansum(gaps * found.count) / found.count.sum())
