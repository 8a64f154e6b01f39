"""Checks of lesson 06, fine-tuning on 80 photos."""

import math
from typing import Any

import torch
from torch import nn

from vitcourse import models
from vitcourse.exercises import Wrong, number
from vitcourse.recipe import Recipe

NUM_PHOTOS, BATCH_SIZE, SMALL_BATCH, EPOCHS = 80, 16, 4, 12


def exercise_1(answer: Any) -> None:
    """80 photos in batches of 16: how many batches an epoch, and how many epochs?

    `len(loaders["train"])` is the number of batches in an epoch; with 80 photos it comes out even.
    `accumulate` is 1 here, so each batch ends in one step. Now over all epochs of the recipe.
    """
    got, expected = number(answer), math.ceil(NUM_PHOTOS / BATCH_SIZE) * EPOCHS
    hints = {NUM_PHOTOS * EPOCHS: "a step takes a whole batch", expected // EPOCHS: "that is one epoch"}
    if got != expected:
        hint = hints.get(got, "batches an epoch times epochs")
        raise Wrong(f"got {got:g}, expected another number; {hint}")


def exercise_2(answer: Any) -> None:
    """Look at `accumulate` in `train_one_epoch`, then at the fields of `Recipe`.

    Twenty small batches make an epoch now, and five steps used to. So several batches have to be added up
    before a step: look for the field of `Recipe` with "accumulation" in its name. All other fields stay.
    """
    if not isinstance(answer, Recipe):
        raise Wrong(f"got {answer!r:.60}, expected a Recipe")
    if answer.epochs != EPOCHS:
        raise Wrong(f"got {answer.epochs} epochs, expected {EPOCHS}: each photo is seen as often as before")
    batches = math.ceil(NUM_PHOTOS / SMALL_BATCH)
    got = math.ceil(batches / answer.gradient_accumulation_steps) * answer.epochs
    expected = math.ceil(NUM_PHOTOS / BATCH_SIZE) * EPOCHS
    if got != expected:
        raise Wrong(
            f"got {got} steps, expected {expected}; there are {batches} batches an epoch now, and "
            f"a step takes {answer.gradient_accumulation_steps} of them"
        )


def exercise_3(answer: Any) -> None:
    """Set `requires_grad_(False)` on the parameters whose name does not begin with `classifier`.

    `for name, parameter in frozen.named_parameters():` and in it `requires_grad_` with True or False, by
    `name.startswith(...)`. Then `fit(frozen, loaders, recipe)`, with loaders for a batch of 16; at the end
    put the network itself, `frozen`, into `head_trained`.
    """
    if not isinstance(answer, nn.Module) or not models.heads(answer):
        raise Wrong(f"got {type(answer).__name__}, expected the network from vc.load, trained")
    start = _checkpoint(answer)
    now = {name: value.cpu() for name, value in answer.state_dict().items()}
    moved = [name for name, value in start.items() if not torch.equal(value, now[name])]
    if moved:
        raise Wrong(
            f"got {len(moved)} of {len(start)} tensors below the head changed ({moved[0]}), expected none; "
            "freeze them before fit, and start from the checkpoint"
        )
    head = torch.cat([value.flatten() for name, value in now.items() if name not in start])
    if not (head.isfinite().all() and head.any()):
        raise Wrong("got a head that is all zeros or not finite, expected a trained one; call fit")


def _checkpoint(model: nn.Module) -> dict[str, torch.Tensor]:
    """Load what a model started from: its tensors by name, those of the head left out."""
    fresh, _ = models.load(getattr(model, "name_or_path", ""))
    heads = tuple(models.heads(fresh))
    tensors = {name: value for name, value in fresh.state_dict().items() if not name.startswith(heads)}
    names = set(model.state_dict())
    if not set(tensors) <= names:
        raise Wrong(f"got a network without {min(set(tensors) - names)}, expected the one from vc.load")
    return tensors
