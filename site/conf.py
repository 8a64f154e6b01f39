"""How Sphinx builds the site; build.py starts it."""

import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from vitcourse import __version__  # noqa: E402

project = "vitcourse"
release = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "mathml"]
exclude_patterns = ["lessons.md", ".doctrees"]

nb_execution_mode = "off"
nb_ipywidgets_js = {}  # the lessons keep a picture of each widget
myst_enable_extensions = ["attrs_block", "dollarmath"]
myst_heading_anchors = 3
html_math_renderer = "mathml"

default_role = "py:obj"  # `name` in a docstring: a link where the reference has it, code elsewhere
autodoc_typehints = "none"  # the signatures show them
napoleon_use_ivar = True  # "Attributes:" of a named tuple describes what autodoc lists, not a second one
autodoc_member_order = "bysource"

html_theme = "sphinx_book_theme"
html_title = "Vision Transformers, lesson by lesson"
html_favicon = "static/favicon.svg"
html_static_path = ["static"]
html_css_files = ["course.css"]
html_context = {"default_mode": "auto"}  # dark where the system is
html_show_copyright = False
html_show_sphinx = False
# A page that was opened as a file may not read the others: there, results come without excerpts.
_AS_A_FILE = 'if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false'
html_js_files = [(None, {"body": _AS_A_FILE})]
html_use_index = False  # the search finds more
html_domain_indices = False
html_theme_options = {
    "footer_content_items": ["last-updated.html"],
    "max_navbar_depth": 1,
    "navbar_persistent": [],
    "show_toc_level": 2,
    "use_fullscreen_button": False,
}


def _open_folders(app: Sphinx, name: str, content: list[str]) -> None:
    """Lead links to a folder, as GitHub shows them, to the folder's own page."""
    here = Path(app.srcdir, name).parent

    def target(found: re.Match[str]) -> str:
        page = here / found[1] / "index.md"
        return f"]({found[1]}/index.md)" if page.is_file() else found[0]

    content[0] = re.sub(r"\]\(([\w./-]+)\)", target, content[0])


def setup(app: Sphinx) -> None:
    """Connect what this site adds."""
    app.connect("source-read", _open_folders)
