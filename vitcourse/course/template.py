"""Begin a lesson: a notebook that keeps the rules, its solutions and its checks, all of them to be rewritten.

`python -m vitcourse.course lesson 15_example`, which is what `make lesson NAME=15_example` does.
"""

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from vitcourse import checks

KINDS = {1: "recall, 3 minutes", 2: "modify, 8 minutes", 3: "extend, 15 minutes"}
_OPENING = """# NN · TITLE

Say in one sentence what a reader has in hand at the end.

![Replace this picture by one of your own, and let this text state what it shows.](figures/data_flow.svg)

## At a glance

- **Reading:** 10 minutes. **Running:** 1 minute on two CPU cores.
- **You need:** lesson 01.
- **Downloads:** 0 MB on the demo assets.

When you are done, you can

- cut a picture into patches,
- count what you cut,
- explain why their number matters."""
_PREDICT = """Say here what `run` is needed for, and no more.

## Predict

**Before anything runs:** how many patches of 16 pixels has a picture of 224? Say a number, then go on."""
_CUT = """## Cut

First the idea, in words. Then say why the next cell is there; never what its lines do."""
_COUNT = """## Count

Claim what can be checked: 14 rows of 14. The cell below asserts it."""
_SHOW = """## Look

A figure, and below it what to see in it."""
_SEEN = """**What you should see:** a grid of squares over the picture.

## Exercises

The [solutions](solutions/NAME.ipynb) are for when you have tried."""
_CLOSING = """## Summary

- A list of what was learnt, a line each.

## Common errors

| you see | why | what to do |
|---|---|---|
| `expected (B, C, H, W): try [None]` | one picture without a batch axis | `pixel_values[None]` |

## References

- Dosovitskiy et al., *An Image is Worth 16x16 Words*, [arXiv:2010.11929](https://arxiv.org/abs/2010.11929)."""
_LAST = "Previous: [the course map](README.md) · Next: [the course map](README.md)"
_SHOWING = """picture = vc.fridge.multiclass()["test"][0]["image"].resize((224, 224))
vc.show(vc.plotting.patch_grid(picture, [16]), "A picture under a grid of 14 by 14 squares.", photo=True)"""
_CHECKS = '''"""Checks of lesson NN, TITLE."""

from typing import Any

from vitcourse.exercises import Wrong, number
EXERCISES'''
_CHECK = '''

def exercise_PLACE(answer: Any) -> None:
    """Say where to look, in one line.

    Say how to begin, in two or three sentences that do not give the answer away. This one asks for the number
    of patches: multiply rows by columns.
    """
    got = number(answer)
    if got != 196:
        raise Wrong(f"got {got:g}, expected another number; say what to look at again")
'''


def new_lesson(name: str, notebooks: Path, checks_folder: Path | None = None) -> list[Path]:
    """Write the three files of a new lesson, which keep every rule once `make outputs` has run.

    Args:
        name: The file name without its ending, such as "15_example".
        notebooks: The folder of the lessons.
        checks_folder: The folder of the checks; by default that of the package.

    Returns:
        What was written: the lesson, its solutions and its checks.

    Raises:
        ValueError: If the name is not two digits and words in small letters.
        FileExistsError: If there is a lesson of that number.
    """
    if not re.fullmatch(r"\d\d(_[a-z0-9]+)+", name):
        raise ValueError(f"got {name!r}; expected two digits and small letters, such as 15_example")
    written = [notebooks / f"{name}.ipynb", notebooks / "solutions" / f"{name}.ipynb"]
    written.append((checks_folder or Path(checks.__path__[0])) / f"lesson_{name[:2]}.py")
    taken = [*notebooks.glob(f"{name[:2]}_*.ipynb"), *(path for path in written if path.exists())]
    if taken:
        raise FileExistsError(f"{taken[0]} is there already; choose another number")
    nbformat.write(_lesson(name), written[0])
    nbformat.write(_solutions(name), written[1])
    exercises = "".join(_CHECK.replace("PLACE", str(place)) for place in KINDS)
    written[2].write_text(_filled(_CHECKS, name).replace("EXERCISES", exercises), encoding="utf-8")
    return written


def _filled(text: str, name: str) -> str:
    title = name[3:].replace("_", " ").capitalize()
    return text.replace("NAME", name).replace("TITLE", title).replace("NN", name[:2])


def _lesson(name: str) -> NotebookNode:
    cells = [_OPENING, ("import torch\n\nimport vitcourse as vc\n\nrun = vc.setup(seed=0)",)]
    cells += [_PREDICT + "\n\n" + _CUT, ("patches = vc.patches.patchify(torch.zeros(1, 3, 224, 224), 16)",)]
    cells += [_COUNT, ("num_patches = patches.shape[1]\nassert num_patches == 14 * 14",)]
    cells += [_SHOW, (_SHOWING,), _SEEN]
    made = [new_code_cell(cell[0]) if isinstance(cell, tuple) else new_markdown_cell(cell) for cell in cells]
    for place, kind in KINDS.items():
        made.append(new_markdown_cell(f"### {place}. Say what it is about ({kind})\n\nAsk one question."))
        made.append(_exercise(name, place, "..."))
    made += [new_markdown_cell(_CLOSING), new_markdown_cell(_LAST)]
    for cell in made:
        cell.source = _filled(cell.source, name)
    return _numbered(made)


def _solutions(name: str) -> NotebookNode:
    cells = [new_markdown_cell(f"# Solutions of lesson {name[:2]}")]
    for place in KINDS:
        cells += [new_markdown_cell("Say why this is the answer."), _exercise(name, place, "14 * 14")]
        cells[-1].metadata["vitcourse"]["wrong"] = ["answer = 14"]
    return _numbered(cells)


def _exercise(name: str, place: int, answer: str) -> NotebookNode:
    exercise = f"{name[:2]}.{place}"
    cell = new_code_cell(f'answer = {answer}\nvc.check("{exercise}", answer)')
    cell.metadata["vitcourse"] = {"exercise": exercise}
    return cell


def _numbered(cells: list[NotebookNode]) -> NotebookNode:
    """A notebook whose cells have ids that are the same at every run."""
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:02}"
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})
