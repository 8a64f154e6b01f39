"""Responses P1, P2 and P3: from class names and probabilities to the JSON that the model cards show.

Taught in lesson 13.
"""

from collections.abc import Sequence

import numpy as np


def respond(
    probabilities: np.ndarray,
    labels: Sequence[str],
    form: str,
    top_k: int | None = None,
    threshold: float | None = None,
    explanations: Sequence[dict] | None = None,
) -> list:
    """Write probabilities in one of the published forms.

    An explanation is about the most probable class. P1 has its two fields beside `probs` and `labels`; P2 and
    P3 have them in the entry of that class, the first. An image with no class left has none.

    Args:
        probabilities: (N, C), 0 to 1.
        labels: The C class names, in the model's order.
        form: "P1" (in the model's order), "P2" or "P3" (both from the highest score down).
        top_k: Keep so many classes an image, the most probable.
        threshold: Keep classes whose probability is at least this.
        explanations: One object an image: `visualizations` and `attributions`.

    Returns:
        One entry an image, in the order of the rows.

    Taught in lesson 13.
    """
    write = {"P1": _p1, "P2": _p2, "P3": _p3}[form]
    explanations = explanations or [{}] * len(probabilities)
    return [
        write(row, labels, _chosen(row, top_k, threshold), explanation)
        for row, explanation in zip(probabilities, explanations, strict=True)
    ]


def _chosen(row: np.ndarray, top_k: int | None, threshold: float | None) -> np.ndarray:
    """Return the indices of the classes to keep, by probability; equal ones in the model's order."""
    order = np.argsort(-row, kind="stable")[:top_k]
    return order if threshold is None else order[row[order] >= threshold]


def _p1(row: np.ndarray, labels: Sequence[str], chosen: np.ndarray, explanation: dict) -> dict:
    chosen = np.sort(chosen)
    classes = {"probs": row[chosen].tolist(), "labels": [labels[index] for index in chosen]}
    return classes | explanation if len(chosen) else classes


def _p2(row: np.ndarray, labels: Sequence[str], chosen: np.ndarray, explanation: dict) -> list[dict]:
    scores = zip(chosen.tolist(), row[chosen].tolist(), strict=True)
    entries = [{"label": labels[index], "score": score} for index, score in scores]
    for first in entries[:1]:
        first.update(explanation)
    return entries


def _p3(row: np.ndarray, labels: Sequence[str], chosen: np.ndarray, explanation: dict) -> dict:
    return {str(rank): entry for rank, entry in enumerate(_p2(row, labels, chosen, explanation))}
