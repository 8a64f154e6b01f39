"""Which photo was in which split: written beside a fine-tuned model, read back when it is evaluated.

The form is that of `data/splits/`: a CSV file with the columns file and split.

Taught in lesson 06.
"""

import csv
from pathlib import Path

from datasets import DatasetDict

NAME = "split.csv"


def write(splits: DatasetDict, folder: str | Path) -> Path:
    """Write `split.csv` into a model's folder, whole or not at all.

    Args:
        splits: What `vitcourse.own_data.read` returned.
        folder: Where the model is.

    Returns:
        The file.

    Taught in lesson 06.
    """
    path = Path(folder) / NAME
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "split"])
        writer.writerows((name, split) for split, dataset in splits.items() for name in dataset["file"])
    partial.replace(path)
    return path


def read(folder: str | Path) -> dict[str, str]:
    """Return the split of each photo by its file name; nothing if the folder does not say.

    Raises:
        ValueError: If its `split.csv` cannot be read.
    """
    path = Path(folder) / NAME
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return {row["file"]: row["split"] for row in csv.DictReader(file)}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise ValueError(f"{path} cannot be read ({error}); expected CSV with file and split") from error
