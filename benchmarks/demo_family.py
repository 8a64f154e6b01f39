"""What the demo family can do, on held-out drawn pictures and after fine-tuning on the drawn fridge sets.

    python benchmarks/demo_family.py [accuracy] [attention] [speed] [sizes] [transfer] [--json FILE]

Without a name, all five. Prints one Markdown table each; data/README.md has them.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import torch
from datasets import Dataset
from PIL.Image import Image
from results_file import write_json
from sklearn.metrics import f1_score
from torchvision.transforms import v2

import vitcourse as vc
from vitcourse import drawn, explanations, faithfulness, registry, training, variants, world

FAMILY = tuple(name for name, asset in registry.entries().items() if asset.ships)
TRANSFORMERS = tuple(name for name, variant in variants.all_variants().items() if variant.demo)
HALVES = ((0.5,) * 3, (0.5,) * 3)
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
SEEDS = (0, 1, 2)


def accuracy(wrongly: Collection[str] = FAMILY) -> list[dict]:
    """Accuracy on the shipped held-out set, before its JPEG compression, and with wrong preprocessing.

    Args:
        wrongly: Which of the family get the wrong preprocessing too.
    """
    rows, shipped = [], world.held_out()
    as_drawn = [
        {"image": drawn.render(drawn.WORLD_CLASSES[row["label"]], row["seed"], (224, 224)).image, **row}
        for row in shipped.remove_columns("image")
    ]
    for name in FAMILY:
        model, processor = vc.load(name)
        right = vc.preprocessing.evaluation_transform(processor)
        row = {"model": name, **top_k(model, right, shipped)}
        row["top-1 as drawn"] = top_k(model, right, as_drawn)["top-1"]
        if name in wrongly:
            row["other statistics"] = top_k(model, other_statistics(processor), shipped)["top-1"]
            row["resize only"] = top_k(model, resize_only(processor), shipped)["top-1"]
        rows.append(row)
    return rows


def top_k(model: torch.nn.Module, transform: Callable, pictures: Sequence[dict]) -> dict[str, float]:
    """Return top-1 and top-5 accuracy in % on drawn pictures."""
    accelerator = training.start(training.Recipe(mixed_precision="no"))
    loader = vc.preprocessing.loader(pictures, transform, batch_size=32)
    logits, labels = training.predict(accelerator, *accelerator.prepare(model, loader))
    right = logits.topk(5).indices == labels[:, None]  # (N, 5)
    return {
        "top-1": 100 * right[:, 0].float().mean().item(),
        "top-5": 100 * right.any(1).float().mean().item(),
    }


def other_statistics(processor: object) -> Callable:
    """Return the right geometry, normalised with the other family's mean and standard deviation."""
    geometry = vc.preprocessing.geometry(processor)
    mean, std = HALVES if geometry.mean != HALVES[0] else IMAGENET
    right = vc.preprocessing.evaluation_transform(processor)
    return lambda image: v2.functional.normalize(
        v2.functional.to_dtype(
            v2.functional.pil_to_tensor(vc.preprocessing.to_image(right(image), processor)),
            torch.float32,
            scale=True,
        ),
        mean,
        std,
    )


def resize_only(processor: object) -> Callable:
    """Return the right statistics on a picture that is resized without a crop."""
    geometry = vc.preprocessing.geometry(processor)
    return v2.Compose(
        [
            v2.ToImage(),
            v2.Resize((geometry.height, geometry.width), v2.InterpolationMode.BICUBIC, antialias=True),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(geometry.mean, geometry.std),
        ]
    )


def attention(every: int = 1) -> list[dict]:
    """Share of the class token's last-layer attention on the object, and the object's share of the area.

    Args:
        every: Take every n-th of the shipped held-out pictures; there are four of each class.
    """
    pictures = world.held_out().shard(every, 0, contiguous=False)
    masks = [world.mask(*row) for row in zip(pictures["label"], pictures["seed"], strict=True)]
    return [{"model": name, **attention_on_object(name, pictures, masks)} for name in TRANSFORMERS]


@torch.inference_mode()
def attention_on_object(name: str, pictures: Dataset, masks: Sequence[Image]) -> dict[str, float]:
    """Return both shares in %, means over the pictures, and their ratio."""
    model, processor = vc.load(name)
    transform = vc.preprocessing.evaluation_transform(processor)
    shares, areas = [], []
    for first in range(0, len(pictures), 25):
        pixel_values = torch.stack([transform(image) for image in pictures[first : first + 25]["image"]])
        maps = explanations.last_layer(model, pixel_values, torch.zeros(len(pixel_values)))
        grid, seen = maps.shape[1:], masks[first : first + 25]
        covered = torch.stack([faithfulness.coverage(mask, processor, grid) for mask in seen])
        shares.append(faithfulness.share_on_object(maps, covered))
        areas.append(covered.mean((1, 2)))
    attended, area = torch.cat(shares).mean().item(), torch.cat(areas).mean().item()
    return {
        "attention on the object": 100 * attended,
        "object's share of the picture": 100 * area,
        "ratio": attended / area,
    }


