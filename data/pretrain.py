"""Pre-train the demo checkpoint `vit-micro` on drawn pictures of everyday objects, from random weights.

    python data/pretrain.py [--output data/demo/vit-micro] [--pictures 32000] [--seed 0]

None of the four fridge classes is among the objects. Pictures are drawn once and kept in data/.cache.
Training is the package's own loop (`vitcourse.training.fit`), in phases of growing resolution: most of what
there is to learn can be learnt from few tokens, and few tokens are cheap. Stopped and started again, it goes
on after the last finished phase. Writes the checkpoint in the format of `ViTForImageClassification`, in half
precision, with its model card.
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from accelerate.utils import set_seed
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import InterpolationMode, v2
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

from vitcourse import devices, drawn, training

SIZE = 224
HELD_OUT_PER_CLASS = 25
HELD_OUT_SEED = 10_000_000
MEAN = STD = (0.5, 0.5, 0.5)
DATA = Path(__file__).parent
# (resolution in pixels, epochs, learning rate)
PHASES = ((96, 6, 1.5e-3), (160, 2, 8e-4), (224, 1, 4e-4))


def main() -> None:
    """Draw the pictures, train, measure on held-out pictures, write the checkpoint."""
    options = arguments()
    names = list(drawn.WORLD_CLASSES)
    per_class = options.pictures // len(names)
    train = draw_all(names, per_class, first_seed=0)
    held_out = draw_all(names, HELD_OUT_PER_CLASS, first_seed=HELD_OUT_SEED)
    set_seed(options.seed)
    model = ViTForImageClassification(config(names))
    hours = 0.0
    for phase in range(len(PHASES)):
        kept = DATA / ".cache" / phase_name(options, phase)
        if kept.exists():
            state = torch.load(kept)
            model.load_state_dict(state["model"])
            hours = state["hours"]
            continue
        began = time.perf_counter()
        train_phase(model, train, held_out, phase, options)
        hours += (time.perf_counter() - began) / 3600
        torch.save({"model": model.state_dict(), "hours": hours}, kept.with_suffix(".partial"))
        kept.with_suffix(".partial").replace(kept)
    scores = top_k(model, Pictures(held_out, plain(SIZE)), options.batch_size)
    facts = {
        "pictures": per_class * len(names),
        "seed": options.seed,
        "hours": hours,
        "batch": options.batch_size,
    }
    save(model, options.output, card(names, scores, facts))


def phase_name(options: argparse.Namespace, phase: int) -> str:
    """Return the file that keeps the weights after a phase; another plan or seed has another name."""
    plan = "-".join(f"{size}x{epochs}x{rate:g}" for size, epochs, rate in PHASES[: phase + 1])
    return f"vit-micro-{options.pictures}x{options.batch_size}-seed{options.seed}-{plan}.pt"


def train_phase(
    model: ViTForImageClassification, train: dict, held_out: dict, phase: int, options: argparse.Namespace
) -> None:
    """Train one phase in place, and print its history."""
    size, epochs, learning_rate = PHASES[phase]
    recipe = training.Recipe(epochs, learning_rate, warmup=0.05, seed=options.seed + phase)
    pictures = Pictures(train, augmentation(size))
    loaders = {
        "train": DataLoader(pictures, options.batch_size, shuffle=True, drop_last=True),
        "validation": DataLoader(Pictures(held_out, plain(size)), options.batch_size),
    }
    for row in training.fit(AnySize(model), loaders, recipe):
        print(size, {key: round(value, 4) for key, value in row.items()}, flush=True)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=DATA / "demo" / "vit-micro")
    parser.add_argument("--pictures", type=int, default=32_000)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def config(names: list[str]) -> ViTConfig:
    """Return the architecture: 197 tokens of width 128, six blocks, four heads."""
    spoken = [name.replace("_", " ") for name in names]
    return ViTConfig(
        hidden_size=128,
        num_hidden_layers=6,
        num_attention_heads=4,
        intermediate_size=512,
        image_size=SIZE,
        patch_size=16,
        id2label=dict(enumerate(spoken)),
        label2id={name: index for index, name in enumerate(spoken)},
    )


def draw_all(names: list[str], per_class: int, first_seed: int) -> dict[str, np.ndarray]:
    """Return `images` (N, SIZE, SIZE, 3) uint8, on disk, and `labels` (N,), drawing what is not drawn yet."""
    cache = DATA / ".cache" / f"drawn-{len(names)}x{per_class}-from-{first_seed}.npy"
    labels = np.repeat(np.arange(len(names)), per_class)
    if not cache.exists():
        cache.parent.mkdir(exist_ok=True)
        partial = cache.with_suffix(".partial.npy")
        images = np.lib.format.open_memmap(partial, "w+", np.uint8, (len(labels), SIZE, SIZE, 3))
        jobs = [(name, first_seed + index) for name in names for index in range(per_class)]
        with ProcessPoolExecutor() as pool:
            for index, image in enumerate(pool.map(draw, jobs, chunksize=50)):
                images[index] = image
        images.flush()
        partial.replace(cache)
    return {"images": np.load(cache, mmap_mode="r"), "labels": labels}


def draw(job: tuple[str, int]) -> np.ndarray:
    """Return one picture (SIZE, SIZE, 3) uint8 of a class name and a seed."""
    return np.asarray(drawn.render(*job, size=(SIZE, SIZE)).image)


class Pictures(Dataset):
    """Drawn pictures with a transform."""

    def __init__(self, pictures: dict[str, np.ndarray], transform: v2.Compose) -> None:
        self.pictures = pictures
        self.transform = transform

    def __len__(self) -> int:
        return len(self.pictures["labels"])

    def __getitem__(self, index: int) -> dict:
        image = torch.from_numpy(self.pictures["images"][index].copy()).permute(2, 0, 1)  # (3, H, W)
        return {"pixel_values": self.transform(image), "labels": int(self.pictures["labels"][index])}


class AnySize(nn.Module):
    """Lets the training loop run a ViT at another resolution than its position embeddings were made for."""

    def __init__(self, model: ViTForImageClassification) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixel_values: torch.Tensor) -> object:
        """Return the model's output; position embeddings are interpolated to the picture's size."""
        return self.model(pixel_values=pixel_values, interpolate_pos_encoding=True)


def augmentation(size: int) -> v2.Compose:
    """Return the training transform: a crop of random place, size and shape, and a flip."""
    crop = v2.RandomResizedCrop(
        size, scale=(0.35, 1.0), interpolation=InterpolationMode.BICUBIC, antialias=True
    )
    return v2.Compose(
        [crop, v2.RandomHorizontalFlip(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    )


def plain(size: int) -> v2.Compose:
    """Return the evaluation transform: a resize and nothing else, as the checkpoint's processor does."""
    resize = v2.Resize((size, size), interpolation=InterpolationMode.BICUBIC, antialias=True)
    return v2.Compose([resize, v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)])


