"""The networks of the demo family: built, begun with another's weights, given a loss, and saved."""

from __future__ import annotations

import copy
import json
import math
import shutil
from dataclasses import dataclass
from pathlib import Path

import timm
import torch
from family import FAMILY, SIZE, Preprocessing
from timm.layers import build_sincos2d_pos_embed
from torch import nn
from transformers import (
    DeiTConfig,
    DeiTForImageClassificationWithTeacher,
    DeiTImageProcessor,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
)
from transformers.utils import ModelOutput

from vitcourse import distillation, drawn, positions, training

ARCHITECTURE = {
    "hidden_size": 160,
    "num_hidden_layers": 4,
    "num_attention_heads": 5,
    "intermediate_size": 640,
    "patch_size": 16,
}
CONVNET = "mobilenetv4_conv_small_035"
CLASSES = [name.replace("_", " ") for name in drawn.WORLD_CLASSES]


@dataclass
class Output(ModelOutput):
    """What a member gives: logits (B, C), and of patches (B, N, C + 1), the last for "no object"."""

    logits: torch.Tensor | None = None
    class_logits: torch.Tensor | None = None
    distillation_logits: torch.Tensor | None = None
    patch_logits: torch.Tensor | None = None


class Transformer(nn.Module):
    """A ViT or distilled DeiT with one head more, which names the object at each patch and is not kept."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.patch_head = nn.Linear(model.config.hidden_size, model.num_labels + 1)

    @property
    def num_prefix(self) -> int:
        """Number of tokens before those of the patches."""
        return 2 if hasattr(self.model, "distillation_classifier") else 1

    def forward(self, pixel_values: torch.Tensor) -> Output:
        """Return logits of all heads for `pixel_values` (B, 3, H, W)."""
        hidden = self.model.base_model(pixel_values=pixel_values).last_hidden_state  # (B, P + N, D)
        patch_logits = self.patch_head(hidden[:, self.num_prefix :])
        if self.num_prefix == 1:
            logits = self.model.classifier(hidden[:, 0])
            return Output(logits, logits, None, patch_logits)
        by_class = self.model.cls_classifier(hidden[:, 0])
        by_distillation = self.model.distillation_classifier(hidden[:, 1])
        return Output((by_class + by_distillation) / 2, by_class, by_distillation, patch_logits)


class Convnet(nn.Module):
    """A timm network that answers like the others."""

    def __init__(self) -> None:
        super().__init__()
        self.model = timm.create_model(CONVNET, num_classes=len(CLASSES)).to(
            memory_format=torch.channels_last
        )

    def forward(self, pixel_values: torch.Tensor) -> Output:
        """Return logits for `pixel_values` (B, 3, H, W)."""
        logits = self.model(pixel_values.contiguous(memory_format=torch.channels_last))
        return Output(logits, logits)


def build(name: str, size: int) -> Transformer | Convnet:
    """Return a member with random weights, for pictures of `size` pixels."""
    if name == "convnet-micro":
        return Convnet()
    named = {"id2label": dict(enumerate(CLASSES)), "label2id": {label: i for i, label in enumerate(CLASSES)}}
    if name == "deit-micro-distilled":
        config = DeiTConfig(image_size=size, **ARCHITECTURE, **named)
        return Transformer(DeiTForImageClassificationWithTeacher(config))
    model = ViTForImageClassification(ViTConfig(image_size=size, **ARCHITECTURE, **named))
    like_a_trained_one(model.vit)
    return Transformer(model)


@torch.no_grad()
def like_a_trained_one(vit: nn.Module) -> None:
    """Give attention and positions the pattern that trained ViTs have: tokens look at their like and near.

    Query-key products near the identity, value-output products near its negative, sine-cosine positions:
    Trockman and Kolter, "Mimetic Initialization of Self-Attention Layers", arXiv:2305.09828, section 4.
    """
    width, heads = vit.config.hidden_size, vit.config.num_attention_heads
    side = vit.config.image_size // vit.config.patch_size
    vit.embeddings.position_embeddings.zero_()
    vit.embeddings.position_embeddings[0, 1:] = 0.3 * build_sincos2d_pos_embed([side, side], width)
    for layer in vit.layers:
        attention = layer.attention
        per_head = zip(
            attention.q_proj.weight.chunk(heads), attention.k_proj.weight.chunk(heads), strict=True
        )
        for query, key in per_head:
            left, right = factors(0.7, 0.7, width, rank=len(query))
            query.copy_(left.T)
            key.copy_(right)
        left, right = factors(-0.4, 0.4, width, rank=width)
        attention.v_proj.weight.copy_(right)
        attention.o_proj.weight.copy_(left)


def factors(identity: float, noise: float, width: int, rank: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (width, rank) and (rank, width) whose product comes near `identity` * I + `noise` * Gauss."""
    target = identity * torch.eye(width) + noise * torch.randn(width, width) / math.sqrt(width)
    left, values, right = torch.linalg.svd(target)
    root = values[:rank].sqrt()
    return left[:, :rank] * root, root[:, None] * right[:rank]


