"""Table 3 and Table 4 of the DeiT paper on the fridge photos: who decides what, after which teaching.

    VITCOURSE_ASSETS=demo python benchmarks/distillation.py
    VITCOURSE_ASSETS=real python benchmarks/distillation.py

For each seed a convnet is fine-tuned, then the same ViT six times: alone, and with each kind of teaching. The
decisions on all photos that no one trained on, validation and test, are written to
benchmarks/results/distillation_ASSETS.json; lesson 09 makes its tables from them.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from datasets import Dataset, concatenate_datasets
from results_file import machine, write_json
from torch import nn
from torch.utils.data import DataLoader
from transformers import BaseImageProcessor

import vitcourse as vc
from vitcourse import distillation, training

RESULTS = Path(__file__).with_name("results")
CONVNETS = {"demo": "convnet-micro", "real": "mobilenetv2"}
CONVNET_LEARNING_RATE = 3e-4
EPOCHS = {"demo": 8, "real": 6}
Decisions = dict[str, list[int]]


def main() -> None:
    """Measure each seed and write the decisions of all so far."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--epochs", type=int, help="default: 8 on drawn pictures, 6 on photos")
    parser.add_argument("--json", type=Path, help="default: benchmarks/results/distillation_ASSETS.json")
    options = parser.parse_args()
    run = vc.setup()
    epochs = options.epochs or EPOCHS[run.assets]
    path = options.json or RESULTS / f"distillation_{run.assets}.json"
    result = about(run, epochs)
    for seed in options.seeds:
        began = time.perf_counter()
        decisions = measure(run, training.Recipe(epochs, run.learning_rate, seed=seed))
        result["seeds"][str(seed)] = decisions
        result["minutes"] = round(result["minutes"] + (time.perf_counter() - began) / 60, 1)
        write_json(path, result)
        report(seed, decisions, result["truth"])


def about(run: vc.run.Run, epochs: int) -> dict:
    """Return what the decisions stand on; validation photos come before `test_from`, test photos after."""
    photos = unseen()
    return {
        "command": f"VITCOURSE_ASSETS={run.assets} python benchmarks/distillation.py",
        "student": run.model,
        "convnet": CONVNETS[run.assets],
        "epochs": epochs,
        "machine": machine(),
        "precision": run.precision,
        "minutes": 0.0,
        "test_from": len(vc.fridge.multiclass()["validation"]),
        "files": list(photos["file"]),
        "truth": list(photos["label"]),
        "seeds": {},
    }


def unseen() -> Dataset:
    """Return the photos that nobody trains on, validation first."""
    splits = vc.fridge.multiclass()
    return concatenate_datasets([splits["validation"], splits["test"]])


def measure(run: vc.run.Run, recipe: training.Recipe) -> Decisions:
    """Train a teacher and six students with one seed, and return what each says to the unseen photos."""
    convnet, convnet_processor = new(CONVNETS[run.assets])
    fit(convnet, convnet_processor, with_rate(recipe, CONVNET_LEARNING_RATE))
    plain, processor = new(run.model)
    fit(plain, processor, recipe)
    decisions = {
        "convnet": decide(convnet, convnet_processor)["both"],
        "plain": decide(plain, processor)["both"],
    }
    by_convnet = distillation.Teacher(convnet, convnet_processor, processor)
    for targets in ("soft", "hard"):
        student, _ = new(run.model)
        fit(student, processor, recipe, distillation.taught_by(by_convnet, targets))
        decisions[targets] = decide(student, processor)["both"]
    for name, teacher in {
        "": by_convnet,
        " by ViT": distillation.Teacher(plain, processor, processor),
    }.items():
        student = distillation.two_tokens(new(run.model)[0])
        fit(student, processor, recipe, distillation.taught_by(teacher))
        decisions |= {f"{head}{name}": said for head, said in decide(student, processor).items()}
    return decisions


def new(name: str) -> tuple[nn.Module, BaseImageProcessor]:
    """Return a checkpoint with a new head for the four classes."""
    return vc.load(name, labels=vc.fridge.CLASSES)


def with_rate(recipe: training.Recipe, learning_rate: float) -> training.Recipe:
    """Return the recipe with another learning rate."""
    return training.Recipe(recipe.epochs, learning_rate, seed=recipe.seed)


def fit(
    model: nn.Module,
    processor: BaseImageProcessor,
    recipe: training.Recipe,
    loss_of: distillation.LossOf = training.classification_loss,
) -> None:
    """Fine-tune on the training photos; the weights of the last epoch are kept, nothing is chosen."""
    splits = vc.fridge.multiclass()
    splits["validation"] = splits["validation"].select(range(2))  # nobody looks at its scores
    training.fit(model, vc.preprocessing.loaders(splits, processor, seed=recipe.seed), recipe, loss_of)


def decide(model: nn.Module, processor: BaseImageProcessor) -> Decisions:
    """Return the classes that each head says, both by added softmaxes, and both by averaged logits."""
    transform = vc.preprocessing.evaluation_transform(processor)
    accelerator = training.start(training.Recipe(mixed_precision="no"))
    loader: DataLoader = vc.preprocessing.loader(unseen(), transform, batch_size=18)
    network, loader = accelerator.prepare(model.eval(), loader)
    said: Decisions = {"class": [], "distillation": [], "both": [], "averaged logits": []}
    for batch in loader:
        with torch.inference_mode():
            output = network(pixel_values=batch["pixel_values"])
        heads = distillation.head_logits(output)
        answers = {**heads, "both": distillation.added_softmaxes(output), "averaged logits": output.logits}
        for name, scores in answers.items():
            said[name] += scores.argmax(-1).tolist()
    return said


def report(seed: int, decisions: Decisions, truth: list[int]) -> None:
    """Print how many each got right."""
    right = {name: sum(a == b for a, b in zip(said, truth, strict=True)) for name, said in decisions.items()}
    print(f"seed {seed}, right of {len(truth)}: {right}", flush=True)


if __name__ == "__main__":
    main()
