"""How to train: every choice of an optimization in one place.

Taught in lesson 06.
"""

import math
from dataclasses import dataclass, field, fields
from typing import Literal

from timm.optim import list_optimizers

Metric = Literal["loss", "accuracy", "f1_macro"]
Precision = Literal["auto", "no", "bf16", "fp16"]
Schedule = Literal["cosine", "linear", "constant_with_warmup"]
Tracker = Literal["tensorboard", "mlflow"]


@dataclass(frozen=True)
class Recipe:
    """How to fine-tune.

    Attributes:
        epochs: Passes over the training photos.
        learning_rate: The highest one, reached after warm-up.
        head_factor: How many times faster the head learns than what stands before it; 1 for random weights.
        layer_decay: Each layer learns this many times as fast as the one after it; 1 for all alike, 0.75 in
            BEiT (arXiv:2106.08254, Appendix F).
        optimizer: "adamw", "sgd", "muon", "lamb", or another name that timm's `create_optimizer_v2` knows.
        weight_decay: On the weights of linear and convolution layers only.
        scheduler: How the learning rate falls after warm-up: "cosine" or "linear" to 0, or
            "constant_with_warmup".
        warmup: Share of all steps in which the learning rate rises from 0.
        max_grad_norm: Gradients are scaled down to this global norm.
        label_smoothing: Share of the target given to all classes alike; 0 for multi-label targets.
        gradient_accumulation_steps: Batches whose gradients are averaged before a step.
        mixed_precision: "no", "bf16", "fp16", or "auto" for what suits the device.
        weight_averaging: Decay of an exponential moving average of the weights, which is then what is judged
            and kept; 0 for none, 0.99996 in DeiT.
        patience: Stop after so many epochs in a row without a better validation score; None to never stop.
        metric_for_best_model: Keep the weights of the epoch that is best by this validation score; None for
            those of the last epoch, or, with patience, those of the lowest loss.
        trackers: Where each epoch's numbers are sent besides: "tensorboard", "mlflow", if installed.
        seed: Seeds the order of the photos, their augmentation and dropout.
    """

    epochs: int = 12
    learning_rate: float = 1e-4
    head_factor: float = 10.0
    layer_decay: float = 1.0
    optimizer: str = "adamw"
    weight_decay: float = 0.05
    scheduler: Schedule = "cosine"
    warmup: float = 0.1
    max_grad_norm: float = 1.0
    label_smoothing: float = 0.1
    gradient_accumulation_steps: int = 1
    mixed_precision: Precision = "auto"
    weight_averaging: float = 0.0
    patience: int | None = None
    metric_for_best_model: Metric | None = None
    trackers: list[Tracker] = field(default_factory=list)
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that cannot train anything."""
        check_ranges(self, _RANGES)
        if self.optimizer not in list_optimizers():
            raise ValueError(
                f"optimizer is {self.optimizer!r}; expected one that timm knows: adamw, sgd, muon, lamb, "
                f"{', '.join(list_optimizers()[:8])}, ... (timm.optim.list_optimizers() has all)"
            )
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise ValueError(f"{name} is {value!r}; expected one of {', '.join(map(str, choices))}")
        unknown = set(self.trackers) - set(Tracker.__args__)
        if unknown:
            raise ValueError(f"trackers has {min(unknown)!r}; expected {' or '.join(Tracker.__args__)}")

    @property
    def best_by(self) -> Metric | None:
        """The validation score that decides which epoch's weights are kept; None for the last epoch's."""
        return self.metric_for_best_model or ("loss" if self.patience else None)

    def as_dict(self) -> dict[str, str | float | int | None]:
        """Return names and values, the list of trackers left out."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "trackers"}


def check_ranges(recipe: Recipe, ranges: dict[str, tuple[float, float]]) -> None:
    """Refuse values outside their range (ends included), infinity and nan; None is left alone.

    Raises:
        ValueError: Which field, what it is and what is expected.
    """
    for name, (lowest, highest) in ranges.items():
        value = getattr(recipe, name)
        if value is not None and not (lowest <= value <= highest and math.isfinite(value)):
            expected = f"{lowest} or more" if highest == math.inf else f"{lowest} to {highest}"
            raise ValueError(f"{name} is {value}; expected {expected}")


_RANGES = {
    "epochs": (1, math.inf),
    "learning_rate": (0, math.inf),
    "head_factor": (0, math.inf),
    "layer_decay": (0, 1),
    "weight_decay": (0, math.inf),
    "warmup": (0, 1),
    "max_grad_norm": (0, math.inf),
    "label_smoothing": (0, 1),
    "gradient_accumulation_steps": (1, math.inf),
    "weight_averaging": (0, 1),
    "patience": (1, math.inf),
    "seed": (0, 2**32 - 1),
}
_CHOICES = {
    "mixed_precision": Precision.__args__,
    "scheduler": Schedule.__args__,
    "metric_for_best_model": (None, *Metric.__args__),
}
