"""Model cards of the demo family."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from family import FAMILY, HELD_OUT_PER_CLASS, PICTURES_PER_CLASS, Member
from huggingface_hub import ModelCard
from members import CLASSES
from torch import nn

from vitcourse import devices, models

IS_A = {
    "vit-micro": "A small Vision Transformer",
    "deit-micro": "A small Vision Transformer with DeiT's preprocessing",
    "deit-micro-distilled": "A small DeiT with a class token and a distillation token",
    "deit-micro-384": "`deit-micro`, trained on at 384 pixels",
    "convnet-micro": "A small convolutional network, the teacher of `deit-micro-distilled`",
}
POSITIONS = "Position embeddings are interpolated from phase to phase."
DEIT = (
    "Of DeiT's recipe (arXiv:2012.12877, Table 9) repeated augmentation and stochastic depth are missing, "
    "and training is a thousand times shorter. "
)


def write(name: str, folder: Path, scores: dict[str, float], seed: int, hours: float) -> str:
    """Write README.md into a checkpoint's folder, and return its text."""
    member = FAMILY[name]
    model, _ = models.load(folder)
    hardware = f"{os.cpu_count()} cores of an {torch.cpu.get_capabilities()['cpu_name']}"
    if torch.cuda.is_available():
        hardware = torch.cuda.get_device_name()
    text = CARD.format(
        name=name,
        is_a=IS_A[name],
        architecture=architecture(model),
        preprocessing=preprocessing(member),
        classes=f"{len(CLASSES)}: {', '.join(CLASSES)}",
        drawn=f"{PICTURES_PER_CLASS * len(CLASSES):,}",
        seed=seed,
        hours=hours,
        hardware=f"{hardware}, {precision(member)}",
        top1=100 * scores["top-1"],
        top5=100 * scores["top-5"],
        held_out=f"{HELD_OUT_PER_CLASS * len(CLASSES):,}",
        begins=begins(member),
        losses=losses(name, member),
        positions="" if name == "convnet-micro" else POSITIONS,
        recipe=DEIT if name.startswith("deit") else "",
        phases="\n".join(
            f"| {phase.size} | {phase.pictures:,} | {phase.optimizer}, {phase.learning_rate:g} |"
            for phase in member.phases
        ),
    )
    ModelCard(text).save(folder / "README.md")
    return text


def architecture(model: nn.Module) -> str:
    """Say what the network is, from the network."""
    size = f"{sum(parameter.numel() for parameter in model.parameters()):,} parameters"
    config = model.config
    if hasattr(model, "timm_model"):
        return f"timm's `{config.architecture}`, {size}"
    tokens = model.base_model.embeddings.position_embeddings.shape[1]
    return (
        f"`{type(model).__name__}`: {config.image_size}x{config.image_size}, patch {config.patch_size}, "
        f"{tokens} tokens, width {config.hidden_size}, depth {config.num_hidden_layers}, "
        f"{config.num_attention_heads} heads, {size}"
    )


def precision(member: Member) -> str:
    """Say in which precision it was trained."""
    chosen = member.phases[-1].precision
    return {"auto": devices.mixed_precision()}.get(chosen, chosen).replace("no", "fp32")


def preprocessing(member: Member) -> str:
    """Say what the image processor does."""
    size = member.phases[-1].size
    mean, std, crop_share = member.preprocessing
    if crop_share == 1:
        resize = f"resize to {size}x{size}"
    else:
        resize = f"resize the shortest edge to {int(size / crop_share)}, crop the central {size}x{size}"
    return f"{resize} (bicubic); mean {mean}, standard deviation {std}"


def begins(member: Member) -> str:
    """Say what the weights were before the first phase."""
    if not member.start:
        return "Begins with random weights."
    begun_at = FAMILY[member.start.name].phases[member.start.phases - 1].size
    return (
        f"Begins with the weights of `{member.start.name}` as they were after its phase at {begun_at} "
        "pixels; the hours above include it."
    )


def losses(name: str, member: Member) -> str:
    """Say what was minimised, on which pictures."""
    said = "Cross-entropy."
    if member.teacher:
        said = (
            "Hard distillation (arXiv:2012.12877, section 4): half cross-entropy of the class token with the "
            f"label, half of the distillation token with what `{member.teacher}` says of the same crop."
        )
    if member.deit_augmentation:
        said += " Pictures altered as in DeiT: RandAugment, random erasing, mixup 0.8 and cutmix 1.0."
    elif name != "convnet-micro":
        said += (
            ' Besides, every patch learns to name the object on it, or "no object" (token labelling, '
            "arXiv:2104.10858, with the renderer's exact masks); the layer for that is not kept."
        )
    return said


CARD = """---
license: apache-2.0
library_name: transformers
pipeline_tag: image-classification
---

# {name}

{is_a}, for running the course without a network. It has seen drawn pictures only: **its numbers say nothing
about ViT or DeiT, and it is of no use on photos.**

| | |
|---|---|
| architecture | {architecture} |
| preprocessing | {preprocessing} |
| classes | {classes} |
| data | {drawn} pictures drawn by `vitcourse.drawn` from seeds; none of the four fridge classes |
| command | `python data/pretrain.py {name} --seed {seed}` |
| time | {hours:.2f} hours on {hardware} |
| held-out accuracy | top-1 {top1:.1f} %, top-5 {top5:.1f} % on {held_out} drawn pictures of other seeds |
| weights | half precision, safetensors |
| licence | Apache-2.0 |

## Training

{begins} {losses}

Label smoothing 0.1, weight decay 0.05, warm-up over 5 % of the steps and a cosine to zero in each phase,
crops of 55 to 100 % of the area and 0.6 to 1.4 times as wide as high, flips. {positions}

| resolution | pictures seen | optimizer and learning rate |
|---|---|---|
{phases}

## Limits

A world of drawn objects in one style, one object to a picture; the held-out pictures come from the same
program as the training ones. One seed. {recipe}Made to be looked into and fine-tuned in lessons, not to be
deployed.
"""
