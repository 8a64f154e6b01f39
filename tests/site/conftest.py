"""The site, built once for a test run, however many processes it has."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import PATIENCE, chromium_or_skip
from filelock import FileLock
from processor_seconds import Stopwatch
from programs import run

collect_ignore = (
    [] if sys.version_info >= (3, 11) else ["test_site.py", "test_slides.py", "test_site_sources.py"]
)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site; beside it `took.json`: seconds of a processor, and whether it was disturbed."""
    chromium_or_skip()
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with FileLock(folder / "site.lock"):
        if not (folder / "took.json").is_file():
            watch = Stopwatch()
            run("build.py", "--out", str(folder / "site"))
            (folder / "took.json").write_text(json.dumps([round(watch.seconds()), watch.disturbed()]))
    return folder / "site"


@pytest.fixture
def page(browser: object) -> Iterator[object]:
    """A fresh page, as wide as a laptop's, in light mode."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()
