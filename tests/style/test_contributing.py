"""What contributors rely on: hooks that work offline, one version everywhere, and files that exist."""

import importlib.util
import re
import sys
from pathlib import Path

import yaml

import vitcourse

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]


def test_hooks_fetch_nothing_and_call_what_is_installed() -> None:
    assert [repo["repo"] for repo in HOOKS] == ["local"]
    for hook in HOOKS[0]["hooks"]:
        assert hook["language"] == "system"
        python, flag, module, *_ = hook["entry"].split()
        assert (python, flag) == ("python", "-m")
        assert importlib.util.find_spec(module), module


def test_the_hook_of_outputs_looks_at_the_lessons() -> None:
    pattern = next(hook["files"] for hook in HOOKS[0]["hooks"] if hook["id"] == "outputs")
    assert all(
        re.match(pattern, f"notebooks/{path.name}") for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")
    )
    assert not re.match(pattern, "notebooks/solutions/00_start_here.ipynb")


def test_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    newest = re.search(r"^## ([\d.]+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert project == vitcourse.__version__ == cited["version"] == newest[1]


def test_citation_has_what_the_format_demands() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(cited)
    assert cited["license"] == "Apache-2.0"


def test_the_modules_that_contributing_names_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    names = re.findall(r"`([\w/.-]+\.(?:py|md|yaml|toml|txt|cff))`", text)
    tops = [ROOT, *(ROOT / top for top in ("vitcourse", "vitcourse/course", "data", "notebooks"))]
    tops.append(ROOT / "vitcourse" / "endpoint")  # CONTRIBUTING.md names what is in these by the file alone
    missing = [name for name in names if "NN" not in name and not any((top / name).is_file() for top in tops)]
    assert not missing
