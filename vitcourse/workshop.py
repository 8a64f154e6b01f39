"""`vitcourse doctor --workshop`: the day before a workshop, on the machine that will teach it.

Its checks are the list in notebooks/INSTRUCTORS.md, in the same order.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from vitcourse import assets, machine, registry, storage, transfer
from vitcourse.machine import Check

MINUTES = "notebooks/minutes.json"  # in the checkout; benchmarks/lesson_minutes.py writes it
MINUTES_PAGE = "notebooks/MINUTES.md"
LEARNER_DISK_GB = 1.0  # what a learner writes in a day: photos, models, runs
START_SECONDS, FETCH_SECONDS = 90.0, 600.0
SLOWER = 1.5  # from here on the minutes of the table are worth scaling
PACE_BATCH = 8

_FETCH = """\
import sys
from pathlib import Path
from vitcourse import assets, download, registry
registry.REGISTRY_FILE = Path(sys.argv[1])
for name in assets.core_names():
    assets.find(name) or download.fetch(assets.get(name), official=False)
"""


def looks(learners: int = 1) -> dict[str, Callable[[], list[Check]]]:
    """The checks by name, in order; `learners` people will work on this machine at the same time."""
    return {
        "tools": tools,
        "mirror for the room": room_mirror,
        "room for learners": partial(room_for, learners),
        "outputs": outputs,
        "course": course,
        "slides": slides,
        "JupyterLab": jupyterlab,
        "power": power,
        "pace": pace,
    }


def tools() -> list[Check]:
    """The libraries behind `make course`, `make slides` and `make minutes`."""
    from packaging.requirements import Requirement

    declared = [Requirement(line) for line in importlib.metadata.requires("vitcourse") or []]
    wanted = [one for one in declared if one.marker and one.marker.evaluate({"extra": "test"})]
    missing = [one.name for one in wanted if not _installed(one.name)]
    if wanted and not missing:
        return [Check("OK", "tools", f"all {len(wanted)} of the extra `test` are installed")]
    detail = f"not installed: {', '.join(missing) or 'the extra `test`'}"
    fix = f'{machine.python_command()} -m pip install -e ".[test]" -c constraints.txt'
    return [Check("WARN", "tools", detail, fix)]


def _installed(name: str) -> bool:
    try:
        return bool(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False


def room_mirror() -> list[Check]:
    """Fetch the core set from the mirror as a learner will: into an empty folder, and from nowhere else."""
    name, mirror = "mirror for the room", assets.mirror_location()
    if mirror is None and assets.requested_mode() == "demo":
        return [Check("OK", name, "none needed: VITCOURSE_ASSETS=demo")]
    if mirror is None:
        detail = "none set (VITCOURSE_MIRROR): everyone downloads, or works with the demo assets"
        return [Check("WARN", name, detail, "vitcourse mirror room, then set VITCOURSE_MIRROR to it")]
    shown = str(mirror) if isinstance(mirror, Path) else transfer.redacted(mirror)
    began = time.monotonic()
    if problem := _fetch_all():
        fix = "vitcourse mirror DIR  (on a machine that has the assets; it mends what is not whole)"
        return [Check("WARN", name, f"{shown}: {problem}", fix)]
    detail = f"{shown} gave the core set, whole, in {time.monotonic() - began:.0f} s"
    return [Check("OK", name, detail)]


def _fetch_all() -> str:
    """Fetch the core set from the mirror in a process of its own; returns what went wrong, or nothing."""
    with tempfile.TemporaryDirectory(prefix="vitcourse-room-") as folder:
        elsewhere = {"VITCOURSE_DATA": folder, "HF_HOME": folder}
        command = [sys.executable, "-c", _FETCH, str(registry.REGISTRY_FILE)]
        done = subprocess.run(
            command, env={**os.environ, **elsewhere}, capture_output=True, text=True, timeout=FETCH_SECONDS
        )
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines()
    answers = [line.strip(" -") for line in lines if line.startswith("    - ") and folder not in line]
    return "; ".join(answers) or (lines or ["stopped without a word"])[-1]


def room_for(learners: int) -> list[Check]:
    """Memory and disk for so many learners on this machine."""
    import psutil

    name = "room for learners"
    free_memory = psutil.virtual_memory().available / 1e9
    free_disk = shutil.disk_usage(storage.nearest_folder(assets.data_dir())).free / 1e9
    fits = int(min(free_memory / machine.MEMORY_GB, free_disk / LEARNER_DISK_GB))
    detail = f"{free_memory:.1f} GB of memory and {free_disk:.1f} GB of disk carry {fits} at a time"
    if fits >= learners:
        return [Check("OK", name, f"{detail}, {learners} asked for (--learners)")]
    fix = "close other programs, or let learners work in pairs or on machines of their own"
    return [Check("WARN", name, f"{detail}, {learners} asked for (--learners)", fix)]


def outputs() -> list[Check]:
    """Whether the outputs that people read were made by the code that they will run."""
    from vitcourse.course import stamp
    from vitcourse.course.lessons import read_lesson

    stale = [path.stem[:2] for path in _lessons() if not stamp.is_fresh(read_lesson(path))]
    if not stale:
        return [Check("OK", "outputs", "those of every lesson belong to its code")]
    fix = f'make outputs LESSONS="{" ".join(stale)}"'
    return [Check("WARN", "outputs", f"older than the code: {', '.join(stale)}", fix)]


def _lessons() -> list[Path]:
    from vitcourse.course.lessons import lesson_paths

    return lesson_paths(assets.CHECKOUT / "notebooks")


def course() -> list[Check]:
    """Whether every lesson ran to its end on this machine, as it is now."""
    page = assets.CHECKOUT / "_build" / "course" / "index.html"
    late = [path.stem[:2] for path in _lessons() if _is_older(page, path)]
    failed = page.is_file() and 'class="FAILED"' in page.read_text(encoding="utf-8")
    if not late and not failed:
        return [Check("OK", "course", f"every lesson has run here: {page}")]
    detail = (
        "a lesson failed; the page says which" if failed else f"not run since a change: {', '.join(late)}"
    )
    return [Check("WARN", "course", detail, "make course")]


def slides() -> list[Check]:
    """Whether the lessons with marked cells have slides that are newer than they are."""
    from vitcourse.course.lessons import read_lesson

    folder = assets.CHECKOUT / "_build" / "slides"
    marked = [path for path in _lessons() if any("slideshow" in c.metadata for c in read_lesson(path).cells)]
    late = [path.stem[:2] for path in marked if _is_older(folder / f"{path.stem}.html", path)]
    if not late:
        return [Check("OK", "slides", f"{', '.join(path.stem[:2] for path in marked)} in {folder}")]
    return [Check("WARN", "slides", f"missing or older than the lesson: {', '.join(late)}", "make slides")]


def _is_older(made: Path, source: Path) -> bool:
    return not made.is_file() or made.stat().st_mtime < source.stat().st_mtime


def jupyterlab() -> list[Check]:
    """Start JupyterLab as `make lab` does, on a free port, and ask it whether it is there."""
    fix = f"{machine.python_command()} -m vitcourse.course.lab  (in the checkout), and read what it says"
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vitcourse-lab-") as folder, _lab(Path(folder)) as process:
        while time.monotonic() - began < START_SECONDS and process.poll() is None:
            if version := _answer(Path(folder)):
                detail = f"answers {time.monotonic() - began:.0f} s after its start (server {version})"
                return [Check("OK", "JupyterLab", detail)]
            time.sleep(0.2)
        state = "stopped" if process.poll() is not None else f"no answer in {START_SECONDS:.0f} s"
        said = (Path(folder) / "log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return [Check("FAIL", "JupyterLab", f"{state}: {(said or ['without a word'])[-1]}", fix)]


@contextmanager
def _lab(folder: Path) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-m", "vitcourse.course.lab", "--no-browser", "--port", "0"]
    command += ["--ServerApp.ip=127.0.0.1", "--allow-root"]
    environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=assets.CHECKOUT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answer(runtime: Path) -> str:
    """The version of the server that wrote where it listens; nothing as long as it does not answer."""
    import requests

    session = requests.Session()
    session.trust_env = False  # a proxy does not know this machine's own servers
    for file in runtime.glob("jpserver-*.json"):
        try:
            server = json.loads(file.read_text(encoding="utf-8"))
            reply = session.get(f"{server['url']}api", params={"token": server["token"]}, timeout=2)
        except (ValueError, requests.RequestException):  # half written, or not listening yet
            continue
        if reply.ok:
            return reply.json()["version"]
    return ""


def power() -> list[Check]:
    """Whether a laptop is plugged in: on its battery it may be slower, and shorter."""
    import psutil

    battery = getattr(psutil, "sensors_battery", lambda: None)()
    if battery is None or battery.power_plugged:
        return [Check("OK", "power", "no battery" if battery is None else "plugged in")]
    return [Check("WARN", "power", f"on battery, {battery.percent:.0f} %", "plug it in")]


def pace() -> list[Check]:
    """How this machine compares with the one on which the minutes were measured."""
    recorded = json.loads((assets.CHECKOUT / MINUTES).read_text(encoding="utf-8"))
    theirs = statistics.median(lesson["pace_seconds"] for lesson in recorded.values())
    ours = pace_seconds()
    detail = f"{ours:.2f} s for {PACE_BATCH} images, where the minutes were measured {theirs:.2f} s"
    if ours <= SLOWER * theirs:
        return [Check("OK", "pace", f"{detail}: {ours / theirs:.1f} times")]
    fix = f"close other programs, or multiply the column `run` of {MINUTES_PAGE} by {ours / theirs:.1f}"
    return [Check("WARN", "pace", f"{detail}: {ours / theirs:.1f} times", fix)]


def pace_seconds() -> float:
    """Time a forward pass of a ViT-Tiny with random weights on the CPU: 8 images of 224 pixels, fp32.

    Returns:
        The median of ten runs, or of as many as fit into three seconds, in seconds.
    """
    import torch

    from vitcourse import timing
    from vitcourse.vit import VisionTransformer

    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        model, images = VisionTransformer().eval(), torch.rand(PACE_BATCH, 3, 224, 224)
        return timing.measure(lambda: model(images), runs=10, seconds=3).median
