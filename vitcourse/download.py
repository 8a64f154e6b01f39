"""Fetching assets: the mirror first, then the official addresses one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vitcourse import archive, assets, storage, transfer
from vitcourse.mirroring import mirror
from vitcourse.registry import Asset, AssetError
from vitcourse.structure import StructureError

__all__ = ["Failure", "download", "fetch", "mirror"]

SIZE_SLACK = 4.0  # a transfer may be this many times the registry's size before it is broken off
REFUSALS = (transfer.TransferError, archive.ArchiveError, StructureError)


@dataclass
class Failure:
    """An asset that no place delivered.

    Attributes:
        asset: The asset.
        tried: Each place that was tried and what it answered, in order.
    """

    asset: Asset
    tried: list[tuple[str, str]] = field(default_factory=list)

    def add(self, place: str | Path, answer: object) -> None:
        """Note what one place answered."""
        shown = transfer.redacted(place) if isinstance(place, str) else str(place)
        self.tried.append((shown, str(answer)))


def fetch(asset: Asset, official: bool = True) -> Path:
    """Fetch one asset that is not on disk.

    Args:
        asset: The registry's entry.
        official: Also ask the official addresses, after the mirror.

    Returns:
        The asset's folder.

    Raises:
        AssetError: If no place delivers it, or the disk can't take it.
    """
    outcome = _obtain(asset, official)
    if isinstance(outcome, Failure):
        raise AssetError(_message([outcome]))
    return outcome


def download(names: str | Sequence[str] = (), all: bool = False) -> dict[str, Path]:
    """Fetch assets by name, the core set without names; what is here already is left alone.

    Args:
        names: Names of the registry.
        all: Every asset that does not ship with the checkout instead.

    Returns:
        The folder of each asset.

    Raises:
        AssetError: If a name is unknown, or assets could not be had. The others are fetched
            nevertheless, and one message says what was tried for all that failed. A demo asset
            that is not whole ends it before anything is fetched.
    """
    everything = [name for name in assets.names() if not assets.get(name).ships]
    wanted = assets.chosen(everything if all else names)
    found = {asset.name: folder for asset in wanted if (folder := assets.find(asset.name))}
    missing = [asset for asset in wanted if asset.name not in found]
    for asset in missing:
        if asset.ships:
            assets.resolve(asset.name)  # raises, and says how to restore it
    if found:
        print(f"Here already: {', '.join(found)}.")
    if missing:
        sizes = ", ".join(f"{asset.name} ({asset.size})" for asset in missing)
        print(f"To fetch: {sizes}; {sum(asset.megabytes for asset in missing):.0f} MB in all.")
    failures = []
    for asset in missing:
        outcome = _obtain(asset, official=True)
        if isinstance(outcome, Failure):
            failures.append(outcome)
        else:
            found[asset.name] = outcome
            print(f"{asset.name}: {outcome}")
    if failures:
        raise AssetError(_message(failures))
    return found


def _obtain(asset: Asset, official: bool) -> Path | Failure:
    failure = Failure(asset)
    target = assets.real_path(asset)
    with storage.explained(target):
        if target.exists():
            failure.add(target, assets.problem(asset, target))
    if asset.kind == "checkpoint":
        return _obtain_checkpoint(asset, official, failure)
    with storage.explained(target), storage.locked(target):
        if folder := assets.find(asset.name):  # another process fetched it while this one waited
            return folder
        for place in _zip_places(asset, official):
            try:
                return _install_dataset(asset, place, target)
            except REFUSALS as error:
                failure.add(place, error)
    return failure


def _zip_places(asset: Asset, official: bool) -> Iterator[str | Path]:
    """Where a dataset's zip may be, in the order to try."""
    yield assets.hand_placed_zip(asset)
    mirror = assets.mirror_location()
    if isinstance(mirror, Path):
        yield mirror / asset.mirror_files[0]
    elif mirror:
        yield f"{mirror}/{asset.mirror_files[0]}"
    if official:
        yield from asset.addresses


