"""A fine-tuned model on a split of its data: every metric, with the number of photos and a 95 % interval.

Taught in lesson 08.
"""

import json
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from tqdm import tqdm

from vitcourse import intervals, metrics, own_data, preprocessing, split_files
from vitcourse.arrays import AnyArray, to_numpy
from vitcourse.classifier import Classifier
from vitcourse.photo_lists import SPLITS, DataError, plain

RESAMPLES = 500
_DEFINED_DRAWS = 0.9  # a score that fewer draws have gets no interval
_COUNTED = ("accuracy", "exact_match")  # shares of photos: Wilson's interval holds


def evaluate_checkpoint(
    model: str | Path | Classifier,
    source: str | Path,
    split: str = "test",
    *,
    multi_label: bool | None = None,
    threshold: float | None = None,
    resamples: int = RESAMPLES,
    **reading: Any,
) -> dict:
    """Measure a fine-tuned model on photos with labels.

    Args:
        model: What `vitcourse.classifier.Classifier` takes, or a classifier.
        source: What `vitcourse.own_data.read` takes.
        split: "train", "validation", "test", or "all" for every photo of the source.
        multi_label: Whether several labels can be true; by default what the model's configuration says.
        threshold: Multi-label only: a label is said where its probability is at least this; by default what
            metrics.json in the model's folder says, where fine-tuning has put it, or 0.5.
        resamples: Draws of the bootstrap; 0 leaves out its intervals.
        reading: `skip_bad`, `validation_share`, `test_share` and `seed`, as for `vitcourse.own_data.read`.
            Where the model's folder has a `split.csv` and these are its photos, that decides who is in which
            split, since any other seed would put photos that the model has learned into its test.

    Returns:
        `data`, `split`, `task` ("multi-class" or "multi-label"), `threshold` (multi-label), `photos`,
        `classes`; `scores`, as the function `scores` returns them; `per_class`, with `precision`, `recall`,
        `f1`, `iou` and `photos` for each class.

    Raises:
        CheckpointError: If there is no such model.
        DataError: If the photos cannot be used, or their classes are not those of the model.
        ValueError: If there is no such split, or an option is not sensible.

    Taught in lesson 08.
    """
    if split not in (*SPLITS, "all"):
        raise ValueError(f"split is {split!r}; expected {', '.join(SPLITS)} or all")
    if resamples < 0 or not 0 <= (threshold or 0) <= 1:
        raise ValueError(f"resamples is {resamples}, threshold {threshold}; expected 0 or more, and 0 to 1")
    classifier = model if isinstance(model, Classifier) else Classifier(model)
    multi_label = classifier.multi_label if multi_label is None else multi_label
    if threshold is not None and not multi_label:
        raise ValueError("threshold is for several labels a photo, and the model gives one; leave it out")
    threshold = _chosen_threshold(model) if threshold is None else threshold
    recorded = {} if isinstance(model, Classifier) or split == "all" else split_files.read(model)
    dataset = _photos(source, split, recorded, multi_label=multi_label, **reading)
    truth = _truth(source, dataset, classifier.labels, multi_label)  # (N,) or (N, C)
    probabilities = _probabilities(classifier, dataset, multi_label)  # (N, C)
    return {
        "data": str(source),
        "split": split,
        "task": "multi-label" if multi_label else "multi-class",
        **({"threshold": threshold} if multi_label else {}),
        "photos": len(dataset),
        "classes": len(classifier.labels),
        "scores": scores(probabilities, truth, threshold, resamples),
        "per_class": _per_class(classifier.labels, probabilities, truth, threshold),
    }


def as_text(result: dict) -> str:
    """Write a result of `evaluate_checkpoint`, with the key `model` besides, for people to read."""
    lines = [
        f"{result['model']} on {result['data']}, {result['split']}: {result['photos']} photos, "
        f"{result['classes']} classes, {result['task']}",
        f"{'':26}{'value':>7}   95 % interval",
    ]
    for name, row in result["scores"].items():
        between = (
            "none" if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f} ({row['interval']})"
        )
        lines.append(f"{name:26}{_number(row['value'])}   {between}")
    lines.append(f"\n{'class':26}{'photos':>7}{'precision':>11}{'recall':>8}{'F1':>7}")
    for name, row in result["per_class"].items():
        ratios = f"{_number(row['precision']):>11}{_number(row['recall']):>8}{_number(row['f1'])}"
        lines.append(f"{name:26}{row['photos']:>7}{ratios}")
    if any(row["value"] is None for row in result["scores"].values()):
        lines.append("\n-: these photos cannot tell, for want of a class")
    if any(row["low"] is not None and row["low"] == row["high"] for row in result["scores"].values()):
        lines.append("\nA bootstrap interval without width only says that every draw scores the same.")
    return "\n".join(lines)


def _chosen_threshold(model: str | Path | Classifier) -> float:
    """Return the threshold in the metrics.json of a fine-tuned folder; 0.5 where there is none."""
    file = Path() if isinstance(model, Classifier) else Path(model) / "metrics.json"
    return json.loads(file.read_text(encoding="utf-8")).get("threshold", 0.5) if file.is_file() else 0.5


def _photos(source: str | Path, split: str, recorded: dict[str, str], **reading: Any) -> Dataset:
    """Return the photos of a split, as the model's folder or else the source divides them."""
    how = {name: value for name, value in reading.items() if name in ("multi_label", "skip_bad")}
    if split == "all":
        return own_data.read_all(source, **how)
    splits = (recorded and _as_recorded(source, recorded, how)) or own_data.read(source, **reading)
    if split not in splits:
        raise DataError(f"{source} has no split {split}; expected one of {', '.join(splits)}, or all")
    return splits[split]


