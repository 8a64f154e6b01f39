"""Fine-tuning runs of a few seconds: tiny drawn photos, vit-micro at 32 pixels."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[2]
COLOURS = {"blue": (40, 60, 200), "green": (40, 180, 60), "red": (200, 50, 40)}
SPLITS = {"train": 22, "validation": 7, "test": 5}  # none of them a multiple of the batch size


def photos(folder, splits=SPLITS, seed=0):
    """A folder train/CLASS/N.png and so on; each class has a colour under much noise."""
    rng = np.random.default_rng(seed)
    for split, count in splits.items():
        for number in range(count):
            label = list(COLOURS)[number % len(COLOURS)]
            pixels = np.array(COLOURS[label]) + rng.normal(0, 60, (28, 36, 3))
            path = folder / split / label / f"{split}{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
    return folder


def several_labels(folder):
    """A CSV file whose photos have one or two colours, side by side."""
    rng = np.random.default_rng(0)
    rows = ["image,labels,split"]
    (folder / "images").mkdir(parents=True)
    for split, count in SPLITS.items():
        for number in range(count):
            names = [list(COLOURS)[number % 3], list(COLOURS)[(number + number % 2) % 3]]
            halves = [np.tile(COLOURS[name], (28, 18, 1)) for name in names]
            pixels = np.concatenate(halves, axis=1) + rng.normal(0, 30, (28, 36, 3))
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"images/{split}{number}.png")
            rows.append(f"{split}{number}.png,{' '.join(dict.fromkeys(names))},{split}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder / "labels.csv"


def fields(data, output_dir, **others):
    return {
        "model": "vit-micro",
        "data": str(data),
        "output_dir": str(output_dir),
        "image_size": 32,
        "epochs": 2,
        "batch_size": 8,
        "learning_rate": 1e-3,
        "mixed_precision": "no",
        **others,
    }


def command(data, output_dir, launcher=(), **others):
    options = [f"--{name}={value}" for name, value in fields(data, output_dir, **others).items()]
    return [sys.executable, *(launcher or ("-m", "vitcourse")), "finetune", *options]


def start(arguments, **options):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(arguments, env=environment, **pipes, **options)


def finish(process, seconds=240):
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def run(arguments, **options):
    return finish(start(arguments, **options))


def kill_when(process, ready, seconds=240):
    """Kill a process, hard, as soon as something is so; it may not end before."""
    end = time.monotonic() + seconds
    while not ready():
        assert process.poll() is None, f"it ended before it could be killed: {process.communicate()[1]}"
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.0005)
    process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    process.communicate(timeout=900)


def result(folder):
    """Everything that two equal runs must share, to the byte: the seconds of history.csv left out."""
    history = [line.rpartition(",")[0] for line in (folder / "history.csv").read_text().splitlines()]
    names = ("model.safetensors", "metrics.json", "config.json", "split.csv")
    return {"history": history, **{name: (folder / name).read_bytes() for name in names}}
