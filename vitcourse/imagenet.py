"""Top-1 and top-5 accuracy on a folder of images, one folder a class, also against the ImageNet-ReaL labels.

Taught in lesson 04.
"""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import PIL.Image
import torch
from timm.data import ImageNetInfo
from tqdm import tqdm

from vitcourse import intervals
from vitcourse.classifier import Classifier

NUM_CLASSES, NUM_VALIDATION = 1000, 50_000
_VALIDATION_FILE = re.compile(r"ILSVRC2012_val_(\d{8})")


class FolderError(ValueError):
    """A folder of images, or a file of labels, is not what an evaluation needs."""


def evaluate(
    classifier: Classifier, folder: str | Path, real_labels: Sequence[list[int]] | None = None
) -> dict:
    """Measure top-1 and top-5 accuracy.

    Args:
        classifier: The model with its preprocessing.
        folder: Holds one folder a class, named as `class_folders` says.
        real_labels: What `read_real_labels` returned, for ImageNet's validation images. Images without a
            label are then left out, as in the paper (Beyer et al., arXiv:2006.07159).

    Returns:
        `images`, `classes`, `other_files` (no image by their ending, not looked at) and, for each measure
        (`top1`, `top5`, and with real_labels also `real_top1`, `real_top5`), what `proportion` returns. A
        model with five classes or fewer has no top-5.

    Raises:
        FolderError: If a folder's name is no class of the model, or there is no image.
        ImageError: If a file is damaged; the message names it.

    Taught in lesson 04.
    """
    classes = class_folders(folder, classifier.labels)
    files = {path: index for directory, index in classes.items() for path in _visible(directory)}
    truth = {path: index for path, index in files.items() if _is_image(path)}
    if not truth:
        raise FolderError(
            f"{folder} has {len(classes)} class folders and no image in them; expected .jpg, say"
        )
    accepted = {"": [[index] for index in truth.values()]}
    if real_labels is not None:
        accepted["real_"] = _real(truth, real_labels, len(classifier.labels))
    top = _top_classes(classifier, list(truth))  # (N, k)
    measures = {"top1": 1} | ({"top5": 5} if len(classifier.labels) > 5 else {})
    return {
        "images": len(truth),
        "classes": len(classes),
        "other_files": len(files) - len(truth),
        **{
            prefix + name: proportion(_hits(top[:, :k], labels))
            for prefix, labels in accepted.items()
            for name, k in measures.items()
        },
    }


def proportion(hits: Sequence[bool]) -> dict[str, float]:
    """Return `right`, `of`, `accuracy`, and the 95 % Wilson interval `low` to `high`, all from 0 to 1."""
    right, total = sum(hits), len(hits)
    return {
        "right": right,
        "of": total,
        "accuracy": right / total,
        **intervals.wilson(right, total)._asdict(),
    }


def as_text(result: dict) -> str:
    """Write a result of `evaluate`, with the key `model` besides, for people to read."""
    counts = f"{result['images']} images, {result['classes']} classes"
    if result["other_files"]:
        counts += f"; {result['other_files']} other files left out"
    lines = [f"{result['model']}: {counts}", f"{'':10}{'right':>16}{'accuracy':>10}   95 % interval (Wilson)"]
    for key, row in result.items():
        if isinstance(row, dict):
            name = key.replace("top", "top-").replace("real_", "ReaL ")
            low, high = 100 * row["low"], 100 * row["high"]
            right = f"{row['right']} of {row['of']}"
            lines.append(f"{name:10}{right:>16}{100 * row['accuracy']:>8.1f} %   {low:.1f} to {high:.1f} %")
    return "\n".join(lines)


