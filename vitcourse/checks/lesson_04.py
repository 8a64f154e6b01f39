"""Checks of the exercises in lesson 04."""

from typing import Any

import numpy as np
import torch
from PIL import Image
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torchvision.transforms import InterpolationMode, v2

from vitcourse import variants
from vitcourse.exercises import Wrong, call, number


def exercise_1(answer: Any) -> None:
    """384 / 16 patches along each edge; then count the tokens that are no patches.

    24 patches lie along each edge. Square that. Then recall what "distilled" adds to the class token.
    """
    expected = variants.get("deit-base-distilled-384").num_tokens
    got = number(answer)
    if got == expected:
        return
    hints = {expected - 2: "these are the patches alone", expected - 1: "one more token is no patch"}
    hint = hints.get(got, "count the patches along one edge first")
    raise Wrong(f"got {got:g}, expected another number; {hint}")


def exercise_2(answer: Any) -> None:
    """The third entry of `ways` differs in one number.

    Take `DeiTImageProcessor(size={"shortest_edge": ...}, ...)` as in the third entry of `ways`: there the
    edge is 256. Crop, statistics and `resample` stay as they are there.
    """
    picture = Image.fromarray((np.indices((320, 400, 3)).sum(0) % 256).astype(np.uint8)).resize((400, 300))
    try:
        got = torch.as_tensor(answer(picture, return_tensors="pt")["pixel_values"][0])
    except Exception as error:
        raise Wrong(
            f"got a {type(answer).__name__}, expected an image processor that runs; "
            f"{type(error).__name__}: {error}"
        ) from error
    expected = _original_deit(picture, 288)
    if tuple(got.shape) != tuple(expected.shape):
        raise Wrong(
            f"got pixel_values {tuple(got.shape)}, expected {tuple(expected.shape)}; look at crop_size"
        )
    off = (got - expected).abs().mean().item()
    if off > 0.02:
        raise Wrong(
            f"got pixels that differ by {off:.2f} on average, expected at most 0.02; shortest edge 288, "
            "bicubic (resample=3), and ImageNet's mean and standard deviation?"
        )


def _original_deit(picture: Image.Image, shortest_edge: int) -> torch.Tensor:
    """Preprocess as facebookresearch/deit does, for 224 pixels: (3, 224, 224)."""
    transform = v2.Compose(
        [
            v2.PILToTensor(),
            v2.Resize(shortest_edge, InterpolationMode.BICUBIC, antialias=True),
            v2.CenterCrop(224),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD),
        ]
    )
    return transform(picture)


def exercise_3(answer: Any) -> None:
    """Softmax each head over the classes, then average: the mean of two probability vectors is one again.

    `.softmax(-1)` goes over the last axis, the classes, of (B, C); call it on each argument. The mean of two
    tensors is their sum, halved. Averaging before the softmax is what the library does, and not what is asked
    for.
    """
    generator = torch.Generator().manual_seed(0)
    heads = [3 * torch.randn(64, 10, generator=generator) for _ in range(2)]
    result = call(answer, *(head.clone() for head in heads))
    try:
        got = torch.as_tensor(result)
    except (TypeError, ValueError, RuntimeError):
        raise Wrong(f"got a {type(result).__name__} back, expected probabilities (B, C)") from None
    if got.shape != heads[0].shape:
        raise Wrong(f"got a result of shape {tuple(got.shape)}, expected {tuple(heads[0].shape)}: (B, C)")
    total = got.double().sum(-1)
    if not torch.allclose(total, torch.ones_like(total), atol=1e-4):
        raise Wrong(
            f"got rows that add up to {total[0]:.2f}, expected 1; average the two softmaxes over the classes"
        )
    expected = (heads[0].softmax(-1) + heads[1].softmax(-1)) / 2
    if not torch.allclose(got.float(), expected, atol=1e-4):
        raise Wrong(
            "got other probabilities than expected; softmax first, then average, not the other way round"
        )
