"""The slides in a browser: no error, no other machine, nothing that hangs out of the screen."""

from pathlib import Path

import nbformat
import pytest
import slides as program
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from programs import run
from visits import visit

from vitcourse.course.lessons import lesson_paths

ROOT = Path(__file__).parents[2]
LESSONS = sorted(
    path.stem for path in lesson_paths(ROOT / "notebooks") if '"slideshow"' in path.read_text("utf-8")
)
# Reveal hides the slides that are far from the one that is shown, so each is shown in turn.
_OVERFULL = """() => {
  const found = [], { width, height } = Reveal.getConfig();
  for (let number = 0; number < Reveal.getHorizontalSlides().length; number++) {
    Reveal.slide(number);
    const slide = Reveal.getCurrentSlide();
    if (slide.scrollHeight > height || slide.scrollWidth > width) found.push(slide.innerText.slice(0, 80));
  }
  Reveal.slide(0);
  return found;
}"""


@pytest.fixture(scope="module")
def slides(tmp_path_factory, browser):
    folder = tmp_path_factory.mktemp("slides")
    run("slides.py", "--out", str(folder))
    return folder


@pytest.mark.parametrize("name", LESSONS)
def test_slides_of_a_lesson(page, slides, name):
    found = visit(page, (slides / f"{name}.html").as_uri())
    page.wait_for_function("Reveal.isReady()")
    assert (found.errors, found.foreign, found.broken, found.silent) == ([], [], [], [])
    assert page.evaluate("Reveal.getTotalSlides()") >= 8
    assert page.evaluate(_OVERFULL) == []
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.hash === '#/1'")


def test_only_lessons_with_marked_cells_have_slides(slides):
    assert {path.stem for path in slides.glob("*.html")} == set(LESSONS)


def test_formulas_are_drawn(page, slides):
    page.goto((slides / "09_distillation.html").as_uri())
    page.wait_for_function("Reveal.isReady()")
    assert page.locator("math > *").count() > 0 and page.locator("math:empty").count() == 0


def test_a_cell_gives_the_headings_that_are_asked_for_and_no_long_code(tmp_path):
    marked = {"slideshow": {"slide_type": "slide", "only": ["Exercises", "Summary"]}}
    text = "Preamble\n\n## Exercises\n\n### 1. Count\n\nHow many?\n\n### 2. Draw"
    text += "\n\n## Summary\n\n[End](gone.md)."
    cells = [new_markdown_cell("# 15 · Planted", metadata={"slideshow": {"slide_type": "slide"}})]
    cells += [new_markdown_cell(text, metadata=marked), new_code_cell("unmarked")]
    for source in ("lengthy\n" * 9, "briefly"):
        cells.append(new_code_cell(source, metadata={"slideshow": {"slide_type": "-"}}))
        cells[-1].outputs = [new_output("stream", text=f"printed {len(source)}")]
    nbformat.write(new_notebook(cells=cells), tmp_path / "15_planted.ipynb")
    assert program.slides(tmp_path / "15_planted.ipynb", tmp_path) == 3
    page = (tmp_path / "15_planted.html").read_text(encoding="utf-8")
    assert [word for word in ("How many?", "End.", "printed 72", "briefly") if word not in page] == []
    assert [word for word in ("Preamble", "2. Draw", "gone.md", "unmarked", "lengthy") if word in page] == []
