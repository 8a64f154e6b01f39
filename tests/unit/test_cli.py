import json
import os
import signal
import subprocess
import sys
import time

import pytest
import tiny
from loopback import serve, stall

from vitcourse import __version__, cli, doctor
from vitcourse.doctor import Check


def run(*arguments):
    command = [sys.executable, "-m", "vitcourse", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=900)


def test_version_and_help():
    assert run("--version").stdout.strip() == f"vitcourse {__version__}"
    text = run("--help").stdout
    for word in ("VITCOURSE_ASSETS", "VITCOURSE_DATA", "VITCOURSE_MIRROR"):
        assert word in text
    for word in ("doctor", "download", "mirror", "evaluate", "predict"):
        assert word in text


@pytest.mark.parametrize("arguments", [[], ["fetch"], ["mirror"], ["doctor", "--yaml"]])
def test_wrong_arguments_end_with_usage(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage: vitcourse" in capsys.readouterr().err


def test_download_and_mirror(tiny_registry, server, data, tmp_path, capsys):
    server.routes["/official/fridgeObjects.zip"] = [serve(tiny.zipped(tiny.multiclass_members()))]
    assert cli.main(["download", "fridge"]) == 0
    assert str(data / "real" / "fridgeObjects") in capsys.readouterr().out
    assert cli.main(["mirror", str(tmp_path / "m"), "fridge"]) == 0
    assert f"VITCOURSE_MIRROR={tmp_path / 'm'}" in capsys.readouterr().out
    assert (tmp_path / "m/datasets/fridgeObjects.zip").is_file()


def test_download_all_asks_for_everything(tiny_registry, data, capsys):
    assert cli.main(["download", "--all"]) == 1
    out, err = capsys.readouterr()
    assert "To fetch: fridge (0 MB), fridge-multilabel (0 MB), vit-tiny (0 MB); 0 MB in all." in out
    assert "can't get fridge, fridge-multilabel, vit-tiny" in err
    assert cli.main(["download", "fridge", "vit-micro"]) == 1
    assert "git checkout -- data/demo" in capsys.readouterr().err


def test_download_tiny_asks_for_the_small_checkpoints(tiny_registry, data, capsys):
    assert cli.main(["download", "--tiny"]) == 1
    assert "To fetch: vit-tiny (0 MB); 0 MB in all." in capsys.readouterr().out


def test_an_asset_error_is_one_message_without_a_traceback(tiny_registry, capsys):
    assert cli.main(["download", "vit-huge"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("vitcourse: unknown asset 'vit-huge'; the course has: fridge,")
    assert "Traceback" not in err


def test_a_missing_library_is_one_message(tiny_registry, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert cli.main(["download"]) == 1
    assert "the library yaml is missing; `vitcourse doctor` says" in capsys.readouterr().err


@pytest.mark.parametrize(("status", "code"), [("OK", 0), ("WARN", 0), ("FAIL", 1)])
def test_doctor_ends_with_1_only_when_something_fails(monkeypatch, capsys, status, code):
    monkeypatch.setattr(doctor, "report", lambda *asked: [Check(status, "Python", "3.12", "mend it")])
    assert cli.main(["doctor"]) == code
    assert f"[{status}]" in capsys.readouterr().out
    assert cli.main(["doctor", "--json"]) == code
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is (code == 0)
    assert report["checks"] == [{"status": status, "name": "Python", "detail": "3.12", "fix": "mend it"}]


PROGRAM = """
import signal, sys
from pathlib import Path
from vitcourse import cli, registry
signal.signal(signal.SIGINT, signal.default_int_handler)
registry.REGISTRY_FILE = Path(sys.argv[1])
raise SystemExit(cli.main(["download", "fridge"]))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_is_clean(tiny_registry, server, data):
    server.routes["/official/fridgeObjects.zip"] = [stall(tiny.zipped(tiny.multiclass_members()))]
    command = [sys.executable, "-c", PROGRAM, str(tiny_registry)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 900
    while not server.requests:
        assert time.monotonic() < deadline, "no request came"
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=900)
    assert process.returncode == 130
    assert "Traceback" not in errors and "stopped" in errors
    assert [path for path in data.rglob("*") if path.is_file() and path.suffix != ".lock"] == []
