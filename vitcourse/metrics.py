"""What a set of predictions is worth: every score of a multi-class or a multi-label task, in one dictionary.

Precision, recall, F1 and intersection over union are four ratios of the same counts; what ranks or correlates
comes from scikit-learn. What these photos cannot tell is nan, and a warning says what and why.

Taught in lesson 08.
"""

import warnings
from collections.abc import Sequence

import numpy as np
from sklearn.metrics import (
    average_precision_score,
    hamming_loss,
    matthews_corrcoef,
    roc_auc_score,
)

from vitcourse import calibration
from vitcourse.arrays import AnyArray, to_numpy


class UndefinedWarning(UserWarning):
    """A score is nan: these photos cannot tell it."""


def multiclass(
    probabilities: AnyArray,
    labels: AnyArray,
    top_k: Sequence[int] = (2, 5),
) -> dict[str, float]:
    """Score a task with one label a photo.

    Args:
        probabilities: (N, C), each row adding up to 1. The answer is the largest; of equals, the first.
        labels: (N,) class indices, 0 to C - 1.
        top_k: For each of them that is below C, the share of photos whose class is among the k most likely.

    Returns:
        All from 0 to 1 (`mcc` from -1): `accuracy`, `top_2_accuracy` and so on, `precision_`, `recall_`,
        `f1_` and `iou_` each `micro`, `macro` and `weighted` (by photos of a class), `mcc` (Matthews'
        correlation), `auc_macro` (each class against the rest), `average_precision_macro` and `ece`
        (expected calibration error). What these photos cannot tell, such as the recall of a class without a
        photo and its mean over all classes, is nan, and a warning names the class.

    Raises:
        ValueError: If the shapes do not fit, or a value is no probability or no class.

    Taught in lesson 08.
    """
    probabilities, labels = _multiclass_arrays(probabilities, labels)
    classes = np.arange(probabilities.shape[1])
    order = np.argsort(-probabilities, axis=1, kind="stable")  # (N, C), most likely first
    truth, said = (column[:, None] == classes for column in (labels, order[:, 0]))  # (N, C)
    hits = order == labels[:, None]
    scores = {"accuracy": float(hits[:, 0].mean())}
    scores |= {f"top_{k}_accuracy": float(hits[:, :k].any(1).mean()) for k in top_k if k < len(classes)}
    scores |= _averaged_ratios(truth, said)
    scores["mcc"] = _mcc(labels, order[:, 0])
    scores |= _ranking(truth, probabilities)
    scores["ece"] = calibration.expected_calibration_error(probabilities.max(1), hits[:, 0])
    _warn_of_undefined(truth, said, scores)
    return scores


def multilabel(
    probabilities: AnyArray,
    labels: AnyArray,
    thresholds: float | AnyArray = 0.5,
) -> dict[str, float]:
    """Score a task where several labels, or none, can be true of a photo.

    Args:
        probabilities: (N, C), each on its own.
        labels: (N, C), 1 where the label is true, else 0. Rows may be empty.
        thresholds: A label is said where its probability is at least this: one for all, or one a class (C,).

    Returns:
        All from 0 to 1: `accuracy` and `exact_match` (the same: every label of a photo is right),
        `hamming_loss` (share of wrong labels), `precision_`, `recall_`, `f1_` and `iou_` each `micro`,
        `macro` and `weighted` (by photos of a class), `auc_macro`, `average_precision_macro` and `ece` (over
        all N * C decisions). What these photos cannot tell is nan, and a warning names the class.

    Raises:
        ValueError: If the shapes do not fit, a value is no probability, or a label is not 0 or 1.

    Taught in lessons 07 and 08.
    """
    probabilities, truth = _multilabel_arrays(probabilities, labels)
    said = probabilities >= _thresholds(thresholds, probabilities.shape[1])  # (N, C)
    exact = float((said == truth).all(1).mean())
    scores = {"accuracy": exact, "exact_match": exact, "hamming_loss": float(hamming_loss(truth, said))}
    scores |= _averaged_ratios(truth, said)
    scores |= _ranking(truth, probabilities)
    scores["ece"] = calibration.expected_calibration_error(probabilities.ravel(), truth.ravel())
    _warn_of_undefined(truth, said, scores)
    return scores


def per_class(truth: AnyArray, said: AnyArray) -> dict[str, np.ndarray]:
    """Return `precision`, `recall`, `f1` and `iou` of each class, and `photos`, all (C,).

    Args:
        truth: (N, C), whether the class is there.
        said: (N, C), whether the model says so.

    Returns:
        nan where a ratio is 0 of 0: precision of a class that was never said, recall of one without a photo.

    Raises:
        ValueError: If the shapes are not the same (N, C).

    Taught in lesson 08.
    """
    truth, said = (to_numpy(values).astype(bool) for values in (truth, said))
    if truth.ndim != 2 or truth.shape != said.shape:
        raise ValueError(f"got truth {truth.shape} and said {said.shape}; expected (N, C) twice")
    ratios = {name: _divide(top, bottom) for name, (top, bottom) in _counts(truth, said).items()}
    return ratios | {"photos": truth.sum(0)}


