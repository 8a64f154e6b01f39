"""`python -m vitcourse.course`: builds the site, writes outputs, and says which lesson failed and where."""

import hashlib
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from vitcourse.course import commands
from vitcourse.course.execution import Failure, Result, execute
from vitcourse.course.lessons import read_lesson
from vitcourse.course.stamp import is_fresh

OPENING = (
    "# Start *here*\n\nOne sentence.\n\n## At a glance\n\nRead 4 min, run 1 min. [Next](06_two.ipynb#top)"
)
SHOW = "import os, sys\nprint(os.environ['VITCOURSE_ASSETS'], os.path.basename(os.getcwd()), sys.prefix)"
DRAW = """from IPython.display import Image, display
from base64 import b64decode
dot = b64decode('aGk=')
display(Image(dot, format='png', alt='One dot, which is "enough".'))
"""


@pytest.fixture
def notebooks(tmp_path: Path) -> Path:
    """Two lessons of which the second fails, a map, a glossary and a figure."""
    folder = tmp_path / "notebooks"
    (folder / "figures").mkdir(parents=True)
    (folder / "figures" / "dot.svg").write_text("<svg/>")
    (folder / "README.md").write_text("# The map\n\n[one](00_one.ipynb) ![A dot.](figures/dot.svg)\n")
    (folder / "GLOSSARY.md").write_text("# Glossary\n")
    write(folder / "00_one.ipynb", new_markdown_cell(OPENING), new_code_cell(SHOW), new_code_cell(DRAW))
    stop = new_code_cell("\n# below\nx = 1\nraise ValueError('not\\nthis')")
    write(folder / "06_two.ipynb", new_markdown_cell("# Two"), stop, new_code_cell("print('never')"))
    (folder / "unnumbered.ipynb").write_text("not a lesson")
    return folder


def write(path: Path, *cells: nbformat.NotebookNode) -> None:
    nbformat.write(new_notebook(cells=list(cells)), path)


