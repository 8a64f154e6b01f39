"""How good is a map? Against the object's mask, and against the model itself.

Maps are (B, rows, columns), a value for each patch, as the methods of `vitcourse.explanations` give them.

Taught in lesson 11.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import PIL.Image
import torch
from scipy.stats import spearmanr
from torch import nn
from torchvision.transforms.v2.functional import gaussian_blur
from transformers import BaseImageProcessor

from vitcourse import preprocessing

TOUCHED = 0.1  # share of a patch from which on the object counts as in it


def coverage(mask: PIL.Image.Image, processor: BaseImageProcessor, grid: tuple[int, int]) -> torch.Tensor:
    """Return the share of each patch that the object covers, in what the network gets to see.

    Args:
        mask: White where the object is, in the size of the picture; it is resized and cropped as the picture.
        processor: The checkpoint's image processor.
        grid: Rows and columns of patches.

    Returns:
        (rows, columns), 0 to 1.

    Taught in lesson 11.
    """
    seen = preprocessing.to_image(preprocessing.evaluation_transform(processor)(mask), processor)
    share = torch.from_numpy(np.asarray(seen.convert("L"), dtype=np.float32) / 255)
    return nn.functional.adaptive_avg_pool2d(share[None], grid)[0]


def hits(maps: torch.Tensor, covered: torch.Tensor) -> torch.Tensor:
    """Play the pointing game: does the highest patch of each map lie on the object?

    Zhang et al., arXiv:1608.00507, section 4.1; their tolerance of 15 pixels is here the size of the patch.

    Args:
        maps: (B, rows, columns).
        covered: Of the same shape, from `coverage`; a patch counts from `TOUCHED` on.

    Returns:
        (B,), true or false.

    Raises:
        ValueError: If the shapes differ.

    Taught in lesson 11.
    """
    _check_same_shape(maps, covered)
    highest = maps.flatten(1).argmax(1, keepdim=True)  # (B, 1)
    return covered.flatten(1).gather(1, highest)[:, 0] >= TOUCHED


def share_on_object(maps: torch.Tensor, covered: torch.Tensor) -> torch.Tensor:
    """Return the share of each map that lies on the object (B,), 0 to 1, for maps without negative values.

    Args:
        maps: (B, rows, columns), none of them all zero.
        covered: Of the same shape, from `coverage`.

    Raises:
        ValueError: If the shapes differ.

    Taught in lesson 11.
    """
    _check_same_shape(maps, covered)
    return (maps * covered).sum((1, 2)) / maps.sum((1, 2))


def curve(
    probability: Callable[[torch.Tensor], torch.Tensor],
    pixel_values: torch.Tensor,
    maps: torch.Tensor,
    kind: Literal["deletion", "insertion"],
    steps: int = 14,
) -> torch.Tensor:
    """Take patches away, or put them in, from the highest of the map to the lowest, and watch the model.

    Petsiuk et al., arXiv:1806.07421, section 4.1: deletion paints patches grey, insertion begins with a
    blurred picture and makes patches sharp. A good map makes deletion fall and insertion rise at once. The
    blur (31 pixels, sigma 8) and whole patches in a few steps are ours.

    Args:
        probability: Takes pictures (B, 3, height, width) and returns the probability of the class that the
            map explains (B,).
        pixel_values: (B, 3, height, width), normalised, so that 0 is grey.
        maps: (B, rows, columns).
        kind: "deletion" or "insertion".
        steps: Parts in which the patches come.

    Returns:
        (B, steps + 1): probabilities, from no patch to all.

    Raises:
        ValueError: If kind is another.

    Taught in lesson 11.
    """
    if kind not in ("deletion", "insertion"):
        raise ValueError(f"kind is {kind!r}; expected deletion or insertion")
    order = maps.flatten(1).argsort(dim=1, descending=True, stable=True)
    rank = order.argsort(1).view_as(maps)  # 0 for the highest patch
    other = torch.zeros_like(pixel_values) if kind == "deletion" else gaussian_blur(pixel_values, [31, 31], 8)
    points = []
    for count in torch.linspace(0, rank[0].numel(), steps + 1).round().tolist():
        reached = nn.functional.interpolate((rank < count)[:, None].float(), pixel_values.shape[-2:]) > 0
        sharp = ~reached if kind == "deletion" else reached  # (B, 1, height, width)
        points.append(probability(torch.where(sharp, pixel_values, other)))
    return torch.stack(points, 1)


def area(curves: torch.Tensor) -> torch.Tensor:
    """Return the area under curves (B, steps + 1) by the trapezoidal rule: (B,), 0 to 1.

    Taught in lesson 11.
    """
    return torch.trapezoid(curves, dx=1 / (curves.shape[-1] - 1))


def rank_correlation(maps: torch.Tensor, others: torch.Tensor) -> np.ndarray:
    """Return Spearman's rank correlation of two maps for each picture: (B,), 1 for the same order of patches.

    Raises:
        ValueError: If the shapes differ.

    Taught in lesson 11.
    """
    _check_same_shape(maps, others)
    pairs = zip(maps.flatten(1).cpu().numpy(), others.flatten(1).cpu().numpy(), strict=True)
    return np.array([spearmanr(a, b).statistic for a, b in pairs])


def _check_same_shape(maps: torch.Tensor, others: torch.Tensor) -> None:
    if maps.ndim != 3 or maps.shape != others.shape:
        raise ValueError(
            f"got {tuple(maps.shape)} and {tuple(others.shape)}; expected two times (B, rows, columns)"
        )
