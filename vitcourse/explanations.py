"""Maps over the patches that say why a model gave a class its score; five methods with one signature.

Each takes the model (in evaluation mode), `pixel_values` (B, 3, height, width), `target` (B,), the class to
explain, and `token`: 0 for the class token and its head, 1 for the distillation token and its head. Each
returns (B, rows, columns), higher where a patch matters more.

Taught in lesson 11.
"""

import copy
from collections.abc import Callable

import torch
from captum.attr import IntegratedGradients, Occlusion
from torch import nn

from vitcourse import attention, models

_AT_ONCE = 64  # pictures in a forward pass


def head_logits(model: nn.Module, pixel_values: torch.Tensor, token: int = 0) -> torch.Tensor:
    """Return the logits (B, C) that one token's head gives; a model with one head gives its own.

    timm's distilled models only give the mean of both heads: that is their token 0.

    Raises:
        ValueError: If the model gives no such head.

    Taught in lesson 11.
    """
    heads = models.logits_by_head(model(pixel_values))
    if token not in range(len(heads)):
        raise ValueError(
            f"token is {token}, and {type(model).__name__} gives logits by {len(heads)} head(s); expected "
            f"0 to {len(heads) - 1}"
        )
    return heads[token]


def probability(
    model: nn.Module, target: torch.Tensor, token: int = 0
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the function that `faithfulness.curve` asks: pictures to the probability of the target (B,).

    Args:
        model: In evaluation mode; no gradients are kept.
        target: (B,), a class for each picture.
        token: Whose head is asked.

    Taught in lesson 11.
    """

    @torch.no_grad()
    def of_target(pixel_values: torch.Tensor) -> torch.Tensor:
        logits = head_logits(model, pixel_values, token)
        return logits.softmax(-1).gather(1, target[:, None])[:, 0]

    return of_target


def last_layer(
    model: nn.Module, pixel_values: torch.Tensor, target: torch.Tensor, token: int = 0
) -> torch.Tensor:
    """Return the token's attention in the last layer, the mean of its heads, whatever the target.

    Taught in lesson 11.
    """
    maps = attention.read(model, pixel_values)
    return attention.patch_map(maps[:, -1].mean(1), attention.patch_grid(model, pixel_values), token)


def rollout(
    model: nn.Module, pixel_values: torch.Tensor, target: torch.Tensor, token: int = 0
) -> torch.Tensor:
    """Return attention followed through all layers (`attention.rollout`), whatever the target.

    Taught in lesson 11.
    """
    flow = attention.rollout(attention.read(model, pixel_values))
    return attention.patch_map(flow, attention.patch_grid(model, pixel_values), token)


def gradient_weighted(
    model: nn.Module, pixel_values: torch.Tensor, target: torch.Tensor, token: int = 0
) -> torch.Tensor:
    """Return attention that speaks for the target, followed down the layers (`attention.weighted_rollout`).

    Taught in lesson 11.
    """
    pixel_values, target = pixel_values.detach().clone(), target.clone()  # made under inference_mode, perhaps
    pixel_values.requires_grad_()  # also where every weight is frozen
    with torch.enable_grad(), attention.recorded(model) as maps:
        score = head_logits(model, pixel_values, token).gather(1, target[:, None]).sum()
        gradients = torch.autograd.grad(score, maps, allow_unused=True, materialize_grads=True)
    relevance = attention.weighted_rollout([layer.detach() for layer in maps], gradients)
    return attention.patch_map(relevance, attention.patch_grid(model, pixel_values), token)


@torch.no_grad()
def occlusion(
    model: nn.Module, pixel_values: torch.Tensor, target: torch.Tensor, token: int = 0
) -> torch.Tensor:
    """Return how far the target's logit falls, in nats, when a window of 2 x 2 patches is painted grey.

    Zeiler and Fergus, arXiv:1311.2901, section 4.2, by captum; the windows overlap by half, and a patch gets
    the mean over its windows. Grey is the mean colour that the preprocessing subtracts.

    Taught in lesson 11.
    """
    rows, _ = attention.patch_grid(model, pixel_values)
    patch_size = pixel_values.shape[-2] // rows
    falls = Occlusion(lambda pictures: head_logits(model, pictures, token)).attribute(
        pixel_values,
        sliding_window_shapes=(3, 2 * patch_size, 2 * patch_size),
        strides=(3, patch_size, patch_size),
        target=target,
        perturbations_per_eval=max(1, _AT_ONCE // len(pixel_values)),
    )
    return nn.functional.avg_pool2d(falls.mean(1), patch_size)


def integrated_gradients(
    model: nn.Module, pixel_values: torch.Tensor, target: torch.Tensor, token: int = 0, steps: int = 24
) -> torch.Tensor:
    """Return the share of each patch in the target's logit, in nats, against a grey picture.

    Sundararajan et al., arXiv:1703.01365, by captum. The map adds up to the logit of the picture minus that
    of the grey one ("completeness"), the closer the more steps.

    Taught in lesson 11.
    """
    rows, _ = attention.patch_grid(model, pixel_values)
    pixel_values, target = pixel_values.clone(), target.clone()  # made under inference_mode, perhaps
    shares = IntegratedGradients(lambda pictures: head_logits(model, pictures, token)).attribute(
        pixel_values, target=target, n_steps=steps, internal_batch_size=_AT_ONCE
    )
    patch_size = pixel_values.shape[-2] // rows
    sums = nn.functional.avg_pool2d(shares.sum(1), patch_size, divisor_override=1)
    return sums.to(pixel_values.dtype).detach()


Method = Callable[[nn.Module, torch.Tensor, torch.Tensor, int], torch.Tensor]
METHODS: dict[str, Method] = {
    "attention, last layer": last_layer,
    "rollout": rollout,
    "gradient-weighted": gradient_weighted,
    "occlusion": occlusion,
    "integrated gradients": integrated_gradients,
}


def shuffled(model: nn.Module, layers: int | None = None, seed: int = 0) -> nn.Module:
    """Return a copy of a model that has forgotten all: the numbers of each weight in another order.

    The randomised-weights check of Adebayo et al., arXiv:1810.03292, section 3: a map that shows what a model
    has learnt can't stay the same. Shuffling keeps the size of the weights, which new random ones do not.

    Args:
        model: Any model of the course.
        layers: How many layers to shuffle, from the last one (with the head) down; None for all.
        seed: Of the order.

    Taught in lesson 11.
    """
    forgotten = copy.deepcopy(model)
    generator = torch.Generator().manual_seed(seed)
    below_top = models.layers_below_top(forgotten)
    for name, parameter in forgotten.named_parameters():
        if layers is None or below_top[name] < layers:
            order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
            parameter.data = parameter.data.flatten()[order].view_as(parameter)
    return forgotten
