"""Formulas as MathML, made while the site is built: browsers draw it without a script or a network."""

import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

_FORMULA = re.compile(r"\$\$(?P<block>[^$]+)\$\$|(?<![\\$])\$(?P<inline>[^$\n]+)\$")


def with_mathml(text: str) -> str:
    """Replace the formulas of a Markdown text, `$...$` and `$$...$$`, by MathML."""
    return _FORMULA.sub(lambda found: convert(found[found.lastgroup], display=found.lastgroup), text)


def _inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(convert(node.astext(), display="inline"))
    raise nodes.SkipNode


def _block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(f'<div class="formula" tabindex="0">{convert(node.astext(), display="block")}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer; `html_math_renderer = "mathml"` chooses it."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
