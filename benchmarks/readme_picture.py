"""Draw README's picture: test pictures with what the fine-tuned demo network says of them.

    VITCOURSE_ASSETS=demo python benchmarks/readme_picture.py

Takes the first three test pictures of each class, whatever the network makes of them.
"""

from __future__ import annotations

from pathlib import Path

import torch

import vitcourse as vc
from vitcourse import training

PICTURE = Path(__file__).parent.parent / "notebooks" / "figures" / "predictions.jpg"


def main() -> None:
    """Fine-tune as lesson 06 does, predict the test pictures, draw twelve of them."""
    run = vc.setup()
    if run.assets != "demo":
        raise SystemExit(
            "this picture ships: run with VITCOURSE_ASSETS=demo, real photos must not get into it"
        )
    splits = vc.fridge.multiclass()
    model, processor = vc.load(run.model, labels=vc.fridge.CLASSES)
    loaders = vc.preprocessing.loaders(splits, processor)
    recipe = training.Recipe(learning_rate=run.learning_rate)
    training.fit(model, loaders, recipe)
    accelerator = training.start(recipe)
    logits, labels = training.predict(accelerator, model, accelerator.prepare(loaders["test"]))
    test = splits["test"]
    chosen = [i for label in range(4) for i in (labels == label).nonzero().flatten().tolist()[:3]]
    titles = [_title(logits[i].softmax(-1), int(labels[i])) for i in chosen]
    figure = vc.plotting.image_grid([test[i]["image"] for i in chosen], titles)
    figure.savefig(PICTURE, dpi=110, pil_kwargs={"quality": 85})


def _title(probabilities: torch.Tensor, label: int) -> str:
    said = int(probabilities.argmax())
    mark = "right" if said == label else f"wrong: {vc.fridge.CLASSES[label]}"
    return f"{vc.fridge.CLASSES[said]} {probabilities[said]:.0%}\n{mark}"


if __name__ == "__main__":
    main()
