"""What needs a process of its own: ViT-Base (random weights) with its peak of memory, and a cold start.

    VITCOURSE_ASSETS=real python benchmarks/bench_process.py [--rounds 5] [--only base start]

ViT-Base: `Classifier` beside `pipeline`, each in a fresh process a round, loading included in the memory but
not in the time. Start: `vitcourse predict` beside `python -c` with `pipeline`. About 4 minutes on two cores.
Writes benchmarks/results/bench_process_DEVICE_PRECISION.json.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import compare
import transformers
from bench_inference import files

import vitcourse as vc
from vitcourse import assets, cost, devices, memory, timing, variants

BATCH = 16
PIPELINE = "from transformers import pipeline; print(pipeline('image-classification', {!r})({!r}))"


def main() -> None:
    """Answer every question, and write the rows."""
    compare.run({"base": base, "start": start}, __doc__, __file__)


def base(name: str, rounds: int) -> list[dict]:
    """Compare ViT-Base in processes of their own, in turns."""
    photos, rows = files(vc.fridge.multilabel())[:BATCH], []
    with tempfile.TemporaryDirectory() as folder:
        model = cost.random_model(variants.get("vit-base"))
        model.classifier.weight.data *= 100  # a random head is never sure: all would be near ties
        model.save_pretrained(folder)
        half = [0.5] * 3
        transformers.ViTImageProcessor(image_mean=half, image_std=half).save_pretrained(folder)
        found: dict[str, list[dict]] = {"pipeline": [], "Classifier": []}
        for place in range(rounds):
            for how in list(found)[:: -1 if place % 2 else 1]:
                found[how].append(memory.in_fresh_process(run_base, how, folder, photos))
    for what, count in (("one", 1), ("batch", BATCH)):
        peer, ours = ([each[what] for each in found[how]] for how in found)
        question = f"ViT-Base, {count} photo{'s' * (count > 1)} from disk to labels"
        names = "pipeline fp32", f"Classifier {found['Classifier'][0]['precision']}"
        pair = (names[0], peer), (names[1], ours)
        rows.append(compare.faster(question, *pair, count, "images/s", to_reach=compare.by_precision(1.5)))
    ratios = [a["bytes"] / b["bytes"] for a, b in zip(*found.values(), strict=True)]
    said = [f"{how}: {max(each['bytes'] for each in found[how]) / 1e6:.0f} MB" for how in found]
    rows.append(compare.row(f"ViT-Base, peak memory up to a batch of {BATCH}", *said, ratios, 1.0))
    return rows


def run_base(how: str, folder: str, photos: list[str]) -> dict:
    """Load a model and classify one photo, then a batch; the median seconds of each, and the peak."""
    if how == "pipeline":
        pipe = transformers.pipeline("image-classification", folder, device=devices.name())
        call, precision = lambda given: pipe(given, batch_size=len(given)), "fp32"
    else:
        classifier = vc.Classifier(folder)
        call, precision = classifier.predict, classifier.precision
    one = timing.measure(lambda: call(photos[:1]), runs=3, warm_up=1).median
    batch = timing.measure(lambda: call(photos), runs=2, warm_up=0).median
    return {"one": one, "batch": batch, "bytes": memory.peak_bytes(devices.name()), "precision": precision}


def start(name: str, rounds: int) -> list[dict]:
    """Compare a cold process, from nothing to the labels of one photo."""
    photo, path = files(vc.fridge.multilabel())[0], str(assets.find(name))
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    commands = {
        "python -c, pipeline": ["-c", PIPELINE.format(path, photo)],
        "vitcourse predict": ["-m", "vitcourse", "predict", photo, "--model", path],
    }

    def run(arguments: list[str]) -> None:
        folder = Path(__file__).parents[1]
        command = [sys.executable, *arguments]
        subprocess.run(command, check=True, capture_output=True, env=environment, cwd=folder)

    calls = {how: lambda given=given: run(given) for how, given in commands.items()}
    taken = compare.in_turns(calls, rounds)
    question = "a cold process, one photo"
    return [compare.faster(question, *taken.items(), 0, "s", to_reach=1.0)]


if __name__ == "__main__":
    main()