@torch.inference_mode()
def speed() -> list[dict]:
    """Pictures a second through the model alone, batch 32, the best of fp32 and the device's precision."""
    rows = []
    for name in FAMILY:
        model, processor = vc.load(name)
        geometry = vc.preprocessing.geometry(processor)
        pixel_values = torch.randn(32, 3, geometry.height, geometry.width)
        row = {"model": name, "pixels": geometry.height}
        for precision in ("no", vc.devices.mixed_precision()):
            row["fp32" if precision == "no" else precision] = pictures_per_second(
                model, pixel_values, precision
            )
        rows.append(row)
    return rows


def pictures_per_second(model: torch.nn.Module, pixel_values: torch.Tensor, precision: str) -> float:
    """Return the median of six runs, after two that are not counted."""
    accelerator = training.start(training.Recipe(mixed_precision=precision))
    prepared = accelerator.prepare(model)

    def forward() -> None:
        with accelerator.autocast():
            prepared(pixel_values=pixel_values.to(accelerator.device))

    return len(pixel_values) / vc.timing.measure(forward, runs=6, warm_up=2).median


def sizes() -> list[dict]:
    """Top-1 in % at other resolutions than the trained one, position embeddings interpolated."""
    rows = []
    for name in TRANSFORMERS:
        row = {"model": name}
        for size in (128, 160, 192, 224, 288, 384):
            model, processor = vc.load(name)
            vc.positions.resize(model, processor, size)
            transform = vc.preprocessing.evaluation_transform(processor)
            row[f"{size}"] = top_k(model, transform, world.held_out())["top-1"]
        rows.append(row)
    return rows


def transfer() -> list[dict]:
    """Fine-tune on the drawn fridge sets: test accuracy and macro-F1 in %, three seeds."""
    rows = []
    for name in (name for name in TRANSFORMERS if variants.get(name).image_size == 224):
        for task, multi_label in (("multi-class", False), ("multi-label", True)):
            results = [fine_tuned(name, multi_label, seed) for seed in SEEDS]
            scores, seconds = zip(*results, strict=True)
            rows.append(
                {
                    "model": name,
                    "task": task,
                    **{f"seed {seed}": score for seed, score in zip(SEEDS, scores, strict=True)},
                    "mean": statistics.mean(scores),
                    "seconds": max(seconds),
                }
            )
    return rows


def fine_tuned(name: str, multi_label: bool, seed: int) -> tuple[float, float]:
    """Return the test score in % (accuracy, or macro-F1 at threshold 0.5) and the seconds it took."""
    began = time.perf_counter()
    splits = vc.fridge.multilabel() if multi_label else vc.fridge.multiclass()
    model, processor = vc.load(name, labels=vc.fridge.CLASSES, multi_label=multi_label)
    loaders = vc.preprocessing.loaders(splits, processor, seed=seed)
    smoothing = 0.0 if multi_label else 0.1
    recipe = training.Recipe(learning_rate=vc.setup().learning_rate, label_smoothing=smoothing, seed=seed)
    training.fit(model, loaders, recipe)
    accelerator = training.start(recipe)
    logits, labels = training.predict(accelerator, model, accelerator.prepare(loaders["test"]))
    if multi_label:
        return 100 * f1_score(labels, logits > 0, average="macro"), time.perf_counter() - began
    right = (logits.argmax(-1) == labels).float().mean().item()
    return 100 * right, time.perf_counter() - began


QUESTIONS = {
    "accuracy": accuracy,
    "attention": attention,
    "speed": speed,
    "sizes": sizes,
    "transfer": transfer,
}


def main() -> None:
    """Answer the questions that are asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=", ".join(QUESTIONS))
    parser.add_argument("--json", type=Path, help="write the rows here")
    options = parser.parse_args()
    vc.setup()
    answers = {}
    for question in options.questions or QUESTIONS:
        answers[question] = QUESTIONS[question]()
        print(f"\n{QUESTIONS[question].__doc__}\n\n{table(answers[question])}", flush=True)
    if options.json:
        write_json(options.json, answers)


def table(rows: list[dict]) -> str:
    """Return rows as a Markdown table."""
    lines = [list(rows[0]), ["---"] * len(rows[0])]
    lines += [[f"{v:.1f}" if isinstance(v, float) else str(v) for v in row.values()] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