def hashes(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_build(
    notebooks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.delenv("VITCOURSE_ASSETS", raising=False)
    out, before = tmp_path / "_build" / "course", hashes(notebooks)
    out.mkdir(parents=True)
    (out / "index.html").write_text("an older course")
    (out / "left_over.html").write_text("")
    status = commands.main(["build", "--notebooks", str(notebooks), "--out", str(out)])
    printed = capsys.readouterr().out
    assert status == 1
    assert "00_one  ok    " in printed
    assert "06_two  FAILED" in printed
    assert "06_two, cell 2 `# below`: ValueError: not this" in printed
    assert hashes(notebooks) == before, "the committed notebooks were touched"
    assert [path.name for path in out.parent.iterdir()] == ["course"], "something half-made was left"
    names = {"00_one.html", "06_two.html", "GLOSSARY.html", "README.html", "figures", "index.html"}
    assert {path.name for path in out.iterdir()} == names
    lesson = (out / "00_one.html").read_text(encoding="utf-8")
    assert "demo notebooks" in lesson, "demo assets, in the folder of the notebooks"
    assert 'href="06_two.html#top"' in lesson
    assert "alt='One dot, which is \"enough\".'" in lesson
    assert "https://cdn" not in lesson
    assert "https://unpkg" not in lesson
    assert 'src="figures/dot.svg"' in (out / "README.html").read_text(encoding="utf-8")
    index = (out / "index.html").read_text(encoding="utf-8")
    for text in ("One sentence.", "4 minutes to read", "1 minutes to run", "cell 2", 'href="06_two.html"'):
        assert text in index


def test_outputs(notebooks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setenv("VITCOURSE_ASSETS", "real")
    failing = (notebooks / "06_two.ipynb").read_bytes()
    arguments = ["outputs", "--notebooks", str(notebooks)]
    assert commands.main([*arguments, "00"]) == 0
    first = (notebooks / "00_one.ipynb").read_bytes()
    assert first.endswith(b"}\n")
    assert b"\r" not in first
    lesson = read_lesson(notebooks / "00_one.ipynb")
    assert lesson.cells[1].outputs[0].text == "demo notebooks …\n"
    assert lesson.metadata.vitcourse.assets == "demo"
    assert is_fresh(lesson)
    assert commands.main(arguments) == 1, "the second lesson fails"
    assert (notebooks / "00_one.ipynb").read_bytes() == first, "outputs made twice are equal"
    assert (notebooks / "06_two.ipynb").read_bytes() == failing, "a lesson that failed was written"
    assert not list(notebooks.glob(".*"))


def test_a_notebook_that_is_too_large_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "01_large.ipynb"
    write(path, new_code_cell("print(('x' * 99 + '\\n') * 5_000)"))
    before = path.read_bytes()
    assert commands.main(["outputs", "--notebooks", str(tmp_path)]) == 1
    assert "expected at most 500,000" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_a_notebook_that_changes_while_it_runs_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "01_edited.ipynb"
    write(path, new_code_cell(f"with open({str(path)!r}, 'a') as file:\n    _ = file.write(' ')"))
    (result,) = commands.write_outputs(tmp_path)
    assert "changed while it ran" in str(result.failure)
    assert read_lesson(path).cells[0].execution_count is None


def test_a_lesson_has_one_time_limit(tmp_path: Path) -> None:
    path = tmp_path / "01_slow.ipynb"
    write(path, new_code_cell("x = 1"), new_code_cell("import time\ntime.sleep(60)"))
    result = execute(path, time_limit=3)
    assert str(result.failure) == "cell 2 `import time`: still running after 3 s, the limit for a lesson"


def test_a_widget_is_run_and_leaves_no_output(tmp_path: Path) -> None:
    """A slider redraws its picture when the code moves it, as a learner would."""
    code = "import ipywidgets\nfrom matplotlib import pyplot as plt\nfrom vitcourse import plotting\n"
    code += "def draw(width):\n    return plt.figure(figsize=(width, 1))\n"
    code += "slider = ipywidgets.IntSlider(2)\n"
    code += "widget = plotting.interactive(draw, 'A blank figure of some width.', width=slider)\n"
    code += "before = widget.children[-1].value\nslider.value = 4\n"
    code += "assert widget.children[-1].value != before\nwidget"
    write(tmp_path / "01_widget.ipynb", new_code_cell(code))
    assert [result.status for result in commands.write_outputs(tmp_path)] == ["ok"]
    lesson = read_lesson(tmp_path / "01_widget.ipynb")
    assert lesson.cells[0].outputs == []
    assert "widgets" not in lesson.metadata


def test_a_kernel_that_dies_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "01_dies.ipynb"
    write(path, new_code_cell("import os\nos._exit(1)"))
    assert "cell 1 `import os`: the kernel died" in str(execute(path).failure)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build", "--notebooks", "gone"], "no folder 'gone'"),
        (["build", "--notebooks", "."], "no lessons in ."),
        (["outputs", "07", "--notebooks", "."], "no lesson 07 in .; lessons there: none"),
    ],
)
def test_errors_are_one_clear_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert commands.main(arguments) == 2
    assert message in capsys.readouterr().err


def test_a_folder_that_is_not_a_course_is_not_replaced(
    notebooks: Path, capsys: pytest.CaptureFixture
) -> None:
    arguments = ["build", "--notebooks", str(notebooks), "--out", str(notebooks)]
    assert commands.main(arguments) == 2
    assert "in the way" in capsys.readouterr().err
    assert (notebooks / "00_one.ipynb").exists()


def test_report_names_lesson_cell_and_error() -> None:
    failed = Failure(3, "train()", "ValueError: no")
    results = [Result(Path("00_a.ipynb"), None, 1.25), Result(Path("06_long.ipynb"), None, 61.0, failed)]
    assert commands.report(results).splitlines() == [
        "lesson   status  seconds",
        "00_a     ok          1.2",
        "06_long  FAILED     61.0",
        "",
        "06_long, cell 3 `train()`: ValueError: no",
    ]
