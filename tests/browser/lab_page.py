"""A JupyterLab on this machine, with settings and notebooks of its own, and a page of it in a browser."""

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from playwright.sync_api import Locator, Page

START_SECONDS, RUN_SECONDS = 300, 1800  # they only end what hangs
SETTINGS = {"notebook-extension/tracker": '{"windowingMode": "none"}'}  # all cells are on the page
_ALL_NUMBERED = r"""() => [...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')]
    .every(prompt => /^\[\d+\]:$/.test(prompt.textContent.trim()))"""


def copy_lesson(path: Path, folder: Path) -> Path:
    """Copy a lesson and its figures, without outputs, so that all that is seen was made by this run."""
    notebook = nbformat.read(path, as_version=4)
    shutil.copytree(path.parent / "figures", folder / "figures", dirs_exist_ok=True)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, folder / path.name)
    return folder / path.name


@contextmanager
def running(root: Path, state: Path, env: dict[str, str]) -> Iterator[str]:
    """Start JupyterLab as `make lab` does, in a folder that holds `notebooks/`; yields the address of a
    lesson, `{0}` for its name; each has a workspace of its own.

    Args:
        root: The folder that it shows.
        state: An empty folder for its settings, its log and all else that it keeps.
        env: Environment variables, over those of this process.
    """
    for name, text in SETTINGS.items():
        file = state / "config" / "lab" / "user-settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(text)
    own = {f"JUPYTER_{name.upper()}_DIR": str(state / name) for name in ("config", "data", "runtime")}
    own |= {"IPYTHONDIR": str(state / "ipython")}
    port, token = _free_port(), secrets.token_hex(16)
    command = [sys.executable, "-m", "vitcourse.course.lab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.{name}" for name in ("ip=127.0.0.1", f"port={port}", "port_retries=0")]
    command += [f"--IdentityProvider.token={token}"]
    with (state / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=root, env={**os.environ, **own, **env}, stdout=log, stderr=log
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/api?token={token}", process, state / "log")
            yield f"http://127.0.0.1:{port}/lab/workspaces/{{0}}/tree/notebooks/{{0}}.ipynb?token={token}"
        finally:
            process.terminate()  # which ends its kernels, too
            process.wait(30)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def _wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5)
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError(f"JupyterLab does not answer; its log ends with\n{log.read_text()[-2000:]}")


class LessonPage:
    """A lesson in JupyterLab, used as a learner uses it: the menu, the keyboard, the eyes."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        page.goto(address)
        page.locator(".jp-CodeCell").first.wait_for(timeout=1000 * START_SECONDS)
        status_bar = page.get_by_text("Python 3 (ipykernel) | Idle")  # before, "Run" would ask for a kernel
        status_bar.wait_for(timeout=1000 * START_SECONDS)

    def run_all(self) -> None:
        """Choose Run, Run All Cells, and wait until every code cell has its number."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self.page.wait_for_function(_ALL_NUMBERED, timeout=1000 * RUN_SECONDS)

    def errors(self) -> list[str]:
        """What stands in the outputs that are errors."""
        return self.page.locator('[data-mime-type="application/vnd.jupyter.error"]').all_inner_texts()

    def broken_pictures(self) -> list[str]:
        """The sources of pictures that are not shown."""
        return self.page.evaluate(
            "[...document.images].filter(p => p.complete && !p.naturalWidth).map(p => p.src.slice(0, 99))"
        )

    def cell(self, text: str) -> Locator:
        """The one code cell whose source contains a text."""
        return self.page.locator(".jp-CodeCell").filter(
            has=self.page.locator(".jp-InputArea-editor", has_text=text)
        )

    def type_and_run(self, cell: Locator, source: str) -> None:
        """Replace what is in a cell, and run it."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Control+Enter")

    def save(self, path: Path) -> nbformat.NotebookNode:
        """Save with the keyboard, and read what came to disk."""
        self.page.keyboard.press("ControlOrMeta+s")
        self.page.get_by_text("Saving completed").wait_for()
        return nbformat.read(path, as_version=4)


def exercises(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """The source of each stub cell, by the id of its exercise."""
    noted = ((cell.metadata.get("vitcourse", {}).get("exercise"), cell.source) for cell in notebook.cells)
    return {exercise: source for exercise, source in noted if exercise}


def is_local(address: str) -> bool:
    """Tell whether a request stays on this machine."""
    return re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:", address) is not None
