"""Compare a definition that a lesson teaches with its twin in the package.

A code cell names the twin of what it defines in its metadata, by the path below `vitcourse`:
`{"vitcourse": {"twin": "training.train_one_epoch"}}`, or a list of paths. The syntax trees have to be equal;
docstrings, annotations, comments and layout may differ.
"""

import ast
import difflib
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class TwinError(Exception):
    """A twin that is named does not exist, or cannot be read."""


class _Bare(ast.NodeTransformer):
    """Removes docstrings and annotations."""

    def visit(self, node: ast.AST) -> ast.AST:
        node = super().generic_visit(node)
        if isinstance(node, (*_DEFINITIONS, ast.Module)) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            return ast.Assign(targets=[node.target], value=node.value)
        return node


def bare(definition: ast.AST) -> str:
    """Write a definition without docstrings and annotations, in one layout."""
    return ast.unparse(ast.fix_missing_locations(_Bare().visit(definition)))


def find(source: str, names: list[str], where: str) -> Definition:
    """Find a definition, nested in classes if several names are given."""
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise TwinError(f"{where} is not plain Python: {error}") from error
    for depth, name in enumerate(names):
        found = [node for node in body if isinstance(node, _DEFINITIONS) and node.name == name]
        if len(found) != 1:
            raise TwinError(f"{where} has {len(found)} definitions of {name!r}, expected one")
        if depth == len(names) - 1:
            return found[0]
        body = found[0].body
    raise TwinError(f"no name given to look for in {where}")


def package_source(package: Path, twin: str) -> tuple[str, list[str], str]:
    """Find the module of a twin: its source, the names below it, and its file name."""
    parts = twin.split(".")
    for length in range(len(parts) - 1, 0, -1):
        folder = package.joinpath(*parts[: length - 1])
        for path in (folder / f"{parts[length - 1]}.py", folder / parts[length - 1] / "__init__.py"):
            if path.is_file():
                return path.read_text(encoding="utf-8"), parts[length:], path.name
    raise TwinError(f"no module for the twin {twin!r} below {package.name}; expected MODULE.NAME")


def named_twins(notebook: NotebookNode) -> Iterator[tuple[int, str, str]]:
    """The twins that a notebook names: number of the cell, source of the cell, path of the twin."""
    for number, cell in enumerate(notebook.cells, start=1):
        twins = cell.metadata.get("vitcourse", {}).get("twin", [])
        for twin in [twins] if isinstance(twins, str) else twins:
            yield number, cell.source, twin


def difference(cell_source: str, twin: str, package: Path) -> str:
    """Compare; the result is empty when the twins agree, and else a diff from package to cell.

    Raises:
        TwinError: if one of the two is not there.
    """
    source, names, where = package_source(package, twin)
    in_package = bare(find(source, names, where)).splitlines()
    in_cell = bare(find(cell_source, names[-1:], "the cell")).splitlines()
    return "\n".join(difflib.unified_diff(in_package, in_cell, where, "the cell", lineterm=""))
