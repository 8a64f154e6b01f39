"""Fine-tuning with Accelerate: one loop for CPU, GPU and MPS, used by every lesson that trains.

Taught in lesson 06.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import set_seed
from timm.optim import create_optimizer_v2
from torch import nn
from torch.nn import functional
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import DataLoader
from tqdm.auto import tqdm
from transformers import get_cosine_schedule_with_warmup
from transformers.utils import ModelOutput

from vitcourse import devices, models


@dataclass(frozen=True)
class Recipe:
    """How to fine-tune.

    Attributes:
        epochs: Passes over the training photos.
        learning_rate: The highest one, reached after warm-up.
        head_factor: How many times faster the head learns than what stands before it; 1 for random weights.
        optimizer: "adamw", "muon", or another name that timm's `create_optimizer_v2` knows.
        weight_decay: On the weights of linear and convolution layers only.
        warmup: Share of all steps in which the learning rate rises from 0; then it falls as a cosine to 0.
        max_grad_norm: Gradients are scaled down to this global norm.
        label_smoothing: Share of the target given to all classes alike; 0 for multi-label targets.
        gradient_accumulation_steps: Batches whose gradients are averaged before a step.
        mixed_precision: "no", "bf16", "fp16", or "auto" for what suits the device.
        seed: Seeds the order of the photos, their augmentation and dropout.
    """

    epochs: int = 12
    learning_rate: float = 1e-4
    head_factor: float = 10.0
    optimizer: str = "adamw"
    weight_decay: float = 0.05
    warmup: float = 0.1
    max_grad_norm: float = 1.0
    label_smoothing: float = 0.1
    gradient_accumulation_steps: int = 1
    mixed_precision: str = "auto"
    seed: int = 0


def classification_loss(output: ModelOutput, batch: dict[str, torch.Tensor], recipe: Recipe) -> torch.Tensor:
    """Return the loss that `fit` lowers unless told otherwise: `loss_function` of logits and labels."""
    return loss_function(output.logits, batch["labels"], recipe.label_smoothing)


def fit(
    model: nn.Module,
    loaders: dict[str, DataLoader],
    recipe: Recipe,
    loss_of: Callable[[ModelOutput, dict[str, torch.Tensor], Recipe], torch.Tensor] = classification_loss,
) -> list[dict[str, float]]:
    """Fine-tune a model in place.

    Args:
        model: Takes `pixel_values` (B, 3, H, W) and returns an object with `logits` (B, C).
        loaders: "train" and "validation", each giving batches of `pixel_values` and `labels`.
        recipe: How to train.
        loss_of: The loss of a training batch, from the model's output, the batch and the recipe.

    Returns:
        A row an epoch: epoch (from 1), train_loss, validation_loss, validation_accuracy, learning_rate (at
        its end) and seconds. The model is left in evaluation mode, in fp32, on the device it was trained on.

    Taught in lesson 06.
    """
    accelerator = start(recipe)
    optimizer, scheduler = optimizer_and_schedule(model, len(loaders["train"]), recipe)
    prepared = accelerator.prepare(model, optimizer, scheduler, loaders["train"], loaders["validation"])
    network, optimizer, scheduler, train, validation = prepared
    history = []
    epochs = tqdm(range(1, recipe.epochs + 1), "epochs", leave=False, disable=not accelerator.is_main_process)
    for epoch in epochs:
        began = time.perf_counter()
        train_loss = train_one_epoch(accelerator, network, train, optimizer, scheduler, recipe, loss_of)
        scores = score(*predict(accelerator, network, validation))
        history.append(
            {
                "epoch": epoch,
                "train_loss": train_loss,
                "validation_loss": scores["loss"],
                "validation_accuracy": scores["accuracy"],
                "learning_rate": scheduler.get_last_lr()[0],
                "seconds": time.perf_counter() - began,
            }
        )
        epochs.set_postfix(train_loss=train_loss, validation_accuracy=scores["accuracy"])
    accelerator.unwrap_model(network, keep_fp32_wrapper=False)
    return history


def start(recipe: Recipe) -> Accelerator:
    """Seed everything and return an `Accelerator` in the recipe's precision, on the best device there is.

    Raises:
        ValueError: If the precision is none that Accelerate knows, or the device cannot do it.
    """
    set_seed(recipe.seed)
    # Accelerate keeps the first precision for the life of the process; a notebook may train in several.
    AcceleratorState._reset_state()
    precision = recipe.mixed_precision
    return Accelerator(
        mixed_precision=devices.mixed_precision() if precision == "auto" else precision,
        gradient_accumulation_steps=recipe.gradient_accumulation_steps,
    )


def optimizer_and_schedule(
    model: nn.Module, batches_per_epoch: int, recipe: Recipe
) -> tuple[Optimizer, LRScheduler]:
    """Return the optimizer and its schedule: warm-up, then a cosine to 0, one step a weight update."""
    steps = recipe.epochs * math.ceil(batches_per_epoch / recipe.gradient_accumulation_steps)
    groups = parameter_groups(model, recipe)
    optimizer = create_optimizer_v2(groups, recipe.optimizer, lr=recipe.learning_rate)
    return optimizer, get_cosine_schedule_with_warmup(optimizer, round(recipe.warmup * steps), steps)


def parameter_groups(model: nn.Module, recipe: Recipe) -> list[dict]:
    """Split trainable parameters in four groups: backbone and head, decayed and not.

    Weight matrices decay. Biases, normalisation weights, position embeddings and the class and distillation
    tokens do not, as in timm's `param_groups_weight_decay` for DeiT. A new head knows nothing yet and learns
    `head_factor` times faster than the backbone, which would forget.

    Taught in lesson 06.
    """
    heads = tuple(models.heads(model))
    groups = [
        {"params": [], "weight_decay": decay, "lr": rate}
        for rate in (recipe.learning_rate, recipe.learning_rate * recipe.head_factor)
        for decay in (recipe.weight_decay, 0.0)
    ]
    for name, parameter in model.named_parameters():
        is_matrix = name.endswith("weight") and parameter.ndim > 1
        if parameter.requires_grad:
            groups[2 * name.startswith(heads) + (not is_matrix)]["params"].append(parameter)
    return [group for group in groups if group["params"]]


def train_one_epoch(
    accelerator: Accelerator,
    model: nn.Module,
    loader: DataLoader,
    optimizer: Optimizer,
    scheduler: LRScheduler,
    recipe: Recipe,
    loss_of: Callable[[ModelOutput, dict[str, torch.Tensor], Recipe], torch.Tensor] = classification_loss,
) -> float:
    """Train on each photo once and return the mean loss.

    Taught in lesson 06.
    """
    model.train()
    total, count = 0.0, 0
    for batch in loader:
        with accelerator.accumulate(model):
            loss = loss_of(model(pixel_values=batch["pixel_values"]), batch, recipe)
            accelerator.backward(loss)
            if accelerator.sync_gradients:
                accelerator.clip_grad_norm_(model.parameters(), recipe.max_grad_norm)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
        total += loss.item() * len(batch["labels"])
        count += len(batch["labels"])
    return total / count


def loss_function(logits: torch.Tensor, labels: torch.Tensor, label_smoothing: float = 0.0) -> torch.Tensor:
    """Return the mean loss of a batch: cross-entropy, or binary cross-entropy for multi-hot labels.

    Args:
        logits: (B, C).
        labels: (B,) int64, or (B, C) float32 where several labels can be true.
        label_smoothing: Share of the target given to all classes alike; cross-entropy only.
    """
    if labels.ndim == 2:
        return functional.binary_cross_entropy_with_logits(logits, labels)
    return functional.cross_entropy(logits, labels, label_smoothing=label_smoothing)


def predict(
    accelerator: Accelerator, model: nn.Module, loader: DataLoader
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return logits (N, C) in fp32 and labels, on the CPU, each photo once, in the loader's order.

    Leaves the model in evaluation mode.

    Taught in lesson 06.
    """
    model.eval()
    results = []
    for batch in loader:
        with torch.inference_mode(), accelerator.autocast():
            logits = model(pixel_values=batch["pixel_values"]).logits  # (B, C)
        gathered = accelerator.gather_for_metrics((logits, batch["labels"]))
        results.append([tensor.cpu() for tensor in gathered])
    logits, labels = (torch.cat(parts) for parts in zip(*results, strict=True))
    return logits.float(), labels


def score(logits: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    """Return the mean `loss` and the `accuracy`, a share from 0 to 1.

    With multi-hot labels, a photo counts as right when every label is (exact match, threshold 0.5).
    """
    right = logits.argmax(-1) == labels if labels.ndim == 1 else ((logits > 0) == (labels > 0)).all(-1)
    return {"loss": loss_function(logits, labels).item(), "accuracy": right.float().mean().item()}
