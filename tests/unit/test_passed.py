"""What a learner has solved is kept on this machine, by right answers only, and never stops a lesson."""

import json
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import vitcourse as vc
from vitcourse import cli, passed
from vitcourse.course.execution import execute


@pytest.fixture
def progress(tmp_path, monkeypatch):
    path = tmp_path / "state" / "progress.json"
    monkeypatch.setenv("VITCOURSE_PROGRESS", str(path))
    monkeypatch.setattr(passed, "_told", False)
    return path


def test_a_right_answer_is_kept_once_and_a_wrong_one_is_not(progress):
    for answer in (..., 5, 60, 60, 5):
        vc.check("06.1", answer)
    assert json.loads(progress.read_text()) == {"passed": ["06.1"]}
    vc.check("01.1", 242)
    assert passed.read() == {"01.1", "06.1"}
    assert sorted(path.suffix for path in progress.parent.iterdir()) in ([".json"], [".json", ".lock"])


def test_two_processes_lose_nothing(progress):
    code = "import sys; from vitcourse import passed; [passed.add(f'{sys.argv[1]}.{k}') for k in range(9)]"
    runs = [subprocess.Popen([sys.executable, "-c", code, name]) for name in ("a", "b", "c")]
    assert [run.wait(900) for run in runs] == [0, 0, 0]
    assert len(passed.read()) == 27


@pytest.mark.parametrize("text", ["", "{", "[]", '{"passed": 3}', "\udcff"])
def test_a_broken_file_is_told_once_and_left_alone(text, progress, capsys):
    progress.parent.mkdir()
    progress.write_text(text, errors="surrogateescape")
    before = progress.read_bytes()
    assert vc.check("06.1", 60).status == vc.check("06.1", 60).status == "right"
    assert capsys.readouterr().out.count("could not be noted") == 1
    assert progress.read_bytes() == before
    assert cli.main(["progress"]) == 1
    assert "progress --reset" in capsys.readouterr().err
    assert cli.main(["progress", "--reset"]) == 0
    assert not progress.exists()


def test_a_folder_that_cannot_be_written_stops_nothing(progress, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("VITCOURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    assert vc.check("06.1", 60).status == "right"
    assert "could not be noted" in capsys.readouterr().out


def test_without_a_home_nothing_stops(progress, monkeypatch, capsys):
    def no_home(path):
        raise RuntimeError("no home directory")

    monkeypatch.setattr(passed.Path, "expanduser", no_home)
    assert vc.check("06.1", 60).status == "right"
    assert "could not be noted" in capsys.readouterr().out


def test_the_command_shows_a_line_a_lesson(progress, capsys):
    passed.add("03.1")
    passed.add("99.9")
    assert cli.main(["progress"]) == 0
    out = capsys.readouterr().out
    assert "\n02  0 of 3\n03  1 of 3   03.1\n" in out
    assert "\n1 of " in out
    assert str(progress) in out


def test_the_command_imports_no_torch(progress):
    code = "import sys; from vitcourse import cli; cli.main(['progress']); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=900, stdout=subprocess.DEVNULL)


def test_off_keeps_nothing(monkeypatch, capsys):
    monkeypatch.setenv("VITCOURSE_PROGRESS", " OFF ")
    passed.add("03.1")
    assert passed.read() == set()
    assert cli.main(["progress", "--reset"]) == 0
    assert "VITCOURSE_PROGRESS is off" in capsys.readouterr().out


def test_without_the_variable_it_lies_in_the_state_folder(monkeypatch):
    monkeypatch.delenv("VITCOURSE_PROGRESS")
    assert passed.file().parts[-2:] == ("vitcourse", "progress.json")
    assert not passed.file().is_relative_to(vc.assets.CHECKOUT)


def test_a_lesson_that_the_course_runs_is_no_learner(progress, tmp_path):
    code = "from vitcourse import passed; passed.add('03.1')"
    nbformat.write(new_notebook(cells=[new_code_cell(code)]), tmp_path / "00_x.ipynb")
    assert execute(tmp_path / "00_x.ipynb").failure is None
    assert not progress.exists()
