"""Load a checkpoint with the right class, the right head and nothing left to chance.

Taught in lessons 03 and 04; used in every lesson that starts from trained weights.
"""

import copy
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import (
    AutoImageProcessor,
    AutoModelForImageClassification,
    BaseImageProcessor,
    PreTrainedModel,
    logging,
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
            section 3.2). Without labels the checkpoint's own head is kept. Batch normalisations keep
            their statistics in training, too: a few photos in small batches would spoil them.
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
        _keep_statistics(model.modules())
    if multi_label or labels is not None:
        model.config.problem_type = (
            "multi_label_classification" if multi_label else "single_label_classification"
        )
    return model.eval(), processor


def quiet() -> None:
    """Leave out transformers' progress bars and loading reports: `load` checks what they would say."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()


def twin(model: nn.Module) -> nn.Module:
    """Return a copy of a network that shares its weights: what is hooked into one is not in the other."""
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    return copy.deepcopy(model, shared)


def heads(model: nn.Module) -> dict[str, nn.Linear]:
    """Return the classification heads of a model by the names they have in it.

    One for ViT, plain DeiT and timm's networks, two for a distilled DeiT (class and distillation token).
    """
    names = ("classifier", "cls_classifier", "distillation_classifier")
    found = {name: getattr(model, name) for name in names if hasattr(model, name)}
    if hasattr(model, "timm_model"):
        head = model.timm_model.get_classifier()
        found = {name: module for name, module in model.named_modules() if module is head}
    return found


def logits_by_head(output: object) -> tuple[torch.Tensor, ...]:
    """Return the logits (B, C) of each head in an output: class and distillation, or the only one.

    timm's distilled models only give the mean of both heads: one.

    Args:
        output: What a model of transformers, of timm or of `vitcourse.vit` returns.
    """
    if isinstance(output, torch.Tensor):
        return (output,)
    if hasattr(output, "head_logits"):
        return output.head_logits.unbind(1)
    if getattr(output, "distillation_logits", None) is not None:
        return output.cls_logits, output.distillation_logits
    return (output.logits,)


def layers_below_top(model: nn.Module) -> dict[str, int]:
    """Return for each parameter how many layers stand between its own and the head: 0 for the last layer.

    The embeddings are the first layer, each block is one; the final normalisation and the head count as 0.
    """
    from timm.models import group_parameters  # inference does without timm, and starts faster

    network = getattr(model, "timm_model", model)
    blocks = {"stem": r".*(?:embeddings|patch_embed)\.", "blocks": r".*(?:layers|blocks)\.(\d+)\."}
    matcher = network.group_matcher(coarse=False) if hasattr(network, "group_matcher") else blocks
    layers = group_parameters(network, matcher, reverse=True)
    last = max((layer for name, layer in layers.items() if layer < max(layers.values())), default=0)
    prefix = "timm_model." if network is not model else ""
    return {prefix + name: max(last - layer, 0) for name, layer in layers.items()}


def freeze(model: nn.Module, what: int | str) -> None:
    """Keep the weights of some parameters, and the statistics beside them; the head always learns.

    Args:
        model: The network.
        what: "none", "backbone" for all but the head, or how many blocks from the first, the embeddings
            included.

    Raises:
        ValueError: If it is something else, or there are fewer blocks.

    Taught in lesson 06.
    """
    below_top = layers_below_top(model)
    blocks = max(below_top.values())
    if what not in ("none", "backbone") and not (isinstance(what, int) and 0 <= what <= blocks):
        raise ValueError(
            f"freeze is {what!r}; expected none, backbone, or a number of blocks from 0 to {blocks}"
        )
    if what in ("none", 0):
        return
    highest = -1 if what == "backbone" else blocks - what
    for name, parameter in model.named_parameters():
        if not name.startswith(tuple(heads(model))) and below_top[name] >= max(highest, 0):
            parameter.requires_grad_(False)
    _keep_statistics(module for module in model.modules() if _is_frozen(module))


def _is_frozen(module: nn.Module) -> bool:
    learns = [parameter.requires_grad for parameter in module.parameters(recurse=False)]
    return bool(learns) and not any(learns)


def _keep_statistics(modules: Iterable[nn.Module]) -> None:
    """Let batch normalisations use their statistics, and leave them as they are, in training too."""
    for module in modules:
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.register_forward_pre_hook(_in_evaluation)


def _in_evaluation(norm: nn.Module, _: object) -> None:
    norm.eval()


def set_drop_path(model: PreTrainedModel, rate: float) -> None:
    """Leave a block's branches out by chance while training, the later the block, the more often.

    Stochastic depth (Huang et al., arXiv:1603.09382, section 3), as in DeiT.

    Args:
        model: A ViT or DeiT of transformers. It drops out each branch before it is added; that place is used.
        rate: How often the last block's branches are left out, 0 to 1.

    Raises:
        ValueError: If the network is another.
    """
    from timm.layers import DropPath

    blocks = getattr(model.base_model, "layers", None)
    if blocks is None:
        raise ValueError(
            f"drop_path is {rate}, but the model is a {type(model).__name__}; expected a ViT or DeiT of "
            "transformers. Create a timm network with drop_path_rate= instead"
        )
    for block, block_rate in zip(blocks, torch.linspace(0, rate, len(blocks)).tolist(), strict=True):
        block.dropout = DropPath(block_rate).train(block.training)


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
        model.config.label_names = labels  # what transformers saves, if the checkpoint had some
    else:
        for name, old in heads(model).items():
            width = getattr(old, "in_features", model.config.hidden_size)
            setattr(model, name, torch.nn.Linear(width, len(labels)))
    for head in heads(model).values():
        for parameter in head.parameters():
            torch.nn.init.zeros_(parameter)
    model.num_labels = len(labels)
    model.config.id2label = dict(enumerate(labels))
    model.config.label2id = {label: index for index, label in enumerate(labels)}


def _cannot_read(source: str | Path, path: str, error: Exception) -> str:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return (
        f"cannot load {source} from {path}: {reason} Expected a folder (or Hub id) with config.json, "
        "model.safetensors and preprocessor_config.json. `vitcourse doctor` shows what is on disk."
    )
