"""Checks of lesson 02, a Vision Transformer from scratch."""

from typing import Any

import torch
from torch import nn

from vitcourse import variants
from vitcourse.exercises import Wrong, call, number
from vitcourse.vit import Attention, VisionTransformer


def exercise_1(answer: Any) -> None:
    """`count` has all it needs: image size, patch size, width, depth; heads add no parameters.

    Look at the signature of `count` and pass the image size, 224, the patch size, 16, then the width and the
    depth from the question. What else the question names takes no part: heads only share out the width.
    """
    with torch.device("meta"):
        expected = _parameters(VisionTransformer(embed_dim=1024, depth=24, num_heads=16))
    got = number(answer)
    if got != expected:
        raise Wrong(f"got {got:,.0f}, expected some {expected // 10**6} million; D = 1024, and 24 blocks")


def exercise_2(answer: Any) -> None:
    """Give VisionTransformer its width, heads, image size and distilled=True; depth and patches stay.

    Four arguments are not the defaults: `image_size`, `embed_dim`, `num_heads` and `distilled`. Make it
    inside the `with torch.device("meta")` block. For the tokens: patches along an edge, squared, plus the two
    that hold no pixels.
    """
    expected = variants.get("deit-base-distilled-384")
    if not isinstance(answer, nn.Module):
        raise Wrong(f"got {type(answer).__name__}, expected a VisionTransformer")
    if _parameters(answer) != expected.num_parameters:
        raise Wrong(
            f"got {_parameters(answer):,} parameters, expected {expected.num_parameters:,}; "
            "is it distilled, and does it take 384 pixels?"
        )
    heads = {module.num_heads for module in answer.modules() if hasattr(module, "num_heads")}
    if heads != {expected.num_heads}:
        raise Wrong(f"got {heads} heads, expected {expected.num_heads}; they do not show in the count")


def exercise_3(answer: Any) -> None:
    """Concatenate the three weights, and the three biases, and copy them into nn.Linear(D, 3 * D).

    Three steps: make `nn.Linear(D, 3 * D)`; join the three weights with `torch.cat` along dimension 0, which
    is the output; copy them in under `torch.no_grad()`, for instance with `layer.weight.copy_(...)`. Then the
    same for the biases.
    """
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        attention = Attention(embed_dim=24, num_heads=3)
        for parameter in attention.parameters():
            nn.init.normal_(parameter, generator=generator)
        tokens = torch.randn(2, 5, 24, generator=generator)  # (B, N, D)
        layers = (attention.query, attention.key, attention.value)
        expected = torch.cat([layer(tokens) for layer in layers], dim=-1)  # (B, N, 3 * D)
        layer = call(answer, attention)
        if not isinstance(layer, nn.Linear):
            raise Wrong(f"got a function that returns {type(layer).__name__}, expected one nn.Linear")
        if tuple(layer.weight.shape) != (3 * 24, 24):
            raise Wrong(f"got a weight {tuple(layer.weight.shape)} for D = 24, expected (72, 24), (3D, D)")
        got = layer.float().cpu()(tokens)
    if not torch.allclose(got, expected, atol=1e-4):
        raise Wrong("got other numbers, expected query, key and value in this order; are the biases there?")


def _parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())
