"""From RGB pictures to `pixel_values` as the checkpoint's own processor makes them, in less time.

Taught in lesson 12.
"""

import functools
from collections.abc import Iterable

import numpy as np
import PIL.Image
import pyarrow
import torch
from transformers import BaseImageProcessor
from transformers.image_processing_backends import TorchvisionBackend

_STEPS = ("preprocess", "process_image", "_preprocess")


def prepare(pictures: Iterable[PIL.Image.Image], processor: BaseImageProcessor) -> torch.Tensor:
    """Turn RGB pictures of any sizes into `pixel_values` (B, 3, H, W), exactly as `processor(pictures)` does.

    The processor's own functions resize, crop and normalise, but the picture is resized where it lies in
    memory, the values of a pixel side by side. The processor would first sort it by channel: copies of all
    its pixels, which torch then resizes at half the speed. Numbers are written once, where the batch has
    them. A processor with other steps is called as it is.

    Taught in lesson 12.
    """
    return normalised([resized(picture, processor) for picture in pictures], processor)


def resized(picture: PIL.Image.Image, processor: BaseImageProcessor) -> torch.Tensor:
    """Do the first half of `prepare`, which is most of the work: the picture as (3, H, W) uint8.

    A processor with other steps does all its work here: `pixel_values` (3, H, W).

    Taught in lesson 12.
    """
    if not _has_plain_steps(processor):
        return processor(picture, return_tensors="pt")["pixel_values"][0]
    image = _in_place(picture if picture.mode == "RGB" else picture.convert("RGB"))
    if processor.do_resize:
        image = processor.resize(image, processor.size, processor.resample)
    if processor.do_center_crop:
        image = processor.center_crop(image, processor.crop_size)
    return image[:3]


def normalised(images: list[torch.Tensor], processor: BaseImageProcessor) -> torch.Tensor:
    """Do the second half of `prepare`: what `resized` returned as `pixel_values` (B, 3, H, W).

    NumPy computes in one thread. torch would take all, which go on spinning for a while after each step, on
    the cores of those that decode the next pictures; that halved the images a second.

    Taught in lesson 12.
    """
    if not _has_plain_steps(processor):
        return torch.stack(images)
    pixel_values = np.empty((len(images), *images[0].shape), np.float32)
    mean, std = (
        _of_bytes(tuple(values), processor.rescale_factor)
        for values in (processor.image_mean, processor.image_std)
    )
    for row, image in zip(pixel_values, images, strict=True):
        row[:] = image.numpy()
        row -= mean
        row /= std
    return torch.from_numpy(pixel_values)


@functools.cache
def _of_bytes(values: tuple[float, ...], rescale_factor: float) -> np.ndarray:
    """Return (3, 1, 1): the processor's values for numbers from 0 to 1, for numbers from 0 to 255."""
    return (torch.tensor(values).view(3, 1, 1) * (1 / rescale_factor)).numpy()


def _has_plain_steps(processor: BaseImageProcessor) -> bool:
    """Tell whether a processor resizes, crops, rescales and normalises, and nothing else."""
    own = type(processor)
    return (
        isinstance(processor, TorchvisionBackend)
        and all(getattr(own, step) is getattr(TorchvisionBackend, step) for step in _STEPS)
        and processor.do_rescale
        and processor.do_normalize
        and not processor.do_pad
    )


def _in_place(picture: PIL.Image.Image) -> torch.Tensor:
    """Return (4, H, W) uint8, the memory of an RGB picture itself, which has a spare byte a pixel.

    A picture that lies in several blocks of memory (over 16 megapixels, see `images`) is copied: (3, H, W).
    """
    try:
        values = pyarrow.array(picture).values
    except ValueError:
        return torch.from_numpy(np.array(picture)).permute(2, 0, 1)
    return torch.from_dlpack(values).view(picture.height, picture.width, 4).permute(2, 0, 1)
