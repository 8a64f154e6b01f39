"""Position embeddings for another resolution than the one they were trained at.

Taught in lesson 10.
"""

import math

import torch
from torch import nn
from torch.nn import functional
from transformers import BaseImageProcessor, PreTrainedModel


def interpolate(
    embeddings: torch.Tensor,
    grid: tuple[int, int],
    num_prefix: int = 1,
    mode: str = "bicubic",
    old_grid: tuple[int, int] | None = None,
) -> torch.Tensor:
    """Resize the part of position embeddings that belongs to patches, and keep the rest.

    Args:
        embeddings: (1, P + N, D), trained on a grid of N patches.
        grid: Height and width of the new grid, in patches.
        num_prefix: P: 1 with a class token, 2 with a distillation token besides.
        mode: "bicubic" or "bilinear".
        old_grid: Height and width of the trained grid; None if it is square.

    Returns:
        (1, P + height * width, D). Touvron et al., arXiv:2012.12877, section 6: bicubic nearly keeps the
        norm of the vectors, bilinear shrinks it.

    Raises:
        ValueError: If N is not the number of patches of the old grid, or not a square number.

    Taught in lesson 10.
    """
    prefix, patches = embeddings[:, :num_prefix], embeddings[:, num_prefix:]
    side = math.isqrt(patches.shape[1])
    rows, columns = old_grid or (side, side)
    if rows * columns != patches.shape[1]:
        raise ValueError(
            f"{patches.shape[1]} patch positions after {num_prefix} prefix tokens; expected "
            f"{f'{rows} x {columns}' if old_grid else 'a square number, such as 196'}. "
            "Is num_prefix 2, for a distilled model?"
        )
    plane = patches.unflatten(1, (rows, columns)).permute(0, 3, 1, 2)  # (1, D, rows, columns)
    resized = functional.interpolate(plane, size=grid, mode=mode, align_corners=False)
    return torch.cat([prefix, resized.flatten(2).transpose(1, 2)], dim=1)


def resize(model: PreTrainedModel, processor: BaseImageProcessor, image_size: int | tuple[int, int]) -> None:
    """Make a model and its processor take images of another size, in place.

    A transformer's position embeddings are interpolated. The processor crops the same share as before; to
    a size that is not square it stretches a picture whose sides have another ratio.

    Args:
        model: A ViT or DeiT of transformers, or a wrapped timm network without position embeddings.
        processor: Its image processor.
        image_size: Height and width in pixels; one number for a square.

    Raises:
        ValueError: If a side is no multiple of the patch size, or the network has positions of timm's kind.

    Taught in lesson 10.
    """
    height, width = (image_size, image_size) if isinstance(image_size, int) else image_size
    if hasattr(model, "timm_model"):
        if hasattr(model.timm_model, "pos_embed"):
            raise ValueError(
                f"image_size is {image_size}, but timm's transformers take another size only when created, "
                "with img_size=; expected a convolutional network, or a ViT or DeiT of transformers"
            )
        processor.data_config["input_size"] = (3, height, width)
        return
    patch_size = model.config.patch_size
    if height % patch_size or width % patch_size:
        raise ValueError(f"image_size is {image_size}; expected a multiple of the patch size, {patch_size}")
    embeddings = model.base_model.embeddings
    num_prefix = 2 if hasattr(embeddings, "distillation_token") else 1
    old_grid = tuple(side // patch_size for side in embeddings.patch_embeddings.image_size)
    grid = (height // patch_size, width // patch_size)
    places = interpolate(embeddings.position_embeddings.data, grid, num_prefix, old_grid=old_grid)
    embeddings.position_embeddings = nn.Parameter(places)
    embeddings.image_size = embeddings.patch_embeddings.image_size = (height, width)
    embeddings.patch_embeddings.num_patches = grid[0] * grid[1]
    model.config.image_size = height if height == width else (height, width)
    _resize_processor(processor, height, width)


def _resize_processor(processor: BaseImageProcessor, height: int, width: int) -> None:
    exactly = {"height": height, "width": width}
    if not getattr(processor, "do_center_crop", False):
        processor.size = exactly
        return
    ratio = _before_crop(processor) / processor.crop_size["height"]
    if height == width:
        processor.size = {"shortest_edge": round(height * ratio)}
    else:
        processor.size = {"height": round(height * ratio), "width": round(width * ratio)}
    processor.crop_size = exactly


def _before_crop(processor: BaseImageProcessor) -> int:
    """Return the height in pixels that a picture is resized to before it is cropped."""
    return processor.size.get("shortest_edge") or processor.size["height"]
