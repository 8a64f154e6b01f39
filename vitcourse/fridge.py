"""The two fridge photo sets as `datasets.DatasetDict`, split once and for all.

Multi-class: 134 photos, one object each. Multi-label: 128 photos, one to four objects each.
Demo assets (drawn pictures) and real ones have the same layout, so one split file serves both.
"""

import csv
from pathlib import Path

from datasets import ClassLabel, Dataset, DatasetDict, Features, Image, List, Value

from vitcourse import assets

CLASSES = ("can", "carton", "milk_bottle", "water_bottle")
SPLITS = ("train", "validation", "test")
_SPLIT_FILES = Path(__file__).parent.parent / "data" / "splits"


def multiclass() -> DatasetDict:
    """Return the multi-class photos: 80 for training, 27 for validation, 27 for test.

    Each row has `image` (PIL, RGB, upright, decoded when it is read), `label` (a `ClassLabel`, 0 to 3)
    and `file` (such as "can/1.jpg").

    Raises:
        AssetError: If the photos can be found nowhere.

    Taught in lesson 06.
    """
    folder = assets.dataset("fridge")
    rows = [
        {"image": str(folder / file), "label": file.split("/")[0], "file": file, "split": split}
        for file, split in _read_csv(_SPLIT_FILES / "fridge.csv")
    ]
    return _by_split(rows, {"label": ClassLabel(names=list(CLASSES))})


def multilabel() -> DatasetDict:
    """Return the multi-label photos: 76 for training, 26 for validation, 26 for test.

    Each row has `image` (PIL, RGB, upright, decoded when it is read), `labels` (a list of `ClassLabel`,
    in the order of `CLASSES`) and `file` (such as "1.jpg").

    Raises:
        AssetError: If the photos can be found nowhere.

    Taught in lesson 07.
    """
    folder = assets.dataset("fridge-multilabel")
    labels = dict(_read_csv(folder / "labels.csv"))
    rows = [
        {
            "image": str(folder / "images" / file),
            "labels": sorted(labels[file].split(), key=CLASSES.index),
            "file": file,
            "split": split,
        }
        for file, split in _read_csv(_SPLIT_FILES / "fridge_multilabel.csv")
    ]
    return _by_split(rows, {"labels": List(ClassLabel(names=list(CLASSES)))})


def _read_csv(path: Path) -> list[list[str]]:
    """Return the rows of a CSV file below its header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def _by_split(rows: list[dict], target: dict) -> DatasetDict:
    """Turn rows into a dataset a split, images left on disk until they are read."""
    features = Features({"image": Image(mode="RGB"), **target, "file": Value("string")})

    def dataset(split: str) -> Dataset:
        chosen = [row for row in rows if row["split"] == split]
        return Dataset.from_dict({key: [row[key] for row in chosen] for key in features}, features=features)

    return DatasetDict({split: dataset(split) for split in SPLITS})
