"""Training ViT-Tiny beside transformers' `Trainer`: one epoch, and the way to 97 % on five folds.

    VITCOURSE_ASSETS=real python benchmarks/bench_training.py [--rounds 5] [--only epoch folds]

An epoch is each of the 134 fridge photos once, in batches of 16, by the same recipe; `Trainer` in fp32 and
in the precision that `fit` trains in. `folds` trains five times on four fifths of the photos, for the
fewest epochs with which a way answers 97 % of the other fifths right, and quotes the seconds of all five.
Each of three seeds draws other folds; the ways were chosen on yet others. Loading weights and counting
answers is outside the clock, all else inside. With demo assets it runs too, and means nothing. Two cores take
20 minutes with bf16, 30 without. Writes
benchmarks/results/bench_training_DEVICE_PRECISION.json.
"""

from __future__ import annotations

import copy
import functools
import tempfile
import time
from typing import NamedTuple

import cached_blocks
import compare
import numpy as np
import torch
from datasets import Dataset, concatenate_datasets
from sklearn.model_selection import StratifiedKFold
from torch import nn
from torch.utils.data import DataLoader
from transformers import BaseImageProcessor, Trainer, TrainingArguments

import vitcourse as vc
from vitcourse import cost, devices, models, preprocessing, training

BATCH = 16
FOLDS = 5
SEEDS = (1, 2, 3)  # of the folds; the ways were chosen on those of seeds 0, 10 and 11
ENOUGH = 0.97
BACKWARD = 3  # times the operations of a forward pass: the backward pass takes two more
FASTER = {"no": 1.7, "bf16": 1.35, "fp16": 1.35}  # than Trainer in that precision
SOONER = 2.5


class Way(NamedTuple):
    """How to get to 97 %: blocks that are frozen, learning rate, epochs, how much faster the head learns."""

    frozen: int
    learning_rate: float
    epochs: int
    head_factor: int = 1


TRAINER_WAYS = (Way(0, 1e-4, 3), Way(0, 3e-4, 3), Way(8, 5e-4, 4))
OUR_FULL = Way(0, 3e-4, 2, head_factor=10)
OUR_UPPER = Way(9, 5e-4, 3)


def main() -> None:
    """Answer both questions, and write the rows."""
    compare.run({"epoch": epoch, "folds": folds}, __doc__, __file__)


def all_photos() -> Dataset:
    """Return the 134 photos of all splits."""
    splits = vc.fridge.multiclass()
    return concatenate_datasets([splits[split] for split in vc.fridge.SPLITS])


def epoch(name: str, rounds: int) -> list[dict]:
    """Compare one epoch of `fit` with one of `Trainer`."""
    photos = all_photos()
    recipe = training.Recipe(epochs=1)
    precision = devices.mixed_precision()
    model, processor = load(name)
    precisions = list(dict.fromkeys(("no", precision)))
    calls = {
        f"Trainer {compare.said(each)}": lambda each=each: trainer(
            copy.deepcopy(model), processor, photos, recipe, each
        ).train()
        for each in precisions
    }
    ours = f"fit {compare.said(precision)}"
    rows = {"train": photos, "validation": photos.select(range(2))}
    loaders = preprocessing.loaders(rows, processor, BATCH)
    calls[ours] = lambda: training.fit(copy.deepcopy(model), loaders, recipe)
    taken = compare.in_turns(calls | {"products": compare.products()}, 3 * rounds)
    question, work = f"one epoch of fine-tuning, {len(photos)} photos, batches of {BATCH}", len(photos)
    rows = [
        compare.faster(
            question,
            (peer, taken[peer]),
            (ours, taken[ours]),
            work,
            "images/s",
            to_reach=compare.by_precision(FASTER[each]),
        )
        for peer, each in zip(list(calls)[:-1], precisions, strict=True)
    ]
    flops = BACKWARD * work * cost.count_flops(model, torch.zeros(1, 3, 224, 224))
    return [*rows, compare.ceiling(question, taken, flops, work)]


def load(name: str) -> tuple[nn.Module, BaseImageProcessor]:
    """Return the network with a new head, the same for everyone."""
    return models.load(name, labels=vc.fridge.CLASSES)


