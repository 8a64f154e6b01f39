"""What surrounds an epoch: its seed, averaged weights, the best epoch, early stopping, checkpoints.

Taught in lesson 06.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from timm.utils import ModelEmaV3
from torch import nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader
from tqdm.auto import tqdm

from vitcourse import attention, checkpoints, last_block
from vitcourse.recipe import Recipe


class Progress:
    """How far a training has come, and all that has to survive when it is stopped.

    An epoch's randomness depends on the recipe's seed and the epoch's number alone. So a run that goes on
    from a checkpoint makes the same steps as one that was never stopped.

    Attributes:
        history: A row an epoch.

    Taught in lesson 06.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        model: nn.Module,
        optimizer: Optimizer,
        recipe: Recipe,
        folder: str | Path | None = None,
    ) -> None:
        """Begin.

        Args:
            accelerator: From `training.start`.
            model: The network before `accelerator.prepare`.
            optimizer: Its optimizer before `accelerator.prepare`.
            recipe: How to train.
            folder: Where checkpoints are kept; None for nowhere.
        """
        self.history: list[dict[str, float]] = []
        self._accelerator, self._model, self._recipe = accelerator, model, recipe
        self._folder = Path(folder) if folder else None
        self._best: dict[str, torch.Tensor] | None = None
        self._average = None
        if accelerator.device.type == "cpu":
            _fuse(optimizer)
        if recipe.weight_averaging:
            self._average = ModelEmaV3(model, recipe.weight_averaging, use_warmup=True)
            self._average.module.to(accelerator.device)
            self._updates = 0
            optimizer.register_step_post_hook(self._update_average)
        accelerator.register_for_checkpointing(self)

    def epochs(self, train: DataLoader) -> Iterator[int]:
        """Yield the numbers of the epochs that are left, from 1; each is seeded when it begins."""
        recipe = self._recipe
        if self._folder:
            checkpoints.load_newest(self._accelerator, self._folder)
        first = len(self.history) + 1
        quiet = not self._accelerator.is_main_process
        bar = tqdm(total=recipe.epochs, initial=first - 1, desc="epochs", leave=False, disable=quiet)
        with attention.written_out(self._model), last_block.shortened(self._model):
            for epoch in range(first, recipe.epochs + 1):
                if self._out_of_patience():
                    break
                set_seed(int(np.random.SeedSequence([recipe.seed, epoch]).generate_state(1)[0] // 2))
                begin_epoch(train, epoch)
                yield epoch
                bar.update()
        bar.close()

    def judged(self, network: nn.Module) -> nn.Module:
        """Return what is validated: the averaged weights, if the recipe has them, or the network itself."""
        return self._average.module if self._average else network

    def record(self, row: dict[str, float]) -> None:
        """Note an epoch's results; keep its weights if they are the best so far; write a checkpoint.

        Raises:
            FloatingPointError: If the training loss is nan or infinite; earlier checkpoints stay.
            StorageError: If the checkpoint cannot be written.
        """
        if not math.isfinite(row["train_loss"]):
            raise FloatingPointError(
                f"the training loss is {row['train_loss']} in epoch {row['epoch']}; expected a number. Lower "
                f"learning_rate ({self._recipe.learning_rate:g}), or train with mixed_precision no"
            )
        self.history.append(row)
        if self._recipe.best_by and self._best_row() is row:
            self._best = _copy(self.judged(self._model).state_dict())
        self._accelerator.log({k: v for k, v in row.items() if k != "epoch"}, step=row["epoch"])
        if self._folder:
            checkpoints.save(self._accelerator, self._folder, row["epoch"])

    def finish(self) -> None:
        """Put the weights that are to be kept into the model."""
        if self._best:
            self._model.load_state_dict(self._best)
        elif self._average:
            self._model.load_state_dict(self._average.module.state_dict())
        # not end_training(): it would also part the processes, which have predictions to share yet
        for tracker in self._accelerator.trackers:
            tracker.finish()

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps besides weights, optimizer and schedule."""
        average = self._average and {"weights": self._average.module.state_dict(), "updates": self._updates}
        return {"history": self.history, "best": self._best, "average": average}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` returned."""
        self.history, self._best = state["history"], state["best"]
        if self._average:
            self._average.module.load_state_dict(state["average"]["weights"])
            self._updates = state["average"]["updates"]

    def _update_average(self, *_: object) -> None:
        self._updates += 1
        self._average.update(self._model, self._updates)

    def _best_row(self) -> dict[str, float]:
        """Return the first of the rows with the best score."""
        best_by = self._recipe.best_by
        sign = -1 if best_by == "loss" else 1
        return max(self.history, key=lambda row: sign * row[f"validation_{best_by}"])

    def _out_of_patience(self) -> bool:
        patience = self._recipe.patience
        return bool(patience and self.history and len(self.history) - self._best_row()["epoch"] >= patience)


def begin_epoch(train: DataLoader, epoch: int) -> None:
    """Tell a prepared loader, and the dataset behind it, which epoch begins."""
    for part in (train, train.dataset):
        if hasattr(part, "set_epoch"):
            part.set_epoch(epoch)


def _copy(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.detach().cpu().clone() for name, value in state.items()}


def _fuse(optimizer: Optimizer) -> None:
    """Let torch update each weight in one pass through memory, where it has a function for that."""
    if type(optimizer) in (torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD):
        for group in optimizer.param_groups:
            group["fused"] = True
