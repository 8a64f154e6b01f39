"""The slides in a browser: no error, no other machine, nothing that hangs out of the screen."""

import pytest
from programs import run
from visits import visit

LESSONS = ("00_start_here", "01_images_to_tokens", "06_finetune_multiclass")
_TALL = """() => [...document.querySelectorAll(".slides > section > section")]
  .filter(slide => slide.scrollHeight > Reveal.getConfig().height)
  .map(slide => slide.innerText.slice(0, 80))"""


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
    assert page.evaluate(_TALL) == []
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.hash === '#/1'")


def test_only_lessons_with_marked_cells_have_slides(slides):
    assert {path.stem for path in slides.glob("*.html")} >= set(LESSONS)
    assert (
        "$"
        not in (slides / "01_images_to_tokens.html").read_text(encoding="utf-8").partition("<math")[2][:2000]
    )
