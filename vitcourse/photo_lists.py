"""Lists of photos with labels: from folders, a CSV file or a JSONL file, every bad row noted.

Nothing is decoded here, and no row is dropped: `vitcourse.own_data` checks the photos and splits them.

Taught in lesson 06.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import PIL.Image

SHOWN_PROBLEMS = 5
SPLITS = ("train", "validation", "test")
IMAGE_COLUMNS = ("image", "image_url", "file", "file_name", "filename")
LABEL_COLUMNS = ("label", "labels")
_SPLIT_NAMES = {"training": "train", "val": "validation", "valid": "validation"} | {s: s for s in SPLITS}
_ADDRESS = re.compile(r"data:|[a-z][a-z0-9+.-]+://", re.IGNORECASE)


class DataError(ValueError):
    """Photos or their labels cannot be used as they are; the message lists the bad rows."""


@dataclass(frozen=True)
class Photo:
    """One photo and what a list says of it.

    Attributes:
        row: Where it is listed, for errors: "line 3" or the file's name.
        file: Its name as the list has it, with forward slashes and composed accents (NFC).
        path: Where it is on disk; whether it is there has not been checked.
        labels: Class names as given; exactly one unless the task is multi-label.
        split: "train", "validation" or "test", if the list says so.
    """

    row: str
    file: str
    path: Path
    labels: tuple[str, ...]
    split: str | None = None


@dataclass
class PhotoList:
    """What a source lists, good and bad.

    Attributes:
        photos: In the order of the source.
        problems: A line for each bad row or stray file.
        other_files: Files that are no photos by their ending.
    """

    photos: list[Photo]
    problems: list[str]
    other_files: list[str]

    def check(self, source: Path) -> None:
        """Raise one `DataError` about all problems, the first five shown, if there are any."""
        if self.problems:
            count = len(self.problems)
            shown = [f"  {problem}" for problem in self.problems[:SHOWN_PROBLEMS]]
            more = [f"  and {count - SHOWN_PROBLEMS} more"] if count > SHOWN_PROBLEMS else []
            found = f"{count} problem{'s' * (count > 1)}; mend or remove what is named:"
            raise DataError("\n".join([f"{source} has {found}", *shown, *more]))


def read_list(source: Path, multi_label: bool) -> PhotoList:
    """List the photos of a folder, a CSV file or a JSONL file.

    Args:
        source: What `vitcourse.own_data.read` takes, as a path.
        multi_label: Whether a photo may have several labels.

    Raises:
        DataError: If it is none of the three, or no row of it can be understood.
    """
    if source.is_dir():
        return _from_folder(source)
    if not source.is_file():
        raise DataError(
            f"{source} does not exist; expected fridge, fridge-multilabel, a folder with one folder a class, "
            "a .csv or a .jsonl file"
        )
    if source.suffix.lower() == ".csv":
        return _from_records(source, list(_csv_records(source, multi_label)), multi_label)
    if source.suffix.lower() in (".jsonl", ".ndjson"):
        return _from_records(source, list(_jsonl_records(source)), multi_label)
    raise DataError(f"{source} ends in {source.suffix!r}; expected a folder, a .csv or a .jsonl file")


def plain(text: str) -> str:
    """Return a name without spaces around it, in composed form (NFC): macOS writes é as e and an accent."""
    return unicodedata.normalize("NFC", text.strip())


def _from_folder(root: Path) -> PhotoList:
    found = PhotoList([], [], [])
    folders = _folders(root)
    splits = {folder: _SPLIT_NAMES.get(folder.name.lower()) for folder in folders}
    if any(split == "train" and _folders(folder) for folder, split in splits.items()):
        for folder, split in splits.items():
            if split is None:
                found.problems.append(
                    f"{folder.name}: a folder beside train that is none of {', '.join(SPLITS)}"
                )
            else:
                _add_class_folders(found, root, folder, split)
        stray = filter(is_photo, _files(root))
        found.problems += [f"{path.name}: a photo in no class folder" for path in stray]
    else:
        _add_class_folders(found, root, root, None)
    tables = [path.name for path in _files(root) if path.suffix.lower() in (".csv", ".jsonl")]
    if tables and len({photo.labels for photo in found.photos}) < 2:
        raise DataError(
            f"{root} holds {tables[0]}, and fewer than two class folders; pass {root / tables[0]}"
        )
    if not found.photos and not found.problems:
        raise DataError(f"{root} holds no photos in class folders; expected {root / 'cat' / '1.jpg'}, say")
    return found


def _add_class_folders(found: PhotoList, root: Path, parent: Path, split: str | None) -> None:
    """Add the photos of each class folder in a folder; note photos beside and folders inside them."""
    note = found.problems.append
    for path in filter(is_photo, _files(parent)):
        note(f"{_name(path, root)}: a photo in no class folder")
    for folder in _folders(parent):
        for inner in _folders(folder):
            note(f"{_name(inner, root)}: a folder inside a class folder")
        if not any(map(is_photo, _files(folder))):
            note(f"{_name(folder, root)}: a class folder without a photo")
        for path in _files(folder):
            name = _name(path, root)
            if not is_photo(path):
                found.other_files.append(name)
            elif path.is_file():
                found.photos.append(Photo(name, name, path.absolute(), (plain(folder.name),), split))
            else:
                note(f"{name}: is missing (a broken link)")


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__")))


def _folders(folder: Path) -> list[Path]:
    return [path for path in _visible(folder) if path.is_dir()]


def _files(folder: Path) -> list[Path]:
    return [path for path in _visible(folder) if not path.is_dir()]


def is_photo(path: Path) -> bool:
    """Whether a file's ending is that of a kind of image that can be read."""
    return PIL.Image.registered_extensions().get(path.suffix.lower()) in PIL.Image.OPEN


