"""The rows of a batch, one after the other: from a folder, a CSV or a JSONL file, bad ones with their reason.

Nothing is decoded here. Of a file of any length one row is in memory at a time; of a folder, its names.

Taught in lesson 13.
"""

import csv
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TextIO

from vitcourse import photo_lists
from vitcourse.endpoint import decoding, schema
from vitcourse.endpoint.decoding import Limits
from vitcourse.endpoint.schema import Params, RequestError
from vitcourse.images import ImageError

_LONGEST_PATH = 1024  # characters; base64 of a photo is longer
_SHORT = 2**17  # characters that a field or line may always have; Python's own limit of CSV


class SourceError(ValueError):
    """A source cannot be read at all; the message says what was expected."""


@dataclass(frozen=True)
class Row:
    """One image to classify.

    Attributes:
        image: Base64, a data URL, or the path of a file.
        columns: What else the source says of it, such as an id.
        file_name: The image's path as the source has it, or the source's own column file_name.
        error: Why there is no image; empty if there is one.
    """

    image: str | Path
    columns: dict[str, Any] = field(default_factory=dict)
    file_name: str = ""
    error: str = ""


@dataclass(frozen=True)
class Census:
    """What a source holds: found in one pass, before a model is loaded.

    Attributes:
        rows: How many rows, bad ones too.
        columns: The names of their columns, without the image and file_name.
        digest: SHA-256 of what the rows say, and of the sizes of their files; it tells sources apart.
    """

    rows: int
    columns: list[str]
    digest: str


def rows(source: Path, limits: Limits) -> Iterator[Row]:
    """Yield the rows of a source in its order; a folder's by name, folder by folder.

    Args:
        source: A folder, a .csv or a .jsonl file.
        limits: A field of a CSV and a line of JSONL may have twice as many characters as a file may have
            bytes, enough for its base64 in lines, and at least `_SHORT`.

    Raises:
        SourceError: If it is none of these, or a CSV has no column image.

    Taught in lesson 13.
    """
    ending = source.suffix.lower()
    if source.is_dir():
        return _folder(source)
    if not source.is_file():
        raise SourceError(f"{source} does not exist; expected a folder of images, a .csv or a .jsonl file")
    if ending not in (".csv", ".jsonl", ".ndjson"):
        raise SourceError(
            f"{source} ends in {ending!r}; expected a folder of images, a .csv or a .jsonl file"
        )
    return (_csv if ending == ".csv" else _jsonl)(source, max(2 * limits.file_bytes, _SHORT))


def take_census(source: Path, limits: Limits) -> Census:
    """Go through a source once, without opening an image.

    Raises:
        SourceError: If it cannot be read, or has no rows.

    Taught in lesson 13.
    """
    count, columns, digest = 0, {}, hashlib.sha256()
    for row in rows(source, limits):
        count += 1
        columns |= dict.fromkeys(row.columns)
        parts = [row.file_name, row.columns, row.error]
        parts.append(_size(row.image) if isinstance(row.image, Path) else row.image)
        digest.update(json.dumps(parts).encode())
    if not count:
        raise SourceError(f"{source} holds no images; expected files such as 1.jpg, or rows with an image")
    return Census(count, list(columns), digest.hexdigest())


def left_out(source: Path) -> Counter:
    """Count, by their ending, the files of a folder that are no images by it; empty for other sources."""
    files = _files(source) if source.is_dir() else ()
    return Counter(path.suffix.lower() for path in files if not photo_lists.is_photo(path))


