"""Fine-tuning with Accelerate: one loop for CPU, GPU and MPS, used by every lesson that trains.

Taught in lesson 06.
"""

import importlib.util
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import DataLoaderConfiguration, set_seed
from sklearn.metrics import f1_score
from timm.optim import create_optimizer_v2
from torch import nn
from torch.nn import functional
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import DataLoader
from transformers import get_scheduler
from transformers.utils import ModelOutput

from vitcourse import devices, models
from vitcourse.progress import Progress
from vitcourse.recipe import Recipe


def classification_loss(output: ModelOutput, batch: dict[str, torch.Tensor], recipe: Recipe) -> torch.Tensor:
    """Return the loss that `fit` lowers unless told otherwise: `loss_function` of logits and labels."""
    return loss_function(output.logits, batch["labels"], recipe.label_smoothing)


def fit(
    model: nn.Module,
    loaders: dict[str, DataLoader],
    recipe: Recipe,
    loss_of: Callable[[ModelOutput, dict[str, torch.Tensor], Recipe], torch.Tensor] = classification_loss,
    folder: str | Path | None = None,
) -> list[dict[str, float]]:
    """Fine-tune a model in place.

    Args:
        model: Takes `pixel_values` (B, 3, H, W) and returns an object with `logits` (B, C).
        loaders: "train" and "validation", each giving batches of `pixel_values` and `labels`.
        recipe: How to train.
        loss_of: The loss of a training batch, from the model's output, the batch and the recipe.
        folder: Where a checkpoint is kept after each epoch; if there are some, training goes on from the
            newest. None to keep none.

    Returns:
        A row an epoch: epoch (from 1), train_loss, validation_loss, validation_accuracy, validation_f1_macro,
        learning_rate (the highest, which is the head's, at the epoch's end) and seconds. The model is left in
        evaluation mode, in fp32, on the device it was trained on.

    Raises:
        FloatingPointError: If the training loss becomes nan or infinite.
        StorageError: If a checkpoint cannot be written.

    Taught in lesson 06.
    """
    accelerator = start(recipe, folder)
    optimizer, scheduler = optimizer_and_schedule(model, len(loaders["train"]), recipe)
    progress = Progress(accelerator, model, optimizer, recipe, folder)
    prepared = accelerator.prepare(model, optimizer, scheduler, loaders["train"], loaders["validation"])
    network, optimizer, scheduler, train, validation = prepared
    for epoch in progress.epochs(train):
        began = time.perf_counter()
        train_loss = train_one_epoch(accelerator, network, train, optimizer, scheduler, recipe, loss_of)
        scores = score(*predict(accelerator, progress.judged(network), validation))
        progress.record(
            {
                "epoch": epoch,
                "train_loss": train_loss,
                **{f"validation_{name}": value for name, value in scores.items()},
                "learning_rate": max(scheduler.get_last_lr()),
                "seconds": time.perf_counter() - began,
            }
        )
    progress.finish()
    accelerator.unwrap_model(network, keep_fp32_wrapper=False)
    return progress.history


class _Accelerator(Accelerator):
    """Prepares a model also if an earlier accelerator has prepared it, in one process or several (DDP).

    Accelerate marks a prepared model for good, and passes it on as it is: a second training of the same model
    would run in fp32, and on the device where it happens to be.
    """

    def prepare_model(self, model: nn.Module, *args: Any, **kwargs: Any) -> nn.Module:
        """Prepare a model; see `Accelerator.prepare_model`."""
        bare = self.unwrap_model(model)
        if model is bare and bare not in self._models:
            self.unwrap_model(model, keep_fp32_wrapper=False)
            model._is_accelerate_prepared = False
        return super().prepare_model(model, *args, **kwargs)

    def unwrap_model(self, model: nn.Module, keep_fp32_wrapper: bool = True, **kwargs: Any) -> nn.Module:
        """Return the model itself, on request with its own `forward`: Accelerate would undo more."""
        bare = super().unwrap_model(model, **kwargs)
        if not keep_fp32_wrapper and "_original_forward" in vars(bare):
            bare.forward = vars(bare).pop("_original_forward")
        return bare


def start(recipe: Recipe, folder: str | Path | None = None) -> Accelerator:
    """Seed everything and return an `Accelerator` in the recipe's precision, on the best device there is.

    Args:
        recipe: How to train. With several processes, its batches are split among them.
        folder: Of the checkpoints; trackers write to `logs` beside it, or in the working directory.

    Raises:
        ValueError: If the device cannot do the precision, or a tracker of the recipe is not installed.
    """
    set_seed(recipe.seed)
    # Accelerate keeps the first precision for the life of the process; a notebook may train in several.
    AcceleratorState._reset_state()
    precision = recipe.mixed_precision
    accelerator = _Accelerator(
        cpu=devices.name() == "cpu",  # or processes started together on a CPU would not know of each other
        mixed_precision=devices.mixed_precision() if precision == "auto" else precision,
        gradient_accumulation_steps=recipe.gradient_accumulation_steps,
        dataloader_config=DataLoaderConfiguration(
            split_batches=True, use_seedable_sampler=True, data_seed=recipe.seed
        ),
        log_with=check_installed(recipe.trackers) or None,
        project_dir=Path(folder).with_name("logs") if folder else "logs",
    )
    if recipe.trackers:
        told = {name: value for name, value in recipe.as_dict().items() if value is not None}
        accelerator.init_trackers("vitcourse", told)
    return accelerator


