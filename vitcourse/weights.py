"""Weights from a checkpoint's file into `vitcourse.vit`, name by name, and to and from timm's naming.

Files on the Hub keep the names that transformers gave them before version 5. Its models have others by now,
and translate as they load; so the file is the thing to read, not a model's `state_dict()`.

Taught in lesson 03.
"""

import json
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import AutoConfig

from vitcourse.models import CheckpointError
from vitcourse.vit import VisionTransformer

Tensors = dict[str, torch.Tensor]

# What to replace, in this order, to turn a name in a Hub file into ours.
HUB_NAMES = (
    ("deit.", ""),
    ("vit.", ""),
    ("encoder.layer.", "blocks."),
    ("cls_token", "class_token"),
    ("position_embeddings", "positions"),
    ("patch_embeddings", "patches"),
    ("layernorm_before", "norm1"),
    ("layernorm_after", "norm2"),
    ("layernorm", "norm"),
    ("attention.attention.", "attention."),
    ("attention.output.dense", "attention.output"),
    ("intermediate.dense", "mlp.fc1"),
    ("output.dense", "mlp.fc2"),
    ("cls_classifier", "heads.0"),
    ("distillation_classifier", "heads.1"),
    ("classifier", "heads.0"),
)
# The same for timm's names; read from right to left, the way back.
TIMM_NAMES = (
    ("patch_embed.proj", "embeddings.patches.projection"),
    ("cls_token", "embeddings.class_token"),
    ("dist_token", "embeddings.distillation_token"),
    ("pos_embed", "embeddings.positions"),
    ("attn.proj", "attention.output"),
    ("attn.", "attention."),
    ("head_dist", "heads.1"),
    ("head.", "heads.0."),
)
_PARTS = ("query", "key", "value")


def load(folder: str | Path) -> VisionTransformer:
    """Build a `VisionTransformer` from a checkpoint's config.json and fill it from its model.safetensors.

    Args:
        folder: A ViT, a DeiT or a distilled DeiT, in the Hub's format or in timm's. Of the library's
            `DeiTForImageClassification`, the distillation token, which no head reads, is kept.

    Returns:
        The model in fp32 and in evaluation mode.

    Raises:
        CheckpointError: If a file cannot be read, the network is of another kind, or a weight is missing,
            left over or of another shape.

    Taught in lesson 03.
    """
    folder = Path(folder)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tensors = load_file(folder / "model.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(
            f"cannot read {folder}: {error}. Expected a folder with config.json and model.safetensors"
        ) from error
    if "architecture" in config:
        model, tensors = VisionTransformer(**timm_sizes(config)), from_timm(tensors)
    else:
        model, tensors = VisionTransformer(**hub_sizes(folder)), from_hub(tensors)
        with_teacher = any("WithTeacher" in name for name in config.get("architectures") or ())
        model.heads = model.heads[: 2 if with_teacher else 1]
    fill(model, tensors)
    return model.eval()


def rename(name: str, pairs: tuple[tuple[str, str], ...]) -> str:
    """Replace in a name the first text of each pair by the second, one pair after the other.

    Taught in lesson 03.
    """
    for old, new in pairs:
        name = name.replace(old, new)
    return name


def from_hub(tensors: Tensors) -> Tensors:
    """Return tensors of a Hub file under our names. A pooler, which no classifier uses, is left out.

    Raises:
        CheckpointError: If two names mean the same weight.

    Taught in lesson 03.
    """
    used = [name for name in tensors if "pooler" not in name]
    renamed = {rename(name, HUB_NAMES): tensors[name] for name in used}
    if len(renamed) < len(used):
        raise CheckpointError("two names of the file mean the same weight; expected one name for each")
    return renamed


def from_timm(tensors: Tensors) -> Tensors:
    """Return timm's tensors under our names, its fused `qkv` (3D, D) cut into query, key and value.

    Taught in lesson 03.
    """
    renamed = {}
    for name, tensor in tensors.items():
        name = rename(name, TIMM_NAMES)
        if ".qkv." in name:
            for part, piece in zip(_PARTS, tensor.chunk(3), strict=True):
                renamed[name.replace("qkv", part)] = piece
        else:
            renamed[name] = tensor
    return renamed


