"""The rules for the text and the code of a lesson; a rule takes a lesson and returns what it found."""

import re
import statistics
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from parsed_lesson import Lesson, pictures, text_of, words

from vitcourse.course import lessons

MAX_SETUP_LINES, MAX_CELL_LINES, MEDIAN_CELL_LINES = 8, 30, 8
MAX_CODE_CELLS, MAX_WORDS, MAX_GOALS = 35, 2500, 4
EXERCISE_KINDS = ("recall", "modify", "extend")
FRAME = ("at a glance", "setup", "set up", "predict", "exercise", "summary", "common error", "reference")
FRAME += ("previous", "next", "where to go")
GOAL_VERBS = set(Path(__file__).with_name("goal_verbs.txt").read_text(encoding="utf-8").split())

Rule = Callable[[Lesson], list[str]]
RULES: dict[str, Rule] = {}


def rule(function: Rule) -> Rule:
    """Register a rule under the name of its function."""
    RULES[function.__name__] = function
    return function


def is_sentence(text: str) -> bool:
    """Tell whether an alternative text says something: four words, a capital, a full stop, no file name."""
    text = text.strip()
    if re.search(r"\w\.(png|jpe?g|svg|gif|webp)\b", text, flags=re.IGNORECASE):
        return False
    starts = bool(text) and (text[0].isupper() or text[0].isdigit())
    return starts and text[-1] in ".!?" and len(text.split()) >= 4 and "No description has" not in text


def in_code(lesson: Lesson, pattern: re.Pattern) -> list[tuple[int, str]]:
    """What a pattern first finds in each code cell that has it, by the cell's number."""
    found = ((number, pattern.search(cell.source)) for number, cell in lesson.code_cells)
    return [(number, match.group().strip()) for number, match in found if match]


@rule
def one_h1(lesson: Lesson) -> list[str]:
    found = [heading for heading in lesson.headings if heading.level == 1]
    first = lesson.headings[0].level if lesson.headings else None
    if len(found) == 1 and first == 1:
        return []
    return [f"got {len(found)} H1, expected one, and it comes first"]


@rule
def opening_sentence(lesson: Lesson) -> list[str]:
    text = lessons.summary(lesson.notebook)
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z])", text) if text else []
    if len(sentences) == 1 and text[-1] in ".!?":
        return []
    return [f"got {len(sentences)} sentences under the H1, expected one paragraph of one sentence"]


@rule
def no_skipped_heading(lesson: Lesson) -> list[str]:
    steps = zip(lesson.headings, lesson.headings[1:], strict=False)
    return [
        f"cell {after.cell}: H{after.level} {after.text!r} follows an H{before.level}; a level is skipped"
        for before, after in steps
        if after.level > before.level + 1
    ]


@rule
def picture_first(lesson: Lesson) -> list[str]:
    glance = [heading.cell for heading in lesson.headings if heading.text.lower().startswith("at a glance")]
    last = glance[0] if glance else 3
    if any(number <= last for number, _ in pictures(lesson.blocks)):
        return []
    return ["no picture of what you will build before 'At a glance'"]


@rule
def at_a_glance(lesson: Lesson) -> list[str]:
    section = lesson.section("at a glance")
    if section is None:
        return ["no '## At a glance'"]
    text = " ".join(text_of(token) for _, token in section)
    read, run = lessons.minutes(lesson.notebook)
    needs = r"(?i)prerequisite|\bneeds?\b|should know|builds on|comes after"
    facts = {"minutes to read": read is not None, "minutes to run": run is not None}
    facts["what you need to know"] = bool(re.search(needs, text))
    facts["downloads in MB"] = bool(re.search(r"\d\s*MB\b", text))
    return [f"'At a glance' lacks {fact}" for fact, is_there in facts.items() if not is_there]


@rule
def goals(lesson: Lesson) -> list[str]:
    lists = [token for _, token in lesson.section("at a glance") or [] if token["type"] == "list"]
    items = [text_of(item).strip() for item in lists[-1]["children"]] if lists else []
    if not 1 <= len(items) <= MAX_GOALS:
        return [f"got {len(items)} goals in the last list of 'At a glance', expected one to {MAX_GOALS}"]
    return [
        f"goal {item!r} does not begin with a verb of goal_verbs.txt; reword it, or add the verb"
        for item in items
        if item.split()[0].lower().strip(",.:") not in GOAL_VERBS
    ]


@rule
def setup_cell(lesson: Lesson) -> list[str]:
    if not lesson.code_cells:
        return ["no code cell"]
    number, cell = lesson.code_cells[0]
    lines = len(cell.source.splitlines())
    found = (
        [] if "vc.setup(" in cell.source else [f"cell {number}: the first code cell does not call vc.setup()"]
    )
    if lines > MAX_SETUP_LINES:
        found.append(f"cell {number}: the setup cell has {lines} lines, expected at most {MAX_SETUP_LINES}")
    return found


@rule
def no_installing(lesson: Lesson) -> list[str]:
    pattern = re.compile(
        r"^\s*[!%]+\s*(?:\S*python\S*\s+-m\s+)?(?:pip|conda|mamba|uv)\b|\bsys\.path\b", re.MULTILINE
    )
    found = in_code(lesson, pattern)
    return [f"cell {number}: {command!r} belongs in the installation" for number, command in found]


