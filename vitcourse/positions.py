"""Position embeddings for another resolution than the one they were trained at.

Taught in lesson 10.
"""

import torch
from torch import nn
from torch.nn import functional
from transformers import BaseImageProcessor, PreTrainedModel


def interpolate(embeddings: torch.Tensor, grid: tuple[int, int], num_prefix: int = 1) -> torch.Tensor:
    """Resize the part of position embeddings that belongs to patches, bicubic, and keep the rest.

    Args:
        embeddings: (1, P + N, D), trained on a square grid of N patches.
        grid: Height and width of the new grid, in patches.
        num_prefix: P: 1 with a class token, 2 with a distillation token besides.

    Returns:
        (1, P + height * width, D). Touvron et al., arXiv:2012.12877, section 3: bicubic nearly keeps the
        norm of the vectors, bilinear shrinks it.

    Raises:
        ValueError: If N is not a square number.
    """
    prefix, patches = embeddings[:, :num_prefix], embeddings[:, num_prefix:]
    side = int(patches.shape[1] ** 0.5)
    if side * side != patches.shape[1]:
        raise ValueError(
            f"{patches.shape[1]} patch positions after {num_prefix} prefix tokens; expected a square number, "
            "such as 196. Is num_prefix 2, for a distilled model?"
        )
    square = patches.unflatten(1, (side, side)).permute(0, 3, 1, 2)  # (1, D, side, side)
    resized = functional.interpolate(square, size=grid, mode="bicubic", align_corners=False)
    return torch.cat([prefix, resized.flatten(2).transpose(1, 2)], dim=1)


def resize(model: PreTrainedModel, processor: BaseImageProcessor, image_size: int) -> None:
    """Make a model and its processor take square images of another size, in place.

    A transformer's position embeddings are interpolated. The processor crops the same share as before.

    Args:
        model: A ViT or DeiT of transformers, or a wrapped timm network without position embeddings.
        processor: Its image processor.
        image_size: Height and width in pixels.

    Raises:
        ValueError: If the size is no multiple of the patch size, or the network has positions of timm's kind.

    Taught in lesson 10.
    """
    if hasattr(model, "timm_model"):
        if hasattr(model.timm_model, "pos_embed"):
            raise ValueError(
                f"image_size is {image_size}, but timm's transformers take another size only when created, "
                "with img_size=; expected a convolutional network, or a ViT or DeiT of transformers"
            )
        processor.data_config["input_size"] = (3, image_size, image_size)
        return
    patch_size = model.config.patch_size
    if image_size % patch_size:
        raise ValueError(f"image_size is {image_size}; expected a multiple of the patch size, {patch_size}")
    embeddings = model.base_model.embeddings
    num_prefix = 2 if hasattr(embeddings, "distillation_token") else 1
    side = image_size // patch_size
    places = interpolate(embeddings.position_embeddings.data, (side, side), num_prefix)
    embeddings.position_embeddings = nn.Parameter(places)
    embeddings.image_size = embeddings.patch_embeddings.image_size = (image_size, image_size)
    embeddings.patch_embeddings.num_patches = side * side
    model.config.image_size = image_size
    _resize_processor(processor, image_size)


def _resize_processor(processor: BaseImageProcessor, image_size: int) -> None:
    square = {"height": image_size, "width": image_size}
    if getattr(processor, "do_center_crop", False):
        ratio = processor.size["shortest_edge"] / processor.crop_size["height"]
        processor.size, processor.crop_size = {"shortest_edge": round(image_size * ratio)}, square
    else:
        processor.size = square
