"""Every lesson keeps to the template: see lesson_rules.py, output_rules.py and CONTRIBUTING.md."""

from functools import cache
from pathlib import Path

import exercise_rules  # noqa: F401  (registers its rules)
import lesson_rules
import output_rules  # noqa: F401  (registers its rules)
import page_rules  # noqa: F401  (registers its rules)
import pytest
from parsed_lesson import Lesson

from vitcourse.course.lessons import lesson_paths, read_lesson

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
EXEMPT = {"00_start_here": {"sections", "exercises"}}  # the course map


@cache
def parsed(path: Path) -> Lesson:
    return Lesson(path, read_lesson(path))


CASES = [
    pytest.param(path, rule, id=f"{path.stem}-{rule}")
    for path in lesson_paths(NOTEBOOKS)
    for rule in lesson_rules.RULES
    if rule not in EXEMPT.get(path.stem, ())
]


@pytest.mark.parametrize(("path", "rule"), CASES)
def test_lesson(path: Path, rule: str) -> None:
    findings = lesson_rules.RULES[rule](parsed(path))
    assert not findings, f"{path.name}:\n  " + "\n  ".join(findings)


def test_exemptions_are_of_lessons_and_rules_that_exist() -> None:
    assert set.union(*EXEMPT.values()) <= set(lesson_rules.RULES)
    assert all(name.startswith("00_") for name in EXEMPT)
