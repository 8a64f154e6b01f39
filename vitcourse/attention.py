"""Who looks at whom: attention weights read from any of our models, and brought down to one map a picture.

Shapes: B images, L layers, H heads, T tokens, of which the first P are no patches (1, or 2 if distilled).

Taught in lesson 11.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from vitcourse import patches

_fused = nn.functional.scaled_dot_product_attention
MOST_TOKENS = 600  # written out, attention keeps B * H * T * T weights a layer for the way back


class AttentionError(RuntimeError):
    """A model's attention can't be read."""


class _Instead(TorchFunctionMode):
    """Calls another function in the place of the fused attention function."""

    def __init__(self, other: Callable[..., torch.Tensor]) -> None:
        super().__init__()
        self.other = other

    def __torch_function__(
        self, function: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        """Let every function through but the one."""
        return (self.other if function is _fused else function)(*args, **(kwargs or {}))


def attend(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Compute attention by its definition: `softmax(query @ key^T / sqrt(width)) @ value`.

    Vaswani et al., arXiv:1706.03762, equation 1; the arguments are those of torch's fused function.

    Args:
        query: (B, H, T, D / H).
        key: As query.
        value: As query.
        attn_mask: None: pictures need no mask.
        dropout_p: Share of the weights that are left out by chance.
        is_causal: False: every patch sees every other.
        scale: Factor of the scores; by default 1 / sqrt(D / H).

    Returns:
        The mixed values (B, H, T, D / H) and the weights (B, H, T, T), whose rows add up to 1.

    Raises:
        AttentionError: If there is a mask.

    Taught in lesson 11.
    """
    if attn_mask is not None or is_causal:
        raise AttentionError("got attention with a mask; expected a network for pictures, which has none")
    scores = query @ key.transpose(-2, -1) * (query.shape[-1] ** -0.5 if scale is None else scale)
    weights = scores.softmax(-1)  # (B, H, T, T)
    return nn.functional.dropout(weights, dropout_p) @ value, weights


@contextmanager
def recorded(model: nn.Module) -> Iterator[list[torch.Tensor]]:
    """Keep the attention weights of every forward pass inside the `with` block.

    While this model runs, attention is computed by its definition instead of the fused function. The logits
    change by rounding only (about 1e-6), gradients flow through the weights, and afterwards nothing of it is
    left in the model, whatever happened inside.

    Args:
        model: A ViT or DeiT of transformers or timm, or a `VisionTransformer` of the course.

    Yields:
        A list that holds, after each forward pass, the L tensors (B, H, T, T) of that pass. Row i says from
        where token i took its values; it adds up to 1.

    Raises:
        AttentionError: From the forward pass, if the model has no attention that can be read.

    Taught in lesson 11.
    """
    maps: list[torch.Tensor] = []

    def keeping(*args: Any, **kwargs: Any) -> torch.Tensor:
        result, weights = attend(*args, **kwargs)
        maps.append(weights)
        return result

    def check(module: nn.Module, inputs: Any, output: Any) -> None:
        if not maps and output is not None:
            raise AttentionError(
                f"got no attention from {type(module).__name__}; expected a Vision Transformer of "
                "transformers, of timm or of vitcourse.vit"
            )

    with ExitStack() as stack:
        _use_fused_function(model, stack)
        stack.callback(model.register_forward_pre_hook(lambda *_: maps.clear()).remove)
        _replace(model, keeping, stack)
        stack.callback(model.register_forward_hook(check, always_call=True).remove)
        yield maps


@contextmanager
def written_out(model: nn.Module) -> Iterator[None]:
    """Compute attention by its definition inside the `with` block, wherever that is quicker.

    That is in bf16 on a CPU: torch's fused function saves memory, not sums, and its way back takes twice as
    long as two products of matrices. The results are the same but for rounding.

    Args:
        model: As for `recorded`; a network without attention is left alone.

    Taught in lesson 12.
    """
    with ExitStack() as stack:
        _replace(model, _quicker, stack)
        yield


