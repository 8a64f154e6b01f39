"""Five-fold cross-validation on all 134 fridge pictures: each is tested by a network that never saw it.

    python benchmarks/fridge_accuracy.py [--models vit-micro vit-tiny forest] [--seed 0] [--json FILE]

`forest` is a random forest on colour histograms, which knows nothing of shape. Uses the assets that
`VITCOURSE_ASSETS` names; the recipe is lesson 06's.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset, concatenate_datasets
from PIL.Image import Image
from results_file import machine, write_json
from scipy.stats import binomtest
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold

import vitcourse as vc
from vitcourse import training
from vitcourse.run import LEARNING_RATES

FOLDS = 5
PUBLISHED = "published (microsoft/computervision-recipes): ResNet18, 24 of 26 test photos of one split"


def main() -> None:
    """Cross-validate each model and print a row for it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", default=["vit-micro", "vit-tiny", "forest"])
    parser.add_argument("--seed", type=int, default=0, help="seeds the folds and the training")
    parser.add_argument("--json", type=Path, help="write the rows here")
    options = parser.parse_args()
    run = vc.setup(options.seed)
    splits = vc.fridge.multiclass()
    pictures = concatenate_datasets([splits[name] for name in vc.fridge.SPLITS])
    print(f"\n{len(pictures)} {run.assets} pictures, {FOLDS} folds, seed {options.seed}\n")
    print("| model | right | accuracy | 95 % interval (Wilson) | seconds a fold |\n|---|---|---|---|---|")
    rows = [cross_validated(name, pictures, options.seed) for name in options.models]
    print(f"\n{PUBLISHED}")
    if options.json:
        write_json(options.json, {"machine": machine(), "rows": rows})


def cross_validated(name: str, pictures: Dataset, seed: int) -> dict:
    """Return and print how many pictures were right, over all folds."""
    began = time.perf_counter()
    labels = np.array(pictures["label"])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(labels, labels)
    answer = forest if name == "forest" else fine_tuned
    right = sum(int((answer(name, pictures, *fold, seed) == labels[fold[1]]).sum()) for fold in folds)
    low, high = binomtest(right, len(labels)).proportion_ci(method="wilson")
    row = {"model": name, "right": right, "of": len(labels), "accuracy": right / len(labels)}
    row |= {"low": low, "high": high, "seconds": (time.perf_counter() - began) / FOLDS}
    print(
        f"| {name} | {right} of {len(labels)} | {right / len(labels):.1%} | {low:.1%} to {high:.1%} "
        f"| {row['seconds']:.0f} |",
        flush=True,
    )
    return row


def fine_tuned(name: str, pictures: Dataset, train: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    """Return the classes that a network, fine-tuned on the training part, gives the test part."""
    model, processor = vc.load(name, labels=vc.fridge.CLASSES)
    # Nothing is chosen: nobody looks at the history that `fit` keeps on two of the photos.
    parts = {
        "train": pictures.select(train),
        "validation": pictures.select(test[:2]),
        "test": pictures.select(test),
    }
    loaders = vc.preprocessing.loaders(parts, processor, seed=seed)
    recipe = training.Recipe(learning_rate=LEARNING_RATES[name], seed=seed)
    training.fit(model, loaders, recipe)
    accelerator = training.start(recipe)
    logits, _ = training.predict(accelerator, model, accelerator.prepare(loaders["test"]))
    return logits.argmax(-1).numpy()


def forest(_: str, pictures: Dataset, train: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    """Return the classes that a random forest on colour histograms gives the test part."""
    histograms = np.stack([histogram(image) for image in pictures["image"]])
    labels = np.array(pictures["label"])
    return (
        RandomForestClassifier(300, random_state=seed)
        .fit(histograms[train], labels[train])
        .predict(histograms[test])
    )


def histogram(image: Image) -> np.ndarray:
    """Return 16 bins for each of red, green and blue: 48 shares."""
    pixels = torch.from_numpy(np.array(image.convert("RGB")))
    counts = [np.histogram(channel, 16, (0, 256))[0] for channel in pixels.reshape(-1, 3).T.numpy()]
    return np.concatenate(counts) / pixels[..., 0].numel()


if __name__ == "__main__":
    main()