def to_timm(tensors: Tensors) -> Tensors:
    """Return our tensors under timm's names, query, key and value fused into one `qkv` (3D, D).

    Taught in lesson 03.
    """
    back = tuple((new, old) for old, new in TIMM_NAMES)
    renamed = {}
    for name, tensor in tensors.items():
        if ".query." in name:
            tensor = torch.cat([tensors[name.replace("query", part)] for part in _PARTS])
            name = name.replace("query", "qkv")
        if ".key." not in name and ".value." not in name:
            renamed[rename(name, back)] = tensor
    return renamed


def fill(model: VisionTransformer, tensors: Tensors) -> None:
    """Copy tensors into a model, all or none.

    Raises:
        CheckpointError: If a weight is missing, left over, or of another shape.

    Taught in lesson 03.
    """
    expected = {name: tensor.shape for name, tensor in model.state_dict().items()}
    missing = sorted(expected.keys() - tensors.keys())
    left_over = sorted(tensors.keys() - expected.keys())
    both = sorted(expected.keys() & tensors.keys())
    misfits = [
        f"{name} {tuple(tensors[name].shape)} instead of {tuple(expected[name])}"
        for name in both
        if tensors[name].shape != expected[name]
    ]
    problems = {"missing": missing, "left over": left_over, "of another shape": misfits}
    found = [f"{len(names)} {kind} ({', '.join(names[:3])})" for kind, names in problems.items() if names]
    if found:
        raise CheckpointError(
            f"the weights do not fit: {'; '.join(found)}. Expected every weight to have its place: do the "
            "sizes of the model match the file, and is `distilled` right?"
        )
    model.load_state_dict(tensors)


def hub_sizes(folder: str | Path) -> dict[str, Any]:
    """Read from a Hub folder's config.json what `VisionTransformer` needs to know.

    Raises:
        CheckpointError: If it describes another kind of network, or an activation other than GELU.

    Taught in lesson 03.
    """
    config = AutoConfig.from_pretrained(folder)
    if config.model_type not in ("vit", "deit") or config.hidden_act != "gelu":
        kind = f"{config.model_type} with {getattr(config, 'hidden_act', 'no hidden_act')}"
        raise CheckpointError(f"{folder} holds a {kind}; expected a ViT or a DeiT with gelu")
    return {
        "image_size": config.image_size,
        "patch_size": config.patch_size,
        "embed_dim": config.hidden_size,
        "depth": config.num_hidden_layers,
        "num_heads": config.num_attention_heads,
        "num_classes": config.num_labels,
        "mlp_ratio": config.intermediate_size / config.hidden_size,
        "distilled": config.model_type == "deit",
        "qkv_bias": config.qkv_bias,
        "eps": config.layer_norm_eps,
    }


def timm_sizes(config: dict[str, Any]) -> dict[str, Any]:
    """Work out from a timm config.json what `VisionTransformer` needs to know.

    Raises:
        CheckpointError: If it describes another kind of network.
    """
    arguments = {"num_classes": config["num_classes"], **config.get("model_args", {})}
    with torch.device("meta"):
        network = timm.create_model(config["architecture"], **arguments)
    if not isinstance(network, timm.models.VisionTransformer):
        raise CheckpointError(f"{config['architecture']} is no ViT; expected one, or a DeiT")
    block = network.blocks[0]
    return {
        "image_size": network.patch_embed.img_size[0],
        "patch_size": network.patch_embed.patch_size[0],
        "embed_dim": network.embed_dim,
        "depth": len(network.blocks),
        "num_heads": block.attn.num_heads,
        "num_classes": network.num_classes,
        "mlp_ratio": block.mlp.fc1.out_features / network.embed_dim,
        "distilled": getattr(network, "dist_token", None) is not None,
        "qkv_bias": block.attn.qkv.bias is not None,
        "eps": block.norm1.eps,
    }
