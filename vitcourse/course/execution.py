"""Execute a notebook the way `make course` and the tests do."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from vitcourse.course.lessons import read_lesson
from vitcourse.passed import OFF

TIME_LIMIT = 1200


@dataclass(frozen=True)
class Failure:
    """Where and why a lesson stopped.

    Attributes:
        cell: the number of the cell, counted from 1 over all cells; 0 if no cell is to blame.
        first_line: the first line of that cell.
        error: the error in one line.
    """

    cell: int
    first_line: str
    error: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"cell {self.cell} `{self.first_line}`: {self.error}" if self.cell else self.error


@dataclass(frozen=True)
class Result:
    """A lesson that was executed.

    Attributes:
        path: the notebook's file.
        notebook: a copy with the outputs, up to the failure if there was one.
        seconds: how long it ran, the start of the kernel included.
        failure: None if every cell ran.
        cell_seconds: how long each code cell ran, by its place in `notebook.cells`.
    """

    path: Path
    notebook: NotebookNode
    seconds: float
    failure: Failure | None = None
    cell_seconds: Mapping[int, float] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """The result in a word: "ok" or "FAILED"."""
        return "FAILED" if self.failure else "ok"


class _Cells:
    """Remembers which cell is running and how long each one took, and shares one time limit among all."""

    def __init__(self, time_limit: float) -> None:
        self.current = -1
        self.time_limit = time_limit
        self.deadline = time.monotonic() + time_limit
        self.began = 0.0
        self.seconds: dict[int, float] = {}

    def started(self, cell: NotebookNode, cell_index: int) -> None:
        self.current = cell_index
        self.began = time.perf_counter()

    def executed(self, cell: NotebookNode, cell_index: int, execute_reply: dict) -> None:
        self.seconds[cell_index] = time.perf_counter() - self.began

    def seconds_left(self, cell: NotebookNode) -> int:
        return max(1, round(self.deadline - time.monotonic()))


def execute(path: Path, time_limit: float = TIME_LIMIT, env: Mapping[str, str] | None = None) -> Result:
    """Execute a copy of a notebook in its own folder; the file and the learner's progress stay as they are.

    Args:
        path: the notebook.
        time_limit: seconds for the whole notebook.
        env: environment variables to set for the kernel, over those of this process.

    Returns:
        The outputs, the time and the failure, if any. A failing cell does not raise.
    """
    notebook = read_lesson(path)
    cells = _Cells(time_limit)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=40"],
        resources={"metadata": {"path": str(path.parent)}},
        timeout_func=cells.seconds_left,
        on_cell_start=cells.started,
        on_cell_executed=cells.executed,
        record_timing=False,
        coalesce_streams=True,
    )
    start = time.perf_counter()
    failure = None
    try:
        client.execute(env={**os.environ, "VITCOURSE_PROGRESS": OFF, **(env or {})})
    except CellTimeoutError:
        failure = _failure(notebook, cells, f"still running after {time_limit:g} s, the limit for a lesson")
    except DeadKernelError:
        failure = _failure(notebook, cells, "the kernel died; a likely cause is too little memory")
    except (CellControlSignal, RuntimeError, OSError) as error:
        failure = _failure(notebook, cells, _one_line(error))
    return Result(path, notebook, time.perf_counter() - start, failure, cells.seconds)


def _failure(notebook: NotebookNode, cells: _Cells, error: str) -> Failure:
    source = notebook.cells[cells.current].source if cells.current >= 0 else ""
    lines = [line for line in source.splitlines() if line.strip()]
    return Failure(cells.current + 1, lines[0].strip() if lines else "", error)


def _one_line(error: Exception) -> str:
    name = getattr(error, "ename", "") or type(error).__name__
    text = getattr(error, "evalue", "") or str(error)
    return f"{name}: {' '.join(text.split())}"[:500]
