"""The demo family, and vit-micro in several precisions: seconds a picture, and held-out drawn pictures right.

    python benchmarks/precisions.py [--pictures 492] [--json FILE]

Every network on the CPU in batches of 8; vit-micro also in bf16 (autocast), compiled, with ONNX Runtime in
fp32 and int8, with OpenVINO in fp32 and bf16, and with 2, 4 and 6 of its 20 heads pruned. Pictures are
preprocessed before the clock runs. About 2 minutes on two cores. Writes benchmarks/results/precisions.json.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from datasets import Dataset
from results_file import machine, write_json
from torch import nn

import vitcourse as vc

FAMILY = ("vit-micro", "deit-micro", "deit-micro-distilled", "deit-micro-384", "convnet-micro")
BATCH = 8
Forward = Callable[[torch.Tensor], torch.Tensor]  # pixel_values (B, 3, H, W) to logits (B, C)


def main() -> None:
    """Measure every network and every precision."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=492, help="the first so many held-out pictures")
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "precisions.json")
    options = parser.parse_args()
    vc.setup()
    held_out = vc.world.held_out().select(range(options.pictures))
    ways = [way for name in FAMILY for way in family_member(name, held_out)]
    with torch.inference_mode():
        first = [(way["forward"], way["batches"][0]["pixel_values"]) for way in ways]
        batch = in_turns([lambda f=f, x=x: f(x) for f, x in first])
        single = in_turns([lambda f=f, x=x: f(x[:1]) for f, x in first])
    rows = [score(*each) for each in zip(ways, batch, single, strict=True)]
    write_json(
        options.json, {"machine": machine(), "batch": BATCH, "pictures": options.pictures, "rows": rows}
    )


def family_member(name: str, pictures: Dataset) -> list[dict]:
    """Return a network in fp32 and, if it is vit-micro, in every other way: how it runs, and on what."""
    model, processor = vc.load(name)
    transform = vc.preprocessing.evaluation_transform(processor)
    batches = list(vc.preprocessing.loader(pictures, transform, BATCH))
    found = [("fp32", plain(model), {})]
    if name == "vit-micro":
        found += precisions(model, batches)
    return [
        {"name": name, "how": how, "forward": forward, "batches": batches, "more": more}
        for how, forward, more in found
    ]


def in_turns(calls: list[Callable[[], object]]) -> list[vc.timing.Timing]:
    """Time each call once a round, thirty rounds, so that what else the machine does meets all alike."""
    rounds = [
        [vc.timing.measure(call, runs=1, warm_up=1).median for call in calls] for _ in range(vc.timing.RUNS)
    ]
    return [vc.timing.Timing(seconds) for seconds in zip(*rounds, strict=True)]


@torch.inference_mode()
def score(way: dict, batch: vc.timing.Timing, single: vc.timing.Timing) -> dict:
    """Count the pictures that a network gets right, and put its times beside."""
    forward, batches = way["forward"], way["batches"]
    right = sum((forward(b["pixel_values"]).argmax(-1) == b["labels"]).sum().item() for b in batches)
    row = {
        "name": way["name"],
        "how": way["how"],
        "seconds": batch.median / BATCH,
        "quartiles": [seconds / BATCH for seconds in batch.quartiles],
        "seconds_alone": single.median,
        "right": right,
        "of": sum(len(b["labels"]) for b in batches),
    }
    print(
        "{name:22} {how:14} {ms:7.2f} ms a picture, {right} of {of} right".format(
            ms=1e3 * row["seconds"], **row
        ),
        flush=True,
    )
    return row | way["more"]


def precisions(model: nn.Module, batches: list[dict]) -> list[tuple[str, Forward, dict]]:
    """Return vit-micro in other precisions: what to call it, how to run it, what else to note."""
    ways = [("bf16", reduced(model), {})]
    first = batches[0]["pixel_values"]
    try:
        faster, seconds = vc.timing.compiled(model, first)
        ways.append(("compiled", plain(faster), {"compile_seconds": seconds}))
    except RuntimeError as error:
        print(f"left out: {error}")
    with tempfile.TemporaryDirectory() as folder:
        fp32 = vc.export.to_onnx(model, Path(folder) / "fp32.onnx")
        int8 = vc.export.to_int8(fp32, Path(folder) / "int8.onnx")
        for how, file in (("ONNX fp32", fp32), ("ONNX int8", int8)):
            ways.append((how, onnx(vc.export.session(file)), {"disk_bytes": file.stat().st_size}))
    for precision in ("fp32", "bf16"):
        ways.append((f"OpenVINO {precision}", vc.export.to_openvino(model, precision), {}))
    scores = vc.pruning.importance(model, training_pictures())
    for number in (2, 4, 6):
        smaller = vc.pruning.prune(model, vc.pruning.weakest(scores, number))
        ways.append((f"{number} heads off", plain(smaller), {}))
    return ways


def training_pictures() -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return drawn pictures that are not among the held-out ones, two of each class, in batches."""
    _, processor = vc.load("vit-micro")
    rows = list(vc.world.stream(2 * len(vc.world.CLASSES)))
    pixel_values = processor([row["image"] for row in rows], return_tensors="pt")["pixel_values"]
    labels = torch.tensor([row["label"] for row in rows])
    return list(zip(pixel_values.split(41), labels.split(41), strict=True))


def plain(model: nn.Module) -> Forward:
    """Run a model as it is."""
    return lambda pixel_values: model(pixel_values=pixel_values).logits


def reduced(model: nn.Module) -> Forward:
    """Run a model with matrix products in bf16."""

    def forward(pixel_values: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return model(pixel_values=pixel_values).logits

    return forward


def onnx(session: object) -> Forward:
    """Run a session of ONNX Runtime."""
    return lambda pixel_values: torch.from_numpy(vc.export.logits(session, pixel_values))


if __name__ == "__main__":
    main()
