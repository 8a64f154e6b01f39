"""A server for as long as a block, or a notebook, lasts: `vitcourse serve` in a process of its own.

Taught in lesson 13.
"""

import collections
import json
import os
import queue
import re
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from vitcourse.endpoint.access import VARIABLE

START_SECONDS, STOP_SECONDS = 300.0, 40.0
_ANSWERS = re.compile(r"running on (https?://[^\s/]+)")  # what uvicorn says once it does
_KEPT_LINES = 200


class ServerError(RuntimeError):
    """A server did not start; the message ends with what it said."""


class Server:
    """A web server in a process of its own. It ends with `stop`, with its block, or with this process.

    Attributes:
        address: Such as "http://127.0.0.1:40123".
        process: The process.

    Taught in lesson 13.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        start_seconds: float = START_SECONDS,
    ) -> None:
        """Start a server that uvicorn runs, and wait until it answers.

        Args:
            command: Program and arguments; port 0 takes a free one.
            environment: All of its variables; None for those of this process.
            start_seconds: The longest time to wait.

        Raises:
            ServerError: If it ends, or does not answer in time; it is stopped then.
        """
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            encoding="utf-8",
            errors="replace",
        )
        self._end = weakref.finalize(self, _end, self.process)  # also when this process exits
        self._lines: collections.deque[str] = collections.deque(maxlen=_KEPT_LINES)
        found: queue.SimpleQueue[str] = queue.SimpleQueue()
        arguments = self.process.stdout, self._lines, found
        self._reader = threading.Thread(target=_read, args=arguments, daemon=True)
        self._reader.start()
        try:
            self.address = _wait(found, start_seconds)
        except BaseException as error:
            self.stop()
            if not isinstance(error, ServerError):
                raise
            raise ServerError(f"{error}; what it said last:\n{self.log}") from None

    @property
    def log(self) -> str:
        """The last lines that it printed."""
        return "".join(self._lines)

    def stop(self) -> None:
        """Let it answer what it has accepted, and end it; to stop twice does no harm."""
        self._end()
        self._reader.join(STOP_SECONDS)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(model: str | Path, key: str | None = None, **settings: Any) -> Server:
    """Run `vitcourse serve` on a free port of this machine, and wait until it answers.

    Args:
        model: A fine-tuned folder, a name of the course or a Hub id.
        key: What callers must send; by default there is none, whatever VITCOURSE_API_KEY says.
        **settings: Other fields of `endpoint.settings.Settings`.

    Raises:
        ServerError: If it does not start; the message has what it printed.

    Taught in lesson 13.
    """
    fields = {"model": model, "port": 0, **settings}
    given = {
        name: str(value) if isinstance(value, str | Path) else json.dumps(value)
        for name, value in fields.items()
    }
    command = [sys.executable, "-m", "vitcourse", "serve"]
    command += [f"--{name}={value}" for name, value in given.items()]
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    return Server(command, environment | ({VARIABLE: key} if key else {}))


def _read(output: IO[str], lines: collections.deque, found: queue.SimpleQueue) -> None:
    """Keep the last lines, so that the pipe never fills; pass on the address, and "" at the end."""
    with output:
        for line in output:
            lines.append(line)
            answers = _ANSWERS.search(line)
            if answers:
                found.put(answers[1])
    found.put("")


def _wait(found: queue.SimpleQueue, seconds: float) -> str:
    try:
        address = found.get(timeout=seconds)
    except queue.Empty:
        raise ServerError(f"the server did not answer within {seconds:g} s") from None
    if not address:
        raise ServerError("the server ended before it answered")
    return address


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
