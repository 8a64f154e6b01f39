"""Chromium for the tests that look at pages: found on this machine, never downloaded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
)
# Only names of this machine are looked up: a page that asks another host gets an error, and a test sees it.
_LOCAL_ONLY = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"
PATIENCE = 120_000  # milliseconds, for whatever a page is asked: a busy machine is no failure
_CURE = "install it (Debian: apt-get install chromium), or set VITCOURSE_CHROMIUM to its program"


def find_chromium() -> str | None:
    """The program of a Chromium or Chrome: `VITCOURSE_CHROMIUM`, then PATH, then the usual places."""
    named = os.environ.get("VITCOURSE_CHROMIUM")
    if named:
        return shutil.which(named)
    on_path = (shutil.which(command) for command in _COMMANDS)
    in_place = (place for place in _PLACES if Path(place).is_file())
    return next((program for program in (*on_path, *in_place) if program), None)


def must_run() -> bool:
    """Whether a browser test may not be left out: `CI` or `VITCOURSE_CI` is set, and not to 0 or false."""
    values = (os.environ.get(name, "").lower() for name in ("CI", "VITCOURSE_CI"))
    return any(value not in ("", "0", "false") for value in values)


def chromium_or_skip() -> str:
    """The program of Chromium; without one, skip the test, or fail it where it must run."""
    program = find_chromium()
    if program is None:
        reason = f"no Chromium on this machine: {_CURE}"
        pytest.fail(reason, pytrace=False) if must_run() else pytest.skip(f"browser test left out, {reason}")
    return program


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless Chromium, which reaches nothing but this machine; skips or fails where there is none."""
    program = chromium_or_skip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[_LOCAL_ONLY], timeout=PATIENCE)
        expect.set_options(timeout=PATIENCE)
        yield browser
        browser.close()
