"""The demo family: who is in it, what each begins with, and how each is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

PICTURES_PER_CLASS = 500
HELD_OUT_PER_CLASS = 25
SIZE = 224


@dataclass(frozen=True)
class Phase:
    """A stretch of training at one resolution.

    Attributes:
        size: Height and width in pixels.
        pictures: How many are seen, repeats counted.
        learning_rate: The highest one; it falls to 0 in each phase.
        passes: Into how many parts the phase is cut, with a measurement on held-out pictures after each.
        smallest_crop: Smallest share of the area that a random crop keeps.
        batch_size: Pictures a step.
        optimizer: A name that timm knows.
        precision: "auto", or "no" for fp32, in which a small convolutional network is faster on a CPU.
    """

    size: int
    pictures: int
    learning_rate: float
    passes: int = 1
    smallest_crop: float = 0.55
    batch_size: int = 64
    optimizer: str = "muon"
    precision: str = "auto"


class Preprocessing(NamedTuple):
    """What a checkpoint's processor does: `crop_share` of the side is kept (1: no crop)."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop_share: float


class Start(NamedTuple):
    """Whose weights a member begins with: those of `name` after its first `phases` phases."""

    name: str
    phases: int


@dataclass(frozen=True)
class Member:
    """How one checkpoint is made.

    Attributes:
        preprocessing: Its image processor's.
        phases: Its training, in order.
        start: Whose weights it begins with; None for random ones.
        teacher: Who tells its distillation token what to say.
        deit_augmentation: Whether its pictures are altered as in DeiT, or only cropped and flipped.
    """

    preprocessing: Preprocessing
    phases: tuple[Phase, ...]
    start: Start | None = None
    teacher: str | None = None
    deit_augmentation: bool = False


HALVES = Preprocessing((0.5, 0.5, 0.5), (0.5, 0.5, 0.5), 1.0)
IMAGENET = Preprocessing((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), 224 / 256)
GROWING = (Phase(160, 32_000, 2.5e-3), Phase(224, 24_000, 1.2e-3))
SHORTER = (Phase(160, 32_000, 2.5e-3), Phase(224, 16_000, 1.2e-3))
CONVOLUTIONAL = (
    Phase(112, 192_000, 5e-3, passes=4, precision="no"),
    Phase(224, 48_000, 2e-3, passes=2, precision="no"),
)
FAMILY = {
    "vit-micro": Member(HALVES, (Phase(112, 160_000, 5e-3, passes=4), *GROWING)),
    "convnet-micro": Member(IMAGENET, CONVOLUTIONAL),
    "deit-micro": Member(IMAGENET, SHORTER, Start("vit-micro", 1), deit_augmentation=True),
    "deit-micro-distilled": Member(
        IMAGENET, SHORTER, Start("vit-micro", 1), teacher="convnet-micro", deit_augmentation=True
    ),
    "deit-micro-384": Member(
        IMAGENET, (Phase(384, 12_800, 1.2e-3),), Start("deit-micro", len(SHORTER)), deit_augmentation=True
    ),
}
