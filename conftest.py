"""For every test run, `pytest --nbmake notebooks` included: no network, demo assets, no progress kept."""

import os
import runpy
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

# tests/notebooks/solved_lesson.py puts them behind their lessons
collect_ignore = ["notebooks/solutions"]

_OFFLINE = Path(__file__).parent / "tests" / "offline"
_TOO_LATE = "the time to begin tests on real photos was over (VITCOURSE_REAL_UNTIL)"


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
    """Let each worker end with its share of the slow tests: lessons, then others, then those on real photos.

    xdist's worksteal gives each worker as many tests, neighbours in this list.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    slow = sorted(filter(_is_slow, items), key=lambda item: (not _is_lesson(item), _marked(item, "real")))
    quick = [item for item in items if not _is_slow(item)]
    share = len(items) // workers
    items.clear()
    for worker in range(workers):
        own = slow[worker::workers]
        room = share - len(own) if worker < workers - 1 else len(quick)
        items += quick[:room] + own
        quick = quick[room:]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out what takes real photos where there are none, or no time; everything else always runs."""
    if not _marked(item, "real"):
        return
    if not os.environ.get("VITCOURSE_MIRROR"):
        pytest.skip("VITCOURSE_MIRROR is not set: no real photos at hand")
    if time.time() > float(os.environ.get("VITCOURSE_REAL_UNTIL", "inf")):
        pytest.skip(_TOO_LATE)


def _is_slow(item: pytest.Item) -> bool:
    return _is_lesson(item) or _marked(item, "slow")


def _is_lesson(item: pytest.Item) -> bool:
    """Whether nbmake collected it."""
    return getattr(item, "nbmake", False)


def _marked(item: pytest.Item, name: str) -> bool:
    return item.get_closest_marker(name) is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Run the lessons that nbmake collects as a learner without a network has them."""
    with pytest.MonkeyPatch.context() as patch:
        if _is_lesson(item):
            patch.setenv("VITCOURSE_ASSETS", "demo")
            patch.delenv("VITCOURSE_MIRROR", raising=False)
        return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests measured, `record_property("measured", ...)`, and name what there was no time for."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "measured":
                terminalreporter.write_line(f"{report.nodeid}: {value}")
    for report in terminalreporter.getreports("skipped"):
        if _TOO_LATE in str(report.longrepr):
            terminalreporter.write_line(f"LEFT OUT: {report.nodeid}: {_TOO_LATE}")
