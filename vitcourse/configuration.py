"""The configuration of a fine-tuning run: a dataclass, YAML files, and a command line over both.

The shipped files are in `vitcourse/configs/`. Taught in lesson 06.
"""

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import yaml
from jsonargparse import ArgumentError, ArgumentParser
from timm.data.auto_augment import rand_augment_transform

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


class ConfigurationError(ValueError):
    """A configuration has a field, a type or a value that it cannot have."""


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
    parser = ArgumentParser(
        prog="vitcourse finetune",
        description="Fine-tune a checkpoint. Stopped and started again, the same command goes on.",
        exit_on_error=False,
        allow_abbrev=False,
    )
    parser.add_argument("--config", action="config", help=f"a YAML file; shipped: {_names()}")
    parser.add_class_arguments(FineTuning, as_group=False)
    try:
        values = parser.parse_args(_normalised(arguments)).as_dict()
        values = {name: value for name, value in values.items() if name != "config"}
        _refuse_null(values)
        return FineTuning(**values)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError(_in_plain_words(str(error))) from error


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


def _normalised(arguments: Sequence[str]) -> list[str]:
    """Allow `--skip-bad` for `--skip_bad true`, and the bare name of a shipped file after `--config`."""
    result = []
    for place, argument in enumerate(arguments):
        option, equals, value = argument.partition("=")
        if option.startswith("--"):
            option = "--" + option[2:].replace("-", "_")
            following = arguments[place + 1 : place + 2]
            if not equals and _HINTS.get(option[2:]) is bool and (not following or following[0][:2] == "--"):
                equals, value = "=", "true"
        if option == "--config" and equals:
            value = _shipped(value)
        elif result[-1:] == ["--config"]:
            option = _shipped(argument)
        result.append(option + equals + value)
    return result


def _names() -> str:
    return ", ".join(sorted(path.name for path in CONFIGS.glob("*.yaml")))


def _shipped(name: str) -> str:
    """Turn the name of a shipped file into its path, unless a file of that name is here."""
    inside = CONFIGS / Path(name).name
    return str(inside) if Path(name).name == name and inside.is_file() and not Path(name).exists() else name


def _refuse_null(values: dict) -> None:
    for name, value in values.items():
        if value is None and type(None) not in get_args(_HINTS[name]):
            raise ValueError(f"{name} is null; expected {_words(_HINTS[name])}")


def _in_plain_words(message: str) -> str:
    """Turn a message of the parser into one that names the field, what it got and what it takes."""
    wrong = re.match(r'Parser key "(\w+)[^"]*":\n', message)
    if wrong and wrong[1] in _HINTS:
        got = message.rpartition(" value: ")[2].strip()
        got = {"None": "null", "True": "true", "False": "false"}.get(got, got)
        return f"{wrong[1]} is {got}; expected {_words(_HINTS[wrong[1]])}"
    unknown = re.search(r"unrecognized arguments: (?:--)?(\S+)|Option '(\S+)' is not accepted", message)
    if unknown:
        name = (unknown[1] or unknown[2]).partition("=")[0]
        near = difflib.get_close_matches(name, _HINTS, 1, 0.75)
        meant = f" (did you mean {near[0]}?)" if near else ""
        return f"there is no field {name}{meant}; expected one of {', '.join(sorted(_HINTS))}"
    alone = re.match(r"argument --(\w+): expected one argument", message)
    if alone:
        return f"--{alone[1]} has no value; expected {_words(_HINTS.get(alone[1], str))} after it"
    if "config" in message:
        problem = re.sub(r'Parser key "config": |Problems parsing config: ', "", message).strip()
        return f"config: {problem}; expected a YAML file with lines like `epochs: 3`, or one of {_names()}"
    return message


def _words(hint: Any) -> str:
    """Say in words what a field takes: "a whole number or null"."""
    plain = {int: "a whole number", float: "a number", bool: "true or false", str: "text", type(None): "null"}
    if hint in plain:
        return plain[hint]
    if get_origin(hint) is Literal:
        return f"one of {', '.join(get_args(hint))}"
    if get_origin(hint) is list:
        return f"a list in brackets, [] or [{', '.join(get_args(get_args(hint)[0]))}]"
    return " or ".join(_words(part) for part in get_args(hint))


_HINTS = get_type_hints(FineTuning)
