"""From photos to `pixel_values`: the checkpoint's own preprocessing, augmentation, and batches.

Taught in lessons 04 (preprocessing) and 06 (augmentation).
"""

import contextlib
import functools
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from datasets import Dataset, DatasetDict
from PIL.Image import Image
from timm.data import Mixup
from timm.data.auto_augment import rand_augment_transform
from timm.data.random_erasing import RandomErasing
from torch.utils.data import DataLoader, default_collate
from torchvision.transforms import InterpolationMode, v2
from transformers import BaseImageProcessor


class Geometry(NamedTuple):
    """What a model expects of its input: size in pixels, and the statistics that normalise each channel."""

    height: int
    width: int
    mean: tuple[float, ...]
    std: tuple[float, ...]


def geometry(processor: BaseImageProcessor) -> Geometry:
    """Read input size, mean and standard deviation from an image processor.

    Raises:
        ValueError: If the processor's output has no fixed size.
    """
    data = getattr(processor, "data_config", None)
    if data is not None:  # a timm network
        _, height, width = data["input_size"]
        return Geometry(height, width, tuple(data["mean"]), tuple(data["std"]))
    size = processor.crop_size if getattr(processor, "do_center_crop", False) else processor.size
    if "height" not in size or size["height"] is None:
        raise ValueError(
            f"the processor resizes to {dict(size)} and does not crop; expected a height and a width"
        )
    return Geometry(size["height"], size["width"], tuple(processor.image_mean), tuple(processor.image_std))


def evaluation_transform(processor: BaseImageProcessor) -> Callable[[Image], torch.Tensor]:
    """Return the checkpoint's own preprocessing: one PIL image to `pixel_values` (3, H, W)."""
    return lambda image: processor(image.convert("RGB"), return_tensors="pt")["pixel_values"][0]


def training_transform(
    processor: BaseImageProcessor,
    smallest_crop: float = 0.4,
    horizontal_flip: float = 0.5,
    rand_augment: str = "",
    random_erasing: float = 0.0,
) -> v2.Compose:
    """Return preprocessing for training: chance, then the checkpoint's size and statistics.

    Args:
        processor: The checkpoint's image processor.
        smallest_crop: Smallest share of the picture's area that a crop keeps, 0 to 1.
        horizontal_flip: Share of the pictures that are mirrored.
        rand_augment: RandAugment (arXiv:1909.13719) in timm's notation, such as "rand-m9-mstd0.5-inc1"; empty
            for none.
        random_erasing: Share of the pictures with a rectangle of noise (arXiv:1708.04896).

    Taught in lesson 06.
    """
    expected = geometry(processor)
    size = (expected.height, expected.width)
    bicubic = {"interpolation": InterpolationMode.BICUBIC, "antialias": True}
    steps = [v2.ToImage(), v2.RandomResizedCrop(size, scale=(smallest_crop, 1.0), **bicubic)]
    steps.append(v2.RandomHorizontalFlip(horizontal_flip))
    if rand_augment:
        fill = tuple(round(255 * mean) for mean in expected.mean)
        settings = {"img_mean": fill, "translate_const": size[0] // 2}
        # At 10, timm's posterize keeps 0 bits, which Pillow 12 refuses.
        policy = rand_augment_transform(rand_augment, {"magnitude_max": 9} | settings)
        steps += [v2.ToPILImage(), policy, v2.ToImage()]
    steps += [v2.ToDtype(torch.float32, scale=True), v2.Normalize(expected.mean, expected.std)]
    if random_erasing:
        steps.append(RandomErasing(random_erasing, mode="pixel", device="cpu"))
    return v2.Compose(steps)


def mixed(rows: list[dict[str, torch.Tensor]], mixup: Mixup) -> dict[str, torch.Tensor]:
    """Collate rows and mix them in pairs (arXiv:1710.09412, arXiv:1905.04899); `labels` are then (B, C).

    An odd batch gets its first photo a second time, so that each has a partner.
    """
    batch = default_collate(rows + rows[: len(rows) % 2])
    pixel_values, labels = mixup(batch["pixel_values"], batch["labels"])
    return {"pixel_values": pixel_values, "labels": labels}


def to_image(pixel_values: torch.Tensor, processor: BaseImageProcessor) -> Image:
    """Turn preprocessed pixels (3, H, W) back into a picture to look at."""
    expected = geometry(processor)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (expected.mean, expected.std))
    return v2.functional.to_pil_image((pixel_values * std + mean).clamp(0, 1))


