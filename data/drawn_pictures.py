"""Pictures of the drawn world for pre-training: drawn once, kept on disk, served in batches.

Each picture is kept with its object's mask as a fourth channel, so that one random crop serves both.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from timm.data import Mixup
from timm.data.random_erasing import RandomErasing
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, RandomSampler, SequentialSampler
from torchvision.transforms import v2

from vitcourse import drawn

CACHE = Path(__file__).parent / ".cache"
SIZE = 224
PATCH_SIZE = 16
PICTURES_A_CROP = 16
SHAPES = (0.6, 1.4)


def draw_all(per_class: int, first_seed: int) -> dict[str, np.ndarray]:
    """Return `images` (N, SIZE, SIZE, 4) uint8, on disk, and `labels` (N,); draw what is not there yet.

    The fourth channel is the object's mask, 0 or 255.
    """
    names = drawn.WORLD_CLASSES
    kept = CACHE / f"world-{len(names)}x{per_class}-from-{first_seed}.npy"
    labels = np.repeat(np.arange(len(names)), per_class)
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        partial = kept.with_suffix(".partial.npy")
        images = np.lib.format.open_memmap(partial, "w+", np.uint8, (len(labels), SIZE, SIZE, 4))
        jobs = [(name, first_seed + index) for name in names for index in range(per_class)]
        with ProcessPoolExecutor() as pool:
            for index, image in enumerate(pool.map(draw, jobs, chunksize=50)):
                images[index] = image
        images.flush()
        partial.replace(kept)
    return {"images": np.load(kept, mmap_mode="r"), "labels": labels}


def draw(job: tuple[str, int]) -> np.ndarray:
    """Return one picture and its mask (SIZE, SIZE, 4) uint8, of a class name and a seed."""
    picture = drawn.render(*job, size=(SIZE, SIZE))
    mask = np.asarray(picture.mask) > 0
    return np.dstack([np.asarray(picture.image), np.uint8(255) * mask])


class Batches(Dataset):
    """Batches of drawn pictures: `pixel_values`, `labels`, and `coverage` (B, N): how much is object.

    Args:
        pictures: From `draw_all`.
        geometry: Crop, flip and resize, of picture and mask alike. Sixteen pictures share one crop, which is
            many times faster than one for each.
        mean: Subtracted from each channel, after scaling to 0..1.
        std: Divides each channel.
    """

    def __init__(self, pictures: dict[str, np.ndarray], geometry: Callable, mean: tuple, std: tuple) -> None:
        self.pictures = pictures
        self.geometry = geometry
        self.normalize = v2.Normalize(mean, std)

    def __len__(self) -> int:
        return len(self.pictures["labels"])

    def __getitems__(self, indices: list[int]) -> dict[str, torch.Tensor]:
        images, labels = self.cropped(indices)
        images = images.float() / 255
        return {
            "pixel_values": self.normalize(images[:, :3]),
            "labels": labels,
            "coverage": functional.avg_pool2d(images[:, 3:], PATCH_SIZE).flatten(1),  # (B, N)
        }

    def cropped(self, indices: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return pictures and masks (B, 4, size, size) uint8 and labels (B,) of a batch."""
        chosen = np.sort(indices)  # reads the disk in its order
        images = torch.from_numpy(self.pictures["images"][chosen]).permute(0, 3, 1, 2)  # (B, 4, H, W)
        order = torch.randperm(len(chosen))
        parts = [self.geometry(part) for part in images[order].split(PICTURES_A_CROP)]
        return torch.cat(parts), torch.from_numpy(self.pictures["labels"][chosen])[order]


class DeiTBatches(Batches):
    """Batches altered as in DeiT (arXiv:2012.12877, Table 9), with `labels` (B, C) that mixing softens.

    RandAugment 9, mixup 0.8, cutmix 1.0, random erasing 0.25, label smoothing 0.1.
    """

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.alter = v2.RandAugment(num_ops=2, magnitude=9)
        self.erase = RandomErasing(probability=0.25, mode="pixel", device="cpu")
        classes = int(self.pictures["labels"].max()) + 1
        self.mix = Mixup(mixup_alpha=0.8, cutmix_alpha=1.0, label_smoothing=0.1, num_classes=classes)

    def __getitems__(self, indices: list[int]) -> dict[str, torch.Tensor]:
        images, labels = self.cropped(indices)
        altered = torch.cat([self.alter(part) for part in images[:, :3].split(PICTURES_A_CROP)])
        pixel_values = self.erase(self.normalize(altered.float() / 255))
        pixel_values, labels = self.mix(pixel_values, labels)
        return {"pixel_values": pixel_values, "labels": labels}


def training_geometry(size: int, smallest_crop: float) -> v2.Compose:
    """Return a random crop of `smallest_crop` to all of the area, resized to `size` pixels, and a flip.

    Upright crops outnumber wide ones: most photos are upright, and ViT's processor squashes them.
    """
    crop = v2.RandomResizedCrop(size, scale=(smallest_crop, 1.0), ratio=SHAPES, antialias=True)
    return v2.Compose([crop, v2.RandomHorizontalFlip()])


def evaluation_geometry(size: int, crop_share: float) -> v2.Compose:
    """Return a resize and a centre crop: `crop_share` of the picture's side becomes `size` pixels."""
    return v2.Compose([v2.Resize(int(size / crop_share), antialias=True), v2.CenterCrop(size)])


def loader(batches: Batches, batch_size: int, pictures: int | None = None) -> DataLoader:
    """Return a loader: `pictures` random ones a pass, or with None all of them, in order."""
    sampler = RandomSampler(batches, num_samples=pictures) if pictures else SequentialSampler(batches)
    return DataLoader(
        batches, batch_size, sampler=sampler, drop_last=pictures is not None, collate_fn=_as_it_is
    )


def _as_it_is(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return batch
