"""Losses that weigh the classes, for photo sets in which some classes are rarer than others.

Taught in lesson 07.
"""

from collections.abc import Callable

import torch
from torch.nn import functional
from transformers.utils import ModelOutput

from vitcourse.recipe import Recipe

LossOf = Callable[[ModelOutput, dict[str, torch.Tensor], Recipe], torch.Tensor]


def class_weights(labels: torch.Tensor, num_classes: int | None = None) -> torch.Tensor:
    """Return a weight for each class (C,), float32, that makes rare classes count as much as common ones.

    One label a photo: N / (C n_c), as scikit-learn's "balanced". Several: negatives / positives of each
    class, for the `pos_weight` of binary cross-entropy.

    Args:
        labels: Of the training photos alone: (N,) int64, or (N, C) multi-hot.
        num_classes: C; needed for labels (N,) if the last class may be without a photo.

    Raises:
        ValueError: If the labels are neither, or a class has no photo (or, multi-hot, is on every photo).

    Taught in lesson 07.
    """
    labels = torch.as_tensor(labels)
    if labels.ndim == 1 and len(labels) and not labels.is_floating_point():
        counts = torch.bincount(labels, minlength=num_classes or 0)  # (C,)
        _no_empty_class(counts, "has no photo")
        return len(labels) / (len(counts) * counts.float())
    if labels.ndim == 2 and len(labels) and bool(((labels == 0) | (labels == 1)).all()):
        positives = labels.float().sum(0)  # (C,)
        _no_empty_class(positives, "has no photo")
        _no_empty_class(len(labels) - positives, "is on every photo")
        return (len(labels) - positives) / positives
    raise ValueError(
        f"labels are {labels.dtype} {tuple(labels.shape)}; expected class indices (N,) of whole numbers, "
        "or multi-hot (N, C) of zeros and ones, and at least one photo"
    )


def weighted_loss(weights: torch.Tensor) -> LossOf:
    """Return a loss for `training.fit` in which each class has a weight.

    Cross-entropy with `weight` for labels (B,), with the recipe's label smoothing; binary cross-entropy with
    `pos_weight` for labels (B, C), which takes none.

    Args:
        weights: (C,), such as `class_weights` returns.

    Raises:
        ValueError: If the weights are not (C,), finite and above 0.

    Taught in lesson 07.
    """
    weights = torch.as_tensor(weights, dtype=torch.float32)
    if weights.ndim != 1 or not bool((weights.isfinite() & (weights > 0)).all()):
        raise ValueError(f"got weights {weights.tolist()}; expected one for each class, finite and above 0")

    def loss_of(output: ModelOutput, batch: dict[str, torch.Tensor], recipe: Recipe) -> torch.Tensor:
        logits, labels = output.logits, batch["labels"]
        own = weights.to(logits.device)
        if labels.ndim == 2:
            return functional.binary_cross_entropy_with_logits(logits, labels, pos_weight=own)
        return functional.cross_entropy(logits, labels, own, label_smoothing=recipe.label_smoothing)

    return loss_of


def mixed_loss(output: ModelOutput, batch: dict[str, torch.Tensor], recipe: Recipe) -> torch.Tensor:
    """Return the cross-entropy with labels (B, C) that mixup and cutmix have softened."""
    return functional.cross_entropy(output.logits, batch["labels"])


def _no_empty_class(counts: torch.Tensor, problem: str) -> None:
    """Refuse a class that was counted zero times: its weight would be 0 or infinite."""
    empty = (counts == 0).nonzero().flatten().tolist()
    if empty:
        raise ValueError(
            f"class {', '.join(map(str, empty))} of 0 to {len(counts) - 1} {problem}; expected every class "
            "on some photos and missing on others. Check the labels and the split, or leave the class out."
        )
