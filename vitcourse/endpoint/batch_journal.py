"""What a batch has done so far: one file a process, a line of JSON a row, safe on disk before the next batch.

A batch that is stopped, however hard, starts again after the last whole line. Taught in lesson 13.
"""

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout


class JournalError(ValueError):
    """A batch cannot go on from what an earlier one left."""


class Journal:
    """The finished rows of one process: of its share of the source, the first `done`.

    Attributes:
        path: The file; its first line says what was classified, and how.
        done: How many rows are finished.

    Taught in lesson 13.
    """

    def __init__(self, path: Path, file: BinaryIO, done: int) -> None:
        """Take a file that ends after its last whole line; `opened` makes it so."""
        self.path, self.done, self._file = path, done, file

    def append(self, records: Sequence[dict]) -> None:
        """Write rows, and return when they are on the disk."""
        self._file.write("".join(json.dumps(record) + "\n" for record in records).encode())
        self._file.flush()
        os.fsync(self._file.fileno())
        self.done += len(records)


def path_of(output: Path, process: int, processes: int) -> Path:
    """Return where a process keeps its rows: predictions.csv.part-1-of-2."""
    return output.with_name(f"{output.name}.part-{process + 1}-of-{processes}")


def check(output: Path, processes: int) -> None:
    """Refuse to write over a finished output, and to go on with another number of processes.

    Raises:
        JournalError: If it would.
    """
    left = [path for path in output.parent.glob("*") if path.name.startswith(f"{output.name}.part-")]
    others = sorted(path.name for path in left if not path.name.endswith(f"-of-{processes}"))
    if others:
        raise JournalError(
            f"{output} was begun with {others[0].rpartition('-')[2]} processes, and this is {processes}; "
            f"start as many to go on, or delete {', '.join(others)} to begin again"
        )
    if output.exists() and not left:
        raise JournalError(f"{output} exists already; delete it, or choose another --output")


@contextlib.contextmanager
def opened(path: Path, header: dict, share: range) -> Iterator[Journal]:
    """Open a journal, new or left by a batch that was stopped; whatever is torn at its end is cut off.

    Args:
        path: The file.
        header: What is classified, and how; values of JSON.
        share: The rows of this process, in order.

    Raises:
        JournalError: If it was begun with another header, or another process has it open.

    Taught in lesson 13.
    """
    with _locked(path), path.open("a+b") as file:
        done, end = _whole_lines(path, header, share)
        file.truncate(end)
        journal = Journal(path, file, done)
        if end == 0:
            journal.append([header])
            journal.done = 0
        yield journal


def read(path: Path) -> Iterator[dict]:
    """Yield the rows of a journal."""
    with path.open("rb") as file:
        next(file)
        yield from map(json.loads, file)


def delete(path: Path) -> None:
    """Remove a journal and its lock."""
    path.unlink()
    _lock_of(path).unlink(missing_ok=True)


def _whole_lines(path: Path, header: dict, share: range) -> tuple[int, int]:
    """Return how many rows of a journal are whole, and where the last of them ends, in bytes."""
    with path.open("rb") as file:
        first = file.readline()
        if not first.endswith(b"\n"):
            return 0, 0
        _check_header(path, first, header)
        done, end = 0, len(first)
        for expected, line in zip(share, file, strict=False):
            if not (line.endswith(b"\n") and _row_number(line) == expected):
                break
            done, end = done + 1, end + len(line)
    return done, end


def _row_number(line: bytes) -> int | None:
    try:
        return json.loads(line)["row"]
    except (ValueError, TypeError, KeyError):
        return None


def _check_header(path: Path, line: bytes, header: dict) -> None:
    try:
        old = json.loads(line)
        different = [name for name in header if old[name] != header[name]]
    except (ValueError, TypeError, KeyError):
        raise JournalError(
            f"{path} is no journal of a batch; delete it, or choose another --output"
        ) from None
    if different:
        said = "; ".join(f"{name} was {old[name]}, now {header[name]}" for name in different)
        raise JournalError(
            f"{path} was left by a batch that was not the same ({said}); give the same to go on, or delete "
            "it to begin again"
        )


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = FileLock(_lock_of(path), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise JournalError(
            f"another batch is writing {path}; wait for it, or choose another --output"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _lock_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")
