"""The site in a browser: every page as a file and from a server, on a telephone, in the dark; its search."""

import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from browser import PATIENCE
from visits import PHONE, Visit, dead_links, serious, visit

ROOT = Path(__file__).parents[2]
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*_*.ipynb"))
OTHERS = ["index", "README", "measured", "search", "api/index", "api/vitcourse.vit", "data/README"]
OTHERS += ["notebooks/README", "notebooks/GLOSSARY", "notebooks/COMMON_ERRORS", "notebooks/solutions/index"]


def addresses(site: Path) -> list[str]:
    return [path.as_uri() for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]


@pytest.fixture(scope="module")
def visits(browser, site) -> list[Visit]:
    """Every page, opened as a file, on a screen as narrow as a telephone's."""
    page = browser.new_page(viewport=PHONE)
    page.set_default_timeout(PATIENCE)
    found = [visit(page, address) for address in addresses(site)]
    page.close()
    return found


def test_it_was_built_without_a_warning_in_under_three_minutes(site, record_property):
    seconds, disturbed = json.loads((site.parent / "took.json").read_text())
    record_property("measured", f"the site was built in {seconds} s of a processor, {disturbed=}")
    assert seconds > 0
    assert disturbed or seconds < 180


def test_it_has_every_lesson_and_every_module(site):
    names = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")}
    modules = {f"api/vitcourse.{path.stem}" for path in (ROOT / "vitcourse").glob("[!_]*.py")}
    assert {*OTHERS, *modules, *(f"notebooks/{name}" for name in LESSONS)} <= names


def test_pages_open_without_errors_and_ask_no_other_machine(visits):
    assert [(found.address, found.errors) for found in visits if found.errors] == []
    assert [(found.address, found.foreign) for found in visits if found.foreign] == []


def test_links_and_pictures_are_there_and_pictures_have_alt_text(visits):
    assert dead_links(visits) == []
    assert [(found.address, found.broken) for found in visits if found.broken] == []
    assert [(found.address, found.silent) for found in visits if found.silent] == []


def test_no_page_is_wider_than_a_telephone(visits):
    assert [(found.address, found.width) for found in visits if found.width > PHONE["width"]] == []


def test_the_first_page_shows_a_picture_of_every_lesson(page, site):
    page.goto((site / "index.html").as_uri())
    assert page.locator("ul.lessons img").count() == len(LESSONS)
    links = page.locator("ul.lessons a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert links == [f"notebooks/{name}.html" for name in LESSONS]


@pytest.mark.parametrize("name", [*OTHERS, *(f"notebooks/{name}" for name in LESSONS)])
def test_axe_finds_nothing_serious_in_light_or_dark(page, site, name):
    address = (site / f"{name}.html").as_uri()
    page.goto(address)
    assert serious(page) == []
    page.emulate_media(color_scheme="dark")
    page.goto(address)
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert serious(page, "main") == []


@pytest.fixture
def server(site) -> Iterator[str]:
    handler = partial(SimpleHTTPRequestHandler, directory=str(site))
    handler.func.log_message = lambda *arguments: None
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def results_of_search(page, address: str) -> list[str]:
    page.goto(f"{address}/search.html?q=distillation+token")
    page.wait_for_selector("ul.search li a")
    page.wait_for_function("document.querySelector('.search-summary')?.textContent.match(/found|matching/i)")
    return page.locator("ul.search li a").evaluate_all("links => links.map(link => link.href)")


def test_search_finds_the_distillation_token(page, site, server):
    from_file = results_of_search(page, site.as_uri())
    assert any("09_distillation" in address for address in from_file)
    from_server = results_of_search(page, server)
    assert len(from_server) == len(from_file)
    assert page.locator("ul.search li p.context").count() > 0, "a server gives excerpts"


def test_pages_of_a_server_open_without_errors(page, server):
    for name in ("index", "search", f"notebooks/{LESSONS[0]}"):
        found = visit(page, f"{server}/{name}.html")
        assert (found.errors, found.foreign) == ([], [])


def test_formulas_are_drawn_without_a_script(page, site):
    page.goto((site / "notebooks" / "09_distillation.html").as_uri())
    box = page.locator("div.formula math").first.bounding_box()
    assert box["width"] > 100 and box["height"] > 10
    assert "\\lambda" not in page.locator("main").inner_text()


def test_planted_faults_are_found(page, tmp_path):
    planted = tmp_path / "planted.html"
    planted.write_text(
        "<html><body style='width: 900px'><a href='gone.html'>x</a> <a href='#nowhere'>y</a>"
        "<img src='gone.png'><p style='color: #aaa; background: #fff'>pale</p><script src='http://example.org/a.js'></script></body>"
    )
    page.set_viewport_size(PHONE)
    found = visit(page, planted.as_uri())
    assert found.foreign == ["http://example.org/a.js"]
    assert any("gone.png" in error for error in found.errors)
    assert len(found.broken) == len(found.silent) == 1
    assert found.width > PHONE["width"]
    assert len(dead_links([found])) == 2
    assert {line.partition(":")[0] for line in serious(page)} >= {"image-alt", "color-contrast"}
