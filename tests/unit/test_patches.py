"""Cutting and putting together lose nothing, keep the promised order, and refuse what does not fit."""

import itertools
import math
import random

import pytest
import torch
from torch.nn import functional

from vitcourse import patches, variants

_draw = random.Random(0)
CASES = [
    tuple(_draw.randint(1, most) for most in (3, 4, 5, 5, 7))  # B, C, rows, columns, P
    for _ in range(40)
] + [(1, 3, 14, 14, 16), (2, 1, 1, 1, 1), (0, 3, 2, 3, 4), (1, 3, 2, 5, 1)]


def pictures(batch, channels, rows, columns, size):
    """Pictures in which every number differs from every other."""
    shape = (batch, channels, rows * size, columns * size)
    return torch.arange(math.prod(shape), dtype=torch.float64).reshape(shape)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_inverse_is_exact(case):
    images, size = pictures(*case), case[-1]
    cut = patches.patchify(images, size)
    assert cut.shape == (case[0], case[2] * case[3], size * size * case[1])
    assert torch.equal(patches.unpatchify(cut, *images.shape[2:], size), images)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_order_is_the_documented_one(case):
    images, size = pictures(*case), case[-1]
    cut = patches.patchify(images, size)
    for number, (row, column) in enumerate(itertools.product(range(case[2]), range(case[3]))):
        block = images[:, :, row * size : (row + 1) * size, column * size : (column + 1) * size]
        assert torch.equal(cut[:, number], block.permute(0, 2, 3, 1).flatten(1))  # row, column, channel


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_strided_convolution_is_the_same_linear_map(case):
    generator = torch.Generator().manual_seed(0)
    batch, channels, rows, columns, size = case
    images = torch.randn(batch, channels, rows * size, columns * size, generator=generator).double()
    weight = torch.randn(5, channels, size, size, generator=generator).double()
    by_convolution = functional.conv2d(images, weight, stride=size).flatten(2).transpose(1, 2)
    by_matrix = patches.patchify(images, size) @ weight.permute(0, 2, 3, 1).flatten(1).T
    torch.testing.assert_close(by_convolution, by_matrix, rtol=0, atol=1e-10)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float16, torch.int64, torch.bool])
def test_any_type_and_any_layout_in_memory_will_do(dtype):
    images = torch.randint(0, 2, (2, 6, 9, 3)).to(dtype).permute(0, 3, 1, 2)
    cut = patches.patchify(images, 3)
    assert cut.dtype == dtype
    assert torch.equal(patches.unpatchify(cut, 6, 9, 3), images)


def test_gradients_pass_through():
    images = torch.ones(1, 2, 4, 6, requires_grad=True)
    (patches.patchify(images, 2) * 3).sum().backward()
    assert torch.equal(images.grad, torch.full_like(images, 3))


@pytest.mark.parametrize(
    ("size", "patch_size", "tokens"), [(224, 16, 197), (224, 32, 50), (384, 16, 577), (384, 32, 145)]
)
def test_token_counts_that_everybody_quotes(size, patch_size, tokens):
    assert patches.num_tokens(size, size, patch_size) == tokens
    assert patches.num_tokens(size, size, patch_size, num_prefix=2) == tokens + 1


@pytest.mark.parametrize("variant", variants.all_variants().values(), ids=lambda variant: variant.name)
def test_token_counts_of_the_variants(variant):
    count = patches.num_tokens(
        variant.image_size, variant.image_size, variant.patch_size, 1 + variant.distilled
    )
    assert count == variant.num_tokens


@pytest.mark.parametrize(
    ("height", "width", "message"),
    [
        (225, 224, "height is 225.*224 or 240"),
        (224, 230, "width is 230.*224 or 240"),
        (9, 32, "resize to 16"),
    ],
)
def test_a_size_that_does_not_divide_is_refused(height, width, message):
    with pytest.raises(ValueError, match=message):
        patches.grid(height, width, 16)
    with pytest.raises(ValueError, match=message):
        patches.patchify(torch.zeros(1, 3, height, width), 16)


@pytest.mark.parametrize("sizes", [(0, 16, 16), (16, -16, 16), (16, 16, 0), (16.0, 16, 16), (16, 16, True)])
def test_sizes_are_positive_whole_numbers(sizes):
    with pytest.raises(ValueError, match="whole numbers of pixels"):
        patches.grid(*sizes)


def test_a_picture_without_a_batch_axis_is_refused():
    with pytest.raises(ValueError, match=r"\(3, 32, 32\); expected \(B, C, H, W\)"):
        patches.patchify(torch.zeros(3, 32, 32), 16)


@pytest.mark.parametrize("shape", [(1, 5, 12), (1, 4, 13), (1, 4, 3), (4, 12), (1, 1, 4, 12)])
def test_patches_that_do_not_fit_the_picture_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected \(B, 4, 4 \* C\) for 4x4 pixels"):
        patches.unpatchify(torch.zeros(shape), 4, 4, 2)
