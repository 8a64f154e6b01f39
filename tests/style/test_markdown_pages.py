"""The Markdown pages and the solutions keep the rules that lessons keep, as far as they apply."""

from pathlib import Path

import lesson_rules
import page_rules
import pytest

ROOT = Path(__file__).parents[2]
PLACES = ("*.md", "notebooks/*.md", "data/*.md", "data/demo/*/*.md", "notebooks/solutions/[0-9]*.ipynb")
PAGES = [path for place in PLACES for path in ROOT.glob(place)]


@pytest.mark.parametrize("path", sorted(PAGES), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_page(path: Path) -> None:
    page = page_rules.read_page(path)
    found = {name: lesson_rules.RULES[name](page) for name in page_rules.OF_PAGES}
    assert not any(found.values()), {name: findings for name, findings in found.items() if findings}


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("one_h1", "## No first heading"),
        ("no_skipped_heading", "# One\n\n### Three"),
        ("markdown_alt_text", "# One\n\n![](x.svg)"),
        ("local_links", "# One\n\n[gone](gone.md)"),
        ("link_places", "# One\n\n[below](#two)"),
        ("no_local_paths", "# One\n\n`cd /home/someone/course`"),
    ],
)
def test_a_planted_fault_is_found(rule: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(text)
    assert lesson_rules.RULES[rule](page_rules.read_page(tmp_path / "page.md"))


def test_places_are_named_as_github_names_them() -> None:
    assert page_rules.place("Class token (`[CLS]`), and why?") == "class-token-cls-and-why"
