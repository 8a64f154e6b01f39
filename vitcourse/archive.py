"""Zip archives: unpacked without trusting them, packed so that the bytes are always the same."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vitcourse import storage

FIRST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


class ArchiveError(ValueError):
    """An archive is damaged, unsafe or absurd; the message says which member and why."""


@dataclass(frozen=True)
class Limits:
    """What an archive may claim before it is refused.

    Attributes:
        total_bytes: Size of everything unpacked.
        members: Number of files and folders.
        ratio: Unpacked size over the archive's own size.
    """

    total_bytes: int = 2_000_000_000
    members: int = 20_000
    ratio: float = 100.0


LIMITS = Limits()


def unpack(archive: Path, target: Path, limits: Limits = LIMITS) -> None:
    """Unpack a zip into a new folder, after every member has been looked at.

    Args:
        archive: The zip file.
        target: Folder to make; on an error it may be left incomplete.
        limits: Sizes above which the archive is refused.

    Raises:
        ArchiveError: If it is no zip, damaged or encrypted; if a member would land outside
            `target`, is a link or a special file; or if its sizes are absurd.
        StorageError: If the disk has no room for it.
    """
    try:
        with _opened(archive) as zipped:
            members = zipped.infolist()
            _refuse_absurd_sizes(members, archive.stat().st_size, limits)
            for member in members:
                _refuse_unsafe(member)
            _refuse_same_names(members)
            storage.ensure_space(target, sum(member.file_size for member in members))
            target.mkdir(parents=True)
            for member in members:
                _extract(zipped, member, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ArchiveError(f"is no whole zip archive: {error}{_hint(archive)}") from error


def _opened(archive: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except OSError as error:
        raise ArchiveError(f"can't be read: {error.strerror}") from error


def _hint(archive: Path) -> str:
    """Name what came instead of a zip, such as the log-in page of a network."""
    with archive.open("rb") as file:
        start = file.read(64).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        return " (it is a web page; does the network ask for a log-in first?)"
    return ""


def _refuse_absurd_sizes(members: list[zipfile.ZipInfo], archive_bytes: int, limits: Limits) -> None:
    total = sum(member.file_size for member in members)
    if len(members) > limits.members:
        raise ArchiveError(f"holds {len(members)} members, the limit is {limits.members}")
    if total > limits.total_bytes:
        raise ArchiveError(
            f"would unpack to {total / 1e6:.0f} MB, the limit is {limits.total_bytes / 1e6:.0f} MB"
        )
    if total > limits.ratio * archive_bytes:
        raise ArchiveError(f"would grow {total / archive_bytes:.0f} times, the limit is {limits.ratio:.0f}")


def _refuse_unsafe(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    if member.flag_bits & 0x1:
        raise ArchiveError(f"member {name!r} is encrypted")
    if any(character in name for character in "\\:\0"):
        raise ArchiveError(f"member {name!r} has a backslash, colon or null character in its name")
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        raise ArchiveError(f"member {name!r} would land outside the folder")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveError(f"member {name!r} is a link or a special file")


def _refuse_same_names(members: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for member in members:
        name = member.filename.rstrip("/").lower()  # macOS and Windows don't tell upper from lower case
        if name in seen:
            raise ArchiveError(f"holds {member.filename!r} twice")
        seen.add(name)


def _extract(zipped: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    path = target / member.filename
    if member.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipped.open(member) as source, path.open("xb") as file:
        shutil.copyfileobj(source, file)


def pack(folder: Path, archive: Path) -> None:
    """Write a folder as a zip whose bytes depend on names and contents only.

    Members are sorted, uncompressed (photos do not shrink) and dated 1980; hidden files stay out.

    Args:
        folder: What to pack; its own name is the top folder in the zip.
        archive: The zip file to write.
    """
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as zipped:
        for name, path in sorted(visible_files(folder).items()):
            member = zipfile.ZipInfo(name, FIRST_ZIP_DATE)
            member.create_system = 3  # Unix, on every machine
            member.external_attr = (stat.S_IFREG | 0o644) << 16
            zipped.writestr(member, path.read_bytes())


def visible_files(folder: Path) -> dict[str, Path]:
    """Files below a folder that are not hidden, by their name in a zip of that folder."""
    files = {}
    for parent, folders, found in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in found:
            if not name.startswith("."):
                path = Path(parent, name)
                files[f"{folder.name}/{path.relative_to(folder).as_posix()}"] = path
    return files