def check_installed(trackers: list[str]) -> list[str]:
    """Return the trackers if they are all installed.

    Raises:
        ValueError: Which one is not.
    """
    for tracker in trackers:
        if importlib.util.find_spec(tracker) is None:
            raise ValueError(
                f"the tracker {tracker} is not installed; pip install {tracker}, or leave it out"
            )
    return trackers


def optimizer_and_schedule(
    model: nn.Module, batches_per_epoch: int, recipe: Recipe
) -> tuple[Optimizer, LRScheduler]:
    """Return the optimizer and its schedule: warm-up, then a fall, one step a weight update."""
    steps = recipe.epochs * math.ceil(batches_per_epoch / recipe.gradient_accumulation_steps)
    groups = parameter_groups(model, recipe)
    optimizer = create_optimizer_v2(groups, recipe.optimizer, lr=recipe.learning_rate)
    return optimizer, get_scheduler(recipe.scheduler, optimizer, round(recipe.warmup * steps), steps)


def parameter_groups(model: nn.Module, recipe: Recipe) -> list[dict]:
    """Group trainable parameters by learning rate and weight decay.

    Weight matrices decay. Biases, normalisation weights, position embeddings and the class and distillation
    tokens do not, as in timm's `param_groups_weight_decay` for DeiT. A new head knows nothing yet and learns
    `head_factor` times faster than the backbone, which would forget; with `layer_decay`, the lower a layer,
    the slower.

    Taught in lesson 06.
    """
    heads = tuple(models.heads(model))
    below_top = models.layers_below_top(model)
    groups = {}
    for name, parameter in model.named_parameters():
        factor = recipe.head_factor if name.startswith(heads) else recipe.layer_decay ** below_top[name]
        is_matrix = name.endswith("weight") and parameter.ndim > 1
        setting = {"lr": factor * recipe.learning_rate, "weight_decay": is_matrix * recipe.weight_decay}
        if parameter.requires_grad:
            groups.setdefault(tuple(setting.values()), {"params": [], **setting})["params"].append(parameter)
    return list(groups.values())


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
    for padded in loader:
        batch, own, weight = own_part(accelerator, padded)
        with accelerator.accumulate(model):
            loss = loss_of(model(pixel_values=batch["pixel_values"]), batch, recipe)
            accelerator.backward(weight * loss)
            if accelerator.sync_gradients:
                accelerator.clip_grad_norm_(model.parameters(), recipe.max_grad_norm)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
        total += loss.detach() * own
        count += own
    total, count = accelerator.reduce(torch.stack([total, torch.full_like(total, count)]))
    return (total / count).item()


def own_part(
    accelerator: Accelerator, padded: dict[str, torch.Tensor]
) -> tuple[dict[str, torch.Tensor], int, float]:
    """Return what a process learns from: its photos of a batch, how many they are, and their weight.

    With several processes Accelerate fills an incomplete last batch with photos of the first, so that each
    process has as many. They are left out again here, and the weight makes the mean of the processes'
    gradients that of the batch. A process without a photo keeps one, of weight 0, and stays in step.

    Args:
        accelerator: The loader that gave the batch was prepared by it.
        padded: `pixel_values` (B, 3, H, W), and `labels` of as many.

    Returns:
        The batch, the number of photos and the weight of their mean loss; with one process the batch, B, 1.
    """
    size, state = len(padded["labels"]), accelerator.gradient_state
    if not state.end_of_dataloader or state.remainder < 1:
        return padded, size, 1.0
    own = min(max(state.remainder - accelerator.process_index * size, 0), size)
    batch = {name: values[: max(own, 1)] for name, values in padded.items()}
    return batch, own, own * accelerator.num_processes / state.remainder


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
    """Return the mean `loss`, and `accuracy` and `f1_macro`, from 0 to 1.

    With multi-hot labels, a photo counts as right when every label is (exact match, threshold 0.5).
    """
    said = logits.argmax(-1) if labels.ndim == 1 else (logits > 0).to(labels.dtype)
    right = said == labels if labels.ndim == 1 else (said == labels).all(-1)
    return {
        "loss": loss_function(logits, labels).item(),
        "accuracy": right.float().mean().item(),
        "f1_macro": float(f1_score(labels, said, average="macro", zero_division=0)),
    }
