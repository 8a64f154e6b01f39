"""Each rule of the lesson template accepts a good lesson and finds the fault that is planted for it."""

import base64
from collections.abc import Callable
from pathlib import Path

import exercise_rules  # noqa: F401  (registers its rules)
import lesson_rules
import nbformat
import output_rules  # noqa: F401  (registers its rules)
import page_rules  # noqa: F401  (registers its rules)
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from parsed_lesson import Lesson

from vitcourse.course.lessons import read_lesson
from vitcourse.course.stamp import stamp

OPENING = """# Cut a picture into patches

You cut one picture into patches and put it together again.

![A cat cut into four by four squares.](figures/cut.svg)

## At a glance

10 minutes to read, 1 minute to run. You need lesson 00. Downloads: 0 MB.

- Cut a picture into patches.
- Explain why their number matters.
"""
EXERCISES = """## Exercises

### Exercise 1: recall, 2 minutes

How many?
"""
MODIFY = """### Exercise 2: modify, 3 min

Change the size.
"""
EXTEND = """### Exercise 3: extend, 10 minutes

Cut a film.
"""
CLOSING = """## Summary

Patches are small.

## Common errors

None yet.

## References

[The map](README.md).
"""
LAST = "Previous: [the start](README.md) · Next: [the end](README.md)"
PICTURE = {"image/png": base64.b64encode(b"a picture").decode()}
ALT = {"image/png": {"alt": "The error falls as the patches shrink."}}
CELLS = [OPENING, "Versions, device and assets:", ("import vitcourse as vc\nvc.setup(seed=0)",)]
CELLS += [
    "**Predict**: how many patches?\n\n## Cut\n\nWe count them.",
    ("14 * 14",),
    "## Join\n\nBack again.",
    ("1",),
]
CELLS += ["## Look\n\nThe curve says it:", ("show()",)]
STUBS = [(f'answer = ...\nvc.check("06.{k}", answer)', {"exercise": f"06.{k}"}) for k in (1, 2, 3)]
CELLS += [EXERCISES, STUBS[0], MODIFY, STUBS[1], EXTEND, STUBS[2], CLOSING, LAST]


SOLUTIONS = "solutions"  # in the metadata of a test's lesson until it is written


def good_solutions() -> NotebookNode:
    cells = []
    for source, metadata in STUBS:
        cells.append(new_code_cell(source.replace("...", "2")))
        cells[-1].metadata["vitcourse"] = {**metadata, "wrong": ["answer = 3"]}
    return new_notebook(cells=cells)


def good_lesson() -> NotebookNode:
    cells = [new_markdown_cell(c) if isinstance(c, str) else new_code_cell(c[0]) for c in CELLS]
    for cell, (_, metadata) in zip([cell for cell in cells if "check(" in cell.source], STUBS, strict=True):
        cell.metadata["vitcourse"] = dict(metadata)
    notebook = new_notebook(cells=cells)
    for number, cell in enumerate(code(notebook), start=1):
        cell.execution_count = number
    code(notebook)[1].outputs = [new_output("execute_result", {"text/plain": "196"}, execution_count=2)]
    code(notebook)[3].outputs = [new_output("display_data", dict(PICTURE), metadata=dict(ALT))]
    stamp(notebook)
    notebook.metadata[SOLUTIONS] = good_solutions()
    return notebook


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def written(notebook: NotebookNode, folder: Path) -> Lesson:
    (folder / "figures").mkdir(exist_ok=True)
    (folder / "figures" / "cut.svg").write_text("<svg/>")
    (folder / "README.md").write_text("# The map\n")
    path = folder / "06_patches.ipynb"
    if SOLUTIONS in notebook.metadata:
        (folder / "solutions").mkdir(exist_ok=True)
        nbformat.write(notebook.metadata.pop(SOLUTIONS), folder / "solutions" / path.name)
    nbformat.write(notebook, path)
    return Lesson(path, read_lesson(path))


def swap(old: str, new: str) -> Callable[[NotebookNode], None]:
    """A fault made by replacing text in the cells."""

    def plant(notebook: NotebookNode) -> None:
        assert any(old in cell.source for cell in notebook.cells), old
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)

    return plant


def put(output: NotebookNode) -> Callable[[NotebookNode], None]:
    """A fault made by adding an output to the first code cell."""
    return lambda notebook: code(notebook)[0].outputs.append(output)


