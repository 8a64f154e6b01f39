"""Frozen features: what a checkpoint says about each picture, computed once and kept on disk.

Taught in lesson 05.
"""

import hashlib
import importlib.metadata
import json
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset, Image
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from transformers import BaseImageProcessor, PreTrainedModel

from vitcourse import assets, devices, models, preprocessing, storage

_FORMAT = 1  # part of every key: raise it when the numbers below would change
_FILES = ("config.json", "model.safetensors", "preprocessor_config.json")
POOLINGS = ("class", "mean")


@dataclass(frozen=True)
class Features:
    """Features of N pictures, rows in the order of the dataset, float32.

    Attributes:
        layers: The layers that were kept: 0 is the embedding, k the output of block k.
        class_token: (N, L, D), the class token at each kept layer, through the final norm.
        mean: (N, L, D), the mean of the patch tokens there, prefix tokens left out.
        patches: (N, H/P, W/P, D), the patch tokens of the last kept layer as a grid; None unless asked for.
    """

    layers: tuple[int, ...]
    class_token: np.ndarray
    mean: np.ndarray
    patches: np.ndarray | None = None

    def vectors(self, pooling: str = "class", layer: int | None = None) -> np.ndarray:
        """Return one vector a picture, (N, D).

        Args:
            pooling: "class" for the class token, "mean" for the mean of the patch tokens.
            layer: One of `layers`; by default the last.

        Raises:
            ValueError: If there is no such pooling, or the layer was not kept.
        """
        layer = self.layers[-1] if layer is None else layer
        if pooling not in POOLINGS or layer not in self.layers:
            raise ValueError(
                f"got pooling {pooling!r}, layer {layer!r}; expected one of {POOLINGS} and of {self.layers}"
            )
        return (self.class_token if pooling == "class" else self.mean)[:, self.layers.index(layer)]


def extract(
    source: str | Path,
    dataset: Dataset,
    layers: Sequence[int] | None = None,
    *,
    patches: bool = False,
    batch_size: int = 16,
) -> Features:
    """Return the features of a dataset, from the cache if they were computed before.

    They are taken where Dosovitskiy et al. (arXiv:2010.11929, section 3.1) take the image representation,
    after the final LayerNorm; earlier layers go through the same norm. The cache goes by content: of the
    checkpoint's three files, of every image and their order, and by the layers and the version of
    transformers. Computing holds one batch of images in memory.

    Args:
        source: A checkpoint of the course ("vit-tiny", say), or a folder with one; ViT or DeiT.
        dataset: Rows with a column `image`; other columns play no part.
        layers: 0 (embedding) to depth; by default every one of them.
        patches: Also keep the patch tokens of the last layer named, N * H/P * W/P * D * 4 bytes.
        batch_size: Images at a time.

    Raises:
        ValueError: If the dataset has no column `image` or no row, or a layer does not exist.
        AssetError: If the checkpoint can be found nowhere, or the cache cannot be written.
        CheckpointError: If it is not a ViT or DeiT checkpoint.

    Taught in lesson 05.
    """
    if "image" not in dataset.column_names or not len(dataset):
        raise ValueError(
            f"got {len(dataset)} rows with columns {dataset.column_names}; expected rows with an `image`"
        )
    folder = _folder(source)
    chosen = _layers(folder, layers)
    file = cache_dir() / f"{_key(folder, dataset, chosen, patches)}.safetensors"
    cached = _read(file)
    if cached is None:
        cached = _compute(folder, dataset, chosen, patches, batch_size)
        _write(file, cached)
    return Features(chosen, cached["class_token"], cached["mean"], cached.get("patches"))


def cache_dir() -> Path:
    """Return the folder of cached features; deleting it loses nothing but time. Taught in lesson 05."""
    return assets.data_dir() / ".cache" / "features"


def clear() -> int:
    """Delete all cached features and return how many bytes that freed. Taught in lesson 05."""
    files = list(cache_dir().glob("*.safetensors"))
    freed = sum(file.stat().st_size for file in files)
    for file in files:
        file.unlink()
    return freed


def _folder(source: str | Path) -> Path:
    """Find a checkpoint's folder without loading it."""
    folder = assets.resolve(str(source)) if str(source) in assets.names("checkpoint") else Path(source)
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise models.CheckpointError(
            f"got {str(source)!r}, where {', '.join(missing)} is missing; expected a folder with "
            f"{', '.join(_FILES)}, or one of {', '.join(assets.names('checkpoint'))}"
        )
    return folder