def _quicker(query: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
    short = query.shape[-2] <= MOST_TOKENS and kwargs.get("attn_mask") is None
    if short and query.dtype == torch.bfloat16 and query.device.type == "cpu":
        return attend(query, *args, **kwargs)[0]
    return _fused(query, *args, **kwargs)


def _replace(model: nn.Module, other: Callable[..., torch.Tensor], stack: ExitStack) -> None:
    """While this model runs, call another function in the place of torch's, until the stack is closed."""
    running: list[_Instead] = []

    def begin(*_: Any) -> None:
        running.append(_Instead(other))
        running[-1].__enter__()

    def end(*_: Any) -> None:
        running.pop().__exit__(None, None, None)

    stack.callback(model.register_forward_pre_hook(begin).remove)
    stack.callback(model.register_forward_hook(end, always_call=True).remove)


def _use_fused_function(model: nn.Module, stack: ExitStack) -> None:
    """Let a model call torch's fused attention function until the stack is closed."""
    implementation = getattr(getattr(model, "config", None), "_attn_implementation", None)
    if implementation not in (None, "sdpa") and hasattr(model, "set_attn_implementation"):
        stack.callback(model.set_attn_implementation, implementation)
        model.set_attn_implementation("sdpa")
    for module in model.modules():
        if getattr(module, "fused_attn", True) is False:  # timm's name for it
            stack.callback(setattr, module, "fused_attn", False)
            module.fused_attn = True


@torch.no_grad()
def read(model: nn.Module, pixel_values: torch.Tensor) -> torch.Tensor:
    """Return the attention of every layer and head: (B, L, H, T, T), without gradients.

    Args:
        model: As for `recorded`, in evaluation mode.
        pixel_values: (B, 3, height, width), on the model's device.

    Raises:
        AttentionError: If the model has no attention that can be read.

    Taught in lesson 11.
    """
    with recorded(model) as maps:
        model(pixel_values)
        return torch.stack(maps, 1)


def rollout(maps: torch.Tensor) -> torch.Tensor:
    """Follow attention down through the layers: how much of each input token reaches each output token.

    Abnar and Zuidema, arXiv:2005.00928, section 3: heads are averaged, and as each block adds its input to
    its output, half of every token stays where it is.

    Args:
        maps: (B, L, H, T, T), as `read` gives them.

    Returns:
        (B, T, T); rows add up to 1.

    Taught in lesson 11.
    """
    stays = torch.eye(maps.shape[-1], device=maps.device, dtype=maps.dtype)
    flow = stays
    for layer in maps.mean(2).unbind(1):  # each (B, T, T)
        flow = (0.5 * layer + 0.5 * stays) @ flow
    return flow


def weighted_rollout(maps: Sequence[torch.Tensor], gradients: Sequence[torch.Tensor]) -> torch.Tensor:
    """Follow only the attention that speaks for one class: weights times their gradients, if positive.

    Chefer et al., arXiv:2103.15679, equations 5 and 6.

    Args:
        maps: L tensors (B, H, T, T).
        gradients: Of the class's logit with respect to each of them.

    Returns:
        (B, T, T); rows do not add up to 1.

    Taught in lesson 11.
    """
    relevance = torch.eye(maps[0].shape[-1], device=maps[0].device, dtype=maps[0].dtype)
    for layer, gradient in zip(maps, gradients, strict=True):
        speaks_for = (layer * gradient).clamp(min=0).mean(1)  # (B, T, T)
        relevance = relevance + speaks_for @ relevance
    return relevance


def patch_grid(model: nn.Module, pixel_values: torch.Tensor) -> tuple[int, int]:
    """Return the rows and columns of patches that a model makes of its input.

    Args:
        model: As for `recorded`.
        pixel_values: (B, 3, height, width); only the size counts.

    Raises:
        ValueError: If the patches do not divide the picture.
        AttentionError: If the model does not begin with a convolution that cuts patches.

    Taught in lesson 11.
    """
    convolution = next((module for module in model.modules() if isinstance(module, nn.Conv2d)), None)
    if convolution is None or convolution.kernel_size != convolution.stride:
        raise AttentionError(f"got {type(model).__name__}; expected a network that begins by cutting patches")
    height, width = pixel_values.shape[-2:]
    return patches.grid(height, width, convolution.stride[0])


def patch_map(matrix: torch.Tensor, grid: tuple[int, int], token: int = 0) -> torch.Tensor:
    """Return one row of a matrix of tokens, that of a prefix token, as a map over the patches.

    Args:
        matrix: (..., T, T): attention, or a rollout of it.
        grid: Rows and columns of patches.
        token: 0 for the class token, 1 for the distillation token.

    Returns:
        (..., rows, columns), the prefix tokens left out.

    Raises:
        ValueError: If there is no such token.

    Taught in lesson 11.
    """
    num_prefix = matrix.shape[-1] - grid[0] * grid[1]
    if not 0 <= token < num_prefix:
        raise ValueError(
            f"token is {token} and there are {max(num_prefix, 0)} prefix tokens before {grid[0]} x {grid[1]} "
            "patches; expected 0 for the class token, or 1 for the distillation token of a distilled model"
        )
    return matrix[..., token, num_prefix:].unflatten(-1, grid)