def _install_dataset(asset: Asset, place: str | Path, target: Path) -> Path:
    """Bring a zip, unpack it, check it, and only then give the folder its name."""
    with storage.staging(target) as stage:
        if isinstance(place, str):
            zip_file = stage / f"{asset.folder}.zip"
            storage.ensure_space(stage, 2e6 * asset.megabytes)  # the zip and what is in it
            transfer.fetch(place, zip_file, limit_bytes=_limit_bytes(asset))
        elif assets.is_file(place):
            zip_file = place
        else:
            raise transfer.TransferError("not there, or not readable")
        archive.unpack(zip_file, stage / "unpacked")
        unpacked = stage / "unpacked" / asset.folder
        asset.check(unpacked, decode=True)
        storage.put_in_place(unpacked, target)
    return target


def _limit_bytes(asset: Asset) -> float:
    return SIZE_SLACK * asset.megabytes * 1e6 + 1e6


def _obtain_checkpoint(asset: Asset, official: bool, failure: Failure) -> Path | Failure:
    mirror = assets.mirror_location()
    if isinstance(mirror, Path):
        folder = mirror / "models" / asset.folder
        failure.add(folder, assets.problem(asset, folder))
    elif mirror:
        address = f"{mirror}/models/{asset.folder}"
        try:
            return _install_checkpoint(asset, address)
        except REFUSALS as error:
            failure.add(address, error)
    if official:
        try:
            return _from_hub(asset)
        except REFUSALS as error:
            failure.add(asset.source, error)
    return failure


def _install_checkpoint(asset: Asset, address: str) -> Path:
    target = assets.real_path(asset)
    with storage.explained(target), storage.locked(target):
        if folder := assets.find(asset.name):
            return folder
        with storage.staging(target) as stage:
            storage.ensure_space(stage, 1e6 * asset.megabytes)
            new = stage / target.name
            new.mkdir()
            for file in asset.files:
                try:
                    transfer.fetch(f"{address}/{file}", new / file, limit_bytes=_limit_bytes(asset))
                except transfer.TransferError as error:
                    raise transfer.TransferError(f"{file}: {error}") from error
            asset.check(new)
            storage.put_in_place(new, target)
    return target


def _from_hub(asset: Asset) -> Path:
    """Fetch a checkpoint by the Hub's library into the library's own cache."""
    from huggingface_hub import constants, snapshot_download

    if constants.HF_HUB_OFFLINE:
        raise transfer.TransferError("not asked, because HF_HUB_OFFLINE is set; its cache does not hold it")
    storage.ensure_space(Path(constants.HF_HUB_CACHE), 1e6 * asset.megabytes)
    try:
        folder = Path(snapshot_download(asset.hub_id, allow_patterns=list(asset.files)))
    except Exception as error:  # from several libraries; whichever, it is this place's answer
        raise transfer.TransferError(f"{type(error).__name__}: {_first_line(error)}") from error
    asset.check(folder)
    return folder


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no further word")


def _message(failures: list[Failure]) -> str:
    """One message for all that failed: what was tried, what it answered, what to do."""
    names = [failure.asset.name for failure in failures]
    lines = [f"can't get {', '.join(names)}. What was tried, and what it answered:"]
    for failure in failures:
        lines.append(f"  {failure.asset.name} ({failure.asset.size}):")
        lines += [f"    - {place}: {answer}" for place, answer in failure.tried]
    lines += [
        "What to do, one of:",
        f"  - with a network: `vitcourse download {' '.join(names)}` tries again",
        "  - with a mirror: set VITCOURSE_MIRROR to a folder or an http(s) address that",
        "    `vitcourse mirror DIR` made on another machine",
        f"  - by hand, and then `vitcourse download {' '.join(names)}` checks and unpacks:",
    ]
    lines += [f"    {_by_hand(failure.asset)}" for failure in failures]
    if any(failure.asset.kind == "checkpoint" for failure in failures):
        lines.append(f"  - {_hub_advice()}")
    lines.append("Until then the lessons run on the demo assets: VITCOURSE_ASSETS=demo.")
    return "\n".join(lines)


def _hub_advice() -> str:
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return "with a network: unset HF_HUB_OFFLINE, which keeps the Hub from being asked"
    return "with a Hub cache copied from another machine: HF_HOME=<that folder> and HF_HUB_OFFLINE=1"


def _by_hand(asset: Asset) -> str:
    if asset.kind == "dataset":
        return f"save {asset.addresses[0]} as {assets.hand_placed_zip(asset)}"
    files = ", ".join(asset.files)
    return f"save {files} of {asset.source}/tree/main in the folder {assets.real_path(asset)}"