def _name(path: Path, root: Path) -> str:
    return unicodedata.normalize("NFC", path.relative_to(root).as_posix())


def _csv_records(path: Path, multi_label: bool) -> Iterator[tuple[str, dict]]:
    """Yield each row of a CSV file below its header; blank lines are skipped, several labels separated."""
    reader = csv.DictReader(io.StringIO(_text(path)), strict=True)
    try:
        reader.fieldnames = [plain(name).lower() for name in reader.fieldnames or []]
        named = [name for name in reader.fieldnames if name]
        if len(set(named)) < len(named):
            raise DataError(f"{path} has the columns {', '.join(reader.fieldnames)}; expected each once")
        for record in reader:
            for column in LABEL_COLUMNS:
                if multi_label and record.get(column):
                    record[column] = [name for name in re.split(r"[,;\s]+", record[column]) if name]
            yield f"line {reader.line_num}", record
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.line_num} is not CSV ({error})") from error


def _jsonl_records(path: Path) -> Iterator[tuple[str, dict | str]]:
    """Yield the JSON object of each line that is not blank; for a bad line what is wrong with it."""
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if line.strip():
            try:
                record = json.loads(line)
            except ValueError as error:
                yield f"line {number}", f"is not JSON ({error})"
                continue
            yield f"line {number}", record if isinstance(record, dict) else "is not a JSON object"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # with or without a byte order mark, any line ends
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as UTF-8 text ({error}); save it as UTF-8") from error


def _from_records(path: Path, records: list[tuple[str, dict | str]], multi_label: bool) -> PhotoList:
    keys = {key: None for _, record in records if isinstance(record, dict) for key in record if key}
    if not keys:
        raise DataError(
            f"{path} has no rows that can be read; expected columns image and label, and a row a photo"
        )
    image, label = (_column(path, list(keys), names) for names in (IMAGE_COLUMNS, LABEL_COLUMNS))
    several = label == "labels" or any(
        isinstance(r, dict) and isinstance(r.get(label), list) for _, r in records
    )
    if several and not multi_label:
        raise DataError(
            f"{path}: {label} may hold several labels, and the task is multi-class; pass multi_label=True "
            "(--multi_label), or give one label a photo in a column named label"
        )
    found, listings = PhotoList([], [], []), {}
    for row, record in records:
        try:
            found.photos.append(_photo(path, row, record, image, label, listings))
        except (ValueError, OSError) as error:
            found.problems.append(f"{row}: {error}")
    return found


def _column(path: Path, keys: list[str], names: tuple[str, ...]) -> str:
    present = [name for name in names if name in keys]
    if len(present) != 1:
        got = f"has {' and '.join(present)}" if present else f"has the columns {', '.join(keys)}"
        raise DataError(f"{path} {got}; expected exactly one of {', '.join(names)}")
    return present[0]


def _photo(table: Path, row: str, record: dict | str, image: str, label: str, listings: dict) -> Photo:
    """Turn one record into a `Photo`; a ValueError says what is wrong with it."""
    if isinstance(record, str):
        raise ValueError(record)
    if None in record:
        raise ValueError(f"has more fields than the header: {record[None]}; put quotes around several labels")
    file = record.get(image)
    if not isinstance(file, str) or not file.strip():
        raise ValueError(f"{image} is {file!r}; expected the path of a photo")
    if _ADDRESS.match(file.strip()):
        raise ValueError(
            f"{file[:80]} is an address; download the photo and give its path, relative to {table.name}"
        )
    file = file.strip().replace("\\", "/")
    path = _locate(table.parent, file, listings) or _locate(table.parent / "images", file, listings)
    if path is None:
        raise ValueError(f"{file} is missing; expected it below {table.parent}")
    return Photo(row, plain(file), path.absolute(), _labels(record.get(label), label), _split(record))


def _labels(value: object, column: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(name, str | None) for name in values):
        raise ValueError(f"{column} is {value!r}; expected text")
    labels = tuple(plain(name or "") for name in values)
    if not labels or "" in labels:
        raise ValueError(f"{column} is empty; expected a class")
    if len(set(labels)) < len(labels):
        raise ValueError(f"{column} is {' '.join(labels)}; expected each class once")
    return labels


def _split(record: dict) -> str | None:
    if "split" not in record:
        return None
    split = _SPLIT_NAMES.get(str(record["split"]).strip().lower())
    if split is None:
        raise ValueError(f"split is {record['split']!r}; expected {', '.join(SPLITS)}")
    return split


def _locate(folder: Path, file: str, listings: dict[Path, dict[str, Path]]) -> Path | None:
    """Find a file below a folder, whichever way its name's accents are encoded; None if it is not there."""
    if (folder / file).is_file():
        return folder / file
    for part in Path(file).parts:
        if not (folder / part).exists():
            if folder not in listings:
                listings[folder] = {plain(path.name): path for path in _entries(folder)}
            if plain(part) not in listings[folder]:
                return None
            part = listings[folder][plain(part)].name
        folder = folder / part
    return folder if folder.is_file() else None


def _entries(folder: Path) -> Iterable[Path]:
    return folder.iterdir() if folder.is_dir() else ()
