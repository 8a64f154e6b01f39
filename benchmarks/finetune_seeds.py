"""Lesson 06's fine-tuning over several seeds: test photos right, seconds, and the same network from scratch.

    python benchmarks/finetune_seeds.py [--seeds 0 1 2] [--scratch 0 1 2] [--json FILE]

Uses the assets that `VITCOURSE_ASSETS` names. Prints one table; a row a seed.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from pathlib import Path

from accelerate.utils import set_seed
from results_file import write_json
from scipy.stats import binomtest

import vitcourse as vc
from vitcourse import memory, training


def main() -> None:
    """Run every seed and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--scratch", type=int, nargs="+", default=[], help="seeds for the same network from random weights"
    )
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument("--epochs", type=int, default=training.Recipe().epochs)
    parser.add_argument("--learning-rate", type=float, help="default: the one that lesson 06 uses")
    options = parser.parse_args()
    run = vc.setup()
    learning_rate = options.learning_rate or run.learning_rate
    rows = [
        measure(run.model, training.Recipe(options.epochs, learning_rate, seed=seed), pretrained)
        for pretrained, seeds in ((True, options.seeds), (False, options.scratch))
        for seed in seeds
    ]
    print(f"{run.model}, {run.assets} photos, {options.epochs} epochs, on {run.device} in {run.precision}")
    report(rows)
    peak = memory.peak_bytes()
    print(f"peak memory of the process: {peak / 1e9:.2f} GB")
    if options.json:
        write_json(options.json, {"model": run.model, "assets": run.assets, "rows": rows, "peak_bytes": peak})


def measure(name: str, recipe: training.Recipe, pretrained: bool) -> dict:
    """Fine-tune once and score the untouched test photos."""
    began = time.perf_counter()
    splits = vc.fridge.multiclass()
    model, processor = vc.load(name, labels=vc.fridge.CLASSES)
    if not pretrained:
        set_seed(recipe.seed)
        model = type(model)(model.config)
        recipe = replace(recipe, learning_rate=recipe.learning_rate * recipe.head_factor, head_factor=1)
    loaders = vc.preprocessing.loaders(splits, processor, seed=recipe.seed)
    training.fit(model, loaders, recipe)
    accelerator = training.start(recipe)
    test = accelerator.prepare(loaders["test"])
    logits, labels = training.predict(accelerator, model, test)
    right = int((logits.argmax(-1) == labels).sum())
    low, high = binomtest(right, len(labels)).proportion_ci(method="wilson")
    return {
        "start": "pre-trained" if pretrained else "scratch",
        "seed": recipe.seed,
        "right": right,
        "of": len(labels),
        "accuracy": right / len(labels),
        "interval": [low, high],
        "seconds": time.perf_counter() - began,
    }


def report(rows: list[dict]) -> None:
    """Print the rows, and the median of each start."""
    print(f"{'start':12} seed  test photos right  95 % interval (Wilson)  seconds")
    for row in rows:
        low, high = row["interval"]
        print(
            f"{row['start']:12} {row['seed']:4}  {row['right']:3} of {row['of']:3} ({row['accuracy']:.1%})"
            f"     {low:.1%} to {high:.1%}      {row['seconds']:7.1f}"
        )
    for start in dict.fromkeys(row["start"] for row in rows):
        chosen = [row for row in rows if row["start"] == start]
        median = statistics.median(row["right"] for row in chosen)
        print(f"{start}: median {median:g} of {chosen[0]['of']} over {len(chosen)} seeds")


if __name__ == "__main__":
    main()