@rule
def no_output_areas(lesson: Lesson) -> list[str]:
    pattern = re.compile(r"\b(?:ipy)?widgets\.(?:interact\w*|Output)\b")
    found = in_code(lesson, pattern)
    return [f"cell {number}: {call} can hang; use vc.plotting.interactive" for number, call in found]


@rule
def predict_first(lesson: Lesson) -> list[str]:
    ends = lesson.code_cells[1][0] if len(lesson.code_cells) > 1 else len(lesson.notebook.cells) + 1
    before = " ".join(text_of(token) for number, token in lesson.blocks if number < ends)
    if re.search(r"(?i)\bpredict", before) and "?" in before:
        return []
    return ["no 'Predict' question before the first code after the setup cell"]


@rule
def sections(lesson: Lesson) -> list[str]:
    names = [heading.text.strip().lower() for heading in lesson.headings if heading.level == 2]
    own = [name for name in names if "predict" not in name and not name.startswith(FRAME)]
    return [] if 3 <= len(own) <= 5 else [f"got {len(own)} sections {own}, expected three to five"]


@rule
def exercises(lesson: Lesson) -> list[str]:
    blocks = lesson.section("exercise")
    if blocks is None:
        return ["no '## Exercises'"]
    parts: list[str] = []
    for _, token in blocks:
        if token["type"] == "heading" and token["attrs"]["level"] == 3:
            parts.append("")
        if parts:
            parts[-1] += " " + text_of(token)
    if len(parts) != len(EXERCISE_KINDS):
        return [f"got {len(parts)} exercises (H3 under Exercises), expected {len(EXERCISE_KINDS)}"]
    numbered = list(enumerate(zip(parts, EXERCISE_KINDS, strict=True), start=1))
    found = [
        f"exercise {n} is not labelled {kind!r}" for n, (part, kind) in numbered if kind not in part.lower()
    ]
    return found + [
        f"exercise {n} has no minutes" for n, (part, _) in numbered if not re.search(r"\d\s*min", part)
    ]


@rule
def closing_sections(lesson: Lesson) -> list[str]:
    names = [heading.text.strip().lower() for heading in lesson.headings if heading.level == 2]
    wanted = ("summary", "common error", "reference")
    places = [next((i for i, name in enumerate(names) if name.startswith(want)), None) for want in wanted]
    missing = [want for want, place in zip(wanted, places, strict=True) if place is None]
    if missing:
        return [f"no H2 that begins with {want!r}" for want in missing]
    return [] if places == sorted(places) else [f"expected the order {wanted}"]


@rule
def previous_and_next(lesson: Lesson) -> list[str]:
    last = lesson.notebook.cells[-1] if lesson.notebook.cells else None
    source = last.source if last is not None and last.cell_type == "markdown" else ""
    link = r"(?i)(?:{0}[^\[\]\n]{{0,20}}\[[^\]]+\]|\[[^\]]*{0}[^\]]*\])\([^)]+\)"
    return [
        f"the last cell has no link {w!r}"
        for w in ("previous", "next")
        if not re.search(link.format(w), source)
    ]


@rule
def short_code_cells(lesson: Lesson) -> list[str]:
    lengths = {number: len(cell.source.splitlines()) for number, cell in lesson.code_cells}
    if not lengths:
        return []
    found = [
        f"cell {n}: {lines} lines, expected at most {MAX_CELL_LINES}"
        for n, lines in lengths.items()
        if lines > MAX_CELL_LINES
    ]
    median = statistics.median(lengths.values())
    if median > MEDIAN_CELL_LINES:
        found.append(f"code cells have {median:g} lines in the median, expected at most {MEDIAN_CELL_LINES}")
    return found


@rule
def few_code_cells(lesson: Lesson) -> list[str]:
    count = len(lesson.code_cells)
    return [f"{count} code cells, expected at most {MAX_CODE_CELLS}"] if count > MAX_CODE_CELLS else []


@rule
def few_words(lesson: Lesson) -> list[str]:
    count = words(lesson.blocks)
    return [f"{count} words, expected at most {MAX_WORDS}"] if count > MAX_WORDS else []


@rule
def prose_before_code(lesson: Lesson) -> list[str]:
    told = {
        number for number, token in lesson.blocks if token["type"] != "heading" and text_of(token).strip()
    }
    return [f"cell {n}: no prose before this code cell" for n, _ in lesson.code_cells if n - 1 not in told]


@rule
def markdown_alt_text(lesson: Lesson) -> list[str]:
    found = [(number, alt) for number, alt in pictures(lesson.blocks) if not is_sentence(alt)]
    return [
        f"cell {number}: alternative text {alt!r} is not a sentence that states the finding"
        for number, alt in found
    ]


@rule
def local_links(lesson: Lesson) -> list[str]:
    found = []
    for number, address in lesson.targets():
        parts = urlsplit(address)
        is_local = not parts.scheme and not parts.netloc and parts.path
        if is_local and not (lesson.path.parent / unquote(parts.path)).exists():
            found.append(f"cell {number}: nothing at {address!r}")
    return found
