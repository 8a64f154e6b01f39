"""For every test run, `pytest --nbmake notebooks` included: no network, demo assets, no progress kept."""

import os
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

# tests/notebooks/test_solutions.py runs them, in the place of the stubs of their lessons
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