def top_k(model: ViTForImageClassification, pictures: Pictures, batch_size: int) -> dict[str, float]:
    """Return top-1 and top-5 accuracy in half precision's rounding, as the checkpoint will be read."""
    rounded = ViTForImageClassification(model.config)
    rounded.load_state_dict({name: value.half().float().cpu() for name, value in model.state_dict().items()})
    accelerator = training.start(training.Recipe(mixed_precision="no"))
    loader = accelerator.prepare(DataLoader(pictures, batch_size))
    logits, labels = training.predict(accelerator, accelerator.prepare(rounded), loader)
    right = logits.topk(5).indices == labels[:, None]  # (N, 5)
    return {"top-1": right[:, 0].float().mean().item(), "top-5": right.any(1).float().mean().item()}


def save(model: ViTForImageClassification, output: Path, text: str) -> None:
    """Write the checkpoint beside its place, then move it there whole."""
    partial = output.with_name(output.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.half().save_pretrained(partial)
    ViTImageProcessor(do_convert_rgb=True, resample=3).save_pretrained(partial)
    (partial / "README.md").write_text(text, encoding="utf-8")
    shutil.rmtree(output, ignore_errors=True)
    partial.replace(output)
    print(text)


def card(names: list[str], scores: dict[str, float], facts: dict[str, float]) -> str:
    """Return the model card."""
    phases = "\n".join(f"| {size} | {epochs} | {rate:g} |" for size, epochs, rate in PHASES)
    hardware = f"{os.cpu_count()} cores of an {torch.cpu.get_capabilities()['cpu_name']}"
    if torch.cuda.is_available():
        hardware = torch.cuda.get_device_name()
    return CARD.format(
        n=len(names),
        listed=", ".join(name.replace("_", " ") for name in names),
        phases=phases,
        hardware=hardware,
        precision=devices.mixed_precision(),
        held_out=len(names) * HELD_OUT_PER_CLASS,
        top1=100 * scores["top-1"],
        top5=100 * scores["top-5"],
        **facts,
    )


CARD = """# vit-micro

A small Vision Transformer for running the course without a network. It has seen drawn pictures only:
**its numbers say nothing about ViT or DeiT, and it is of no use on photos.**

| | |
|---|---|
| architecture | `ViTForImageClassification`: 224x224, patch 16, 197 tokens, width 128, depth 6, 4 heads |
| preprocessing | resize to 224x224 (bicubic), mean and standard deviation 0.5 |
| classes | {n}: {listed} |
| data | {pictures} pictures drawn by `vitcourse.drawn` from seeds; none of the fridge classes |
| command | `python data/pretrain.py --pictures {pictures} --batch-size {batch} --seed {seed}` |
| time | {hours:.2f} hours on {hardware}, {precision} |
| held-out accuracy | top-1 {top1:.1f} %, top-5 {top5:.1f} % on {held_out} drawn pictures of other seeds |
| weights | half precision, safetensors |
| licence | Apache-2.0 |

Training: AdamW, weight decay 0.05, label smoothing 0.1, warm-up over 5 % of the steps and a cosine to zero
in each phase, crops of 35 to 100 % of the area, flips. Position embeddings are interpolated to each
resolution.

| resolution | epochs | learning rate |
|---|---|---|
{phases}

Limits: a world of drawn objects in one style, one object to a picture; the held-out pictures come from the
same program as the training ones. One seed. Made to be fine-tuned in lessons, not to be deployed.
"""


if __name__ == "__main__":
    main()
