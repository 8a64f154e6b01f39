"""Which exercises a learner has solved: a small file on the learner's own machine, and nowhere else.

`vc.check` adds an exercise when an answer is right; `vitcourse progress` shows the list. The variable
VITCOURSE_PROGRESS names another file, or is `off`: nothing is read or written.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

OFF = "off"
LOCK_SECONDS = 5.0  # how long to wait for another notebook that writes at this moment

_told = False


class ProgressError(Exception):
    """The file cannot be read or written; the message says what to do."""


def file() -> Path | None:
    """The file, whether or not it is there yet; None when VITCOURSE_PROGRESS is `off`."""
    chosen = os.environ.get("VITCOURSE_PROGRESS", "").strip()
    if chosen.lower() == OFF:
        return None
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_state_path

    return user_state_path("vitcourse", appauthor=False) / "progress.json"


def read() -> set[str]:
    """Return the ids of the exercises that were solved, such as "03.1".

    Raises:
        ProgressError: If the file is there and cannot be read.
    """
    path = file()
    try:
        return set() if path is None else _read(path)
    except (OSError, ValueError) as error:
        raise ProgressError(
            f"{path}: got {type(error).__name__}: {error}; expected the file that `vc.check` writes. "
            "`vitcourse progress --reset` begins a new one"
        ) from error


def _read(path: Path) -> set[str]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return set()
    if not (isinstance(kept, dict) and isinstance(kept.get("passed"), list)):
        raise ValueError('no list "passed" in it')
    return {exercise for exercise in kept["passed"] if isinstance(exercise, str)}


def add(exercise: str) -> None:
    """Note that an exercise was solved. Where that cannot be written, say so once and go on."""
    global _told
    try:
        _add(file(), exercise)
    except (OSError, ValueError, RuntimeError) as error:  # no home, no permission, no lock
        if not _told:
            print(f"Your answer counts, and could not be noted for `vitcourse progress`: {error}")
        _told = True


def _add(path: Path | None, exercise: str) -> None:
    from filelock import FileLock

    if path is None or exercise in _read(path):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock"), timeout=LOCK_SECONDS):
        _write(path, _read(path) | {exercise})


def _write(path: Path, exercises: set[str]) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps({"passed": sorted(exercises)}, indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)


def reset() -> Path | None:
    """Forget everything that was noted; returns the file that is gone.

    Raises:
        ProgressError: If the file cannot be removed.
    """
    path = file()
    try:
        if path is not None:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise ProgressError(f"{path}: {error}; remove it by hand") from error
    return path


def as_text(solved: set[str]) -> str:
    """Write one line a lesson, such as `03  1 of 3   03.1`, and the sum below.

    Args:
        solved: Ids of exercises; those that the course does not have are left out.
    """
    from vitcourse import exercises

    lines, done, total = [], 0, 0
    for lesson in exercises.lessons():
        ids = exercises.ids(lesson)
        right = [exercise for exercise in ids if exercise in solved]
        lines.append(f"{lesson}  {len(right)} of {len(ids)}   {'  '.join(right)}".rstrip())
        done, total = done + len(right), total + len(ids)
    return "\n".join([*lines, "", f"{done} of {total} exercises solved"])
