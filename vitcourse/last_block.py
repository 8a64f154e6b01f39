"""The last block of a network, for the tokens that its head reads: all that it says of the others is lost.

Taught in lesson 12.
"""

from collections.abc import Iterator
from contextlib import contextmanager

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
    blocks = getattr(getattr(model, "base_model", model), "layers", None)
    prefix = len(models.heads(model))
    if not prefix or not blocks or not all(hasattr(blocks[-1], part) for part in _PARTS):
        yield
        return
    block = blocks[-1]
    block.forward = lambda hidden_states, *_, **__: _forward(block, hidden_states, prefix)
    try:
        yield
    finally:
        del block.forward


def _forward(block: nn.Module, hidden_states: torch.Tensor, prefix: int) -> torch.Tensor:
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
