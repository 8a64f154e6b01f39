"""environment.yml, pyproject.toml and constraints.txt agree, with each other and with what is installed."""

import re
import sys
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
OLDEST = (ROOT / "constraints-oldest.txt").read_text(encoding="utf-8")
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
PLATFORMS = ({"sys_platform": "linux", "os_name": "posix"}, {"sys_platform": "darwin", "os_name": "posix"})
PLATFORMS += ({"sys_platform": "win32", "os_name": "nt", "platform_machine": "AMD64"},)


def pins(text: str) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line]


def declared() -> list[Requirement]:
    groups = PROJECT["optional-dependencies"]
    return [Requirement(line) for line in [*PROJECT["dependencies"], *groups["test"]]]


def pinned_for(environment: dict[str, str], text: str = CONSTRAINTS) -> dict[str, list[Version]]:
    """The versions that constraints give for one kind of machine; one for each name, if all is well."""
    found: dict[str, list[Version]] = {}
    for pin in pins(text):
        if pin.marker is None or pin.marker.evaluate(environment):
            found.setdefault(canonicalize_name(pin.name), []).append(Version(str(pin.specifier)[2:]))
    return found


def lines_that_are_not_pins(text: str) -> list[str]:
    """Lines of a constraints file other than comments and `name==version ; marker`."""
    pin = re.compile(r"[A-Za-z0-9._-]+==[^\s;,@]+(\s*;\s*[^#]+)?")
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#") and not pin.fullmatch(line)]


@pytest.mark.parametrize("text", [CONSTRAINTS, OLDEST], ids=["newest", "oldest"])
def test_constraints_hold_pins_only(text: str) -> None:
    assert lines_that_are_not_pins(text) == []
    assert not re.search(r"https?:|file:|--|(?<!\w)/\w|\\", text), "an address or a path in the constraints"


def test_the_oldest_versions_are_the_lower_bounds() -> None:
    """To the second number: the third may be later, where a library never published its first."""
    environment = {"python_version": "3.12", "python_full_version": "3.12.5", "sys_platform": "linux"}
    oldest = pinned_for(environment, OLDEST)
    for requirement in declared():
        if requirement.marker and not requirement.marker.evaluate(environment):
            continue
        name = canonicalize_name(requirement.name)
        bound = next(Version(part.version) for part in requirement.specifier if part.operator == ">=")
        assert oldest.get(name), f"{name} is not in constraints-oldest.txt; run `make constraints`"
        assert requirement.specifier.contains(oldest[name][0])
        assert oldest[name][0].release[:2] == (*bound.release, 0)[:2], f"{name} {bound} is never tried"


@pytest.mark.parametrize(
    "line",
    [
        "--index-url example.org/simple",
        "-e .",
        "torch @ file:///x.whl",
        "./x.whl",
        "torch>=2",
        "a==1 --hash=x",
    ],
)
def test_a_planted_line_is_found(line: str) -> None:
    assert lines_that_are_not_pins(f"numpy==2.2.6 ; python_version < '3.11'\n{line}\n") == [line]


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform["sys_platform"])
@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_is_pinned_within_its_range(python: str, platform: dict[str, str]) -> None:
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.5",
        "implementation_name": "cpython",
    }
    pinned = pinned_for(environment | platform)
    assert not {name: versions for name, versions in pinned.items() if len(versions) != 1}, "pinned twice"
    for requirement in declared():
        if requirement.marker and not requirement.marker.evaluate(environment | platform):
            continue
        versions = pinned.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement.name} is not in constraints.txt; run `make constraints`"
        assert requirement.specifier.contains(versions[0]), (
            f"{requirement} does not allow the pin {versions[0]}"
        )


def test_installed_versions_are_the_pinned_ones() -> None:
    different = {}
    for name, versions in pinned_for({}).items():
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed = "none"
        if installed == "none" or Version(installed).public != str(versions[0]):
            different[name] = f"installed {installed}, constraints.txt {versions[0]}"
    assert not different, f"{different}; run `pip install -e '.[test]' -c constraints.txt`"


def test_ranges_have_a_lower_and_an_upper_bound() -> None:
    for requirement in declared():
        operators = {specifier.operator for specifier in requirement.specifier}
        assert operators == {">=", "<"}, f"{requirement}: expected a lower (>=) and an upper bound (<)"


def test_conda_brings_python_and_pip_and_nothing_else() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, by_pip = environment["dependencies"]
    names = [re.match(r"[\w-]+", entry).group() for entry in conda]
    assert names == ["python", "pip"]
    assert by_pip == {"pip": ["-e .[test]", "-c constraints.txt"]}
    python = conda[0].removeprefix("python=")
    assert python in PYTHONS
    assert SpecifierSet(PROJECT["requires-python"]).contains(python)