class Prepared(torch.utils.data.Dataset):
    """Rows of a dataset as a network takes them.

    What chance does to a photo depends on the seed, the epoch and the photo's position alone: not on the
    batch it falls in, nor on which worker or process prepares it.

    Args:
        dataset: Rows with `image` (PIL) and `label` (an index) or `labels` (the indices that are true).
        transform: One PIL image to (3, H, W).
        seed: Seeds the transform's chance.
        mixup: Mixes the photos of a batch, by the seed, the epoch and who they are; None for not.
    """

    def __init__(
        self,
        dataset: Dataset,
        transform: Callable[[Image], torch.Tensor],
        seed: int = 0,
        mixup: Mixup | None = None,
    ) -> None:
        self.dataset, self.transform, self.seed, self.mixup, self.epoch = dataset, transform, seed, mixup, 0

    def set_epoch(self, epoch: int) -> None:
        """Change what chance does to every photo."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        """Return `pixel_values` (3, H, W) and `labels`: a number, or (C,) float32 with a one for each.

        Binary cross-entropy needs float targets.
        """
        row = self.dataset[index]
        with seeded(self.seed, self.epoch, index):
            pixel_values = self.transform(row["image"])
        if "label" in row:
            return {"pixel_values": pixel_values, "labels": torch.tensor(row["label"])}
        return {"pixel_values": pixel_values, "labels": multi_hot(row["labels"], self._num_classes)}

    def __getitems__(self, indices: list[int]) -> list[dict[str, torch.Tensor]] | dict[str, torch.Tensor]:
        """Return the rows of a batch or, if they are mixed, the batch; torch's loader asks in this way."""
        rows = [self[index] for index in indices]
        if self.mixup is None:
            return rows
        with seeded(self.seed, self.epoch, *indices):
            return mixed(rows, self.mixup)

    @functools.cached_property
    def _num_classes(self) -> int:
        return len(class_names(self.dataset))


def multi_hot(labels: list[int], num_classes: int) -> torch.Tensor:
    """Return (C,) float32, with a one for each label that is true.

    Taught in lesson 07.
    """
    result = torch.zeros(num_classes)
    result[labels] = 1
    return result


def all_labels(dataset: Dataset) -> torch.Tensor:
    """Return the labels of a dataset: (N,) int64, or multi-hot (N, C) float32."""
    if "label" in dataset.features:
        return torch.tensor(dataset["label"])
    num_classes = len(class_names(dataset))
    return torch.stack([multi_hot(labels, num_classes) for labels in dataset["labels"]])


@contextlib.contextmanager
def seeded(*numbers: int) -> Iterator[None]:
    """Seed Python, NumPy and torch (on the CPU) by whole numbers, and put them back as they were."""
    states = random.getstate(), np.random.get_state(), torch.default_generator.get_state()
    seeds = np.random.SeedSequence(numbers).generate_state(3).tolist()
    random.seed(seeds[0])
    np.random.seed(seeds[1])
    torch.default_generator.manual_seed(seeds[2])
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.default_generator.set_state(states[2])


def class_names(dataset: Dataset) -> list[str]:
    """Return the class names of a dataset with a column `label` or `labels`."""
    features = dataset.features
    return list(features["label"].names if "label" in features else features["labels"].feature.names)


def loader(
    dataset: Dataset,
    transform: Callable[[Image], torch.Tensor],
    batch_size: int,
    shuffle: bool = False,
    seed: int = 0,
    num_workers: int = 0,
    mixup: Mixup | None = None,
) -> DataLoader:
    """Return batches of a dataset: `pixel_values` (B, 3, H, W) and `labels` (B,) int64 or (B, C) float32.

    Args:
        dataset: With `image` and `label` or `labels`.
        transform: One PIL image to (3, H, W).
        batch_size: Photos a batch, over all processes together.
        shuffle: Whether to change the order, by the seed and the epoch alone.
        seed: Seeds the order and the transform's chance.
        num_workers: Processes that prepare photos ahead; 0 for none.
        mixup: Mixes the photos of a batch, and their labels with them; None for not.
    """
    return DataLoader(
        Prepared(dataset, transform, seed, mixup),
        batch_size,
        shuffle=shuffle,
        generator=torch.Generator().manual_seed(seed),
        num_workers=num_workers,
        collate_fn=_as_it_is if mixup else None,
    )


def _as_it_is(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return batch


def loaders(
    splits: DatasetDict,
    processor: BaseImageProcessor,
    batch_size: int = 16,
    seed: int = 0,
    augment: Callable[[Image], torch.Tensor] | None = None,
    num_workers: int = 0,
    mixup: Mixup | None = None,
) -> dict[str, DataLoader]:
    """Return a loader for each split: training pictures augmented and shuffled, the others as they are.

    Args:
        splits: Datasets with `image` and `label` or `labels`, one of them "train".
        processor: The checkpoint's image processor.
        batch_size: Photos a batch, over all processes together.
        seed: Seeds order and augmentation.
        augment: What training pictures go through, PIL to (3, H, W); by default `training_transform`.
        num_workers: Processes that prepare photos ahead; 0 for none.
        mixup: Mixes training photos, and their labels with them; None for not.
    """
    result = {}
    for split, dataset in splits.items():
        train = split == "train"
        as_it_is = evaluation_transform(processor)
        transform = (augment or training_transform(processor)) if train else as_it_is
        result[split] = loader(
            dataset, transform, batch_size, train, seed, num_workers, mixup if train else None
        )
    return result
