"""Putting files on disk so that nothing half-done ever looks whole, and nothing is lost."""

from __future__ import annotations

import contextlib
import errno
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vitcourse.registry import AssetError

SPARE_BYTES = 50_000_000  # left free on the disk, for the rest of the machine
LOCK_SECONDS = 1800.0  # how long to wait for another process that fetches the same asset
ELSEWHERE = "or choose another folder (VITCOURSE_DATA; for `vitcourse mirror` its DIR)"

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


class StorageError(AssetError):
    """The disk is full, read-only or busy: no other address would help."""


def ensure_space(folder: Path, needed_bytes: float) -> None:
    """Check that a disk has room, before anything is written.

    Args:
        folder: A folder on that disk; it need not exist yet.
        needed_bytes: What will be written.

    Raises:
        StorageError: If there is less free than that and some to spare.
    """
    free = shutil.disk_usage(nearest_folder(folder)).free
    if free < needed_bytes + SPARE_BYTES:
        raise StorageError(
            f"not enough disk space: {folder} needs {(needed_bytes + SPARE_BYTES) / 1e6:.0f} MB, "
            f"{free / 1e6:.0f} MB are free. Free some, {ELSEWHERE}"
        )


def nearest_folder(path: Path) -> Path:
    """The path itself, or the nearest folder above it that exists."""
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


@contextlib.contextmanager
def explained(folder: Path, elsewhere: str = ELSEWHERE) -> Iterator[None]:
    """Turn the operating system's error while writing below `folder` into a StorageError."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            problem = "the disk is full. Free some space"
        elif error.errno in _FORBIDDEN:
            problem = "it can't be written to. Change its permissions"
        else:
            problem = f"{error}. Look at that path"
        raise StorageError(f"{folder}: {problem}, {elsewhere}") from error


@contextlib.contextmanager
def locked(target: Path) -> Iterator[None]:
    """Keep other processes away from one target; a killed process lets go of it.

    Raises:
        StorageError: If another process holds it for longer than `LOCK_SECONDS`.
    """
    from filelock import FileLock, Timeout

    target.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(target.with_name(f".{target.name}.lock"), timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise StorageError(
            f"another process has been busy with {target} for {LOCK_SECONDS / 60:.0f} minutes. "
            "Wait for it or stop it, then run the command again"
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def staging(target: Path) -> Iterator[Path]:
    """A fresh temporary folder beside the target, removed afterwards. Hold the lock.

    What a killed run left there is removed first.
    """
    prefix = f".{target.name}.part-"
    for leftover in target.parent.glob(f"{prefix}*"):
        shutil.rmtree(leftover)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put_in_place(new: Path, target: Path) -> None:
    """Rename a complete file or folder to its final name.

    What already bears that name is kept beside it as `<name>.set-aside-1`, `-2` and so on.
    """
    candidates = (target.with_name(f"{target.name}.set-aside-{number}") for number in itertools.count(1))
    aside = next(path for path in candidates if not path.exists())
    replaced = target.exists()
    if replaced:
        target.rename(aside)
        print(f"{target} was not whole: it is kept as {aside.name}")
    try:
        new.rename(target)
    except OSError:
        if replaced:
            aside.rename(target)
        raise
