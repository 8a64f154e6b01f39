"""Split the two fridge sets into train, validation and test, by file name: data/splits/*.csv.

    VITCOURSE_ASSETS=real python data/make_splits.py

Only labels decide, never a model's result. Multi-class: stratified by class (scikit-learn). Multi-label:
stratified by how many labels a photo has; of 2,000 such splits the one is taken whose classes are spread most
evenly. The drawn sets have the same file names, so the same files split them; their labels count as well.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from vitcourse import assets
from vitcourse.fridge import CLASSES, SPLITS

SIZES = {"fridge": (80, 27, 27), "fridge_multilabel": (76, 26, 26)}
DATA = Path(__file__).parent


def main() -> None:
    """Write both split files."""
    real = assets.resolve("fridge")
    files = [f"{name}/{n}.jpg" for name in CLASSES for n in _numbers(real / name)]
    classes = np.array([file.split("/")[0] for file in files])
    _write("fridge", files, _split(classes, SIZES["fridge"], seed=0))

    tables = [
        _labels(assets.resolve("fridge-multilabel")),
        _labels(DATA / "demo" / "multilabelFridgeObjects"),
    ]
    files = sorted(tables[0], key=lambda file: int(file.split(".")[0]))
    targets = [np.array([[name in table[file] for name in CLASSES] for file in files]) for table in tables]
    number = targets[0].sum(1)
    candidates = [_split(number, SIZES["fridge_multilabel"], seed) for seed in range(2000)]
    best = min(candidates, key=lambda split: max(_unevenness(split, target) for target in targets))
    _write("fridge_multilabel", files, best)


def _numbers(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("*.jpg"))


def _labels(folder: Path) -> dict[str, set[str]]:
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        return {row["filename"]: set(row["labels"].split()) for row in csv.DictReader(file)}


def _split(strata: np.ndarray, sizes: tuple[int, int, int], seed: int) -> np.ndarray:
    """Return the name of a split for each item, stratified."""
    _, num_validation, num_test = sizes
    rest, test = train_test_split(
        np.arange(len(strata)), test_size=num_test, stratify=strata, random_state=seed
    )
    _, validation = train_test_split(rest, test_size=num_validation, stratify=strata[rest], random_state=seed)
    split = np.full(len(strata), SPLITS[0], dtype=object)
    split[validation], split[test] = SPLITS[1], SPLITS[2]
    return split


def _unevenness(split: np.ndarray, target: np.ndarray) -> float:
    """Return the largest difference between a class's share in a split and its share overall."""
    return max(np.abs(target[split == name].mean(0) - target.mean(0)).max() for name in SPLITS)


def _write(name: str, files: list[str], split: np.ndarray) -> None:
    path = DATA / "splits" / f"{name}.csv"
    path.parent.mkdir(exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "split"])
        writer.writerows(zip(files, split, strict=True))
    partial.replace(path)
    print(path, {part: int((split == part).sum()) for part in SPLITS})


if __name__ == "__main__":
    main()
