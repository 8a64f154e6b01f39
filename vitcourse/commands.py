"""The commands `vitcourse finetune`, `evaluate`, `predict` and `progress`: their options, and what they run.

What needs torch is imported when a command runs, so that help and wrong options answer at once.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

MODEL_HELP = "a fine-tuned folder, a name of the course or a Hub id"
DATA_FLAGS = {
    "multi_label": "several labels can be true (default: what the model's configuration says)",
    "skip_bad": "leave out photos that cannot be read, and list them",
}
DATA_NUMBERS = {
    "threshold": (float, "multi-label: say a label from here on (default: metrics.json's, or 0.5)"),
    "validation_share": (float, "as in fine-tuning, if the data name no splits (default: 0.2)"),
    "test_share": (float, "the same (default: 0.2)"),
    "seed": (int, "the same (default: 0)"),
    "resamples": (int, "draws of the bootstrap intervals (default: 500; 0: none)"),
}


class CommandError(Exception):
    """What a command cannot do; the message is for the person who typed it."""


def add_finetune(commands: argparse._SubParsersAction) -> None:
    """Add `vitcourse finetune`, whose options are the fields of a configuration."""
    finetune = commands.add_parser(
        "finetune",
        add_help=False,
        help="fine-tune a checkpoint; `vitcourse finetune --help` lists its fields",
    )
    finetune.set_defaults(run=_finetune, fields=[])


def _finetune(arguments: argparse.Namespace) -> int:
    from vitcourse import configuration, finetune, results
    from vitcourse.models import CheckpointError
    from vitcourse.run import quiet

    try:
        config = configuration.parse(arguments.fields)
        quiet()
        measured = finetune.run(config)
    except (CheckpointError, ValueError, FloatingPointError) as error:
        raise CommandError(str(error)) from error
    if finetune.is_main_process():
        print(results.as_text(config.output_dir, measured))
    return 0


def add_predict(commands: argparse._SubParsersAction) -> None:
    """Add `vitcourse predict` to the command line."""
    predict = commands.add_parser("predict", help="what is in these images?")
    predict.add_argument("images", nargs="+", metavar="IMAGE", help="an image file")
    predict.add_argument("--model", required=True, metavar="MODEL", help=MODEL_HELP)
    _add_option(predict, "top_k", type=positive, default=5, metavar="K", help="classes to print (default: 5)")
    predict.add_argument("--json", action="store_true", help="print the answers as JSON")
    predict.set_defaults(run=_predict)


def _add_option(parser: argparse.ArgumentParser | argparse._ArgumentGroup, name: str, **options: Any) -> None:
    """Add `--two_words` with the alias `--two-words`."""
    names = dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}"))
    parser.add_argument(*names, **options)


def positive(text: str) -> int:
    """Read an option that is a whole number from 1; argparse reports what is not."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"got {text!r}; expected a whole number from 1")
    return int(text)


def add_evaluate(commands: argparse._SubParsersAction) -> None:
    """Add `vitcourse evaluate` to the command line."""
    evaluate = commands.add_parser(
        "evaluate",
        help="measure a model on photos with labels",
        description="--data measures a model on a split of the data it was fine-tuned on: every metric, with "
        "intervals. --images measures top-1 and top-5 on a folder whose names are classes of the model.",
    )
    source = evaluate.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--data", metavar="DATA", help="fridge, fridge-multilabel, a folder, a .csv or a .jsonl file"
    )
    source.add_argument("--images", metavar="FOLDER", help="holds one folder a class, as ImageNet's val does")
    evaluate.add_argument("--model", metavar="MODEL", help=MODEL_HELP + "; needed with --data")
    evaluate.add_argument("--json", action="store_true", help="print the result as JSON")

    data = evaluate.add_argument_group("with --data")
    data.add_argument("--split", choices=("train", "validation", "test", "all"), help="default: test")
    for name, help_text in DATA_FLAGS.items():
        _add_option(data, name, action="store_true", default=None, help=help_text)
    for name, (kind, help_text) in DATA_NUMBERS.items():
        _add_option(data, name, type=kind, metavar="N", help=help_text)
    images = evaluate.add_argument_group("with --images")
    _add_option(images, "real_labels", metavar="FILE", help="real.json of ImageNet-ReaL")
    evaluate.set_defaults(run=_evaluate, usage_error=evaluate.error)


def _evaluate(arguments: argparse.Namespace) -> int:
    """Check which options go together, then run the form that was asked for."""
    names = ("split", *DATA_FLAGS, *DATA_NUMBERS)
    options = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    if arguments.data is None:
        if options:
            arguments.usage_error(f"--{next(iter(options))} goes with --data, not with --images")
        return _evaluate_images(arguments)
    if arguments.real_labels:
        arguments.usage_error("--real_labels goes with --images, not with --data")
    if not arguments.model:
        arguments.usage_error("--data needs --model: a model that was fine-tuned on such data")
    return _evaluate_data(arguments, options)


def _evaluate_images(arguments: argparse.Namespace) -> int:
    from vitcourse import assets, imagenet
    from vitcourse.classifier import Classifier
    from vitcourse.images import ImageError
    from vitcourse.models import CheckpointError
    from vitcourse.run import MODELS, quiet

    quiet()
    name = arguments.model or MODELS[assets.mode()]
    try:
        real = imagenet.read_real_labels(arguments.real_labels) if arguments.real_labels else None
        result = imagenet.evaluate(Classifier(name), arguments.images, real)
    except (CheckpointError, ImageError, imagenet.FolderError) as error:
        raise CommandError(str(error)) from error
    return _print({"model": name, **result}, arguments.json, imagenet.as_text)


def _evaluate_data(arguments: argparse.Namespace, options: dict[str, Any]) -> int:
    from vitcourse import evaluation
    from vitcourse.models import CheckpointError
    from vitcourse.run import quiet

    quiet()
    try:
        result = evaluation.evaluate_checkpoint(arguments.model, arguments.data, **options)
    except (CheckpointError, ValueError) as error:
        raise CommandError(str(error)) from error
    return _print({"model": arguments.model, **result}, arguments.json, evaluation.as_text)


def _predict(arguments: argparse.Namespace) -> int:
    from vitcourse import images, prediction

    try:
        prediction.check(arguments.images)
    except images.ImageError as error:
        raise CommandError(str(error)) from error
    with prediction.quick_start():
        from vitcourse.models import CheckpointError

    try:
        results = prediction.predict_files(arguments.images, arguments.model, arguments.top_k)
    except CheckpointError as error:
        raise CommandError(str(error)) from error
    return _print(results, arguments.json, prediction.as_text)


def add_progress(commands: argparse._SubParsersAction) -> None:
    """Add `vitcourse progress` to the command line."""
    progress = commands.add_parser("progress", help="which exercises you have solved, on this machine")
    progress.add_argument("--reset", action="store_true", help="forget them all")
    progress.set_defaults(run=_progress)


def _progress(arguments: argparse.Namespace) -> int:
    from vitcourse import passed

    try:
        if arguments.reset:
            passed.reset()
        print(passed.as_text(passed.read()))
    except passed.ProgressError as error:
        raise CommandError(str(error)) from error
    print(f"kept in {passed.file() or 'no file: VITCOURSE_PROGRESS is off'}")
    return 0


def _print(result: Any, as_json: bool, as_text: Callable[[Any], str]) -> int:
    print(json.dumps(result, indent=2, ensure_ascii=False) if as_json else as_text(result))
    return 0
