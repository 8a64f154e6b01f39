"""Checks of lesson 01, images to tokens."""

import math
from typing import Any

import torch

from vitcourse import patches
from vitcourse.exercises import Wrong, call, number


def exercise_1(answer: Any) -> None:
    """How many patches fit side by side, how many on top of each other, and which tokens are no patches?

    320 and 192 are both multiples of 16: divide each, and multiply the two results. A plain ViT adds one
    token to that; what is the second one that a distilled DeiT carries?
    """
    expected = patches.num_tokens(height=192, width=320, patch_size=16, num_prefix=2)
    got = number(answer)
    if got != expected:
        raise Wrong(
            f"got {got:g}, expected another number: rows times columns of patches, then the class token and "
            "the distillation token"
        )


def exercise_2(answer: Any) -> None:
    """Copy `patchify` and move the colours to another place in `permute`: (B, rows, columns, C, P, P).

    After the first `reshape` the axes are (B, C, rows, P, columns, P). Number them from 0 to 5, and write
    down the numbers in the order that you want: batch, rows, columns, then colour, then the two axes inside a
    patch. The last `reshape` stays.
    """
    for shape, patch_size in (((2, 3, 12, 20), 4), ((1, 2, 6, 3), 3)):
        images = torch.arange(float(math.prod(shape))).reshape(shape)  # (B, C, H, W)
        expected = patches.patchify(images, patch_size)
        expected = expected.unflatten(2, (-1, shape[1])).transpose(2, 3).flatten(2)  # (B, N, C * P * P)
        got = call(answer, images.clone(), patch_size)
        _compare(got, expected, "did the colours come before the rows and columns of the patch?")


def exercise_3(answer: Any) -> None:
    """Which column of the matrix belongs to the pixel that now stands at place k?

    Write one number of a token as a sum: weight times pixel over 768 places. After `patches[..., order]`,
    place k holds the pixel that used to be at order[k]. The sum stays the same if place k also has the weight
    of that old place: index the columns of the matrix.
    """
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(5, 768, generator=generator)  # (D, P * P * C)
    order = torch.randperm(768, generator=generator)
    got = call(answer, matrix.clone(), order.clone())
    _compare(got, matrix[:, order], "the column that stood at order[k] has to move to k, with its pixel")


def _compare(got: Any, expected: torch.Tensor, hint: str) -> None:
    if not isinstance(got, torch.Tensor):
        raise Wrong(f"got {type(got).__name__}, expected a tensor {tuple(expected.shape)}")
    if got.shape != expected.shape:
        raise Wrong(f"got the shape {tuple(got.shape)}, expected {tuple(expected.shape)}")
    if not torch.allclose(got.detach().double().cpu(), expected.double()):
        raise Wrong(f"got the right shape but other numbers, expected those in the order asked for; {hint}")
