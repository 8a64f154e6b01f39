"""For every test run, `pytest --nbmake notebooks` included: no network, demo assets, no progress kept."""

import os
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

# tests/notebooks/solved_lesson.py puts them behind their lessons
collect_ignore = ["notebooks/solutions"]

_OFFLINE = Path(__file__).parent / "tests" / "offline"


def pytest_configure(config: pytest.Config) -> None:
    """Block the network here, and in the kernels and processes that tests start, and share the cores out."""
    os.environ["VITCOURSE_PROGRESS"] = "off"
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    if workers > 1:
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
    runpy.run_path(str(_OFFLINE / "sitecustomize.py"))
    inherited = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([str(_OFFLINE), *inherited]))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each worker begin with its share of the long tests, so that short ones fill up the end.

    xdist's worksteal gives each worker as many tests, neighbours in this list.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    long = sorted(filter(_is_long, items), key=lambda item: "real_assets" not in item.nodeid)
    short = [item for item in items if not _is_long(item)]
    items.clear()
    for worker in range(workers):
        own = long[worker::workers]
        room = (len(long) + len(short)) // workers - len(own)
        items += own + (short[:room] if worker < workers - 1 else short)
        short = short[room:]


def _is_long(item: pytest.Item) -> bool:
    return hasattr(item, "nbmake") or item.get_closest_marker("slow") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Run the lessons that nbmake collects as a learner without a network has them."""
    with pytest.MonkeyPatch.context() as patch:
        if getattr(item, "nbmake", False):
            patch.setenv("VITCOURSE_ASSETS", "demo")
            patch.delenv("VITCOURSE_MIRROR", raising=False)
        return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests measured: `record_property("measured", ...)`."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "measured":
                terminalreporter.write_line(f"{report.nodeid}: {value}")
