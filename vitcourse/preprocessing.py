"""From photos to `pixel_values`: the checkpoint's own preprocessing, augmentation, and batches.

Taught in lessons 04 (preprocessing) and 06 (augmentation).
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from datasets import Dataset, DatasetDict
from PIL.Image import Image
from torch.utils.data import DataLoader
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


def training_transform(processor: BaseImageProcessor, smallest_crop: float = 0.4) -> v2.Compose:
    """Return preprocessing for training: a random crop, a random flip, the checkpoint's statistics.

    Args:
        processor: The checkpoint's image processor.
        smallest_crop: Smallest share of the picture's area that a crop keeps, 0 to 1.

    Taught in lesson 06.
    """
    expected = geometry(processor)
    return v2.Compose(
        [
            v2.ToImage(),
            v2.RandomResizedCrop(
                (expected.height, expected.width),
                scale=(smallest_crop, 1.0),
                interpolation=InterpolationMode.BICUBIC,
                antialias=True,
            ),
            v2.RandomHorizontalFlip(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(expected.mean, expected.std),
        ]
    )


def to_image(pixel_values: torch.Tensor, processor: BaseImageProcessor) -> Image:
    """Turn preprocessed pixels (3, H, W) back into a picture to look at."""
    expected = geometry(processor)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (expected.mean, expected.std))
    return v2.functional.to_pil_image((pixel_values * std + mean).clamp(0, 1))


def collate(
    rows: list[dict], transform: Callable[[Image], torch.Tensor], num_classes: int
) -> dict[str, torch.Tensor]:
    """Turn dataset rows into a batch.

    Args:
        rows: Each with `image` (PIL) and `label` (an index) or, where several are true, `labels` (indices).
        transform: One PIL image to (3, H, W).
        num_classes: Number of classes (C).

    Returns:
        `pixel_values` (B, 3, H, W) and `labels`: (B,) int64, or (B, C) float32 with a one for each label
        that is true, since binary cross-entropy needs float targets.
    """
    pixel_values = torch.stack([transform(row["image"]) for row in rows])  # (B, 3, H, W)
    if "label" in rows[0]:
        return {"pixel_values": pixel_values, "labels": torch.tensor([row["label"] for row in rows])}
    labels = torch.zeros(len(rows), num_classes)  # (B, C)
    for index, row in enumerate(rows):
        labels[index, row["labels"]] = 1
    return {"pixel_values": pixel_values, "labels": labels}


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
) -> DataLoader:
    """Return batches of a dataset; with shuffle, in an order that depends on the seed and the epoch alone."""
    num_classes = len(class_names(dataset))
    return DataLoader(
        dataset,
        batch_size,
        shuffle=shuffle,
        generator=torch.Generator().manual_seed(seed),
        collate_fn=lambda rows: collate(rows, transform, num_classes),
    )


def loaders(
    splits: DatasetDict, processor: BaseImageProcessor, batch_size: int = 16, seed: int = 0
) -> dict[str, DataLoader]:
    """Return a loader for each split: training pictures augmented and shuffled, the others as they are."""
    result = {}
    for split, dataset in splits.items():
        train = split == "train"
        transform = training_transform(processor) if train else evaluation_transform(processor)
        result[split] = loader(dataset, transform, batch_size, shuffle=train, seed=seed)
    return result
