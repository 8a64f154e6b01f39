"""The package stays thin, documented, and instant to import."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from processor_seconds import Stopwatch

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "vitcourse").rglob("*.py"))
MAX_LINES = 300
MAX_IMPORT_SECONDS = 0.2


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_is_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_LINES, f"{lines} lines, expected at most {MAX_LINES}: split it by topic"


def undocumented(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    """Name the public functions, classes and methods that have no docstring."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_":
            if ast.get_docstring(node) is None:
                yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                yield from undocumented(node.body, f"{prefix}{node.name}.")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_public_names_have_docstrings(path: Path) -> None:
    assert not list(undocumented(ast.parse(path.read_text(encoding="utf-8")).body))


def test_a_missing_docstring_is_found() -> None:
    source = "class A:\n    'Doc.'\n    def b(self): ...\ndef c(): ...\ndef _d(): ..."
    assert list(undocumented(ast.parse(source).body)) == ["A.b", "c"]


def test_nothing_is_named_utils() -> None:
    folders = [ROOT / name for name in ("vitcourse", "tests", "benchmarks")]
    paths = [path for folder in folders for path in folder.rglob("*")]
    found = [name_of(path) for path in paths if re.fullmatch(r"(.*_)?util(s|ity|ities)?", path.stem)]
    assert not found, f"{found}: name a module after its topic"


def seconds(code: str) -> float:
    """What a fresh Python takes of a processor to run some code."""
    watch = Stopwatch()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=900)
    return watch.seconds()


def test_import_is_instant_and_loads_nothing_heavy() -> None:
    heavy = "{'torch', 'transformers', 'numpy', 'matplotlib', 'datasets'}"
    code = f"import sys, vitcourse; assert not {heavy} & set(sys.modules)"
    watch = Stopwatch()
    bare = min(seconds("pass") for _ in range(5))
    extra = min(seconds(code) for _ in range(5)) - bare
    message = f"import vitcourse takes {extra:.2f} s beyond bare Python"
    assert watch.disturbed() or extra < MAX_IMPORT_SECONDS, message
