"""The registry of datasets and checkpoints, read from `assets.yaml`.

Lessons use it through `vitcourse.assets`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vitcourse.structure import DatasetFacts, check_checkpoint, check_dataset

REGISTRY_FILE = Path(__file__).with_name("assets.yaml")
CHECKPOINT_FILES = ("config.json", "model.safetensors", "preprocessor_config.json")


class AssetError(RuntimeError):
    """An asset can't be had; the message says what was tried and what to do."""


@dataclass(frozen=True)
class Asset:
    """One entry of the registry.

    Attributes:
        name: What the course calls it, for example `fridge` or `vit-tiny`.
        kind: A dataset (fetched as a zip) or a checkpoint (fetched file by file).
        title: One line for people.
        folder: Its folder below `data/real`; a checkpoint's is its Hub id.
        megabytes: Size of the transfer in MB (10^6 bytes).
        size_is_estimate: Whether `megabytes` is not known to the byte.
        licence: Licence of the photos or weights.
        source: Who published it, where.
        core: Whether `vitcourse download` fetches it when no name is given.
        demo: Its folder below `data/demo`, when something ships there.
        addresses: Official http(s) addresses of the zip, in the order to try.
        hub_id: Repository on the Hugging Face Hub, for a checkpoint that is not a demo.
        files: Files that a checkpoint folder must hold.
        structure: What is checked in a dataset's folder.
    """

    name: str
    kind: Literal["dataset", "checkpoint"]
    title: str
    folder: str
    megabytes: float
    licence: str
    source: str
    size_is_estimate: bool = False
    core: bool = False
    demo: str | None = None
    addresses: tuple[str, ...] = ()
    hub_id: str | None = None
    files: tuple[str, ...] = ()
    structure: DatasetFacts | None = None

    @property
    def size(self) -> str:
        """The size for people, for example `about 21 MB`."""
        about = "about " if self.size_is_estimate else ""
        return f"{about}{self.megabytes:.0f} MB"

    @property
    def ships(self) -> bool:
        """Whether it comes with the checkout, so that there is nothing to fetch."""
        return self.kind == "checkpoint" and self.hub_id is None

    @property
    def mirror_files(self) -> tuple[str, ...]:
        """Its files in a mirror folder, with forward slashes."""
        if self.kind == "dataset":
            return (f"datasets/{self.folder}.zip",)
        return tuple(f"models/{self.hub_id}/{file}" for file in self.files)

    def check(self, folder: Path, decode: bool = False) -> None:
        """Check that `folder` holds the whole asset.

        Args:
            folder: Where it lies.
            decode: Also decode every photo of a dataset, which takes about half a second.

        Raises:
            StructureError: If something is missing, unknown or damaged.
        """
        if self.kind == "dataset":
            check_dataset(folder, self.structure, decode=decode)
        else:
            check_checkpoint(folder, self.files)


@functools.lru_cache(maxsize=1)
def entries() -> Mapping[str, Asset]:
    """Every asset by name, read once from `assets.yaml`."""
    import yaml

    raw = yaml.safe_load(REGISTRY_FILE.read_text(encoding="utf-8"))
    assets = [_dataset_entry(name, entry) for name, entry in raw["datasets"].items()]
    assets += [_checkpoint_entry(name, entry) for name, entry in raw["checkpoints"].items()]
    assets += [_demo_entry(name, entry) for name, entry in raw["demo_checkpoints"].items()]
    return {asset.name: asset for asset in assets}


def _dataset_entry(name: str, entry: dict) -> Asset:
    entry = {**entry, "addresses": tuple(entry["addresses"]), "structure": DatasetFacts(**entry["structure"])}
    return Asset(name=name, kind="dataset", **entry)


def _checkpoint_entry(name: str, entry: dict) -> Asset:
    entry = {**entry, "files": tuple(entry.get("files", CHECKPOINT_FILES))}
    megabytes = 4 * entry.pop("parameters") / 1e6
    hub_id = entry["hub_id"]
    return Asset(
        name=name,
        kind="checkpoint",
        folder=hub_id,
        megabytes=megabytes,
        licence="Apache-2.0",
        source=f"https://huggingface.co/{hub_id}",
        **entry,
    )


def _demo_entry(name: str, entry: dict) -> Asset:
    entry = {**entry, "files": tuple(entry.get("files", CHECKPOINT_FILES))}
    return Asset(
        name=name,
        kind="checkpoint",
        folder=name,
        demo=name,
        licence="Apache-2.0",
        source="made by this course",
        **entry,
    )


def names(kind: Literal["dataset", "checkpoint"] | None = None) -> list[str]:
    """Names of the registry, in its order; of one kind when given.

    Raises:
        ValueError: If `kind` is neither `dataset` nor `checkpoint`.
    """
    if kind not in (None, "dataset", "checkpoint"):
        raise ValueError(f"kind is {kind!r}; expected 'dataset', 'checkpoint' or None")
    return [asset.name for asset in entries().values() if kind in (None, asset.kind)]


def core_names() -> list[str]:
    """Names of the core set: what `vitcourse download` fetches when no name is given."""
    return [asset.name for asset in entries().values() if asset.core]


def get(name: str) -> Asset:
    """The registry's entry for a name.

    Raises:
        AssetError: If the registry has no such name; the message lists the names.
    """
    try:
        return entries()[name]
    except KeyError:
        raise AssetError(f"unknown asset {name!r}; the course has: {', '.join(names())}") from None


def chosen(names: str | Sequence[str]) -> list[Asset]:
    """The entries for names, each once; the core set when there are none.

    Raises:
        AssetError: If a name is unknown.
    """
    asked = [names] if isinstance(names, str) else list(names)
    return [get(name) for name in dict.fromkeys(asked or core_names())]
