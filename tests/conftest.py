"""For tests of every folder: a browser."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """A headless Chromium (Playwright's `Browser`) without a network; see browser.py.

    While it is open, Playwright's event loop runs, and other tests could not start theirs: it ends with its
    module.
    """
    from browser import open_browser

    with open_browser() as opened:
        yield opened
