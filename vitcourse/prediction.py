"""`vitcourse predict`: image files in, labels with scores out, nothing guessed if one of them is bad.

Taught in lesson 04.
"""

import contextlib
import gc
from collections.abc import Iterator, Sequence
from pathlib import Path

from vitcourse import images


def predict_files(paths: Sequence[str | Path], model: str, top_k: int = 5) -> list[dict]:
    """Classify image files.

    Args:
        paths: Image files.
        model: A name of the course, a folder or an id on the Hub.
        top_k: How many classes to return for each.

    Returns:
        For each file `image` (the path as given) and `predictions`, as `Classifier.predict` returns them.

    Raises:
        ImageError: If a file is no image.
        CheckpointError: If there is no such model.
        ValueError: If top_k is not a positive whole number.

    Taught in lesson 04.
    """
    from vitcourse import models  # torch and transformers take seconds; `check` is done without them
    from vitcourse.classifier import Classifier

    models.quiet()
    answers = Classifier(model).predict(paths, top_k)
    return [{"image": str(path), "predictions": answer} for path, answer in zip(paths, answers, strict=True)]


@contextlib.contextmanager
def quick_start() -> Iterator[None]:
    """Leave garbage where it is while libraries are imported: to look for it takes a tenth of that time.

    Taught in lesson 12.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def as_text(results: list[dict]) -> str:
    """Write what `predict_files` returns for people to read: the file, then a class a line."""
    lines = []
    for result in results:
        lines.append(result["image"])
        lines += [f"  {100 * row['score']:5.1f} %  {row['label']}" for row in result["predictions"]]
    return "\n".join(lines)


def check(paths: Sequence[str | Path]) -> None:
    """Decode every file, before a model is loaded for them.

    Raises:
        ImageError: If any is no image; the message names all that are not.

    Taught in lesson 04.
    """
    bad = []
    for path in paths:
        try:
            images.decode(path)
        except images.ImageError as error:
            bad.append(str(error))
    if bad:
        raise images.ImageError("\n".join(bad))
