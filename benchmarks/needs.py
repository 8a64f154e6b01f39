"""What each of the ten architectures needs: disk, and memory and time to infer, evaluate and fine-tune.

    python benchmarks/needs.py [--names deit-tiny ...] [--batch 8] [--json FILE]

Each in a fresh process, with random weights, in this order: one picture in, a batch in, training steps on a
batch with AdamW. Memory is the highest mark so far: of the process on a CPU, Python and libraries included,
or of torch on a GPU. Answers are computed in fp32, training in the precision that Accelerate takes.
About five minutes on two cores. Writes benchmarks/results/needs.json.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from results_file import machine, write_json

from vitcourse import cost, devices, memory, timing, variants
from vitcourse.recipe import Recipe

RUNS = {"inference": 5, "evaluation": 2, "fine_tuning": 2}  # each after one that warms up


def main() -> None:
    """Measure every variant in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    published = [name for name, variant in variants.all_variants().items() if not variant.demo]
    parser.add_argument("--names", nargs="+", default=published, choices=list(variants.all_variants()))
    parser.add_argument("--batch", type=int, default=8, help="pictures a batch, to evaluate and to fine-tune")
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "needs.json")
    options = parser.parse_args()
    rows = []
    for name in options.names:
        began = time.perf_counter()
        try:
            row = memory.in_fresh_process(measure, name, options.batch)
        except (MemoryError, torch.OutOfMemoryError) as error:
            row = {"name": name, "error": str(error)}
        rows.append(row)
        print(f"{name}: {row}, {time.perf_counter() - began:.0f} s in all", flush=True)
    write_json(options.json, {"machine": machine(), "batch": options.batch, "rows": rows})


def measure(name: str, batch: int) -> dict:
    """Measure one variant; the highest memory rises from use to use, so that one process serves all three."""
    device, variant = devices.name(), variants.get(name)
    imports = memory.peak_bytes(device)
    model = cost.random_model(variant, device)
    row = {
        "name": name,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "disk_bytes": sum(t.numel() * t.element_size() for t in model.state_dict().values()),
        "imports_bytes": imports,
    }
    for use, pictures in (("inference", 1), ("evaluation", batch)):
        pixel_values = torch.randn(pictures, 3, variant.image_size, variant.image_size, device=device)
        with torch.inference_mode():
            timed = timing.measure(lambda: model(pixel_values=pixel_values), runs=RUNS[use], warm_up=1)  # noqa: B023
        row[f"{use}_seconds"] = timed.median / pictures
        row[f"{use}_bytes"] = memory.peak_bytes(device)
    row["fine_tuning_seconds"] = train(model, pixel_values) / batch
    row["fine_tuning_bytes"] = memory.peak_bytes(device)
    return row


def train(model: torch.nn.Module, pixel_values: torch.Tensor) -> float:
    """Return the median seconds of a training step, weights updated; the first is a warm-up."""
    from vitcourse import training

    recipe = Recipe()
    accelerator = training.start(recipe)
    optimizer, _ = training.optimizer_and_schedule(model, 1, recipe)
    model, optimizer = accelerator.prepare(model.train(), optimizer)
    labels = torch.zeros(len(pixel_values), dtype=torch.long, device=pixel_values.device)

    def step() -> None:
        with accelerator.autocast():
            logits = model(pixel_values=pixel_values).logits
        accelerator.backward(training.loss_function(logits.float(), labels))
        optimizer.step()
        optimizer.zero_grad()

    return timing.measure(step, runs=RUNS["fine_tuning"], warm_up=1).median


if __name__ == "__main__":
    main()