def class_folders(folder: str | Path, labels: Sequence[str]) -> dict[Path, int]:
    """Find the class of each folder in a folder, by its name.

    A name is a label of the model, or the first of its synonyms, with spaces or underscores, in any case
    ("great white shark", "Great_white_shark"). For a model with ImageNet's 1,000 classes it may also be a
    WordNet id ("n01440764").

    Args:
        folder: Holds one folder a class. Hidden ones are left out.
        labels: Class names in the order of the model's logits.

    Raises:
        FolderError: If it is no folder, holds none, or a name belongs to no class or to several.

    Taught in lesson 04.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FolderError(f"{folder} is no folder; expected one that holds a folder for each class")
    directories = [path for path in _visible(folder) if path.is_dir()]
    if not directories:
        raise FolderError(f"{folder} holds no folders; expected one for each class, such as {folder / 'cat'}")
    known = _indices_by_name(labels)
    found = {path: known.get(_plain(path.name), set()) for path in directories}
    for kind, bad in {
        "belong to no class": [path.name for path, indices in found.items() if not indices],
        "belong to several classes": [path.name for path, indices in found.items() if len(indices) > 1],
    }.items():
        if bad:
            raise FolderError(_wrong_names(kind, bad, labels))
    return {path: indices.pop() for path, indices in found.items()}


def read_real_labels(path: str | Path) -> list[list[int]]:
    """Read real.json of google-research/reassessed-imagenet: acceptable classes of each validation image.

    Raises:
        FolderError: If it is not a list of 50,000 lists of class indices.

    Taught in lesson 04.
    """
    try:
        rows = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FolderError(
            f"{path} cannot be read as JSON ({error}); expected ImageNet-ReaL's real.json"
        ) from error
    lists = isinstance(rows, list) and all(isinstance(row, list) for row in rows)
    if not lists or len(rows) != NUM_VALIDATION or not all(_is_class(index) for row in rows for index in row):
        got = f"a list of {len(rows)}" if isinstance(rows, list) else f"a {type(rows).__name__}"
        raise FolderError(
            f"{path} holds {got}; expected {NUM_VALIDATION} lists of class indices, 0 to {NUM_CLASSES - 1}: "
            "real.json of github.com/google-research/reassessed-imagenet"
        )
    return rows


def _is_class(index: object) -> bool:
    return isinstance(index, int) and 0 <= index < NUM_CLASSES


def _top_classes(classifier: Classifier, paths: list[Path]) -> torch.Tensor:
    """Return the five most likely classes of each image, best first: (N, 5), fewer if there are fewer."""
    k = min(5, len(classifier.labels))
    with tqdm(total=len(paths), unit="image", leave=False, disable=None) as bar:
        best = []
        for logits in classifier.batch_logits(paths):
            best.append(logits.topk(k).indices)
            bar.update(len(logits))
    return torch.cat(best)


def _hits(top: torch.Tensor, accepted: Iterable[list[int]]) -> list[bool]:
    """Return for each image that has a label whether one of its classes in top (N, k) is accepted."""
    rows = zip(top.tolist(), accepted, strict=True)
    return [not set(row).isdisjoint(labels) for row, labels in rows if labels]


def _real(paths: Iterable[Path], real_labels: Sequence[list[int]], num_labels: int) -> list[list[int]]:
    """Return the ReaL labels of each file, by the number in its name."""
    if num_labels != NUM_CLASSES:
        raise FolderError(
            f"the ReaL labels are for ImageNet's {NUM_CLASSES} classes; the model has {num_labels}"
        )
    rows = []
    for path in paths:
        match = _VALIDATION_FILE.search(path.name)
        if not match or not 1 <= int(match[1]) <= len(real_labels):
            raise FolderError(
                f"{path} has no ReaL labels; expected a name from ILSVRC2012_val_00000001 to "
                f"ILSVRC2012_val_{len(real_labels):08d}"
            )
        rows.append(real_labels[int(match[1]) - 1])
    if not any(rows):
        raise FolderError("none of the images has a ReaL label; there is nothing to measure against them")
    return rows


def _indices_by_name(labels: Sequence[str]) -> dict[str, set[int]]:
    """Return the classes that each plain name may stand for."""
    known: dict[str, set[int]] = {}
    for index, label in enumerate(labels):
        for name in (label, label.split(",")[0]):
            known.setdefault(_plain(name), set()).add(index)
    if len(labels) == NUM_CLASSES:
        for index, synset in enumerate(ImageNetInfo("imagenet-1k").label_names()):
            known.setdefault(synset, set()).add(index)
    return known


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").lower().split())


def _wrong_names(kind: str, names: list[str], labels: Sequence[str]) -> str:
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    wordnet = " or WordNet ids (n01440764)" if len(labels) == NUM_CLASSES else ""
    return (
        f"{len(names)} folder names {kind} of the model: {shown}; expected class names{wordnet}. Its "
        f"{len(labels)} classes begin with {', '.join(map(repr, labels[:4]))}"
    )


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in PIL.Image.registered_extensions() and path.is_file()
