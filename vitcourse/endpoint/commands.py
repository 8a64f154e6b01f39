"""The command `vitcourse serve`; what needs torch or a web server is imported when it runs."""

from __future__ import annotations

import argparse
import os

from vitcourse.commands import CommandError


def add_serve(commands: argparse._SubParsersAction) -> None:
    """Add `vitcourse serve`, whose options are the fields of `endpoint.settings.Settings`."""
    serve = commands.add_parser(
        "serve", add_help=False, help="answer over HTTP; `vitcourse serve --help` lists its fields"
    )
    serve.set_defaults(run=_serve, fields=[])


def _serve(arguments: argparse.Namespace) -> int:
    # Threads of the model that wait for each other shall sleep: if they spin, which is OpenMP's default, they
    # hold up the threads that decode. It is read when torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
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
