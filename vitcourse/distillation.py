"""Knowledge distillation: a student learns from the labels and from a frozen teacher.

Touvron et al., arXiv:2012.12877, section 4. Taught in lesson 09.
"""

import re
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional
from transformers import (
    BaseImageProcessor,
    DeiTConfig,
    DeiTForImageClassificationWithTeacher,
    ViTForImageClassification,
)
from transformers.utils import ModelOutput

from vitcourse import models, preprocessing
from vitcourse.arrays import AnyArray, to_numpy
from vitcourse.losses import LossOf
from vitcourse.recipe import Recipe

Targets = Literal["hard", "soft"]
SHARES = {"soft": 0.1, "hard": 0.5}


def soft_loss(logits: torch.Tensor, teacher_logits: torch.Tensor, temperature: float = 3.0) -> torch.Tensor:
    """Return how far the student's softened probabilities are from the teacher's, times temperature squared.

    The Kullback-Leibler divergence KL(teacher || student), a mean over the photos. Its gradient falls with
    the square of the temperature; the factor makes up for it (Hinton et al., arXiv:1503.02531, section 2).

    Args:
        logits: (B, C), the student's.
        teacher_logits: (B, C).
        temperature: Divides both before the softmax; above 0, 3 in DeiT.

    Raises:
        ValueError: If the shapes differ, or the temperature is not above 0.

    Taught in lesson 09.
    """
    check_logits(logits, teacher_logits, temperature)
    student = (logits / temperature).log_softmax(-1)
    teacher = (teacher_logits / temperature).log_softmax(-1)
    return temperature**2 * functional.kl_div(student, teacher, reduction="batchmean", log_target=True)


def hard_loss(
    logits: torch.Tensor, teacher_logits: torch.Tensor, label_smoothing: float = 0.0
) -> torch.Tensor:
    """Return the mean cross-entropy of the student's logits with the class that the teacher says.

    Args:
        logits: (B, C), the student's.
        teacher_logits: (B, C).
        label_smoothing: Share of the target given to all classes alike; none of it in DeiT.

    Raises:
        ValueError: If the shapes differ.

    Taught in lesson 09.
    """
    check_logits(logits, teacher_logits)
    return functional.cross_entropy(logits, teacher_logits.argmax(-1), label_smoothing=label_smoothing)


def label_loss(logits: torch.Tensor, labels: torch.Tensor, label_smoothing: float = 0.0) -> torch.Tensor:
    """Return the mean cross-entropy of logits (B, C) with labels (B,), smoothed, or mixed ones (B, C).

    Raises:
        ValueError: If the labels are multi-hot: DeiT's distillation needs one label a photo.
    """
    if labels.ndim == 1:
        return functional.cross_entropy(logits, labels, label_smoothing=label_smoothing)
    shares = labels.sum(-1)
    if not torch.allclose(shares, torch.ones_like(shares), atol=1e-3):
        raise ValueError(
            f"got labels {tuple(labels.shape)} whose rows sum to {shares.min():g} to {shares.max():g}; "
            "expected class indices (B,), or shares of mixed photos that sum to 1"
        )
    return functional.cross_entropy(logits, labels)  # mixup has smoothed its labels


def check_logits(logits: torch.Tensor, teacher_logits: torch.Tensor, temperature: float = 1.0) -> None:
    """Raise ValueError for logits that cannot be compared, and for a temperature that is none."""
    if logits.ndim != 2 or logits.shape != teacher_logits.shape:
        raise ValueError(
            f"got logits {tuple(logits.shape)} of the student and {tuple(teacher_logits.shape)} of the "
            "teacher; expected both (B, C), of the same photos and the same classes"
        )
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}; expected a number above 0, such as 3")


