"""The model card of a fine-tuned checkpoint: filled from its run, and open where only people know.

Taught in lessons 06 and 14.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import EvalResult, ModelCardData

from vitcourse import assets
from vitcourse.configuration import FineTuning

OPEN = "[More Information Needed]"  # the Hub's own mark for what a card does not say yet

CARD = """---
{header}
---

# {model}, fine-tuned on {data}

{task} with {num_classes} classes: {classes}. Made by `vitcourse finetune`; `config.yaml` beside this
file says how, and the same command with it makes it again.

| split | photos | {score_name} | 95 % interval |
|---|---|---|---|
{rows}

{threshold}Test photos were looked at once, after training; {choice}

## Use

```python
import vitcourse as vc

vc.Classifier("FOLDER").predict("photo.jpg")
```

or `transformers.pipeline("image-classification", model="FOLDER")`.

## Training

{epochs} epochs, {optimizer}, learning rate {learning_rate:g}, batches of {batch_size}, seed {seed}.{taught}
`history.csv` has a row an epoch, `split.csv` says which photo was in which split, `metrics.json` has
every score.

![Training loss and validation accuracy, epoch by epoch.](history.png)

## Intended use

Who uses it, for what, and who decides when it is wrong: {open}

## Out of scope

{scope} Uses that must not be made of it: {open}

## Risks and limits

Its numbers hold for photos like those it was tested on, within the intervals above. Whom an error harms,
which photos it fails on, and when it says nothing: {open}

## Data and licences

{sources}

What is in the photos, who took them, who and what is missing: {open}
"""

_SCOPE = {
    False: "It knows the classes above and no others: it names one of them, whatever the photo shows.",
    True: "It knows the classes above and no others: whatever else the photo shows, it does not say.",
}


def text(config: FineTuning, metrics: dict, history: Sequence[dict], classes: Sequence[str]) -> str:
    """Return the card, with what only people know left open: see `open_sections`.

    Args:
        config: What was asked for.
        metrics: As `results.measure` returns them.
        history: A row an epoch.
        classes: Class names.
    """
    model, data = (Path(name).name if Path(name).exists() else name for name in (config.model, config.data))
    header = ModelCardData(
        library_name="transformers",
        pipeline_tag="image-classification",
        base_model=_hub_id(config.model),
        tags=["vision", "vitcourse"],
        model_name=f"{model}, fine-tuned on {data}",
        eval_results=_test_results(data, metrics),
    )
    rows = []
    for split in ("validation", "test"):
        if split in metrics:
            values = metrics[split]
            low, high = values["accuracy_interval"]
            rows.append(
                f"| {split} | {values['photos']} | {values['accuracy']:.1%} | {low:.1%} to {high:.1%} |"
            )
    chosen = "the weights of the last epoch are kept."
    if config.best_by:
        chosen = f"the epoch that is kept was chosen by validation {config.best_by}."
    return CARD.format(
        header=header.to_yaml(),
        model=model,
        data=data,
        task="Multi-label classification" if config.multi_label else "Classification",
        num_classes=len(classes),
        classes=", ".join(classes),
        score_name="exact match" if config.multi_label else "accuracy",
        rows="\n".join(rows),
        threshold=(
            f"A label is said from a probability of {metrics['threshold']:.2f}, chosen on validation photos. "
            if config.multi_label
            else ""
        ),
        choice=chosen,
        epochs=len(history),
        optimizer=config.optimizer,
        learning_rate=config.learning_rate,
        batch_size=config.batch_size,
        seed=config.seed,
        open=OPEN,
        scope=_SCOPE[config.multi_label],
        sources="\n".join(f"- {_source(n)}" for n in (config.model, config.data, config.teacher) if n),
        taught=f" Taught by {Path(config.teacher).name}, with {config.distillation_targets} targets."
        if config.teacher
        else "",
    )


def open_sections(card: str) -> list[str]:
    """Return the headings of a card's sections that still ask for something, in their order.

    Taught in lesson 14.
    """
    sections = re.split(r"^## +(.*)$", card, flags=re.MULTILINE)[1:]  # heading, body, heading, body ...
    pairs = zip(sections[::2], sections[1::2], strict=True)
    return [heading.strip() for heading, body in pairs if OPEN in body]


def _source(name: str) -> str:
    """Say what a checkpoint or a dataset is, whose, and under which licence, as far as the registry knows."""
    if name not in assets.names():
        return f"{Path(name).name if Path(name).exists() else name}: licence and source {OPEN}"
    asset = assets.get(name)
    if asset.kind == "dataset" and assets.mode() == "demo":
        return f"{name}: its drawn twin, not photos; Apache-2.0; made by this course"
    return f"{name}: {asset.title}; {asset.licence}; {asset.source}"


def _hub_id(model: str) -> str | None:
    """Return the id on the Hub of what was fine-tuned; None for a folder or a demo checkpoint."""
    if model in assets.names("checkpoint"):
        return assets.get(model).hub_id
    return model if "/" in model and not Path(model).exists() else None


def _test_results(data: str, metrics: dict) -> list[EvalResult]:
    """Return the test scores in the form that the Hub shows."""
    return [
        EvalResult(
            task_type="image-classification",
            dataset_type="imagefolder",
            dataset_name=data,
            dataset_split="test",
            metric_type=kind,
            metric_value=metrics["test"][kind],
        )
        for kind in ("accuracy", "f1_macro")
        if metrics.get("test", {}).get(kind) is not None
    ]