def _as_recorded(source: str | Path, recorded: dict[str, str], how: dict[str, bool]) -> dict[str, Dataset]:
    """Divide a source as it was in fine-tuning; return nothing if none of its photos was there, by name."""
    dataset = own_data.read_all(source, **how)
    files = dataset["file"][:]
    known, new = recorded.keys() & files, set(files) - recorded.keys()
    if not known:
        return {}
    if new or len(known) < len(recorded):
        raise DataError(
            f"{source} has {len(known)} of the {len(recorded)} photos that the model was fine-tuned with, by "
            f"name, and {len(new)} others; expected the same photos, or new ones in another folder with "
            "--split all"
        )
    names = [split for split in SPLITS if split in recorded.values()]
    return {s: dataset.select([row for row, file in enumerate(files) if recorded[file] == s]) for s in names}


def _truth(source: str | Path, dataset: Dataset, labels: list[str], multi_label: bool) -> np.ndarray:
    """Return class indices (N,) in the model's order, matched by name, or multi-hot labels (N, C)."""
    if multi_label != ("labels" in dataset.features):
        kinds = ("one label", "several labels")
        raise DataError(
            f"{source} gives a photo {kinds[not multi_label]}, the model {kinds[multi_label]}; expected data "
            "and a model of the same task (multi_label=, --multi_label)"
        )
    position = {plain(label): index for index, label in enumerate(labels)}
    names = preprocessing.class_names(dataset)
    if set(names) != set(position):
        raise DataError(
            f"{source} has not the classes of the model: {_some(set(names) - set(position))} unknown to it, "
            f"{_some(set(position) - set(names))} only in it; expected {_some(position)}"
        )
    order = np.array([position[name] for name in names])
    if not multi_label:
        return order[dataset["label"][:]]
    truth = np.zeros((len(dataset), len(labels)), dtype=int)
    for row, present in zip(truth, dataset["labels"], strict=True):
        row[order[present]] = 1
    return truth


def _some(names: set[str] | dict[str, int]) -> str:
    shown = sorted(names)
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "") or "none"


def _probabilities(classifier: Classifier, dataset: Dataset, multi_label: bool) -> np.ndarray:
    with tqdm(total=len(dataset), unit="photo", leave=False, disable=None) as bar:
        batches = []
        for logits in classifier.batch_logits(row["image"] for row in dataset):
            batches.append(logits.sigmoid() if multi_label else logits.softmax(-1))
            bar.update(len(logits))
    return torch.cat(batches).numpy()


def scores(
    probabilities: AnyArray, truth: AnyArray, threshold: float = 0.5, resamples: int = RESAMPLES
) -> dict[str, dict[str, float | int | str | None]]:
    """Return every score of `vitcourse.metrics` with a 95 % interval.

    Args:
        probabilities: (N, C).
        truth: Labels (N,), or (N, C) where several can be true.
        threshold: From where a label is said; multi-label only.
        resamples: Draws of the bootstrap; 0 leaves out its intervals.

    Returns:
        For each score its `value`, `low`, `high`, `n` (photos) and `interval`: "wilson" for shares of photos,
        else "bootstrap". None stands for what these photos cannot tell.

    Taught in lesson 08.
    """
    probabilities, truth = to_numpy(probabilities), to_numpy(truth)
    score = partial(metrics.multilabel, thresholds=threshold) if truth.ndim == 2 else metrics.multiclass
    values, photos = score(probabilities, truth), len(truth)
    drawn = _bootstrap(score, list(values), probabilities, truth, resamples)
    rows = {}
    for name, value in values.items():
        kind, ends = "bootstrap", drawn.get(name)
        if name in _COUNTED or name.endswith("_accuracy"):
            kind, ends = "wilson", intervals.wilson(round(value * photos), photos)
        if np.isnan(value) or ends is None:
            kind, ends = None, (None, None)
        rows[name] = {
            "value": _or_none(value),
            "low": ends[0],
            "high": ends[1],
            "n": photos,
            "interval": kind,
        }
    return rows


def _bootstrap(
    score: Callable[..., dict[str, float]],
    names: list[str],
    probabilities: np.ndarray,
    truth: np.ndarray,
    resamples: int,
) -> dict[str, tuple[float, float]]:
    """Return the percentile interval of every score, from the same draws; see `intervals.bootstrap`."""
    if not resamples:
        return {}

    def one_draw(*rows: np.ndarray) -> list[float]:
        bar.update()
        return list(score(*rows).values())

    with warnings.catch_warnings(), tqdm(total=resamples, unit="draw", leave=False, disable=None) as bar:
        warnings.simplefilter("ignore", metrics.UndefinedWarning)
        scores = intervals.resample(one_draw, (probabilities, truth), resamples)
    often = (~np.isnan(scores)).mean(0) >= _DEFINED_DRAWS  # (S,) of (resamples, S)
    ends = np.nanquantile(scores[:, often], [0.025, 0.975], axis=0).T.tolist()
    return dict(zip(np.array(names)[often].tolist(), map(tuple, ends), strict=True))


def _per_class(
    labels: list[str], probabilities: np.ndarray, truth: np.ndarray, threshold: float
) -> dict[str, dict[str, float | int | None]]:
    if truth.ndim == 2:
        present, said = truth > 0, probabilities >= threshold
    else:
        classes = np.arange(len(labels))
        present, said = truth[:, None] == classes, probabilities.argmax(1)[:, None] == classes
    columns = metrics.per_class(present, said)
    return {
        label: {name: _or_none(values[index].item()) for name, values in columns.items()}
        for index, label in enumerate(labels)
    }


def _or_none(value: float) -> float | None:
    """JSON has no nan."""
    return None if np.isnan(value) else value


def _number(value: float | None) -> str:
    return f"{'-':>7}" if value is None else f"{value:7.3f}"
