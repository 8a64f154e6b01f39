"""Attention heads that can go: which matter least, a model without them, and how to check that.

Taught in lesson 12.
"""

import contextlib
import copy
from collections.abc import Iterable, Iterator

import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedModel


@contextlib.contextmanager
def gated(model: PreTrainedModel, gates: torch.Tensor) -> Iterator[None]:
    """Multiply what each head gives by a number while the context lasts: 1 changes nothing, 0 masks.

    Args:
        model: A ViT or DeiT of transformers.
        gates: (layers, heads), or (B, layers, heads) for each picture of a batch its own.

    Raises:
        ValueError: If the model has other heads.

    Taught in lesson 12.
    """
    attentions = _attentions(model)
    expected = (len(attentions), attentions[0].num_attention_heads)
    if tuple(gates.shape[-2:]) != expected:
        sizes = ", ".join(map(str, expected))
        raise ValueError(f"gates is {tuple(gates.shape)}; expected (..., layers, heads) = (..., {sizes})")

    def gate(layer: int) -> object:
        def hook(_: nn.Module, inputs: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
            by_head = inputs[0].unflatten(-1, (expected[1], -1))  # (B, N, H, D/H)
            return ((by_head * gates[..., layer, :].unsqueeze(-2).unsqueeze(-1)).flatten(-2),)

        return hook

    handles = [a.o_proj.register_forward_pre_hook(gate(i)) for i, a in enumerate(attentions)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def importance(model: PreTrainedModel, batches: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
    """Return how much the loss would change if a head's gate moved: mean absolute gradient (layers, heads).

    Michel et al., *Are Sixteen Heads Really Better than One?*, arXiv:1905.10650, section 4.1; each layer is
    divided by its norm, as they do.

    Args:
        model: A ViT or DeiT of transformers.
        batches: `pixel_values` (B, 3, H, W) and labels (B,), none of them test photos.

    Taught in lesson 12.
    """
    attentions = _attentions(model)
    total = torch.zeros(len(attentions), attentions[0].num_attention_heads, device=model.device)
    for pixel_values, labels in batches:
        gates = torch.ones(len(labels), *total.shape, device=model.device, requires_grad=True)
        with gated(model, gates):
            logits = model(pixel_values=pixel_values.to(model.device)).logits  # (B, C)
        loss = functional.cross_entropy(logits, labels.to(model.device), reduction="sum")
        total += torch.autograd.grad(loss, gates)[0].abs().sum(0)
    return functional.normalize(total, dim=-1).cpu()


def weakest(scores: torch.Tensor, number: int) -> dict[int, list[int]]:
    """Return the heads with the lowest scores, by layer; each layer keeps its best head.

    Args:
        scores: (layers, heads).
        number: How many heads.

    Raises:
        ValueError: If that many cannot go.

    Taught in lesson 12.
    """
    layers, heads = scores.shape
    if not 0 <= number <= layers * (heads - 1):
        raise ValueError(f"number is {number}; expected 0 to {layers * (heads - 1)}: each layer keeps a head")
    scores = scores.clone()
    scores[torch.arange(layers), scores.argmax(-1)] = torch.inf
    found: dict[int, list[int]] = {}
    for index in scores.flatten().argsort()[:number].tolist():
        found.setdefault(index // heads, []).append(index % heads)
    return {layer: sorted(found[layer]) for layer in sorted(found)}


def prune(model: PreTrainedModel, heads: dict[int, list[int]]) -> PreTrainedModel:
    """Return a copy without these heads: query, key, value and output matrices are really smaller.

    Its configuration has one number of heads for all layers, and cannot describe it: keep it by
    `vitcourse.export.to_onnx` or `torch.save`, not by `save_pretrained`.

    Args:
        model: A ViT or DeiT of transformers.
        heads: By layer, the heads that go, each counted from 0.

    Raises:
        ValueError: If there is no such head, or a layer would keep none.

    Taught in lesson 12.
    """
    pruned = copy.deepcopy(model)
    attentions = _attentions(pruned)
    for layer, gone in heads.items():
        count = attentions[layer].num_attention_heads if 0 <= layer < len(attentions) else 0
        kept = [head for head in range(count) if head not in gone]
        if not set(gone) <= set(range(count)) or not kept:
            raise ValueError(
                f"heads {list(gone)} of layer {layer} cannot go; it has {count}, and keeps one or more"
            )
        _keep(attentions[layer], kept)
    return pruned


def mask(model: PreTrainedModel, heads: dict[int, list[int]]) -> torch.Tensor:
    """Return gates (layers, heads) that are 0 for these heads and 1 for the others: for `gated`.

    Taught in lesson 12.
    """
    attentions = _attentions(model)
    gates = torch.ones(len(attentions), attentions[0].num_attention_heads, device=model.device)
    for layer, gone in heads.items():
        gates[layer, gone] = 0
    return gates


def _keep(attention: nn.Module, heads: list[int]) -> None:
    """Shrink one attention layer to some of its heads."""
    size = attention.head_dim
    rows = torch.cat([torch.arange(head * size, (head + 1) * size) for head in heads])
    for name in ("q_proj", "k_proj", "v_proj"):
        old = getattr(attention, name)
        bias = None if old.bias is None else old.bias[rows]
        setattr(attention, name, _linear(old.weight[rows], bias))
    attention.o_proj = _linear(attention.o_proj.weight[:, rows], attention.o_proj.bias)
    attention.num_attention_heads = len(heads)


def _linear(weight: torch.Tensor, bias: torch.Tensor | None) -> nn.Linear:
    layer = nn.Linear(
        weight.shape[1], weight.shape[0], bias is not None, device=weight.device, dtype=weight.dtype
    )
    layer.load_state_dict({"weight": weight} if bias is None else {"weight": weight, "bias": bias})
    return layer


def _attentions(model: PreTrainedModel) -> list[nn.Module]:
    layers = getattr(getattr(model, "base_model", None), "layers", None)
    if layers is None:
        raise ValueError(f"the model is a {type(model).__name__}; expected a ViT or DeiT of transformers")
    return [layer.attention for layer in layers]
