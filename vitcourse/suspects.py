"""Four networks with a planted bug each, for an exercise: read it after you have solved it.

Taught in lesson 03.
"""

from collections.abc import Callable

import torch
from torch import nn

from vitcourse.vit import Output, VisionTransformer

BUGS = {"A": "order of tokens", "B": "eps", "C": "normalisation", "D": "qkv bias"}


def suspect(letter: str, model: VisionTransformer) -> Callable[..., Output]:
    """Break a model in one way; what comes back is called as the model is. The model must be a copy of yours.

    Args:
        letter: "A", "B", "C" or "D".
        model: Is changed in place.
    """
    if BUGS[letter] == "eps":
        for module in model.modules():
            if isinstance(module, nn.LayerNorm):
                module.eps = 1e-4
    if BUGS[letter] == "qkv bias":
        for block in model.blocks:
            nn.init.zeros_(block.attention.query.bias)
            nn.init.zeros_(block.attention.value.bias)
    if BUGS[letter] == "order of tokens":
        model.embeddings.patches.register_forward_hook(_column_by_column)
    if BUGS[letter] == "normalisation":
        mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
        std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
        return lambda pixel_values, **options: model((pixel_values / 2 + 0.5 - mean) / std, **options)
    return model


def _column_by_column(_: nn.Module, __: tuple, tokens: torch.Tensor) -> torch.Tensor:
    """Put patches (B, N, D) of a square grid in the order of columns."""
    side = int(tokens.shape[1] ** 0.5)
    return tokens.unflatten(1, (side, side)).transpose(1, 2).flatten(1, 2)
