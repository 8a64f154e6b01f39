"""Checks of what a dataset folder or a checkpoint folder must hold."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PHOTO_SUFFIXES = (".jpg", ".jpeg")
SHOWN_PROBLEMS = 5
MAX_HEADER_BYTES = 100_000_000  # the limit of the safetensors format


class StructureError(ValueError):
    """A folder does not hold what the registry says; the message lists the problems."""


@dataclass(frozen=True)
class DatasetFacts:
    """What is known of a dataset's folder.

    With `photos_per_class` the label is the folder: `can/1.jpg`. Without it the labels are in
    `labels.csv` (`filename,labels`, labels separated by spaces) beside the folder `images`.

    Attributes:
        photos: How many there are; their file names count 1 to `photos` over all classes.
        photos_per_class: Photos in each class folder.
        classes: Labels that `labels.csv` may use.
        photos_per_label_count: How many photos carry 1, 2, ... labels.
    """

    photos: int
    photos_per_class: Mapping[str, int] | None = None
    classes: Sequence[str] = ()
    photos_per_label_count: Mapping[int, int] | None = None


def check_dataset(folder: Path, facts: DatasetFacts, decode: bool = True) -> None:
    """Check a dataset's classes, counts, numbering and labels, and that every photo opens.

    Args:
        folder: The dataset's folder.
        facts: What it must hold.
        decode: Decode every photo to its last pixel; without it only names and sizes are looked at.

    Raises:
        StructureError: If anything differs; the message lists the first problems.
    """
    try:
        problems, photos = _dataset_problems(folder, facts)
        if decode and not problems:
            problems = _photos_that_do_not_open(folder, photos)
    except OSError as error:
        problems = [f"can't be read: {error}"]
    _raise_if_any(folder, problems)


def _raise_if_any(folder: Path, problems: list[str]) -> None:
    if not problems:
        return
    shown = "; ".join(problems[:SHOWN_PROBLEMS])
    more = len(problems) - SHOWN_PROBLEMS
    raise StructureError(f"{folder.name}: {shown}" + (f"; and {more} more" if more > 0 else ""))


def _dataset_problems(folder: Path, facts: DatasetFacts) -> tuple[list[str], list[Path]]:
    if not folder.is_dir():
        return ["there is no such folder"], []
    if facts.photos_per_class is not None:
        problems, photos = _class_folder_problems(folder, facts.photos_per_class)
    else:
        photos = _photos_in(folder / "images")
        problems = _label_table_problems(folder, {photo.name for photo in photos}, facts)
    problems += _numbering_problems(photos, facts.photos)
    problems += [f"{photo.name} is empty" for photo in photos if photo.stat().st_size == 0]
    return problems, photos


def _photos_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in PHOTO_SUFFIXES and not path.name.startswith(".")
    ]


def _class_folder_problems(folder: Path, expected: Mapping[str, int]) -> tuple[list[str], list[Path]]:
    found = {
        path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))
    }
    problems = [f"class folder {name!r} is missing" for name in sorted(expected.keys() - found)]
    problems += [f"unknown class folder {name!r}" for name in sorted(found - expected.keys())]
    photos = []
    for name in sorted(expected.keys() & found):
        in_class = _photos_in(folder / name)
        photos += in_class
        if len(in_class) != expected[name]:
            problems.append(f"{name!r} has {len(in_class)} photos, expected {expected[name]}")
    return problems, photos


def _numbering_problems(photos: list[Path], count: int) -> list[str]:
    numbers = Counter(photo.stem for photo in photos)
    wanted = {str(number) for number in range(1, count + 1)}
    problems = [f"photo number {number} is there twice" for number, seen in numbers.items() if seen > 1]
    problems += [f"photo number {number} is missing" for number in sorted(wanted - numbers.keys(), key=int)]
    problems += [f"unexpected photo {name!r}" for name in sorted(numbers.keys() - wanted)]
    return problems


def _label_table_problems(folder: Path, photos: set[str], facts: DatasetFacts) -> list[str]:
    table = folder / "labels.csv"
    if not table.is_file():
        return ["labels.csv is missing"]
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = [row for row in csv.reader(file) if row] or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        return [f"labels.csv can't be read as UTF-8 text: {error}"]
    if header != ["filename", "labels"]:
        return [f"labels.csv begins with {','.join(header)!r}, expected 'filename,labels'"]
    if ragged := [row for row in rows if len(row) != 2]:
        return [f"labels.csv has a row of {len(row)} columns: {','.join(row)!r}" for row in ragged]
    return _label_row_problems(rows, photos, facts)


def _label_row_problems(rows: list[list[str]], photos: set[str], facts: DatasetFacts) -> list[str]:
    seen = Counter(name for name, _ in rows)
    problems = [f"labels.csv has {count} rows for {name}" for name, count in seen.items() if count > 1]
    problems += [f"labels.csv names {name}, which is not there" for name in sorted(seen.keys() - photos)]
    problems += [f"{name} has no row in labels.csv" for name in sorted(photos - seen.keys())]
    for name, labels in rows:
        labels = labels.split()
        unknown = sorted(set(labels) - set(facts.classes))
        problems += [f"labels.csv gives {name} the unknown label {label!r}" for label in unknown]
        if not labels or len(labels) != len(set(labels)):
            problems.append(f"labels.csv gives {name} the labels {labels}: expected one or more, each once")
    counts = dict(Counter(len(labels.split()) for _, labels in rows))
    expected = facts.photos_per_label_count
    if not problems and expected is not None and counts != dict(expected):
        problems.append(f"photos by number of labels are {counts}, expected {dict(expected)}")
    return problems


def _photos_that_do_not_open(folder: Path, photos: list[Path]) -> list[str]:
    from PIL import Image

    problems = []
    for path in photos:
        try:
            with Image.open(path) as image:
                image.load()
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            problems.append(f"{path.relative_to(folder).as_posix()} does not open as a photo: {error}")
    return problems


def check_checkpoint(folder: Path, files: Sequence[str]) -> None:
    """Check that a checkpoint's files are there, parse, and are as long as they say.

    Args:
        folder: The checkpoint's folder.
        files: File names that it must hold.

    Raises:
        StructureError: If a file is missing, cut short or does not parse.
    """
    problems = []
    for name in files:
        try:
            if name.endswith(".safetensors"):
                _check_safetensors(folder / name)
            elif name.endswith(".json"):
                _check_json_object(folder / name)
        except FileNotFoundError:
            problems.append(f"{name} is missing")
        except (OSError, ValueError) as error:
            problems.append(f"{name}: {error}")
    _raise_if_any(folder, problems)


def _check_json_object(path: Path) -> None:
    if not isinstance(json.loads(path.read_text(encoding="utf-8")), dict):
        raise ValueError("is not a JSON object")


def _check_safetensors(path: Path) -> None:
    """Compare a file's length with its header: 8 bytes of length, JSON, then the tensors."""
    size = path.stat().st_size
    with path.open("rb") as file:
        header_bytes = int.from_bytes(file.read(8), "little")
        if not 2 <= header_bytes <= min(size - 8, MAX_HEADER_BYTES):
            raise ValueError(f"is not a whole safetensors file ({size} bytes)")
        header = json.loads(file.read(header_bytes))
    try:
        ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
        expected = 8 + header_bytes + max(ends)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"has a header that lists no tensors ({error!r})") from error
    if size != expected:
        raise ValueError(f"is {size} bytes long, its header says {expected}")
