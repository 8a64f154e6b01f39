"""Checkpoints of a training: written whole or not at all, checked before they are trusted.

Taught in lesson 06.
"""

import hashlib
import json
import shutil
import warnings
from pathlib import Path

from accelerate import Accelerator
from safetensors import SafetensorError

from vitcourse.storage import StorageError

KEPT = 2
MANIFEST = "manifest.json"


def save(accelerator: Accelerator, folder: Path, epoch: int) -> None:
    """Write model, optimizer, schedule and progress after an epoch, and drop all but the newest `KEPT`.

    The checkpoint is written under another name and renamed when it is complete. Every process calls this.

    Args:
        accelerator: With everything prepared and registered.
        folder: Where checkpoints are kept, "epoch-0001" and so on.
        epoch: The number of the epoch that has ended.

    Raises:
        StorageError: If it cannot be written; earlier checkpoints stay as they are.

    Taught in lesson 06.
    """
    target = folder / f"epoch-{epoch:04d}"
    partial = folder / f".{target.name}.part"
    try:
        if accelerator.is_main_process:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(partial, ignore_errors=True)
        accelerator.wait_for_everyone()
        accelerator.save_state(str(partial))
        accelerator.wait_for_everyone()
        if accelerator.is_main_process:
            sums = _sums(partial)
            (partial / MANIFEST).write_text(json.dumps(sums, indent=1), encoding="utf-8")
            shutil.rmtree(target, ignore_errors=True)
            partial.rename(target)
            for old in _newest_first(folder)[KEPT:]:
                shutil.rmtree(old, ignore_errors=True)
    except (OSError, RuntimeError, SafetensorError) as error:
        shutil.rmtree(partial, ignore_errors=True)
        reason = str(error).strip().partition("\n")[0]
        raise StorageError(
            f"{folder}: the checkpoint of epoch {epoch} could not be written ({reason}). Earlier ones are "
            "whole: free some space or make the folder writable, and the same command goes on from them"
        ) from error
    accelerator.wait_for_everyone()


def load_newest(accelerator: Accelerator, folder: Path) -> None:
    """Go on from the newest checkpoint that is whole; without one, change nothing.

    Warns about each damaged one that it passes over. Every process calls this.

    Taught in lesson 06.
    """
    for checkpoint in _newest_first(folder):
        damage = damaged(checkpoint)
        if not damage:
            accelerator.load_state(str(checkpoint))
            return
        if accelerator.is_main_process:
            warnings.warn(f"{checkpoint} is damaged ({damage}); trying the one before", stacklevel=2)


def damaged(checkpoint: Path) -> str:
    """Return what is wrong with a checkpoint, or an empty text if it is as it was written."""
    try:
        expected = json.loads((checkpoint / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return f"no readable {MANIFEST}: {error}"
    found = _sums(checkpoint)
    wrong = sorted(name for name in expected if found.get(name) != expected[name])
    return f"{', '.join(wrong)} missing or changed" if wrong else ""


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("epoch-*"), reverse=True)


def _sums(checkpoint: Path) -> dict[str, str]:
    """Return the SHA-256 of each file by its path below the checkpoint."""
    files = sorted(path for path in checkpoint.rglob("*") if path.name != MANIFEST and path.is_file())
    return {
        path.relative_to(checkpoint).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }
