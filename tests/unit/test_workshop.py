"""`vitcourse doctor --workshop`: what it finds the day before, and what it says to do about it."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import tiny
from nbformat.v4 import new_code_cell, new_notebook, writes

from vitcourse import assets, cli, doctor, workshop
from vitcourse.course.stamp import stamp
from vitcourse.download import download, mirror
from vitcourse.machine import Check

pytestmark = pytest.mark.usefixtures("data")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout of one lesson, whose outputs are fresh, and which nobody has executed."""
    folder = tmp_path / "checkout"
    (folder / "notebooks").mkdir(parents=True)
    monkeypatch.setattr(assets, "CHECKOUT", folder)
    write_lesson(folder / "notebooks" / "00_one.ipynb")
    return folder


def write_lesson(path, code="1 + 1"):
    notebook = new_notebook(cells=[new_code_cell(code, metadata={"slideshow": {"slide_type": "slide"}})])
    stamp(notebook)
    path.write_text(writes(notebook))


@pytest.fixture
def http_server():
    """Start `python -m http.server` as INSTRUCTORS.md says, on loopback; returns the address."""
    started = []

    def serve(folder):
        command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
        process = subprocess.Popen(
            [*command, "--directory", str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        return "http://127.0.0.1:" + re.search(r"port (\d+)", process.stdout.readline()).group(1)

    yield serve
    for process in started:
        process.terminate()
        process.communicate()


def one(checks):
    """The only line of a check; one that is not OK says how to mend it."""
    (check,) = checks
    assert isinstance(check, Check) and (check.status == "OK") == (not check.fix)
    return check


def test_the_list_for_instructors_is_what_the_command_checks():
    text = (ROOT / "notebooks" / "INSTRUCTORS.md").read_text(encoding="utf-8")
    section = text.split("## The day before", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"^- \*\*([^*]+):\*\*", section, flags=re.MULTILINE) == list(workshop.looks())


def test_a_mirror_served_as_the_page_says_gives_a_room_its_assets(
    tiny_registry, server, tmp_path, monkeypatch, http_server, capsys
):
    monkeypatch.setenv("VITCOURSE_MIRROR", tiny.serve_mirror(server))
    mirror(tmp_path / "room")
    monkeypatch.setenv("VITCOURSE_DATA", str(tmp_path / "learner"))
    monkeypatch.setenv("VITCOURSE_MIRROR", http_server(tmp_path / "room"))
    assets._http_mirror_has.cache_clear()
    found = one(workshop.room_mirror())
    assert found.status == "OK" and "gave the core set, whole" in found.detail, found
    assert not (tmp_path / "learner").exists(), "the check has left something"
    asked = len(server.requests)
    assert assets.mode() == "real"
    download()
    assert tiny.tree(assets.find("vit-tiny")) == tiny.checkpoint_files()
    assert len(server.requests) == asked, "another address than the mirror's was asked"


def test_a_mirror_that_is_not_whole_is_a_warning(tiny_registry, server, tmp_path, monkeypatch):
    monkeypatch.setenv("VITCOURSE_MIRROR", tiny.serve_mirror(server))
    mirror(tmp_path / "room")
    monkeypatch.setenv("VITCOURSE_MIRROR", str(tmp_path / "room"))
    assert one(workshop.room_mirror()).status == "OK"
    for file in ("datasets/fridgeObjects.zip", f"models/{tiny.HUB_ID}/model.safetensors"):
        whole = (tmp_path / "room" / file).read_bytes()
        (tmp_path / "room" / file).write_bytes(whole[:-2])
        found = one(workshop.room_mirror())
        assert found.status == "WARN" and file.split("/")[-1] in found.detail, found
        assert "vitcourse mirror" in found.fix
        (tmp_path / "room" / file).write_bytes(whole)


def test_without_a_mirror(monkeypatch):
    assert one(workshop.room_mirror()).fix.startswith("vitcourse mirror room")
    monkeypatch.setenv("VITCOURSE_ASSETS", "demo")
    assert one(workshop.room_mirror()).status == "OK"


def test_room_for_learners(monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=8e9))
    assert one(workshop.room_for(3)).status == "OK"
    found = one(workshop.room_for(4))
    assert found.status == "WARN" and "carry 3 at a time, 4 asked for" in found.detail


def test_outputs_are_fresh_or_named(checkout):
    assert one(workshop.outputs()).status == "OK"
    path = checkout / "notebooks" / "00_one.ipynb"
    path.write_text(path.read_text().replace("1 + 1", "1 + 2"))
    assert one(workshop.outputs()).fix == 'make outputs LESSONS="00"'


def test_course_and_slides_are_newer_than_the_lessons(checkout):
    pages = {workshop.course: "course/index.html", workshop.slides: "slides/00_one.html"}
    for look, name in pages.items():
        assert "00" in one(look()).detail
        page = checkout / "_build" / name
        page.parent.mkdir(parents=True)
        page.write_text("<p>All ran.</p>")
        assert one(look()).status == "OK"
    later = time.time() + 60
    os.utime(checkout / "notebooks" / "00_one.ipynb", (later, later))
    assert [one(look()).fix for look in pages] == ["make course", "make slides"]


def test_a_lesson_that_failed_is_told(checkout):
    page = checkout / "_build" / "course" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text('<strong class="FAILED">1 failed.</strong>')
    assert "a lesson failed" in one(workshop.course()).detail


def test_jupyterlab_answers_and_is_stopped():
    before = set(psutil.Process().children(recursive=True))
    assert one(workshop.jupyterlab()).status == "OK"
    assert set(psutil.Process().children(recursive=True)) <= before


def test_jupyterlab_that_does_not_start_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "CHECKOUT", tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    found = one(workshop.jupyterlab())
    assert found.status == "FAIL" and "no folder 'notebooks'" in found.detail


@pytest.mark.parametrize(
    ("battery", "status"),
    [(None, "OK"), ((True, 40), "OK"), ((False, 40), "WARN")],
)
def test_power(battery, status, monkeypatch):
    found = battery and SimpleNamespace(power_plugged=battery[0], percent=battery[1])
    monkeypatch.setattr(psutil, "sensors_battery", lambda: found, raising=False)
    assert one(workshop.power()).status == status


def test_pace_compares_with_the_table(checkout, monkeypatch):
    monkeypatch.setattr(workshop, "pace_seconds", lambda: 0.6)
    (checkout / workshop.MINUTES).write_text(json.dumps({"00_one": {"pace_seconds": 0.5}}))
    assert "1.2 times" in one(workshop.pace()).detail
    (checkout / workshop.MINUTES).write_text(json.dumps({"00_one": {"pace_seconds": 0.2}}))
    found = one(workshop.pace())
    assert found.status == "WARN" and found.fix.endswith("by 3.0")


def test_pace_is_measured():
    assert 0 < workshop.pace_seconds() < 60


def test_the_tools_of_this_environment():
    assert one(workshop.tools()).status == "OK"


def test_a_missing_tool_is_named(monkeypatch):
    installed = workshop._installed
    monkeypatch.setattr(workshop, "_installed", lambda name: name != "nbmake" and installed(name))
    found = one(workshop.tools())
    assert found.detail == "not installed: nbmake" and "[test]" in found.fix


def test_the_report_never_raises_and_speaks_json(tmp_path, monkeypatch, capsys):
    """An empty folder in place of the checkout, and two looks that cannot look."""
    monkeypatch.setattr(assets, "CHECKOUT", tmp_path)
    monkeypatch.setattr(doctor, "_LOOKS", {})
    monkeypatch.setattr(workshop, "jupyterlab", lambda: 1 / 0)
    monkeypatch.setattr(workshop, "room_for", lambda learners: [Check("OK", "asked", str(learners))])
    assert cli.main(["doctor", "--workshop", "--learners", "12", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    lines = {check["name"]: check for check in report["checks"]}
    assert lines["asked"]["detail"] == "12"
    assert lines["JupyterLab"]["status"] == "FAIL" and "ZeroDivisionError" in lines["JupyterLab"]["detail"]
    assert lines["outputs"]["status"] == lines["pace"]["status"] == "FAIL"
    assert all(check["fix"] for check in report["checks"] if check["status"] != "OK")
