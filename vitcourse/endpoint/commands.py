"""The commands `vitcourse serve` and `vitcourse batch`; torch and a web server are imported when one runs."""

from __future__ import annotations

import argparse
import os
import sys

from vitcourse.commands import CommandError


def add_serve(commands: argparse._SubParsersAction) -> None:
    """Add `vitcourse serve`, whose options are the fields of `endpoint.settings.Settings`."""
    serve = commands.add_parser(
        "serve", add_help=False, help="answer over HTTP; `vitcourse serve --help` lists its fields"
    )
    serve.set_defaults(run=_serve, fields=[])


def _serve(arguments: argparse.Namespace) -> int:
    _let_threads_sleep()
    try:
        from vitcourse.endpoint import server, settings
    except ModuleNotFoundError as error:
        raise CommandError(
            f"the library {error.name} is missing; install what serving needs: pip install 'vitcourse[serve]'"
        ) from error
    from vitcourse.models import CheckpointError
    from vitcourse.run import quiet

    try:
        chosen = settings.parse(arguments.fields)
        quiet()
        server.serve(chosen)
    except (CheckpointError, ValueError) as error:
        raise CommandError(str(error)) from error
    return 0


def _let_threads_sleep() -> None:
    """Make the model's threads sleep while they wait for each other; call it before torch is imported.

    If they spin, which is OpenMP's default, they hold up the threads that decode.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def add_batch(commands: argparse._SubParsersAction) -> None:
    """Add `vitcourse batch`, whose options are the fields of `endpoint.batch_settings.BatchSettings`."""
    batch = commands.add_parser(
        "batch",
        add_help=False,
        help="classify a folder, a CSV or a JSONL file; `vitcourse batch --help` lists its fields",
    )
    batch.set_defaults(run=_batch, fields=[])


def _batch(arguments: argparse.Namespace) -> int:
    _let_threads_sleep()
    from vitcourse.endpoint import batch, batch_settings
    from vitcourse.models import CheckpointError
    from vitcourse.run import quiet

    try:
        chosen = batch_settings.parse(arguments.fields)
        quiet()
        summary = batch.run(chosen)
    except KeyboardInterrupt:
        print("\nthe same command goes on from here", file=sys.stderr)
        raise
    except (CheckpointError, ValueError) as error:
        raise CommandError(str(error)) from error
    if summary:
        print(batch.as_text(summary))
    return 0