class Teacher:
    """A frozen network that says what it thinks of a student's batch: the same crops, seen in its own way.

    Taught in lesson 09.
    """

    def __init__(self, model: nn.Module, processor: BaseImageProcessor, student: BaseImageProcessor) -> None:
        """Freeze a network, in place.

        Args:
            model: Takes `pixel_values` and returns an object with `logits` (B, C), C the student's classes.
            processor: Its image processor: the size and the statistics that it expects.
            student: The student's, which made the batches.
        """
        self.model = model.eval().requires_grad_(False)
        self._own, self._given = preprocessing.geometry(processor), preprocessing.geometry(student)

    @torch.no_grad()
    def __call__(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Return logits (B, C), without gradients, for a batch (B, 3, H, W) of the student's."""
        self.model.to(pixel_values.device)
        return self.model(pixel_values=self.as_own(pixel_values)).logits

    def as_own(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Return a batch of the student's with the teacher's size, mean and standard deviation."""
        own, given = self._own, self._given
        if own[:2] != given[:2]:
            pixel_values = functional.interpolate(pixel_values, own[:2], mode="bicubic", antialias=True)
        if own[2:] == given[2:]:
            return pixel_values
        (own_mean, own_std), (mean, std) = (
            pixel_values.new_tensor(statistics)[..., None, None] for statistics in (own[2:], given[2:])
        )  # each (3, 1, 1)
        return (pixel_values * std + mean - own_mean) / own_std


def taught_by(
    teacher: Callable[[torch.Tensor], torch.Tensor],
    targets: Targets = "hard",
    share: float | None = None,
    temperature: float = 3.0,
) -> LossOf:
    """Return a loss for `training.fit`: (1 - share) times that of the labels, plus share times the teacher's.

    arXiv:2012.12877, equation 2 (soft) and 3 (hard). A student with two tokens learns the labels with the
    class token's head and the teacher's answers with the distillation token's; one with a single token
    learns both with its only head.

    Args:
        teacher: `pixel_values` (B, 3, H, W) to logits (B, C), such as a `Teacher`.
        targets: "soft" for the teacher's probabilities, "hard" for its answer alone.
        share: The teacher's share of the loss; None for DeiT's, 0.1 soft and 0.5 hard.
        temperature: Of soft targets.

    Raises:
        ValueError: If targets or share is something else; the loss itself, if labels or logits do not fit.

    Taught in lesson 09.
    """
    if targets not in SHARES:
        raise ValueError(f"targets is {targets!r}; expected hard or soft")
    share = SHARES[targets] if share is None else share
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}; expected 0 to 1")

    def loss_of(output: ModelOutput, batch: dict[str, torch.Tensor], recipe: Recipe) -> torch.Tensor:
        of_labels, of_teacher = head_logits(output).values()
        said = teacher(batch["pixel_values"])
        by_label = label_loss(of_labels, batch["labels"], recipe.label_smoothing)
        if targets == "soft":
            return (1 - share) * by_label + share * soft_loss(of_teacher, said, temperature)
        return (1 - share) * by_label + share * hard_loss(of_teacher, said)

    return loss_of


def head_logits(output: ModelOutput) -> dict[str, torch.Tensor]:
    """Return the logits (B, C) of "class" and "distillation" head; the same ones, where there is one head."""
    heads = models.logits_by_head(output)
    return {"class": heads[0], "distillation": heads[-1]}


def added_softmaxes(output: ModelOutput) -> torch.Tensor:
    """Return the mean of both heads' probabilities (B, C).

    The paper adds softmaxes (section 4). The published code and `transformers` average logits (the output's
    `logits`), which multiplies probabilities: a head that is sure of a No has a veto.

    Taught in lesson 09.
    """
    return torch.stack([logits.softmax(-1) for logits in head_logits(output).values()]).mean(0)


def two_tokens(model: nn.Module) -> DeiTForImageClassificationWithTeacher:
    """Return a student: a copy of a ViT, or a plain DeiT, with a distillation token and its own head.

    Token, position and head begin as copies of the first; what they are asked to learn tells them apart.

    Raises:
        ValueError: If it is no `ViTForImageClassification`, which plain DeiT checkpoints are as well.

    Taught in lesson 09.
    """
    if not isinstance(model, ViTForImageClassification):
        raise ValueError(
            f"got a {type(model).__name__}; expected a ViT or plain DeiT (ViTForImageClassification). A DeiT "
            "class of transformers has two tokens already, a convolutional network none"
        )
    kept = set(DeiTConfig().to_dict()) - {"architectures", "model_type", "transformers_version"}
    settings = {name: value for name, value in model.config.to_dict().items() if name in kept}
    config = DeiTConfig(**settings, attn_implementation=model.config._attn_implementation)
    student = DeiTForImageClassificationWithTeacher(config)
    student.load_state_dict(with_distillation_token(model.state_dict()))
    return student.to(model.device).train(model.training)


def with_distillation_token(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return a ViT's weights as a distilled DeiT's: token, position and head are doubled."""
    result = {}
    for name, value in state.items():
        key = re.sub(r"\bvit\.", "deit.", name)
        if key.endswith("embeddings.cls_token"):
            result[key.replace("cls_token", "distillation_token")] = value.clone()
        if key.endswith("embeddings.position_embeddings"):
            value = torch.cat([value[:, :1], value], dim=1)
        if re.search(r"\bclassifier\.", key):
            result[re.sub(r"\bclassifier\.", "distillation_classifier.", key)] = value.clone()
            key = re.sub(r"\bclassifier\.", "cls_classifier.", key)
        result[key] = value
    return result


def different_decisions(decisions: Mapping[str, AnyArray]) -> pd.DataFrame:
    """Return the fraction of photos on which each two decide differently, as in DeiT's Table 4.

    Args:
        decisions: For each name the classes (N,) that it says; the truth may be one of them.

    Raises:
        ValueError: If they do not all say something about the same number of photos.

    Taught in lesson 09.
    """
    said = {name: to_numpy(classes) for name, classes in decisions.items()}
    shapes = {name: classes.shape for name, classes in said.items()}
    if len(set(shapes.values())) != 1 or len(next(iter(shapes.values()))) != 1:
        raise ValueError(f"got decisions of shapes {shapes}; expected (N,) of each, the same photos")
    rows = np.stack(list(said.values()))  # (names, N)
    return pd.DataFrame((rows[:, None] != rows).mean(-1), index=list(said), columns=list(said))
