"""Settings: command line and YAML, keys, and what `vitcourse serve` refuses to do."""

import pytest

from vitcourse import cli
from vitcourse.endpoint import access
from vitcourse.endpoint.access import AccessError
from vitcourse.endpoint.schema import RequestError
from vitcourse.endpoint.settings import parse
from vitcourse.options import ConfigurationError


def test_a_file_and_the_command_line_go_together(tmp_path):
    file = tmp_path / "endpoint.yaml"
    file.write_text("model: runs/fridge\nport: 9000\nallow_urls: true\nallow_hosts: [photos.local]\n")
    settings = parse(["--config", str(file), "--port", "9001", "--max-batch", "4"])
    assert (settings.model, settings.port, settings.max_batch) == ("runs/fridge", 9001, 4)
    assert (settings.allow_urls, settings.allow_hosts) == (True, ["photos.local"])
    assert settings.host == "127.0.0.1"


def test_the_shipped_file_is_found_by_its_name():
    settings = parse(["--config", "endpoint.yaml", "--model", "runs/mine"])
    assert (settings.model, settings.host, settings.allow_urls) == ("runs/mine", "127.0.0.1", False)


def test_a_flag_needs_no_value():
    settings = parse(["--model", "m", "--allow-urls", "--without_key"])
    assert settings.allow_urls
    assert settings.without_key


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "model is not given"),
        (["--model", "m", "--port", "70000"], "port from 0 to 65535"),
        (["--model", "m", "--port", "x"], "port is x; expected a whole number"),
        (["--model", "m", "--workers", "0"], "workers is 0; expected more than 0"),
        (["--model", "m", "--queue_size", "5"], "expected at least max_images, 128"),
        (["--model", "m", "--allow_hosts", "[a]"], "allow_hosts is given without allow_urls"),
        (["--model", "m", "--alow_urls"], r"no field alow_urls \(did you mean allow_urls"),
        (["--model", "m", "--precision", "fp8"], "precision is fp8; expected one of auto"),
    ],
)
def test_wrong_settings_are_named(arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        parse(arguments)


def test_the_key_comes_from_a_file_or_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv(access.VARIABLE, raising=False)
    assert access.read_key(None) is None
    monkeypatch.setenv(access.VARIABLE, "of-the-environment")
    assert access.read_key(None) == b"of-the-environment"
    (tmp_path / "key").write_text("of-the-file\n")
    assert access.read_key(str(tmp_path / "key")) == b"of-the-file"


@pytest.mark.parametrize("key", ["", "  ", "two words", "ü", "a\nb"])
def test_a_key_that_cannot_be_sent_is_refused(monkeypatch, key):
    monkeypatch.setenv(access.VARIABLE, key)
    with pytest.raises(AccessError, match=access.VARIABLE):
        access.read_key(None)


def test_a_key_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(AccessError, match="cannot be read"):
        access.read_key(str(tmp_path / "none"))


def test_only_the_whole_key_opens():
    access.check(None, None)
    access.check(b"key", "Bearer key")
    access.check(b"key", "bearer  key ")
    for header in (None, "", "key", "Bearer ", "Bearer ke", "Bearer keyy", "Basic key", "Bearer \ud800"):
        with pytest.raises(RequestError) as caught:
            access.check(b"key", header)
        assert caught.value.status == 401


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_beyond_this_machine_it_takes_a_key_or_being_told_twice(host):
    access.check_binding(host, b"key", False, False)
    access.check_binding(host, None, True, True)
    for told in ((False, False), (True, False), (False, True)):
        with pytest.raises(AccessError, match="other machines"):
            access.check_binding(host, None, *told)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_on_this_machine_it_takes_no_key(host):
    access.check_binding(host, None, False, False)


def test_the_command_refuses_before_it_loads_a_model(monkeypatch, capsys):
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")  # the command would set it, also for the tests to come
    monkeypatch.delenv(access.VARIABLE, raising=False)
    assert cli.main(["serve", "--model", "no-such-model", "--host", "0.0.0.0"]) == 1
    assert "can be reached from other machines" in capsys.readouterr().err
    assert cli.main(["serve"]) == 1
    assert "model is not given" in capsys.readouterr().err
    assert cli.main(["serve", "--model", "./no-such-folder"]) == 1
    assert "no-such-folder" in capsys.readouterr().err
