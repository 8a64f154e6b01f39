"""`make lesson` begins a lesson that keeps every rule, runs, and has its solutions and checks."""

import shutil
from pathlib import Path

import exercise_rules  # noqa: F401  (registers its rules)
import lesson_rules
import nbformat
import output_rules  # noqa: F401  (registers its rules)
import page_rules  # noqa: F401  (registers its rules)
import pytest
from nbformat.v4 import new_output
from parsed_lesson import Lesson

from vitcourse import checks, exercises
from vitcourse.course import commands, template
from vitcourse.course.lessons import read_lesson
from vitcourse.course.stamp import stamp

ROOT = Path(__file__).parents[2]
NAME = "97_example_lesson"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty course, whose checks are found beside those of the package."""
    for part in ("notebooks/solutions", "notebooks/figures", "checks"):
        (tmp_path / part).mkdir(parents=True)
    (tmp_path / "notebooks" / "README.md").write_text("# The map\n")
    shutil.copy(ROOT / "notebooks" / "figures" / "data_flow.svg", tmp_path / "notebooks" / "figures")
    monkeypatch.setattr(checks, "__path__", [*checks.__path__, str(tmp_path / "checks")])
    monkeypatch.setenv("VITCOURSE_ASSETS", "demo")
    return tmp_path


def run(notebook: nbformat.NotebookNode, names: dict) -> dict:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    return names


def test_a_new_lesson_keeps_every_rule_and_runs(folder: Path) -> None:
    path, solutions, _ = template.new_lesson(NAME, folder / "notebooks", folder / "checks")
    notebook = read_lesson(path)
    names = run(notebook, {})
    for number, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1):
        cell.execution_count = number
        cell.outputs = [new_output("stream", name="stdout", text="shown")]
    stamp(notebook)
    found = {name: rule(Lesson(path, notebook)) for name, rule in lesson_rules.RULES.items()}
    assert not any(found.values()), found
    run(read_lesson(solutions), names)
    for exercise in exercises.ids("97"):
        assert exercises.check(exercise, names["answer"]).status == "right"
        assert exercises.check(exercise, 14).status == "wrong"
        assert len(exercises.hint(exercise, 2).message.split()) > 12


def test_nothing_is_overwritten_and_a_name_is_checked(folder: Path) -> None:
    template.new_lesson(NAME, folder / "notebooks", folder / "checks")
    with pytest.raises(FileExistsError, match="there already; choose another number"):
        template.new_lesson("97_other", folder / "notebooks", folder / "checks")
    for name in ("", "example", "7_x", "98 x", "98_X", "../98_x"):
        with pytest.raises(ValueError, match="such as 15_example"):
            template.new_lesson(name, folder / "notebooks", folder / "checks")


def test_the_command_says_what_it_wrote(folder: Path, capsys: pytest.CaptureFixture) -> None:
    arguments = ["lesson", NAME, "--notebooks", str(folder / "notebooks"), "--checks", str(folder / "checks")]
    assert commands.main(arguments) == 0
    assert f"{NAME}.ipynb" in capsys.readouterr().out
    assert commands.main(arguments) == 2
    assert "choose another number" in capsys.readouterr().err
