"""Fixtures for tests of every folder."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """A headless Chromium (Playwright's `Browser`) without a network; see browser.py."""
    from browser import open_browser

    with open_browser() as opened:
        yield opened
