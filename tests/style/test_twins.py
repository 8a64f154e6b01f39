"""What a lesson teaches and what the package has are the same code; a drift is found."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from twins import TwinError, difference, named_twins

from vitcourse.course.lessons import lesson_paths, read_lesson

ROOT = Path(__file__).parents[2]
TWINS = [
    pytest.param(source, twin, id=f"{path.stem}-cell{number}-{twin}")
    for path in lesson_paths(ROOT / "notebooks")
    for number, source, twin in named_twins(read_lesson(path))
]


@pytest.mark.parametrize(("source", "twin"), TWINS)
def test_lesson_and_package_agree(source: str, twin: str) -> None:
    found = difference(source, twin, ROOT / "vitcourse")
    assert not found, f"the lesson's {twin} has drifted from the package's:\n{found}"


MODULE = '''
import torch


class Loop:
    """A loop."""

    def add(self, a: int) -> int:
        """Add one."""
        total: int = a + 1
        return total


@torch.no_grad()
def evaluate(model: torch.nn.Module, loader: list, *, top: int = 1) -> float:
    """Evaluate."""
    return sum(model(batch) for batch in loader) / top
'''
LESSON = """
# taught here
@torch.no_grad()
def evaluate(model, loader, *, top=1):
    return sum(model(batch)  # (B, C)
               for batch in loader) / top
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "vitcourse"
    (folder / "parts").mkdir(parents=True)
    (folder / "loops.py").write_text(MODULE)
    (folder / "parts" / "__init__.py").write_text(MODULE)
    return folder


@pytest.mark.parametrize("twin", ["loops.evaluate", "parts.evaluate"])
def test_docstrings_annotations_and_layout_may_differ(twin: str, package: Path) -> None:
    assert difference(LESSON, twin, package) == ""


def test_a_method_can_be_a_twin(package: Path) -> None:
    assert (
        difference("def add(self, a):\n    total = a + 1\n    return total", "loops.Loop.add", package) == ""
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [("@torch.no_grad()\n", ""), ("/ top", "* top"), ("top=1", "top=5"), ("in loader", "in list(loader)")],
)
def test_a_planted_drift_is_found(old: str, new: str, package: Path) -> None:
    assert old in LESSON
    assert "the cell" in difference(LESSON.replace(old, new), "loops.evaluate", package)


@pytest.mark.parametrize("twin", ["loops.gone", "gone.evaluate", "evaluate", "loops.Loop.gone"])
def test_a_twin_that_is_not_there_is_an_error(twin: str, package: Path) -> None:
    with pytest.raises(TwinError, match="expected"):
        difference(LESSON, twin, package)


def test_a_cell_may_name_several_twins() -> None:
    one, two = new_code_cell("x = 1"), new_code_cell("y = 2")
    one.metadata["vitcourse"] = {"twin": "loops.evaluate"}
    two.metadata["vitcourse"] = {"twin": ["loops.a", "loops.b"]}
    found = [(number, twin) for number, _, twin in named_twins(new_notebook(cells=[one, two]))]
    assert found == [(1, "loops.evaluate"), (2, "loops.a"), (2, "loops.b")]