def trainer(
    model: nn.Module, processor: BaseImageProcessor, photos: Dataset, recipe: training.Recipe, precision: str
) -> Trainer:
    """Return the library's front door, with what `fit` does: augmentation, optimizer, schedule, clipping."""
    augment = preprocessing.training_transform(processor)

    def prepare(rows: dict) -> dict:
        return {
            "pixel_values": [augment(image.convert("RGB")) for image in rows["image"]],
            "labels": rows["label"],
        }

    steps = recipe.epochs * -(-len(photos) // BATCH)
    settings = TrainingArguments(
        tempfile.gettempdir(),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=BATCH,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        lr_scheduler_type=recipe.scheduler,
        warmup_steps=round(recipe.warmup * steps),
        max_grad_norm=recipe.max_grad_norm,
        label_smoothing_factor=recipe.label_smoothing,
        bf16=precision == "bf16",
        fp16=precision == "fp16",
        use_cpu=devices.name() == "cpu",
        remove_unused_columns=False,
        save_strategy="no",
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        seed=recipe.seed,
    )
    return Trainer(model=model, args=settings, train_dataset=photos.with_transform(prepare))


def folds(name: str, _: int) -> list[dict]:
    """Compare the shortest ways to 97 % on five folds, for each of the seeds."""
    photos = all_photos()
    precision = devices.mixed_precision()
    peers = {
        f"Trainer {compare.said(precision)}, {described(way)}": functools.partial(by_trainer, name, way)
        for way in TRAINER_WAYS
    }
    ours = {
        f"fit {compare.said(precision)}, {described(OUR_FULL)}": functools.partial(by_fit, name, OUR_FULL),
        f"fit on cached tokens, {described(OUR_UPPER)}": functools.partial(by_upper, name, OUR_UPPER),
    }
    found: dict[str, list[tuple[float, int]]] = {way: [] for way in (*peers, *ours)}
    for seed in SEEDS:
        for way, train in (peers | ours).items():
            found[way].append(train(photos, seed))
            print(f"{way}, seed {seed}: {found[way][-1][1]} right, {found[way][-1][0]:.1f} s", flush=True)
    seconds = {way: [run[0] for run in runs] for way, runs in found.items()}
    right = {way: [run[1] for run in runs] for way, runs in found.items()}
    enough = {way for way in found if np.mean(right[way]) >= ENOUGH * len(photos)}
    peer = min(enough & peers.keys() or peers, key=lambda way: np.median(seconds[way]))
    rows = [
        compare.faster(
            f"seconds to {ENOUGH:.0%} on five folds",
            (f"{peer} ({shown(right[peer])} right)", seconds[peer]),
            (f"{way} ({shown(right[way])} right)", seconds[way]),
            0,
            "s",
            to_reach=SOONER if way == list(ours)[-1] else None,
        )
        for way in ours
    ]
    return [
        row | {"holds": row["holds"] and way in enough} if row["to_reach"] else row
        for way, row in zip(ours, rows, strict=True)
    ]


def described(way: Way) -> str:
    """Say what a way trains, and for how long."""
    frozen = f"{way.frozen} blocks frozen" if way.frozen else "all weights"
    head = f", head {way.head_factor} times faster" if way.head_factor > 1 else ""
    return f"{frozen}, {way.learning_rate:g}{head}, {way.epochs} epochs"


def shown(right: list[int]) -> str:
    """Write how many photos were right, seed by seed."""
    return ", ".join(map(str, right))


def parts(photos: Dataset, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return five times the rows to train on and those to test on."""
    labels = np.array(photos["label"])
    return list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(labels, labels))


def recipe_of(way: Way, seed: int) -> training.Recipe:
    """Return the recipe of a way; all else is the course's."""
    return training.Recipe(
        epochs=way.epochs, learning_rate=way.learning_rate, head_factor=way.head_factor, seed=seed
    )


def by_trainer(name: str, way: Way, photos: Dataset, seed: int) -> tuple[float, int]:
    """Return seconds and right answers of `Trainer`."""
    seconds, right = 0.0, 0
    for train, test in parts(photos, seed):
        model, processor = load(name)
        models.freeze(model, way.frozen)
        one = trainer(model, processor, photos.select(train), recipe_of(way, seed), devices.mixed_precision())
        began = time.perf_counter()
        one.train()
        seconds += time.perf_counter() - began
        right += count_right(model, processor, photos.select(test))
    return seconds, right


def by_fit(name: str, way: Way, photos: Dataset, seed: int) -> tuple[float, int]:
    """Return seconds and right answers of `fit` on all weights."""
    seconds, right = 0.0, 0
    for train, test in parts(photos, seed):
        model, processor = load(name)
        rows = {"train": photos.select(train), "validation": photos.select(test[:2])}
        began = time.perf_counter()
        training.fit(model, preprocessing.loaders(rows, processor, BATCH, seed=seed), recipe_of(way, seed))
        seconds += time.perf_counter() - began
        right += count_right(model, processor, photos.select(test))
    return seconds, right


def by_upper(name: str, way: Way, photos: Dataset, seed: int) -> tuple[float, int]:
    """Return seconds and right answers of `fit` on the upper blocks; the frozen ones are asked once."""
    model, processor = load(name)
    labels = torch.tensor(photos["label"])
    began = time.perf_counter()
    tokens = cached_blocks.lower(model, processor, photos, way.frozen, training.start(recipe_of(way, seed)))
    seconds, right = time.perf_counter() - began, 0
    for train, test in parts(photos, seed):
        model, _ = load(name)
        chosen = cached_blocks.Tokens(tokens, labels, train, len(tokens), seed)
        order = torch.Generator().manual_seed(seed)
        rows = {"train": DataLoader(chosen, BATCH, shuffle=True, generator=order)}
        rows["validation"] = DataLoader(cached_blocks.Tokens(tokens, labels, test[:2]), BATCH)
        began = time.perf_counter()
        training.fit(cached_blocks.Upper(model, way.frozen), rows, recipe_of(way, seed))
        seconds += time.perf_counter() - began
        right += count_right(model, processor, photos.select(test))
    return seconds, right


def count_right(model: nn.Module, processor: BaseImageProcessor, photos: Dataset) -> int:
    """Return how many photos a network answers right, from the pictures themselves."""
    accelerator = training.start(training.Recipe())
    loader = preprocessing.loader(photos, preprocessing.evaluation_transform(processor), BATCH)
    logits, labels = training.predict(accelerator, model.to(accelerator.device), accelerator.prepare(loader))
    return int((logits.argmax(-1) == labels).sum())


if __name__ == "__main__":
    main()
