"""Checks of lesson 00, start here."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import torch

from vitcourse import assets, fridge, models
from vitcourse.exercises import Wrong
from vitcourse.run import MODELS


def exercise_1(answer: Any) -> None:
    """On what kind of pictures was each number measured, and does the claim say so?

    Read the first output of this lesson: which assets were in use, and what kind of pictures are they? A
    claim may speak only of what was measured.
    """
    if not isinstance(answer, str) or answer.strip(" ().").lower() not in ("a", "b"):
        raise Wrong(f'got {answer!r:.60}, expected "a" or "b"')
    if answer.strip(" ().").lower() == "a":
        raise Wrong(
            'got "a", expected the claim that says what was measured; with DEMO in the first output there '
            "was neither ViT-Tiny nor a photo"
        )


def exercise_2(answer: Any) -> None:
    """In the cell of "The first answer" one number chooses the picture; the names are in `answer.index`.

    Copy the cell of "The first answer" and look for the index into `chosen`; the first of the twelve pictures
    has the index 0. `list(answer.index)` makes a list of the names, in the order in which they stand there.
    """
    try:
        got = [str(name) for name in (answer.index if isinstance(answer, pd.Series) else answer)]
    except TypeError:
        raise Wrong(f"got {answer!r:.60}, expected a list of five names") from None
    if len(got) != 5:
        raise Wrong(f"got {len(got)} names, expected five")
    names, probabilities = _said(MODELS[assets.mode()])
    expected = [names[i] for i in probabilities[0].topk(5).indices.tolist()]
    if set(got) != set(expected):
        is_milk = set(got) == {names[i] for i in probabilities[6].topk(5).indices.tolist()}
        raise Wrong(
            f"got {got[0]!r} and others, expected other names; "
            + ("these are of the milk bottle" if is_milk else "is it the picture chosen[0]?")
        )
    if got != expected:
        raise Wrong(f"got {got[0]!r} first, expected the same five names, the most probable one first")


def exercise_3(answer: Any) -> None:
    """Loop over `chosen`, and keep the largest of the probabilities of each picture.

    Begin with `largest = []` and `for i in chosen:`. Inside go the lines from the processor to the softmax,
    with `photos[i]["image"]`; then append the maximum, turned into a plain number by `.item()`.
    """
    try:
        got = np.asarray([float(value) for value in answer])
    except (TypeError, ValueError, RuntimeError):
        raise Wrong(f"got {answer!r:.60}, expected a list of twelve numbers") from None
    if got.shape != (12,):
        raise Wrong(f"got {len(got)} numbers, expected twelve, one for each picture in `chosen`")
    if not ((got >= 0) & (got <= 1)).all():
        raise Wrong(f"got {got.max():.3g} as the largest, expected probabilities, 0 to 1; softmax first")
    expected = _said(MODELS[assets.mode()])[1].amax(-1).numpy()
    if not np.allclose(got, expected, atol=1e-3):
        first = int(np.argmax(~np.isclose(got, expected, atol=1e-3)))
        raise Wrong(
            f"got {got[first]:.3f} for picture {first}, expected another number; is it the largest "
            "probability, and are the pictures in the order of `chosen`?"
        )


@cache
def _said(checkpoint: str) -> tuple[dict[int, str], torch.Tensor]:
    """Show the lesson's twelve pictures to a network: names of the classes, probabilities (12, C)."""
    model, processor = models.load(checkpoint)
    photos = fridge.multiclass()["train"]
    labels = np.asarray(photos["label"])
    chosen = [int(i) for label in range(4) for i in np.flatnonzero(labels == label)[3:6]]
    pixel_values = processor([photos[i]["image"] for i in chosen], return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        probabilities = model(pixel_values=pixel_values).logits.softmax(-1)
    names = model.config.id2label
    return {int(i): name for i, name in names.items()}, probabilities
