"""Which Chromium the browser tests take, and what they say when there is none."""

import browser
import pytest


@pytest.fixture
def no_chromium(monkeypatch):
    monkeypatch.setattr(browser, "_PLACES", ())
    monkeypatch.setenv("PATH", "")
    for name in ("CI", "VITCOURSE_CI", "VITCOURSE_CHROMIUM"):
        monkeypatch.delenv(name, raising=False)


def test_without_chromium_a_test_is_skipped_and_says_why(no_chromium):
    with pytest.raises(pytest.skip.Exception, match="left out, no Chromium on this machine: install it"):
        browser.chromium_or_skip()


@pytest.mark.parametrize("name", ["CI", "VITCOURSE_CI"])
def test_where_it_must_run_it_fails(no_chromium, monkeypatch, name):
    monkeypatch.setenv(name, "1")
    with pytest.raises(pytest.fail.Exception, match="no Chromium on this machine"):
        browser.chromium_or_skip()


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("false", False), ("0", False), ("", False)])
def test_what_the_variable_says(no_chromium, monkeypatch, value, expected):
    monkeypatch.setenv("CI", value)
    assert browser.must_run() is expected


def test_a_named_program_is_taken(no_chromium, monkeypatch, tmp_path):
    program = tmp_path / "my-chromium.exe"
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setenv("VITCOURSE_CHROMIUM", str(program))
    assert browser.find_chromium() == str(program)
