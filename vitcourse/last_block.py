"""The last block of a network, for the tokens that its head reads: all that it says of the others is lost.

Taught in lesson 12.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from vitcourse import models

_PARTS = ("attention", "mlp", "layernorm_before", "layernorm_after", "dropout")


@contextmanager
def shortened(model: nn.Module) -> Iterator[None]:
    """Inside the `with` block, let the last block work for the class token (and distillation token) alone.

    Logits and gradients are the same but for rounding: a head reads one token of 197, so the last block's
    queries, its MLP and their way back are needed for that one. Keys and values are those of all tokens.

    Args:
        model: A ViT or DeiT of transformers with its head; another network is left alone.

    Taught in lesson 12.
    """
    block = _shorten(model)
    try:
        yield
    finally:
        if block is not None:
            del block.forward


def short_twin(model: nn.Module) -> nn.Module:
    """Return a network with the same weights, in evaluation mode, that is always `shortened`.

    Taught in lesson 12.
    """
    twin = models.twin(model).eval()
    _shorten(twin)
    return twin


def _shorten(model: nn.Module) -> nn.Module | None:
    """Change the last block of a model, and return it; None if it stays as it is."""
    blocks = getattr(getattr(model, "base_model", model), "layers", None)
    prefix = len(models.heads(model))
    if not prefix or not blocks or not all(hasattr(blocks[-1], part) for part in _PARTS):
        return None
    blocks[-1].forward = functools.partial(_forward, blocks[-1], prefix)
    return blocks[-1]


def _forward(block: nn.Module, prefix: int, hidden_states: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
    """Return the first tokens (B, prefix, D) of what the block makes of all tokens (B, T, D)."""
    attention, kept = block.attention, hidden_states[:, :prefix]
    normed = block.layernorm_before(hidden_states)
    inputs = ((attention.q_proj, normed[:, :prefix]), (attention.k_proj, normed), (attention.v_proj, normed))
    query, key, value = (
        linear(tokens).unflatten(-1, (-1, attention.head_dim)).transpose(1, 2) for linear, tokens in inputs
    )  # (B, H, T, D / H)
    dropout = attention.attention_dropout if block.training else 0.0
    mixed = functional.scaled_dot_product_attention(
        query, key, value, dropout_p=dropout, scale=attention.scaling
    )
    kept = block.dropout(attention.o_proj(mixed.transpose(1, 2).flatten(2))) + kept
    return block.dropout(block.mlp(block.layernorm_after(kept))) + kept
