"""How good are maps of what a model looks at? Every method on held-out drawn pictures, whose masks are known.

    python benchmarks/explanations.py [--pictures 492] [--sample 123] [--models vit-micro ...] [--json FILE]

For each model and token: how often a map's highest patch lies on the object (the pointing game), the areas
under the deletion and insertion curves, and the rank correlation with the map of the same network after its
weights were shuffled. It explains the class that the token's head says. Occlusion and integrated gradients
take dozens of passes a picture: they, and the areas, are measured on a sample: one picture of each class, or
of the first classes if it is smaller than their number.
Writes benchmarks/results/explanations.json.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from datasets import Dataset
from results_file import machine, write_json

import vitcourse as vc
from vitcourse import attention, explanations, faithfulness, intervals, models, world

RESULTS = Path(__file__).parent / "results" / "explanations.json"
BATCH_SIZE = 12
SEED = 0
SLOW = ("occlusion", "integrated gradients")
SHUFFLED = 12  # pictures whose maps are made again with shuffled weights


class Subject:
    """A model, one of its tokens, and what the network sees of the pictures.

    Attributes:
        target: (N,), the class that the token's head says.
        right: (N,), whether it is the label.
        covered: (N, rows, columns), the share of each patch that lies on the object.
    """

    def __init__(self, name: str, token: int, pictures: Dataset) -> None:
        self.name, self.token = name, token
        self.model, processor = vc.load(name)
        transform = vc.preprocessing.evaluation_transform(processor)
        self.pixel_values = torch.stack([transform(image) for image in pictures["image"]])
        grid = attention.patch_grid(self.model, self.pixel_values)
        rows = zip(pictures["label"], pictures["seed"], strict=True)
        self.covered = torch.stack([faithfulness.coverage(world.mask(*row), processor, grid) for row in rows])
        with torch.no_grad():
            batches = self.pixel_values.split(64)
            logits = [explanations.head_logits(self.model, batch, token) for batch in batches]
        self.target = torch.cat(logits).argmax(1)
        self.right = self.target == torch.tensor(pictures["label"])

    def maps(self, method: str, count: int, model: torch.nn.Module | None = None) -> torch.Tensor:
        """Return the maps of the first pictures (count, rows, columns), of the model or of another one."""
        explain, model = explanations.METHODS[method], model or self.model
        parts = [slice(i, min(i + BATCH_SIZE, count)) for i in range(0, count, BATCH_SIZE)]
        return torch.cat([explain(model, self.pixel_values[i], self.target[i], self.token) for i in parts])

    def area(self, maps: torch.Tensor, kind: str) -> float:
        """Return the mean area under the curves of maps (M, rows, columns) of the first pictures."""
        areas = []
        for i in (slice(i, min(i + BATCH_SIZE, len(maps))) for i in range(0, len(maps), BATCH_SIZE)):
            probability = explanations.probability(self.model, self.target[i], self.token)
            areas.append(
                faithfulness.area(faithfulness.curve(probability, self.pixel_values[i], maps[i], kind))
            )
        return torch.cat(areas).mean().item()


def measure(subject: Subject, sample: int) -> list[dict]:
    """Return a row for each method, and for maps that know nothing: chance, and the centre of the picture."""
    forgotten = explanations.shuffled(subject.model, seed=SEED)
    rows = []
    for method in explanations.METHODS:
        count = sample if method in SLOW else len(subject.target)
        began = time.perf_counter()
        maps = subject.maps(method, count)
        seconds = (time.perf_counter() - began) / count
        again = subject.maps(method, min(SHUFFLED, sample), forgotten)
        same = faithfulness.rank_correlation(maps[: len(again)], again)
        rows.append(
            score(subject, method, maps, sample) | {"shuffled": float(same.mean()), "seconds": seconds}
        )
        print(f"{subject.name}, {subject.token}, {method}: {rows[-1]['hits']} of {count}", flush=True)
    generator = torch.Generator().manual_seed(SEED)
    rows.append(score(subject, "random", torch.rand(subject.covered.shape, generator=generator), sample))
    rows.append(score(subject, "centre", centre(subject.covered.shape), sample))
    return rows


def score(subject: Subject, method: str, maps: torch.Tensor, sample: int) -> dict:
    """Score the maps of one method: all in the pointing game, the sample by its areas."""
    hit = faithfulness.hits(maps, subject.covered[: len(maps)])
    low, high = intervals.wilson(int(hit.sum()), len(hit))
    wrong = ~subject.right[: len(hit)]
    return {
        "model": subject.name,
        "token": ("class", "distillation")[subject.token],
        "method": method,
        "hits": int(hit.sum()),
        "of": len(hit),
        "low": low,
        "high": high,
        "hits where it errs": int(hit[wrong].sum()),
        "errors": int(wrong.sum()),
        "deletion": subject.area(maps[:sample], "deletion"),
        "insertion": subject.area(maps[:sample], "insertion"),
    }


def centre(shape: torch.Size) -> torch.Tensor:
    """Return maps that are highest in the middle of the picture and fall off from there."""
    down, across = (torch.linspace(-1, 1, size + 2)[1:-1].abs() for size in shape[1:])
    return (-(down[:, None] ** 2) - across[None] ** 2).expand(shape).contiguous()


def table(rows: list[dict]) -> str:
    """Return the rows as a Markdown table."""
    lines = [list(rows[0]), ["---"] * len(rows[0])]
    for row in rows:
        cells = [row.get(column, "") for column in rows[0]]
        lines.append([f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Measure every model and token, print the table and write the file after each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=492, help="of the 492, the classes in turn")
    parser.add_argument("--sample", type=int, default=123, help="of these, for what takes many passes")
    parser.add_argument("--models", nargs="+", default=["vit-micro", "deit-micro-distilled"])
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    vc.setup(SEED)
    held_out = world.held_out()
    order = sorted(range(len(held_out)), key=lambda index: index % world.HELD_OUT_PER_CLASS)
    pictures = held_out.select(order[: options.pictures])
    rows: list[dict] = []
    for name in options.models:
        heads = len(models.heads(vc.load(name)[0]))
        for token in range(heads):
            rows += measure(Subject(name, token, pictures), min(options.sample, len(pictures)))
            write_json(
                options.json, {"rows": rows, "sample": options.sample, "seed": SEED, "machine": machine()}
            )
    print(table(rows))


if __name__ == "__main__":
    main()
