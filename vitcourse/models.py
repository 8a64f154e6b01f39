"""Load a checkpoint with the right class, the right head and nothing left to chance.

Taught in lessons 03 and 04; used in every lesson that starts from trained weights.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import (
    AutoImageProcessor,
    AutoModelForImageClassification,
    BaseImageProcessor,
    PreTrainedModel,
)

from vitcourse import assets


class CheckpointError(RuntimeError):
    """A checkpoint does not fit the model that its configuration describes."""


def load(
    source: str | Path, labels: Sequence[str] | None = None, *, multi_label: bool = False
) -> tuple[PreTrainedModel, BaseImageProcessor]:
    """Load a model and its image processor, in fp32 and in evaluation mode.

    Args:
        source: A name of the course ("vit-tiny", "vit-micro", ...), a folder, or an id on the Hub.
        labels: Class names of a new task. The model then gets a new head, all zeros (ViT paper,
            section 3.2). Without labels the checkpoint's own head is kept.
        multi_label: Whether several labels can be true at once. Sets the loss that `labels=` computes
            in a ViT or a plain DeiT: it would otherwise be guessed from the first batch and stick. A
            distilled DeiT computes none.

    Returns:
        The model, which takes `pixel_values` (B, 3, H, W) and gives `logits` (B, num_labels), and
        the processor, which also accepts grey, palette, transparent and CMYK images (that of a timm
        network takes RGB only).

    Raises:
        AssetError: If a course checkpoint can be found nowhere.
        CheckpointError: If the folder is not a checkpoint, or a weight is missing, left over or of another
            shape. `from_pretrained` alone would fill such weights with random numbers.
        ValueError: If labels repeat, or there are fewer than two (one, if multi_label).

    Taught in lesson 04.
    """
    path = _locate(source)
    _check_labels(labels, multi_label)
    try:
        model, report = AutoModelForImageClassification.from_pretrained(
            path, dtype=torch.float32, output_loading_info=True, ignore_mismatched_sizes=True
        )
        processor = AutoImageProcessor.from_pretrained(path)
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(_cannot_read(source, path, error)) from error
    _check_report(source, model, report, new_head=labels is not None)
    processor.do_convert_rgb = True
    if labels is not None:
        _new_head(model, list(labels))
    if multi_label or labels is not None:
        model.config.problem_type = (
            "multi_label_classification" if multi_label else "single_label_classification"
        )
    return model.eval(), processor


def heads(model: nn.Module) -> dict[str, nn.Linear]:
    """Return the classification heads of a model by attribute name.

    One for ViT and plain DeiT, two for a distilled DeiT (class token and distillation token).
    """
    names = ("classifier", "cls_classifier", "distillation_classifier")
    return {name: getattr(model, name) for name in names if hasattr(model, name)}


def _locate(source: str | Path) -> str:
    """Turn a name, a folder or a Hub id into what `from_pretrained` takes."""
    text = str(source)
    by_hub_id = {assets.get(name).hub_id: name for name in assets.names("checkpoint")}
    name = by_hub_id.get(text, text)
    if name in assets.names("checkpoint"):
        return str(assets.resolve(name))
    if Path(text).is_dir() or (text.count("/") == 1 and not text.startswith((".", "/", "~"))):
        return text
    raise CheckpointError(
        f"no checkpoint {text!r}: expected a folder, an id on the Hub (facebook/deit-tiny-patch16-224, say), "
        f"or one of {', '.join(assets.names('checkpoint'))}"
    )


def _check_labels(labels: Sequence[str] | None, multi_label: bool) -> None:
    if labels is None:
        return
    if isinstance(labels, str):
        raise ValueError(
            f"labels is the text {labels!r}; expected a list of class names, such as ['can', 'carton']"
        )
    least = 1 if multi_label else 2
    if len(labels) < least or len(set(labels)) != len(labels):
        raise ValueError(f"labels is {list(labels)}; expected at least {least} different class names")


def _check_report(source: str | Path, model: PreTrainedModel, report: dict, new_head: bool) -> None:
    """Refuse a load that left weights random or unused."""
    replaced = tuple(heads(model)) if new_head else ()
    missing = [name for name in report["missing_keys"] if not name.startswith(replaced)]
    mismatched = [name for name, *_ in report["mismatched_keys"] if not name.startswith(replaced)]
    unexpected = [name for name in report["unexpected_keys"] if "pooler" not in name]
    problems = {"missing": missing, "of another shape": mismatched, "left over": unexpected}
    found = [f"{len(keys)} {kind} ({', '.join(sorted(keys)[:3])})" for kind, keys in problems.items() if keys]
    if found:
        raise CheckpointError(
            f"the weights of {source} do not fit {type(model).__name__}: {'; '.join(found)}. "
            "Expected every weight to have its place. Check `architectures` and `model_type` in its "
            "config.json, and for a backbone without a head pass labels=[...]."
        )


def _new_head(model: PreTrainedModel, labels: list[str]) -> None:
    """Give the model a new classification head (two, if distilled), zero as in the ViT paper, section 3.2."""
    if hasattr(model, "timm_model"):
        model.timm_model.reset_classifier(len(labels))
        for parameter in model.timm_model.get_classifier().parameters():
            torch.nn.init.zeros_(parameter)
    for name, old in heads(model).items():
        width = getattr(old, "in_features", model.config.hidden_size)
        new = torch.nn.Linear(width, len(labels))
        torch.nn.init.zeros_(new.weight)
        torch.nn.init.zeros_(new.bias)
        setattr(model, name, new)
    model.num_labels = len(labels)
    model.config.id2label = dict(enumerate(labels))
    model.config.label2id = {label: index for index, label in enumerate(labels)}


def _cannot_read(source: str | Path, path: str, error: Exception) -> str:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return (
        f"cannot load {source} from {path}: {reason} Expected a folder (or Hub id) with config.json, "
        "model.safetensors and preprocessor_config.json. `vitcourse doctor` shows what is on disk."
    )
