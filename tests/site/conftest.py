"""The site, built once for a test run, however many processes it has."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import chromium_or_skip
from filelock import FileLock
from programs import run

collect_ignore = (
    [] if sys.version_info >= (3, 11) else ["test_site.py", "test_slides.py", "test_site_sources.py"]
)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, and beside it `seconds.txt`: how long it took."""
    chromium_or_skip()
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with FileLock(folder / "site.lock"):
        if not (folder / "seconds.txt").is_file():
            start = time.perf_counter()
            run("build.py", "--out", str(folder / "site"))
            (folder / "seconds.txt").write_text(f"{time.perf_counter() - start:.0f}")
    return folder / "site"


@pytest.fixture
def page(browser: object) -> Iterator[object]:
    """A fresh page, as wide as a laptop's, in light mode."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    yield context.new_page()
    context.close()
