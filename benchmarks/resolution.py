"""Lesson 10's tables: other resolutions, as they are and fine-tuned (DeiT paper, Table 10; FixRes).

    python benchmarks/resolution.py world
    VITCOURSE_ASSETS=demo python benchmarks/resolution.py fridge
    VITCOURSE_ASSETS=real python benchmarks/resolution.py fridge

`world` tests the demo family on the 492 held-out drawn pictures at several sizes, without training.
`fridge` fine-tunes at 224 as lesson 06 does, tests at other sizes, then goes on for two epochs at each size
and tests again. Both write JSON into benchmarks/results; the lesson reads it.
"""

from __future__ import annotations

import argparse
import copy
import time
from pathlib import Path

import torch
from results_file import machine, write_json

import vitcourse as vc
from vitcourse import positions, timing, training, world

RESULTS = Path(__file__).with_name("results")
WORLD_MODELS = ("vit-micro", "deit-micro", "deit-micro-384")
WORLD_SIZES = (128, 160, 224, 288, 384)
SIZES = (160, 224, 320, 384)  # those of Table 10
MORE_EPOCHS, SLOWER = 2, 10  # after the epochs at 224: how many, and how many times slower


def main() -> None:
    """Answer the question that is asked, and write the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("question", choices=("world", "fridge"))
    parser.add_argument("--model", help="for fridge; default: that of the lessons")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    options = parser.parse_args()
    run = vc.setup()
    if options.question == "world":
        rows = [measure(name, size) for name in WORLD_MODELS for size in WORLD_SIZES]
        write_json(RESULTS / "resolution_world.json", {"machine": machine(), "rows": rows})
        return
    rows, name = [], options.model or run.model
    for seed in options.seeds:
        rows += fridge(name, run.learning_rate, seed)
        told = {"assets": run.assets, "model": name, "machine": machine()}
        write_json(RESULTS / f"resolution_fridge_{run.assets}.json", {**told, "rows": rows})


def measure(name: str, size: int) -> dict:
    """Test a member of the demo family at one size, position embeddings interpolated, and time it."""
    model, processor = vc.load(name)
    positions.resize(model, processor, size)
    right = answered_right(model, processor, world.held_out())
    row = {"model": name, "size": size, "right": sum(right), "of": len(right), "photos": right}
    row["images_per_second"] = images_per_second(model, size)
    print(name, size, f"{sum(right)} of {len(right)}, {row['images_per_second']:.1f} images/s", flush=True)
    return row


def fridge(name: str, learning_rate: float, seed: int) -> list[dict]:
    """Fine-tune at 224; at each size test, fine-tune on, and test again: a row a size."""
    splits = vc.fridge.multiclass()
    model, processor = vc.load(name, labels=vc.fridge.CLASSES)
    recipe = training.Recipe(learning_rate=learning_rate, seed=seed)
    training.fit(model, vc.preprocessing.loaders(splits, processor, seed=seed), recipe)
    model.cpu()
    rows = []
    for size in SIZES:
        began = time.perf_counter()
        larger, its_processor = copy.deepcopy(model), copy.deepcopy(processor)
        positions.resize(larger, its_processor, size)
        before = answered_right(larger, its_processor, splits["test"])
        slower = training.Recipe(MORE_EPOCHS, learning_rate / SLOWER, seed=seed)
        training.fit(larger, vc.preprocessing.loaders(splits, its_processor, seed=seed), slower)
        after = answered_right(larger, its_processor, splits["test"])
        row = {"seed": seed, "size": size, "of": len(after), "before": before, "after": after}
        row["images_per_second"] = images_per_second(larger, size)
        row["seconds"] = time.perf_counter() - began
        print(f"seed {seed}, {size}: {sum(before)}, then {sum(after)} of {len(after)}", flush=True)
        rows.append(row)
    return rows


def answered_right(model: torch.nn.Module, processor: object, pictures: object) -> list[int]:
    """Return for each picture whether the model is right, 1 or 0, in fp32."""
    accelerator = training.start(training.Recipe(mixed_precision="no"))
    transform = vc.preprocessing.evaluation_transform(processor)
    loader = vc.preprocessing.loader(pictures, transform, batch_size=32)
    logits, labels = training.predict(accelerator, *accelerator.prepare(model, loader))
    return (logits.argmax(-1) == labels).int().tolist()


@torch.inference_mode()
def images_per_second(model: torch.nn.Module, size: int, batch_size: int = 8, repeats: int = 5) -> float:
    """Return the median speed of the forward pass alone, after two runs that are not counted."""
    device = next(model.parameters()).device
    pixel_values = torch.randn(batch_size, 3, size, size, device=device)
    timed = timing.measure(lambda: model(pixel_values=pixel_values), runs=repeats, warm_up=2)
    return batch_size / timed.median


if __name__ == "__main__":
    main()