def begin_with(network: Transformer | Convnet, before: Transformer | Convnet) -> None:
    """Copy another member's weights; interpolate its positions; double its class token, if need be."""
    state = before.state_dict()
    if isinstance(network, Transformer):
        if network.num_prefix > before.num_prefix:
            state = distillation.with_distillation_token(state)
        key = f"model.{network.model.base_model_prefix}.embeddings.position_embeddings"
        side = network.model.config.image_size // network.model.config.patch_size
        state[key] = positions.interpolate(state[key], (side, side), network.num_prefix)
    network.load_state_dict(state)


def supervised_loss(output: Output, batch: dict[str, torch.Tensor], recipe: training.Recipe) -> torch.Tensor:
    """Return the cross-entropy of the class logits with the label, plus `patch_loss`."""
    by_label = distillation.label_loss(output.class_logits, batch["labels"], recipe.label_smoothing)
    return by_label + patch_loss(output, batch)


def patch_loss(output: Output, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return how badly the patches name what is on them, a mean; 0 without patch logits or coverage.

    Token labelling (Jiang et al., arXiv:2104.10858, section 3.2), with exact labels: the renderer knows
    which share of a patch belongs to the object. The target is that share of the object's class, and "no
    object" for the rest.
    """
    if output.patch_logits is None or "coverage" not in batch:
        return output.logits.new_zeros(())
    logs = output.patch_logits.float().log_softmax(-1)  # (B, N, C + 1)
    labels = batch["labels"][:, None, None].expand(-1, logs.shape[1], 1)
    of_object = logs.gather(2, labels).squeeze(2)  # (B, N)
    share = batch["coverage"]
    return -(share * of_object + (1 - share) * logs[..., -1]).mean()


def distillation_loss(
    output: Output, batch: dict[str, torch.Tensor], recipe: training.Recipe, teacher: nn.Module
) -> torch.Tensor:
    """Return the loss of hard distillation: the class token learns the label, the other the teacher's answer.

    Touvron et al., arXiv:2012.12877, section 4, equation 3; and `patch_loss` besides. Other than in DeiT, the
    teacher's answers are smoothed like the labels.
    """
    with torch.no_grad():
        said = teacher(batch["pixel_values"]).logits  # (B, C)
    by_label = distillation.label_loss(output.class_logits, batch["labels"], recipe.label_smoothing)
    by_teacher = distillation.hard_loss(output.distillation_logits, said, recipe.label_smoothing)
    return (by_label + by_teacher) / 2 + patch_loss(output, batch)


def save(name: str, network: Transformer | Convnet, folder: Path) -> None:
    """Write the checkpoint in half precision, with its processor, beside its place; then move it there."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    model = copy.deepcopy(network.model).half().to(memory_format=torch.contiguous_format)
    preprocessing = FAMILY[name].preprocessing
    if isinstance(network, Convnet):
        save_timm(model, preprocessing, partial)
    else:
        model.save_pretrained(partial)
        processor(preprocessing, model.config.image_size).save_pretrained(partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)


def save_timm(model: nn.Module, preprocessing: Preprocessing, folder: Path) -> None:
    """Write a timm network as timm's repositories on the Hub are: config.json and model.safetensors."""
    model.pretrained_cfg = {
        "architecture": CONVNET,
        "num_classes": len(CLASSES),
        "input_size": (3, SIZE, SIZE),
        "interpolation": "bicubic",
        "crop_pct": preprocessing.crop_share,
        "mean": preprocessing.mean,
        "std": preprocessing.std,
    }
    timm.models.save_for_hf(model, folder, {"label_names": CLASSES}, safe_serialization=True)
    # transformers 5.23 passes num_classes twice to timm when model_args has it too.
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    del config["model_args"]
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def processor(preprocessing: Preprocessing, size: int) -> ViTImageProcessor | DeiTImageProcessor:
    """Return the image processor: a resize alone, or a resize of the shortest edge and a centre crop."""
    statistics = {"image_mean": preprocessing.mean, "image_std": preprocessing.std}
    if preprocessing.crop_share == 1:
        size = {"height": size, "width": size}
        return ViTImageProcessor(do_convert_rgb=True, resample=3, size=size, **statistics)
    return DeiTImageProcessor(
        do_convert_rgb=True,
        resample=3,
        size={"shortest_edge": int(size / preprocessing.crop_share)},
        crop_size={"height": size, "width": size},
        **statistics,
    )
