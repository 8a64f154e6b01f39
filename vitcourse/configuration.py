"""The configuration of a fine-tuning run: a dataclass, YAML files, and a command line over both.

The shipped files are in `vitcourse/configs/`. Taught in lesson 06.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import yaml
from timm.data.auto_augment import rand_augment_transform

from vitcourse import options
from vitcourse.options import ConfigurationError
from vitcourse.recipe import Recipe, check_ranges

CONFIGS = Path(__file__).with_name("configs")


_RANGES = {
    "image_size": (1, math.inf),
    "batch_size": (1, math.inf),
    "num_workers": (0, math.inf),
    "smallest_crop": (0, 1),
    "horizontal_flip": (0, 1),
    "random_erasing": (0, 1),
    "mixup": (0, math.inf),
    "cutmix": (0, math.inf),
    "drop_path": (0, 1),
    "teacher_learning_rate": (0, math.inf),
    "distillation_share": (0, 1),
    "temperature": (0.01, math.inf),
}


@dataclass(frozen=True)
class FineTuning(Recipe):
    """What to fine-tune, on what, and how; the fields of `Recipe` come besides.

    Attributes:
        output_dir: Folder for the model, its metrics and, while it trains, checkpoints.
        model: A name of the course ("vit-tiny"), a folder, or an id on the Hub.
        data: "fridge", "fridge-multilabel", a folder of class folders, a CSV file or a JSONL file.
        multi_label: Whether several labels can be true at once.
        skip_bad: Leave unreadable photos out and list them, where they would otherwise be an error.
        freeze: What keeps its weights: "none", "backbone" (all but the head), or so many blocks from the
            first, the embeddings included.
        image_size: Height and width in pixels, position embeddings interpolated; None for the checkpoint's.
        batch_size: Photos a step, over all processes together.
        num_workers: Processes that prepare photos ahead; 0 for none.
        class_weights: "balanced" lets rare classes count more.
        smallest_crop: Smallest share of a photo's area that a random crop keeps; 1 for the whole photo.
        horizontal_flip: Share of training photos that are mirrored.
        rand_augment: RandAugment in timm's notation, "rand-m9-mstd0.5-inc1" in DeiT; empty for none.
        random_erasing: Share of training photos with a random rectangle of noise; 0.25 in DeiT.
        mixup: Alpha of mixup; 0 for none, 0.8 in DeiT.
        cutmix: Alpha of cutmix; 0 for none, 1.0 in DeiT.
        drop_path: Stochastic depth: how often the last block's branches are left out; 0.1 in DeiT.
        teacher: Who teaches, named like `model`; empty for nobody. One that knows other classes is fine-tuned
            first, into the folder `teacher` of `output_dir`.
        teacher_learning_rate: What it is fine-tuned with; convolutional networks take more than a ViT.
        distillation_token: Whether a ViT gets a second token and a head of its own for what the teacher says.
        distillation_targets: "hard", the teacher's answer, or "soft", all of its probabilities.
        distillation_share: The teacher's share of the loss; None for DeiT's: 0.5 hard, 0.1 soft.
        temperature: Divides logits before the softmax, for soft targets; 3 in DeiT.
    """

    output_dir: str = "runs/finetuned"
    model: str = "vit-tiny"
    data: str = "fridge"
    multi_label: bool = False
    skip_bad: bool = False
    freeze: int | Literal["none", "backbone"] = "none"
    image_size: int | None = None
    batch_size: int = 16
    num_workers: int = 0
    class_weights: Literal["none", "balanced"] = "none"
    smallest_crop: float = 0.4
    horizontal_flip: float = 0.5
    rand_augment: str = ""
    random_erasing: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    drop_path: float = 0.0
    teacher: str = ""
    teacher_learning_rate: float = 3e-4
    distillation_token: bool = False
    distillation_targets: Literal["hard", "soft"] = "hard"
    distillation_share: float | None = None
    temperature: float = 3.0

    def __post_init__(self) -> None:
        """Refuse values that contradict each other, or cannot train anything."""
        super().__post_init__()
        if self.multi_label and (self.mixup or self.cutmix or self.label_smoothing):
            raise ValueError(
                "multi_label is true; expected mixup, cutmix and label_smoothing to be 0, which need one "
                "label a photo"
            )
        if self.mixes and self.class_weights != "none":
            raise ValueError("class_weights and mixup or cutmix exclude each other; expected one of them")
        if self.teacher and (self.multi_label or self.class_weights != "none"):
            raise ValueError("teacher takes one label a photo and classes of equal weight; leave it empty")
        if self.distillation_token and not self.teacher:
            raise ValueError("distillation_token is true, but teacher is empty; expected who teaches it")
        check_ranges(self, _RANGES)
        if isinstance(self.freeze, int) and self.freeze < 0:
            raise ValueError(f"freeze is {self.freeze}; expected none, backbone, or 0 or more blocks")
        try:
            self.rand_augment and rand_augment_transform(self.rand_augment, {})
        except (AssertionError, ValueError) as error:
            raise ValueError(
                f"rand_augment is {self.rand_augment!r}; expected timm's notation, such as "
                "rand-m9-mstd0.5-inc1, or nothing"
            ) from error

    @property
    def mixes(self) -> bool:
        """Whether photos of a batch are mixed, and their labels with them."""
        return bool(self.mixup or self.cutmix)


def parse(arguments: Sequence[str]) -> FineTuning:
    """Read a command line: `--config FILE` (a path, or the name of a shipped file), then single fields.

    Raises:
        ConfigurationError: If a field is unknown, or a value has the wrong type or is out of range.
    """
    return options.parse(
        FineTuning,
        arguments,
        "vitcourse finetune",
        "Fine-tune a checkpoint. Stopped and started again, the same command goes on.",
        CONFIGS,
        "epochs: 3",
    )


def write(config: FineTuning, path: Path) -> None:
    """Write a configuration as YAML, whole or not at all."""
    partial = path.with_name(f".{path.name}.part")
    partial.write_text(yaml.safe_dump(asdict(config), sort_keys=False), encoding="utf-8")
    partial.replace(path)


def read(path: Path) -> dict:
    """Return the fields that `write` wrote.

    Raises:
        ConfigurationError: If the file is no YAML with fields.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is no YAML ({error}); delete it to begin anew") from error
    if not isinstance(values, dict):
        raise ConfigurationError(f"{path} has no fields; delete it to begin anew")
    return values