def fill(lines: int, cells: slice = slice(1)) -> Callable[[NotebookNode], None]:
    """A fault made by long code cells."""

    def plant(notebook: NotebookNode) -> None:
        for cell in code(notebook)[cells]:
            cell.source += "\n" + "\n".join(f"x = {i}" for i in range(lines - 1))

    return plant


def many(source: str) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells.extend(new_code_cell(source) for _ in range(40))


def in_solutions(plant: Callable[[NotebookNode], None]) -> Callable[[NotebookNode], None]:
    """A fault made in the solutions."""
    return lambda notebook: plant(notebook.metadata[SOLUTIONS])


def of_exercise(exercise: str) -> Callable[[NotebookNode], None]:
    """A fault made by calling the first exercise something else."""
    return lambda notebook: stubs(notebook)[0].metadata.update(vitcourse={"exercise": exercise})


def planting(wrong: object) -> Callable[[NotebookNode], None]:
    """A fault made by giving the first solution other wrong answers."""
    return lambda solutions: solutions.cells[0].metadata.vitcourse.update(wrong=wrong)


def stubs(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if "exercise" in cell.metadata.get("vitcourse", {})]


def stream(text: str, name: str = "stdout") -> Callable[[NotebookNode], None]:
    return put(new_output("stream", name=name, text=text))


