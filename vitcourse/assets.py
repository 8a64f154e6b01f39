"""Datasets and checkpoints: which are in use, and where each one lies.

An asset of the registry (`assets.yaml`) is looked for on disk, then in the mirror that
`VITCOURSE_MIRROR` names, then at its official addresses. The fetching itself is in
`vitcourse.download`.
"""

from __future__ import annotations

import functools
import os
import warnings
from pathlib import Path
from typing import Literal

from vitcourse.registry import Asset, AssetError, chosen, core_names, get, names
from vitcourse.structure import StructureError

CHECKOUT = Path(__file__).resolve().parents[1]
MODES = ("demo", "real", "auto")

__all__ = [
    "Asset",
    "AssetError",
    "at_hand",
    "chosen",
    "core_names",
    "data_dir",
    "dataset",
    "demo_dir",
    "find",
    "get",
    "mode",
    "names",
    "requested_mode",
    "resolve",
]


def data_dir() -> Path:
    """The data folder: `VITCOURSE_DATA`, else the checkout's `data/`."""
    chosen = os.environ.get("VITCOURSE_DATA", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    shipped = CHECKOUT / "data"
    return shipped if shipped.is_dir() else Path.home() / ".cache" / "vitcourse"


def demo_dir() -> Path:
    """The folder of the demo assets that ship with the checkout."""
    return CHECKOUT / "data" / "demo"


def real_path(asset: Asset) -> Path:
    """Where a fetched asset lies on disk, whether or not it is there yet."""
    return data_dir() / "real" / asset.folder


def hand_placed_zip(asset: Asset) -> Path:
    """Where a learner puts a dataset's zip that was downloaded in a browser."""
    return data_dir() / "real" / f"{asset.folder}.zip"


def mirror_location() -> str | Path | None:
    """What `VITCOURSE_MIRROR` names: an http(s) address, a folder, or None when it is not set."""
    value = os.environ.get("VITCOURSE_MIRROR", "").strip()
    if not value:
        return None
    if value.lower().startswith(("http://", "https://")):
        return value.rstrip("/")
    return Path(value).expanduser().absolute()


def find(name: str) -> Path | None:
    """The folder of an asset that is ready to use, or None. Nothing is fetched or unpacked.

    For a dataset this is the real one; `dataset` follows the mode. A checkpoint may lie
    in a mirror folder or in the Hub's cache, and is used in place.

    Raises:
        AssetError: If the registry has no such name.
    """
    asset = get(name)
    if asset.ships:
        return _whole(asset, demo_folder(asset))
    if (on_disk := _whole(asset, real_path(asset))) or asset.kind == "dataset":
        return on_disk
    mirror = mirror_location()
    if isinstance(mirror, Path) and (mirrored := _whole(asset, mirror / "models" / asset.folder)):
        return mirrored
    return hub_cache_path(asset)


def _whole(asset: Asset, folder: Path) -> Path | None:
    return None if problem(asset, folder) else folder


def problem(asset: Asset, folder: Path) -> str:
    """What is wrong with an asset's folder, or an empty string; photos are not decoded."""
    try:
        asset.check(folder)
    except StructureError as error:
        return str(error)
    return ""


def demo_folder(asset: Asset) -> Path:
    """Where an asset's demo twin, or a demo checkpoint itself, ships."""
    return demo_dir() / (asset.demo or asset.folder)


def hub_cache_path(asset: Asset) -> Path | None:
    """The folder of a checkpoint in the Hub library's own cache, when it is all there."""
    from huggingface_hub import try_to_load_from_cache

    cached = [try_to_load_from_cache(asset.hub_id, file) for file in asset.files]
    folders = {Path(file).parent for file in cached if isinstance(file, str)}
    return _whole(asset, folders.pop()) if len(folders) == 1 else None


def requested_mode() -> Literal["demo", "real", "auto"]:
    """What `VITCOURSE_ASSETS` asks for; `auto` when it is not set.

    Raises:
        ValueError: If it is set to something else.
    """
    value = os.environ.get("VITCOURSE_ASSETS", "").strip().lower() or "auto"
    if value not in MODES:
        raise ValueError(f"VITCOURSE_ASSETS is {value!r}; set it to one of {', '.join(MODES)}, or unset it")
    return value


def mode() -> Literal["demo", "real"]:
    """Which assets the lessons use.

    `auto` means the real ones when the whole core set is on disk or in the mirror, else the
    demo ones. Nothing is downloaded, and no address is asked but an http mirror's.

    Raises:
        ValueError: If `VITCOURSE_ASSETS` is neither demo, real nor auto.
    """
    requested = requested_mode()
    if requested != "auto":
        return requested
    return "real" if all(at_hand(name) for name in core_names()) else "demo"


def at_hand(name: str) -> bool:
    """Whether an asset is on disk, or in the mirror, so that no official address is needed."""
    asset = get(name)
    if find(name) or (asset.kind == "dataset" and is_file(hand_placed_zip(asset))):
        return True
    from vitcourse.transfer import TransferError

    mirror = mirror_location()
    try:
        if isinstance(mirror, Path) and not mirror.is_dir():
            raise TransferError(f"{mirror}: there is no such folder")
        return in_mirror(name)
    except (TransferError, OSError) as error:
        warnings.warn(f"VITCOURSE_MIRROR is of no use, going on without it: {error}", stacklevel=2)
        return False


def in_mirror(name: str) -> bool:
    """Whether the mirror, when one is set, has an asset.

    Raises:
        TransferError: If it is an address that does not answer.
    """
    asset, mirror = get(name), mirror_location()
    if mirror is None or asset.ships:
        return False
    if isinstance(mirror, Path):
        return all(is_file(mirror / file) for file in asset.mirror_files)
    return all(_http_mirror_has(f"{mirror}/{file}") for file in asset.mirror_files)


def is_file(path: Path) -> bool:
    """Whether a file is there; one below a folder that may not be read counts as not there."""
    try:
        return path.is_file()
    except OSError:
        return False


@functools.lru_cache(maxsize=256)
def _http_mirror_has(address: str) -> bool:
    from vitcourse import transfer

    return transfer.exists(address)


def dataset(name: str) -> Path:
    """The folder of a dataset for the current mode: the drawn twin or the real photos.

    In auto mode no official download starts: see `resolve` and `vitcourse download`.

    Raises:
        AssetError: If it is no dataset, does not ship as a demo, or can't be fetched.
    """
    asset = get(name)
    if asset.kind != "dataset":
        raise AssetError(f"{name!r} is a {asset.kind}; the datasets are: {', '.join(names('dataset'))}")
    if mode() == "real":
        return _fetch(asset, official=requested_mode() == "real")
    if fault := problem(asset, demo_folder(asset)):
        raise AssetError(_demo_message(asset, fault))
    return demo_folder(asset)


def resolve(name: str) -> Path:
    """The folder of a real asset, fetched when it is not here yet.

    Order: disk, the mirror, the Hub's cache, then the official addresses one after the other.

    Raises:
        AssetError: If no place has it; the message says what each answered and what to do.
    """
    return _fetch(get(name), official=True)


def _fetch(asset: Asset, official: bool) -> Path:
    if folder := find(asset.name):
        return folder
    if asset.ships:
        raise AssetError(_demo_message(asset, problem(asset, demo_folder(asset))))
    from vitcourse.download import fetch

    return fetch(asset, official=official)


def _demo_message(asset: Asset, fault: str) -> str:
    return (
        f"the demo asset {asset.name!r} is not whole in {demo_folder(asset).parent}: {fault}. It ships with "
        "the checkout: clone the repository and install with `pip install -e .` from there, or "
        "restore the folder with `git checkout -- data/demo`"
    )
