"""Checks of lesson 05, features and a linear probe."""

from typing import Any

import numpy as np

from vitcourse.exercises import Wrong, call, number

LEAST_IOU = 0.8


def exercise_1(answer: Any) -> None:
    """For each of the four classes a weight for each of the 768 features. And what else?

    The probe is one linear layer from 768 numbers to four classes: `nn.Linear(768, 4)` has a weight matrix
    and one more vector. Count both.
    """
    got, expected = number(answer), 4 * (768 + 1)
    hints = {4 * 768: "each class has one number more", 768 + 1: "that is one class"}
    if got != expected:
        hint = hints.get(got, "classes times features, and what each class adds")
        raise Wrong(f"got {got:g}, expected another number; {hint}")


def exercise_2(answer: Any) -> None:
    """Scale rows to length 1, multiply, sort; then count votes with `np.bincount(...).argmax()`.

    `unit(queries) @ unit(vectors).T` is (M, N), one row a query. `argsort` sorts upwards, so turn it round
    and keep the first k columns. `labels[nearest]` is then (M, k): let each row vote.
    """
    vectors, labels, queries = _crowd()
    for k in (1, 5):
        expected = _votes(vectors, labels, queries, k)
        got = _array(call(answer, vectors.copy(), labels.copy(), queries.copy(), k), expected.shape)
        wrong = int((got != expected).sum())
        if wrong:
            raise Wrong(
                f"got {wrong} of {len(expected)} labels that differ, expected none (k = {k}); is it cosine, "
                f"and do {k} vote?"
            )


def exercise_3(answer: Any) -> None:
    """Every token is a sample: reshape to (N * H * W, D), fit a probe, predict, and reshape back.

    Three lines: `probe.fit(patches.reshape(-1, D), masks.reshape(-1))` with a pipeline of `StandardScaler`
    and `LogisticRegression`; `predict` on the new tokens in the same shape; `reshape` to (M, H, W), which is
    `new_patches.shape[:-1]`.
    """
    patches, masks = _scenes(seed=0, count=12)
    new_patches, expected = _scenes(seed=1, count=6)
    got = _array(call(answer, patches.copy(), masks.copy(), new_patches.copy()), expected.shape)
    if not np.isin(got, (0, 1)).all():
        raise Wrong(
            "got other values than True and False, expected masks; predict, do not give probabilities"
        )
    found = got.astype(bool)
    iou = (found & expected).sum() / (found | expected).sum()
    if iou < LEAST_IOU:
        raise Wrong(
            f"got an IoU of {iou:.2f} on new pictures, expected {LEAST_IOU}; do tokens meet their labels?"
        )


def _array(got: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return what a learner's function returned as an array of numbers or truths, of the shape asked for."""
    try:
        array = np.asarray(got)
    except (TypeError, ValueError, RuntimeError) as error:
        raise Wrong(f"got {type(got).__name__}, expected an array {shape}; {error}") from error
    if array.shape != shape or array.dtype.kind not in "biuf":
        raise Wrong(f"got {type(got).__name__} {array.shape} of {array.dtype}, expected an array {shape}")
    return array


def _votes(vectors: np.ndarray, labels: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    lengths = np.linalg.norm(queries, axis=1)[:, None] * np.linalg.norm(vectors, axis=1)
    nearest = np.argsort(-(queries @ vectors.T) / lengths, axis=1)[:, :k]  # (M, k)
    return np.array([np.bincount(votes).argmax() for votes in labels[nearest]])


def _crowd() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors of two classes, so that an odd k has no ties; their lengths mislead all but a cosine."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 60)
    vectors = rng.normal(size=(60, 8)) + np.where(labels, 0.5, -0.5)[:, None]
    queries = rng.normal(size=(20, 8))
    return vectors * rng.uniform(0.1, 10, (60, 1)), labels, queries * rng.uniform(0.1, 10, (20, 1))


def _scenes(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Made-up tokens (N, 6, 9, 16) and masks (N, 6, 9): a box anywhere, set apart by one direction."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((count, 6, 9), dtype=bool)
    for mask in masks:
        row, column = rng.integers(0, 4), rng.integers(0, 6)
        mask[row : row + 3, column : column + 4] = True
    direction = np.where(np.arange(16) % 3, 1.5, -1.5)
    patches = rng.normal(size=(*masks.shape, 16)) + masks[..., None] * direction
    return patches.astype(np.float32), masks
