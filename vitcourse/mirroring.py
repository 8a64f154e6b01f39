"""Writing a mirror folder, for a workshop without a network."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from vitcourse import archive, assets, storage
from vitcourse.registry import Asset, AssetError
from vitcourse.structure import StructureError


def mirror(directory: str | os.PathLike[str], names: str | Sequence[str] = ()) -> list[Path]:
    """Write a folder that `VITCOURSE_MIRROR` accepts, fetching what is not here yet.

    Datasets become `datasets/<zip>`, with the same bytes on every machine; checkpoints become
    `models/<hub id>/`. What is there and whole is left alone.

    Args:
        directory: The mirror folder; made when it is not there.
        names: Names of the registry; the core set without names.

    Returns:
        The zip or folder of each asset in the mirror.

    Raises:
        AssetError: If a name is unknown or ships with the checkout, an asset can't be had, or
            the folder can't be written.
    """
    directory = Path(directory).expanduser().absolute()
    wanted = assets.chosen(names)
    if shipped := [asset.name for asset in wanted if asset.ships]:
        raise AssetError(f"{', '.join(shipped)} can't be mirrored: demo assets ship with the checkout")
    return [_mirror_one(asset, directory) for asset in wanted]


def _mirror_one(asset: Asset, directory: Path) -> Path:
    source = assets.resolve(asset.name)
    target = directory / "models" / asset.folder
    if asset.kind == "dataset":
        target = directory / asset.mirror_files[0]
    with storage.explained(target), storage.locked(target):
        if _mirrored(asset, source, target):
            print(f"{asset.name}: here already, {target}")
            return target
        storage.ensure_space(target.parent, 1e6 * asset.megabytes)
        with storage.staging(target) as stage:
            new = stage / target.name
            if asset.kind == "dataset":
                archive.pack(source, new)
            else:
                new.mkdir()
                for file in asset.files:
                    shutil.copyfile(source / file, new / file)
            storage.put_in_place(new, target)
    print(f"{asset.name}: {target}")
    return target


def _mirrored(asset: Asset, source: Path, target: Path) -> bool:
    """Whether the mirror has the asset already, judged by names and sizes."""
    if asset.kind == "checkpoint":
        try:
            asset.check(target)
        except StructureError:
            return False
        return True
    try:
        with zipfile.ZipFile(target) as zipped:
            packed = {
                member.filename: member.file_size for member in zipped.infolist() if not member.is_dir()
            }
    except (FileNotFoundError, zipfile.BadZipFile):
        return False
    return packed == {name: path.stat().st_size for name, path in archive.visible_files(source).items()}
