"""Lessons in JupyterLab, in a real browser: they run, widgets move, checks answer, nothing is fetched."""

import json
import shutil
from pathlib import Path

import lab_page
import pytest
from browser import PATIENCE
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "_build" / "screenshots"
LESSONS = ("00_start_here", "01_images_to_tokens", "06_finetune_multiclass")
ANSWERS = {"00": ("00.1", '"a"', '"b"'), "01": ("01.1", "240", "242"), "06": ("06.1", "5", "60")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def lab(folder):
    """The address of a lesson in a JupyterLab, `{0}` for its name; it shows copies of three."""
    for name in LESSONS:
        lab_page.copy_lesson(ROOT / "notebooks" / f"{name}.ipynb", folder / "root" / "notebooks")
    shutil.copy(ROOT / "notebooks" / "GLOSSARY.md", folder / "root" / "notebooks")
    env = {"VITCOURSE_ASSETS": "demo", "VITCOURSE_PROGRESS": str(folder / "progress.json")}
    env |= {"PYTHONPYCACHEPREFIX": str(folder / "pycache")}
    with lab_page.running(folder / "root", folder / "state", env) as address:
        yield address


@pytest.fixture
def visit(browser, lab):
    """Open a lesson; afterwards no error may have been thrown, and nothing asked of another machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    thrown, asked = [], []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield lambda name: lab_page.LessonPage(page, lab.format(name))
    context.close()
    assert not thrown
    assert not [address for address in asked if not lab_page.is_local(address)]


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_runs_and_its_checks_answer(name, visit, folder):
    lesson = visit(name)
    lesson.run_all()
    lesson.page.screenshot(path=SCREENSHOTS / f"{name}.png")
    assert lesson.errors() == []
    assert lesson.broken_pictures() == []
    saved = lesson.save(folder / "root" / "notebooks" / f"{name}.ipynb")
    assert not [o for cell in saved.cells for o in cell.get("outputs", []) if o.output_type == "error"]
    stubs = lab_page.exercises(saved)
    for exercise in stubs:
        expect(lesson.cell(f'vc.check("{exercise}"').locator("p", has_text="not attempted")).to_be_visible()
    exercise, wrong, right = ANSWERS[name[:2]]
    cell = lesson.cell(f'vc.check("{exercise}"')
    for answer, words in ((wrong, "not yet"), (right, "right")):
        lesson.type_and_run(cell, f'vc.check("{exercise}", {answer})')
        expect(cell.locator("strong", has_text=f"{exercise}, {words}")).to_be_visible()
    lesson.page.screenshot(path=SCREENSHOTS / f"{name}_answered.png")
    assert exercise in json.loads((folder / "progress.json").read_text())["passed"]
    if name.startswith("01"):
        a_slider_moves_the_picture(lesson)


def test_a_term_leads_to_its_place_in_the_glossary(visit):
    page = visit(LESSONS[0]).page
    for term in ("checkpoint", "DeiT"):
        page.get_by_role("link", name=term, exact=True).click()
        expect(page.locator(".jp-MarkdownViewer").get_by_role("heading", name=term)).to_be_in_viewport()
        page.get_by_role("tab", name=LESSONS[0]).first.click()


def a_slider_moves_the_picture(lesson):
    widget = lesson.page.locator(".jp-OutputArea .widget-vbox")
    expect(widget).to_have_count(1)
    picture, handle = widget.locator("img"), widget.locator(".noUi-handle")
    expect(picture).to_be_visible()
    handle.scroll_into_view_if_needed()
    seen = [picture.get_attribute("src")]
    for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):
        handle.press(key)
        expect(picture).not_to_have_attribute("src", seen[-1])
        expect(picture).to_have_js_property("complete", True)
        seen.append(picture.get_attribute("src"))
    assert seen[2] == seen[0]  # back where it was
    assert len(set(seen)) == 3
    assert all(source.startswith("data:image/") for source in seen)
    lesson.page.screenshot(path=SCREENSHOTS / "01_widget.png")
    assert "Error displaying widget" not in lesson.page.content()