def _counts(truth: np.ndarray, said: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return numerator and denominator of each ratio, (C,) each."""
    both, wrong = (truth & said).sum(0), (truth ^ said).sum(0)
    return {
        "precision": (both, said.sum(0)),
        "recall": (both, truth.sum(0)),
        "f1": (2 * both, 2 * both + wrong),
        "iou": (both, both + wrong),
    }


def _divide(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Divide, with nan for 0 of 0."""
    return np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=np.asarray(bottom) > 0)


def _averaged_ratios(truth: np.ndarray, said: np.ndarray) -> dict[str, float]:
    """Micro: of the summed counts. Macro: the mean of the classes. Weighted: by the photos of each class."""
    photos = truth.sum(0)
    there = photos > 0  # a class without a photo has no weight
    scores = {}
    for name, (top, bottom) in _counts(truth, said).items():
        values = _divide(top, bottom)
        scores[f"{name}_micro"] = float(_divide(top.sum(), bottom.sum()))
        scores[f"{name}_macro"] = float(values.mean())
        scores[f"{name}_weighted"] = float(_divide((values * photos)[there].sum(), photos.sum()))
    return scores


def _mcc(labels: np.ndarray, said: np.ndarray) -> float:
    """Correlate truth and answers; scikit-learn gives 0 where one of them never varies, which is 0 of 0."""
    constant = len(set(labels)) == 1 or len(set(said)) == 1
    return float("nan") if constant else float(matthews_corrcoef(labels, said))


def _ranking(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Score how each class orders the photos: some must have it and, for the AUC, some must not."""
    auc, precision = np.full((2, truth.shape[1]), np.nan)
    for index, (column, score) in enumerate(zip(truth.T, probabilities.T, strict=True)):
        if column.any():
            precision[index] = average_precision_score(column, score)
        if column.any() and not column.all():
            auc[index] = roc_auc_score(column, score)
    return {"auc_macro": float(auc.mean()), "average_precision_macro": float(precision.mean())}


def _warn_of_undefined(truth: np.ndarray, said: np.ndarray, scores: dict[str, float]) -> None:
    """Name what is nan, and the classes that are the reason."""
    undefined = [name for name, score in scores.items() if np.isnan(score)]
    if not undefined:
        return
    reasons = {
        "without a photo": ~truth.any(0),
        "on every photo": truth.all(0),
        "never said": ~said.any(0),
        "always said": said.all(0),
    }
    found = [f"{np.flatnonzero(where).tolist()} {why}" for why, where in reasons.items() if where.any()]
    warnings.warn(
        f"{', '.join(undefined)}: undefined here, so nan; classes {', '.join(found)}",
        UndefinedWarning,
        stacklevel=3,
    )


def _multiclass_arrays(probabilities: AnyArray, labels: AnyArray) -> tuple[np.ndarray, np.ndarray]:
    probabilities, labels = _probabilities(probabilities), to_numpy(labels)
    sums = probabilities.sum(1)
    if probabilities.shape[1] < 2 or not np.allclose(sums, 1, atol=1e-2):
        raise ValueError(
            f"got {probabilities.shape[1]} classes, rows adding up to {sums.min():.3g} to {sums.max():.3g}; "
            "expected at least two classes, and rows that add up to 1: apply softmax to the logits"
        )
    if labels.shape != probabilities.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(
            f"got labels {labels.shape} of {labels.dtype}; expected {probabilities.shape[:1]} class indices"
        )
    if labels.min() < 0 or labels.max() >= probabilities.shape[1]:
        raise ValueError(
            f"got labels from {labels.min()} to {labels.max()}; expected 0 to {probabilities.shape[1] - 1}"
        )
    return probabilities, labels


def _multilabel_arrays(probabilities: AnyArray, labels: AnyArray) -> tuple[np.ndarray, np.ndarray]:
    probabilities, labels = _probabilities(probabilities), to_numpy(labels)
    if labels.shape != probabilities.shape:
        raise ValueError(
            f"got labels {labels.shape} for probabilities {probabilities.shape}; expected the same shape, "
            "with a 1 where a label is true"
        )
    if not np.isin(labels, (0, 1)).all():
        raise ValueError(f"got the labels {np.unique(labels)[:5]}; expected 0 and 1 only")
    return probabilities, labels.astype(bool)


def _probabilities(values: AnyArray) -> np.ndarray:
    """Return (N, C) in float64, or explain what is wrong with it."""
    values = to_numpy(values).astype(np.float64)
    if values.ndim != 2 or not values.size:
        raise ValueError(
            f"got probabilities {values.shape}; expected (N, C): a row a photo, a column a class"
        )
    bad = values.size - int(((values >= 0) & (values <= 1 + 1e-6)).sum())  # nan is neither
    if bad:
        raise ValueError(
            f"got {bad} of {values.size} probabilities that are nan or not between 0 and 1; expected softmax "
            "or sigmoid of the logits, and no nan in them"
        )
    return values


def _thresholds(values: float | AnyArray, num_classes: int) -> np.ndarray:
    values = to_numpy(values).astype(np.float64)
    if values.shape not in ((), (num_classes,)) or not ((values >= 0) & (values <= 1)).all():
        raise ValueError(
            f"got thresholds {values.tolist()!s:.60}; expected a number from 0 to 1, or {num_classes} of them"
        )
    return values
