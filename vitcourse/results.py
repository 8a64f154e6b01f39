"""The folder of a fine-tuning run: what stands in it, and that it is whole or recognisably unfinished.

    config.yaml                             written first: what was asked for
    checkpoints/                            while it trains
    model.safetensors, config.json,
    preprocessor_config.json, README.md     the model and its card, as on the Hub
    history.csv, history.png, split.csv     how it went, and who was in which split
    metrics.json                            written last: the run is finished

Taught in lesson 06.
"""

import contextlib
import csv
import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import torch
from datasets import DatasetDict
from matplotlib import pyplot as plt
from safetensors import SafetensorError
from torch import nn
from transformers import BaseImageProcessor

from vitcourse import cards, configuration, evaluation, plotting, preprocessing, split_files, storage
from vitcourse.configuration import ConfigurationError, FineTuning
from vitcourse.thresholds import best_threshold

CONFIG, METRICS, CHECKPOINTS, STAGING = "config.yaml", "metrics.json", "checkpoints", ".result.part"
MAY_CHANGE = ("output_dir", "num_workers", "trackers")
ELSEWHERE = "or choose another output_dir"

Predictions = dict[str, tuple[torch.Tensor, torch.Tensor]]


def begin(config: FineTuning, folder: Path) -> None:
    """Write config.yaml, or check that the one that is there asks for the same.

    Raises:
        ConfigurationError: If the folder belongs to a run with another configuration.
        StorageError: If the folder cannot be written.
    """
    with storage.explained(folder, ELSEWHERE):
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / CONFIG).exists():
            configuration.write(config, folder / CONFIG)
    before = configuration.read(folder / CONFIG)
    new = dataclasses.asdict(config)
    differ = [name for name in new if name not in MAY_CHANGE and before.get(name) != new[name]]
    if differ:
        shown = "; ".join(f"{name} was {before.get(name)!r}, is {new[name]!r}" for name in differ)
        raise ConfigurationError(
            f"{folder} belongs to another run: {shown}. Choose another output_dir, repeat the first command "
            "to go on with that run, or delete the folder"
        )


def finished(folder: Path) -> bool:
    """Return whether the run of this folder has ended."""
    return (folder / METRICS).exists()


def read_metrics(folder: Path) -> dict:
    """Return what metrics.json says."""
    return json.loads((folder / METRICS).read_text(encoding="utf-8"))


def write(
    config: FineTuning,
    model: nn.Module,
    processor: BaseImageProcessor,
    history: list[dict[str, float]],
    splits: DatasetDict,
    predictions: Predictions,
) -> None:
    """Write everything beside its place, move it there, metrics.json last, and drop the checkpoints.

    Args:
        config: What was asked for.
        model: The trained network.
        processor: Its image processor.
        history: A row an epoch.
        splits: Who was in which split.
        predictions: Probabilities (N, C) and labels, of "validation" and perhaps of "test".

    Raises:
        StorageError: If the folder cannot be written; checkpoints stay.
    """
    folder = Path(config.output_dir)
    staging = folder / STAGING
    with _explained(folder):
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        model.save_pretrained(staging)
        processor.save_pretrained(staging)
        _write_csv(staging / "history.csv", history)
        split_files.write(splits, staging)
        figure = plotting.learning_curves({"": history})
        figure.savefig(staging / "history.png", dpi=120)
        plt.close(figure)
        measured = measure(config, predictions, splits)
        card = cards.text(config, measured, history, preprocessing.class_names(splits["train"]))
        (staging / "README.md").write_text(card, encoding="utf-8")
        (staging / METRICS).write_text(json.dumps(measured, indent=2, allow_nan=False), encoding="utf-8")
        for path in sorted(staging.iterdir(), key=lambda path: path.name == METRICS):
            path.chmod(0o644)  # safetensors lets nobody else read
            path.replace(folder / path.name)
    clean(folder)


def clean(folder: Path) -> None:
    """Remove what a finished run, or one killed as it finished, needs no more."""
    for leftover in (folder / CHECKPOINTS, folder / STAGING):
        shutil.rmtree(leftover, ignore_errors=True)


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn an error while writing, of safetensors too, into a StorageError."""
    try:
        with storage.explained(folder, ELSEWHERE):
            yield
    except (storage.StorageError, SafetensorError) as error:
        shutil.rmtree(folder / STAGING, ignore_errors=True)
        if isinstance(error, storage.StorageError):
            raise
        raise storage.StorageError(
            f"{folder}: the model could not be written ({error}). Free some space, {ELSEWHERE}"
        ) from error


def measure(config: FineTuning, predictions: Predictions, splits: DatasetDict) -> dict:
    """Return the metrics of each split; a multi-label threshold is chosen on validation photos."""
    chosen = {}
    threshold = 0.5
    if config.multi_label:
        threshold = best_threshold(*predictions["validation"])
        chosen = {"threshold": threshold, "threshold_chosen_on": "validation"}
    by_split = {
        split: scores(*values, threshold) for split, values in sorted(predictions.items(), reverse=True)
    }
    return {
        "model": config.model,
        "data": config.data,
        "seed": config.seed,
        "train": {"photos": len(splits["train"])},
        **chosen,
        **by_split,
    }


def scores(
    probabilities: torch.Tensor, labels: torch.Tensor, threshold: float = 0.5
) -> dict[str, float | list[float] | None]:
    """Return every score of `vitcourse.metrics`, how many photos they stand on, and an interval.

    Args:
        probabilities: (N, C).
        labels: (N,), or (N, C) where several can be true.
        threshold: From where a label is said; multi-label only.

    Returns:
        `photos`, the scores (None where the photos cannot tell), and `accuracy_interval`, 95 %, Wilson.
        `vitcourse evaluate` gives intervals for all of them.
    """
    rows = evaluation.scores(probabilities, labels, threshold, resamples=0)
    values = {name: row["value"] for name, row in rows.items()}
    interval = [rows["accuracy"]["low"], rows["accuracy"]["high"]]
    return {"photos": len(labels), **values, "accuracy_interval": interval}


def _write_csv(path: Path, rows: list[dict]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def as_text(folder: str, measured: dict) -> str:
    """Say in a few lines how a run ended."""
    lines = [f"{folder}: {measured['model']} on {measured['data']}, seed {measured['seed']}"]
    for split in ("validation", "test"):
        if split in measured:
            values = measured[split]
            low, high = values["accuracy_interval"]
            f1 = "unknown" if values["f1_macro"] is None else f"{values['f1_macro']:.3f}"
            lines.append(
                f"{split:10}  {values['accuracy']:.1%} of {values['photos']} photos "
                f"({low:.1%} to {high:.1%}), macro-F1 {f1}"
            )
    return "\n".join(lines)