BAR = "100%|██████████| 3/3 [00:00<00:00, 97.52it/s]\n"
WIDGET = {"application/vnd.jupyter.widget-view+json": {"model_id": "0"}, "text/plain": "x"}
HTML_PICTURE = new_output("display_data", {"text/html": '<img src="data:,">'})
FAULTS = [
    ("one_h1", swap("## Join", "# Join")),
    ("one_h1", swap("# Cut a picture into patches\n", "")),
    ("opening_sentence", swap("together again.", "together again. Then more.")),
    ("no_skipped_heading", swap("## Join", "#### Join")),
    ("picture_first", swap("![A cat cut into four by four squares.](figures/cut.svg)", "")),
    ("at_a_glance", swap("## At a glance", "## Overview")),
    ("at_a_glance", swap("10 minutes to read", "10 pages")),
    ("at_a_glance", swap("1 minute to run", "fast")),
    ("at_a_glance", swap("You need lesson 00.", "")),
    ("at_a_glance", swap("0 MB", "nothing")),
    ("goals", swap("- Cut a picture into patches.", "- A picture in patches.")),
    ("goals", swap("- Cut a picture", "- Cut one\n- Cut two\n- Cut three\n- Cut a picture")),
    ("setup_cell", swap("vc.setup(seed=0)", "vc")),
    ("setup_cell", fill(9)),
    ("no_installing", swap("14 * 14", "!pip install timm")),
    ("no_installing", swap("14 * 14", "  %pip install timm")),
    ("no_installing", swap("14 * 14", "!python -m pip install timm")),
    ("no_installing", swap("14 * 14", "import sys\nsys.path.append('..')")),
    ("no_output_areas", swap("14 * 14", "import ipywidgets\nipywidgets.interactive(print, x=3)")),
    ("no_output_areas", swap("14 * 14", "with widgets.Output():\n    print(14)")),
    ("predict_first", swap("**Predict**: how many patches?", "")),
    ("sections", swap("## Look\n\n", "")),
    ("exercises", swap("## Exercises", "## Homework")),
    ("exercises", swap("### Exercise 3: extend, 10 minutes", "")),
    ("exercises", swap("modify", "redo")),
    ("exercises", swap("3 min", "soon")),
    ("exercise_stubs", lambda notebook: stubs(notebook)[1].metadata.clear()),
    ("exercise_stubs", of_exercise("06.2")),
    ("exercise_stubs", swap("answer = ...", "answer = 2")),
    ("exercise_stubs", swap('vc.check("06.1", answer)', 'vc.check("06.2", answer)')),
    ("exercise_stubs", swap('vc.check("06.3", answer)', "answer")),
    ("exercise_checks", of_exercise("06.9")),
    ("exercise_checks", of_exercise("99.1")),
    ("exercise_solutions", lambda notebook: notebook.metadata.pop(SOLUTIONS)),
    ("exercise_solutions", in_solutions(lambda notebook: notebook.cells.pop())),
    ("exercise_solutions", in_solutions(swap('vc.check("06.1", answer)', "answer"))),
    ("exercise_solutions", in_solutions(swap('", answer)', '", other)'))),
    ("exercise_solutions", in_solutions(lambda notebook: notebook.cells[0].metadata.vitcourse.pop("wrong"))),
    ("exercise_solutions", in_solutions(planting("answer = 3"))),
    ("exercise_solutions", in_solutions(planting([]))),
    ("exercise_solutions", in_solutions(put(new_output("stream", name="stdout", text="2")))),
    ("closing_sections", swap("## Common errors", "### Mistakes")),
    (
        "closing_sections",
        swap("## Summary\n\nPatches are small.\n\n## Common errors", "## Common errors\n\n## Summary"),
    ),
    ("previous_and_next", swap("Next: [the end](README.md)", "")),
    ("short_code_cells", fill(31)),
    ("short_code_cells", fill(9, slice(1, 7))),
    ("few_code_cells", many("1")),
    ("few_words", swap("We count them.", "one word " * 1300)),
    ("prose_before_code", swap("Versions, device and assets:", "## Setup")),
    ("prose_before_code", many("1")),
    ("markdown_alt_text", swap("A cat cut into four by four squares.", "cut.svg")),
    ("markdown_alt_text", swap("We count them.", 'So: <img src="figures/cut.svg">')),
    ("local_links", swap("figures/cut.svg", "figures/gone.svg")),
    ("local_links", swap("[the end](README.md)", "[the end](99_gone.ipynb#top)")),
    ("link_places", swap("[The map](README.md)", "[The map](README.md#gone)")),
    ("link_places", swap("[The map](README.md)", "[below](#gone)")),
    ("terms_linked_once", swap("We count them.", "[A](GLOSSARY.md#patch), [b](GLOSSARY.md#patch).")),
    ("no_local_paths", swap("14 * 14", "open('/home/someone/photo.jpg')")),
    ("no_local_paths", swap("We count them.", "They lie in `C:\\Users\\me`.")),
    ("markdown_alt_text", swap("A cat cut into four by four squares.", "The picture in cut.svg.")),
    ("outputs_kept", lambda notebook: [cell.update(outputs=[]) for cell in code(notebook)]),
    ("outputs_kept", lambda notebook: code(notebook)[1].update(execution_count=7)),
    ("no_errors_in_outputs", put(new_output("error", ename="ValueError", evalue="no", traceback=[]))),
    ("no_absolute_paths", stream("saved to /home/someone/course/x.png\n")),
    ("no_absolute_paths", stream(f"saved to {Path(__file__).parents[2]}\n")),
    ("no_absolute_paths", put(new_output("display_data", {"text/html": "<td>C:\\Users\\me</td>"}))),
    ("no_widget_state", lambda notebook: notebook.metadata.update(widgets={})),
    ("no_widget_state", put(new_output("display_data", WIDGET))),
    ("no_progress_bars", stream(BAR, "stderr")),
    ("no_progress_bars", stream("\rstep 3 of 4")),
    ("small_file", stream("x" * 500_000)),
    ("fresh_stamp", swap("14 * 14", "15 * 15")),
    ("fresh_stamp", lambda notebook: notebook.metadata.pop("vitcourse")),
    ("fresh_stamp", lambda notebook: stamp(notebook, assets="real")),
    ("output_alt_text", lambda notebook: code(notebook)[3].outputs[0].update(metadata={})),
    ("output_alt_text", put(HTML_PICTURE)),
]


def test_a_good_lesson_keeps_every_rule(tmp_path: Path) -> None:
    lesson = written(good_lesson(), tmp_path)
    found = {name: check(lesson) for name, check in lesson_rules.RULES.items()}
    assert not any(found.values()), found


@pytest.mark.parametrize(("rule", "plant"), FAULTS)
def test_a_planted_fault_is_found(rule: str, plant: Callable[[NotebookNode], None], tmp_path: Path) -> None:
    notebook = good_lesson()
    plant(notebook)
    assert lesson_rules.RULES[rule](written(notebook, tmp_path))


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule for rule, _ in FAULTS} == set(lesson_rules.RULES)


def test_harmless_text_is_not_a_path_or_a_bar(tmp_path: Path) -> None:
    notebook = good_lesson()
    stream("GET /v1/predict 12/27 photos, 95% | 3 | data/demo/x.jpg ~/x https://a.org/home/b\n")(notebook)
    lesson = written(notebook, tmp_path)
    assert not lesson_rules.RULES["no_absolute_paths"](lesson)
    assert not lesson_rules.RULES["no_progress_bars"](lesson)