def read(row: Row, limits: Limits) -> str | bytes:
    """Return the text of a row's image, or the bytes of its file.

    Raises:
        ImageError: If there is none, or its file cannot be read or is too large.

    Taught in lesson 13.
    """
    if row.error:
        raise ImageError(row.error)
    if isinstance(row.image, str):
        if decoding.is_address(row.image):
            raise ImageError(
                f"{row.image[:80]} is an address, and a batch fetches none; download it and give its path"
            )
        return row.image
    if not _is_file(row.image):
        raise ImageError(
            "there is no such file; expected base64, a data URL or a path relative to the source"
        )
    try:
        if row.image.stat().st_size > limits.file_bytes:
            raise ImageError(f"the file is too large; expected at most {limits.file_bytes} bytes")
        return row.image.read_bytes()
    except OSError as error:
        raise ImageError(f"the file cannot be read ({error.strerror})") from error


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files in and below a folder, hidden ones left out; links to folders are not followed."""
    for directory, folders, names in os.walk(folder, onerror=_unreadable):
        folders[:] = sorted(filter(_is_visible, folders))
        yield from (Path(directory, name) for name in sorted(filter(_is_visible, names)))


def _is_visible(name: str) -> bool:
    return not name.startswith((".", "__"))


def _unreadable(error: OSError) -> NoReturn:
    raise SourceError(f"{error.filename} cannot be read ({error.strerror}); change its permissions")


def _folder(root: Path) -> Iterator[Row]:
    for path in filter(photo_lists.is_photo, _files(root)):
        yield Row(path, file_name=path.relative_to(root).as_posix())


def _csv(table: Path, longest: int) -> Iterator[Row]:
    before = csv.field_size_limit(longest)
    try:
        with _opened(table, newline="") as file:
            reader = csv.reader(file, strict=True)
            yield from _records(reader, _header(reader, table), table.parent)
    finally:
        csv.field_size_limit(before)


def _header(reader: Any, table: Path) -> list[str]:
    """Return the names of the columns; the one of the image is called image."""
    try:
        names = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise SourceError(f"{table}: its first line is not CSV ({error})") from error
    names = ["image" if name.lower() == "image" else name for name in names]
    if "image" not in names or len(set(names)) < len(names):
        shown = ", ".join(names)[:200] or "no columns"
        raise SourceError(f"{table} begins with {shown}; expected a header with image, and each column once")
    return names


def _records(reader: Any, header: list[str], folder: Path) -> Iterator[Row]:
    """Yield a row a record. What is not CSV is one row, up to the next line that has all columns."""
    first, problem = 0, ""
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            first, problem = first or line, problem or str(error)
            continue
        if problem and (fields is None or len(fields) == len(header)):
            yield Row("", error=f"lines {first} to {line - 1} are not CSV ({problem}); is a quote missing?")
            first, problem = 0, ""
        if fields is None:
            return
        if fields and not problem:
            yield _record(fields, header, line, folder)


def _record(fields: list[str], header: list[str], line: int, folder: Path) -> Row:
    columns = dict(zip(header, fields, strict=False))
    image = columns.pop("image", "")
    if len(fields) == len(header):
        return _row(image, columns, folder)
    return _row("", columns, folder, f"line {line} has {len(fields)} fields; expected {len(header)}")


def _jsonl(path: Path, longest: int) -> Iterator[Row]:
    with _opened(path, newline="\n") as file:
        for number, line in enumerate(_lines(file, longest), start=1):
            if line is None:
                yield Row("", error=f"line {number} is too long; expected at most {longest} characters")
            elif line.strip():
                yield from _objects(line, number, path.parent)


def _lines(file: TextIO, longest: int) -> Iterator[str | None]:
    """Yield lines; None for one that is too long, which is passed over in pieces."""
    while line := file.readline(longest):
        whole = line.endswith("\n") or len(line) < longest
        yield line if whole else None
        while not whole:
            piece = file.readline(longest)
            whole = piece.endswith("\n") or len(piece) < longest


def _objects(line: str, number: int, folder: Path) -> Iterator[Row]:
    """Yield the row that a line of JSON describes, or the rows of a whole request."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        yield Row("", error=f"line {number} is not JSON ({error})")
        return
    if isinstance(value, dict) and "image" not in value and {"input_data", "inputs"} & set(value):
        yield from _request(value, number)
        return
    columns = dict(value) if isinstance(value, dict) else {}
    image = columns.pop("image", None)
    error = "" if isinstance(image, str) else f'line {number} has no image; expected {{"image": "..."}}'
    yield _row(image if not error else "", columns, folder, error)


def _request(value: dict, number: int) -> Iterator[Row]:
    try:
        request = schema.from_json(value)
        if request.params != Params():
            raise RequestError(schema.MALFORMED, "params do not go with a batch; give them as its options")
    except RequestError as error:
        yield Row("", {"line": number}, error=f"line {number}: {error}")
        return
    for position, image in enumerate(request.images):
        index = {"index": request.index[position]} if request.index is not None else {}
        yield Row(image, {"line": number, "position": position, **index})


def _row(text: str, columns: dict[str, Any], folder: Path, error: str = "") -> Row:
    """Make a row of the text of an image: a path if it has a dot, or is that of a file; else base64."""
    own_name = str(columns.pop("file_name", None) or "")
    name = text.strip()
    if name and len(name) <= _LONGEST_PATH and not decoding.is_address(name) and name[:5].lower() != "data:":
        path = folder / name.replace("\\", "/")
        if "." in name or _is_file(path):
            return Row(path, columns, own_name or name, error)
    return Row(text, columns, own_name, error)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _size(path: Path) -> int:
    return path.stat().st_size if _is_file(path) else -1


def _opened(path: Path, newline: str) -> TextIO:
    """Open a text file; bytes that are no UTF-8 do not stop it, they are kept as they are."""
    try:
        return path.open(encoding="utf-8-sig", errors="surrogateescape", newline=newline)
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror})") from error