def _layers(folder: Path, layers: Sequence[int] | None) -> tuple[int, ...]:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    depth = config.get("num_hidden_layers")
    if depth is None or config.get("model_type") not in ("vit", "deit"):
        raise models.CheckpointError(
            f"{folder.name} is a {config.get('model_type')!r}; expected a ViT or a DeiT"
        )
    chosen = tuple(range(depth + 1)) if layers is None else tuple(int(layer) for layer in layers)
    if not chosen or len(set(chosen)) < len(chosen) or not set(chosen) <= set(range(depth + 1)):
        raise ValueError(f"got the layers {chosen}; expected different ones of 0 (embedding) to {depth}")
    return chosen


def _key(folder: Path, dataset: Dataset, layers: tuple[int, ...], patches: bool) -> str:
    """Name everything that the numbers depend on, in one hash."""
    stored = dataset.select_columns("image").cast_column("image", Image(decode=False))
    digests = [_digest((folder / name).read_bytes()) for name in _FILES]
    digests += [_digest(row["image"]["bytes"] or Path(row["image"]["path"]).read_bytes()) for row in stored]
    version = importlib.metadata.version("transformers")
    return _digest(json.dumps([_FORMAT, version, digests, layers, patches]).encode())[:32]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _compute(
    folder: Path, dataset: Dataset, layers: tuple[int, ...], patches: bool, batch_size: int
) -> dict[str, np.ndarray]:
    model, processor = models.load(folder)
    parts = [
        {
            "class_token": tokens[:, :, 0],
            "mean": grid.mean((2, 3)),
            **({"patches": grid[:, -1]} if patches else {}),
        }
        for tokens, grid in _tokens(model, processor, dataset, layers, batch_size)
    ]
    return {
        name: torch.cat([part[name] for part in parts]).numpy().astype(np.float32, order="C")
        for name in parts[0]
    }


def _tokens(
    model: PreTrainedModel,
    processor: BaseImageProcessor,
    dataset: Dataset,
    layers: tuple[int, ...],
    batch_size: int,
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield a batch's tokens (B, L, N, D) and its patch tokens as a grid (B, L, H/P, W/P, D)."""
    device = devices.name()
    body = model.base_model.to(device)
    transform = preprocessing.evaluation_transform(processor)
    for start in range(0, len(dataset), batch_size):
        images = dataset[start : start + batch_size]["image"]
        pixel_values = torch.stack([transform(image) for image in images])  # (B, 3, H, W)
        with torch.inference_mode():
            states = body(pixel_values=pixel_values.to(device), output_hidden_states=True).hidden_states
            tokens = torch.stack([body.layernorm(states[layer]) for layer in layers], 1).cpu()  # (B, L, N, D)
        rows, columns = (side // model.config.patch_size for side in pixel_values.shape[-2:])
        # The patches come last: after the class token and, in a distilled DeiT, the distillation token.
        yield tokens, tokens[:, :, -rows * columns :].unflatten(2, (rows, columns))


def _read(file: Path) -> dict[str, np.ndarray] | None:
    """Read cached features; None if there are none, or, with a warning, if they are damaged."""
    if not file.is_file():
        return None
    try:
        with safe_open(file, framework="numpy") as opened:
            arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (not a dict)
            intact = (opened.metadata() or {}).get("sha256") == _checksum(arrays)
    except (SafetensorError, OSError):
        intact = False
    if not intact:
        warnings.warn(f"{file.name} in {file.parent} is damaged; computing the features again", stacklevel=3)
    return arrays if intact else None


def _checksum(arrays: dict[str, np.ndarray]) -> str:
    return _digest(b"".join(_digest(arrays[name].tobytes()).encode() for name in sorted(arrays)))


def _write(file: Path, arrays: dict[str, np.ndarray]) -> None:
    """Put the file in place whole: two processes may do so at once, and a killed one leaves no half."""
    with storage.explained(file.parent):
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".part-") as folder:
            partial = Path(folder) / file.name
            partial.write_bytes(save(arrays, metadata={"sha256": _checksum(arrays)}))
            partial.replace(file)
