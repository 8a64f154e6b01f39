"""Pictures cut into patches by reshaping, and put together again.

Dosovitskiy et al., arXiv:2010.11929, section 3.1. Taught in lesson 01.
"""

from numbers import Integral

import torch


def grid(height: int, width: int, patch_size: int) -> tuple[int, int]:
    """Return how many patches fit into a picture: rows and columns.

    Args:
        height: Of the picture, in pixels.
        width: Of the picture, in pixels; need not equal the height.
        patch_size: Height and width of a patch (P), in pixels.

    Raises:
        ValueError: If a size is not a positive whole number, or height or width is no multiple of P.

    Taught in lesson 01.
    """
    sizes = (height, width, patch_size)
    if any(isinstance(size, bool) or not isinstance(size, Integral) or size < 1 for size in sizes):
        got = f"height {height!r}, width {width!r} and patch_size {patch_size!r}"
        raise ValueError(f"got {got}; expected whole numbers of pixels, at least 1")
    for name, size in (("height", height), ("width", width)):
        if size % patch_size:
            below = size - size % patch_size
            nearest = f"{below} or {below + patch_size}" if below else f"{patch_size}"
            raise ValueError(
                f"the {name} is {size} pixels, which patches of {patch_size} do not divide; "
                f"expected a multiple of {patch_size}: crop or resize to {nearest}"
            )
    return height // patch_size, width // patch_size


def num_tokens(height: int, width: int, patch_size: int, num_prefix: int = 1) -> int:
    """Return how many tokens a picture becomes.

    Args:
        height: Of the picture, in pixels.
        width: Of the picture, in pixels.
        patch_size: Height and width of a patch, in pixels.
        num_prefix: Tokens that are no patches: 1 for a class token, 2 with DeiT's distillation token
            (Touvron et al., arXiv:2012.12877, section 4).

    Raises:
        ValueError: If the patches do not divide the picture.

    Taught in lesson 01.
    """
    rows, columns = grid(height, width, patch_size)
    return rows * columns + num_prefix


def patchify(pixel_values: torch.Tensor, patch_size: int) -> torch.Tensor:
    """Cut pictures into patches, and write each patch as one vector.

    Args:
        pixel_values: (B, C, H, W), of any type.
        patch_size: Height and width of a patch (P), in pixels.

    Returns:
        (B, N, P * P * C): patches row by row from the top left; in a patch pixels row by row, and for
        each pixel its channels. So the paper writes it (section 3.1). A convolution's weight is
        (D, C, P, P): `weight.permute(0, 2, 3, 1).flatten(1)` has this order.

    Raises:
        ValueError: If there are not four axes, or the patches do not divide the picture.

    Taught in lesson 01.
    """
    if pixel_values.ndim != 4:
        raise ValueError(f"pixel_values is {tuple(pixel_values.shape)}; expected (B, C, H, W): try [None]")
    batch, channels, height, width = pixel_values.shape
    rows, columns = grid(height, width, patch_size)
    blocks = pixel_values.reshape(batch, channels, rows, patch_size, columns, patch_size)
    blocks = blocks.permute(0, 2, 4, 3, 5, 1)  # (B, rows, columns, P, P, C)
    return blocks.reshape(batch, rows * columns, patch_size * patch_size * channels)


def unpatchify(patches: torch.Tensor, height: int, width: int, patch_size: int) -> torch.Tensor:
    """Put patches together again: the exact inverse of `patchify`.

    Args:
        patches: (B, N, P * P * C), in the order of `patchify`.
        height: Of the picture to make, in pixels (H).
        width: Of the picture to make, in pixels (W).
        patch_size: Height and width of a patch (P), in pixels.

    Returns:
        Pictures (B, C, H, W).

    Raises:
        ValueError: If the patches are too many or too few for the picture, or of another size.

    Taught in lesson 01.
    """
    rows, columns = grid(height, width, patch_size)
    channels = patches.shape[-1] // patch_size**2
    if patches.shape[1:] != (rows * columns, patch_size * patch_size * channels) or channels == 0:
        needed = f"(B, {rows * columns}, {patch_size * patch_size} * C)"
        raise ValueError(f"patches is {tuple(patches.shape)}; expected {needed} for {height}x{width} pixels")
    blocks = patches.reshape(len(patches), rows, columns, patch_size, patch_size, channels)
    blocks = blocks.permute(0, 5, 1, 3, 2, 4)  # (B, C, rows, P, columns, P)
    return blocks.reshape(len(patches), channels, height, width)
