"""The command `vitcourse`: doctor, download, mirror, finetune, evaluate, predict, serve, batch, progress."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence

from vitcourse import __version__
from vitcourse.commands import CommandError, add_evaluate, add_finetune, add_predict, add_progress, positive
from vitcourse.endpoint.commands import add_batch, add_serve
from vitcourse.registry import AssetError

INTERRUPTED = 130  # the exit status of a program stopped by Ctrl-C

EPILOG = """\
environment variables:
  VITCOURSE_ASSETS   demo, real or auto (default): which assets the lessons use
  VITCOURSE_DATA     folder for what is downloaded (default: data/ in the checkout)
  VITCOURSE_MIRROR   a folder, or its http(s) address, that `vitcourse mirror` wrote; asked first
  VITCOURSE_PROGRESS the file that keeps which exercises are solved, or off
  VITCOURSE_API_KEY  the key that `vitcourse serve` asks for
  HF_HUB_OFFLINE     1 keeps the Hub from being asked; its cache is still used

examples:
  vitcourse doctor --workshop            what to look at on the day before a workshop
  vitcourse download                     the core set: both fridge sets and ViT-Tiny
  vitcourse download deit-tiny vit-base
  vitcourse mirror /media/usb/vitcourse  for a workshop without a network
  vitcourse finetune --config fridge_multiclass.yaml --epochs 3 --output_dir runs/first
  vitcourse evaluate --images val --model deit-tiny
  vitcourse evaluate --data fridge --model runs/fridge --split test
  vitcourse predict photo.jpg --model runs/fridge --top_k 3
  vitcourse serve --model runs/fridge --port 8000
  vitcourse batch photos --model runs/fridge --output predictions.csv
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: Arguments without the program's name; those of the process by default.

    Returns:
        The exit status: 0, 1 when something failed, 130 after Ctrl-C.
    """
    arguments, rest = _parser().parse_known_args(argv)
    if hasattr(arguments, "fields"):
        arguments.fields = rest
    elif rest:
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            return arguments.run(arguments)
    except KeyboardInterrupt:
        print("\nstopped; what was half done is cleared away by the next run", file=sys.stderr)
        return INTERRUPTED
    except (AssetError, CommandError) as error:
        return _fail(str(error))
    except ModuleNotFoundError as error:
        return _fail(f"the library {error.name} is missing; `vitcourse doctor` says how to install it")


def _fail(message: str) -> int:
    print(f"vitcourse: {message}", file=sys.stderr)
    return 1


def _show_warning(message: Warning | str, *_: object) -> None:
    print(f"vitcourse: warning: {message}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vitcourse",
        description="The machine, the photos and the checkpoints of the Vision Transformer course.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"vitcourse {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    doctor = commands.add_parser("doctor", help="look at this machine and say what to mend")
    doctor.add_argument("--json", action="store_true", help="print the report as JSON")
    doctor.add_argument("--workshop", action="store_true", help="check what a workshop needs, the day before")
    doctor.add_argument(
        "--learners", type=positive, default=1, metavar="N", help="who share this machine (default: 1)"
    )
    doctor.set_defaults(run=_doctor)

    download = commands.add_parser("download", help="fetch datasets and checkpoints")
    download.add_argument("names", nargs="*", metavar="NAME", help="assets to fetch; default: the core set")
    download.add_argument(
        "--tiny", action="store_true", help="the checkpoints of 6 million parameters, which run anywhere"
    )
    download.add_argument("--all", action="store_true", help="every dataset and checkpoint, 2 GB")
    download.set_defaults(run=_download)

    mirror = commands.add_parser("mirror", help="write a folder for use without a network")
    mirror.add_argument("directory", metavar="DIR", help="the folder to write, for VITCOURSE_MIRROR")
    mirror.add_argument("names", nargs="*", metavar="NAME", help="assets to put in; default: the core set")
    mirror.set_defaults(run=_mirror)

    add_finetune(commands)
    add_evaluate(commands)
    add_predict(commands)
    add_serve(commands)
    add_batch(commands)
    add_progress(commands)
    return parser


def _doctor(arguments: argparse.Namespace) -> int:
    from vitcourse import doctor

    checks = doctor.report(arguments.workshop, arguments.learners)
    print(doctor.as_json(checks) if arguments.json else doctor.as_text(checks))
    return int(doctor.failed(checks))


def _download(arguments: argparse.Namespace) -> int:
    from vitcourse import assets
    from vitcourse.download import download

    tiny = [name for name in assets.names("checkpoint") if "tiny" in name] if arguments.tiny else []
    download([*arguments.names, *tiny], all=arguments.all)
    return 0


def _mirror(arguments: argparse.Namespace) -> int:
    from vitcourse.download import mirror

    mirror(arguments.directory, arguments.names)
    print(f"Use it with VITCOURSE_MIRROR={arguments.directory}")
    return 0
