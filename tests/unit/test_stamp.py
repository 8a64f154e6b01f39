"""Outputs are scrubbed of the machine and the run, and stamped with the code that made them."""

import sys
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from vitcourse.course.stamp import is_fresh, scrub, stamp

ROOT = Path(__file__).parents[2]
BAR = "\r  0%|          | 0/3 [00:00<?, ?it/s]\r100%|██████████| 3/3 [00:00<00:00, 97.52it/s]\n"
WIDGET = "application/vnd.jupyter.widget-view+json"


def scrubbed(*outputs: NotebookNode, tags: tuple[str, ...] = ()) -> list[NotebookNode]:
    metadata = {"tags": list(tags), "execution": {"iopub.execute_input": "2024"}}
    notebook = new_notebook(cells=[new_code_cell("1", outputs=list(outputs), metadata=metadata)])
    scrub(notebook, ROOT)
    assert "execution" not in notebook.cells[0].metadata
    return notebook.cells[0].outputs


def stream(text: str, name: str = "stdout") -> NotebookNode:
    return new_output("stream", name=name, text=text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"saved to {ROOT}/data/demo/a.jpg", "saved to data/demo/a.jpg"),
        (f"in {ROOT}", "in ."),
        (f"in '{ROOT}'.", "in '.'."),
        (f"{Path.home()}/.cache/x", "~/.cache/x"),
        (f"{sys.prefix}/lib/torch", "…/lib/torch"),
        ("/tmp/ipykernel_12/3456.py:3: UserWarning: old", "(cell):3: UserWarning: old"),
        ("<Model at 0x7f00aa11bb22>", "<Model at 0x…>"),
        ("a relative data/demo/a.jpg and /v1/predict stay, 3.2 s too", None),
    ],
)
def test_text_is_the_same_on_every_machine(text: str, expected: str | None) -> None:
    table = new_output("display_data", {"text/html": f"<td>{text}</td>", "image/png": "aGk="})
    in_stream, in_html = scrubbed(stream(text), table)
    assert in_stream.text == (expected or text)
    assert in_html.data["text/html"] == f"<td>{expected or text}</td>"
    assert in_html.data["image/png"] == "aGk="


def test_a_temporary_folder_loses_its_random_name(tmp_path: Path) -> None:
    assert str(tmp_path.parent) not in scrubbed(stream(f"in {tmp_path}/x"))[0].text


def test_durations_go_where_they_are_tagged() -> None:
    text = "epoch 3 took 12.3 s (1 min, 250 ms, 0:01:02), 27 photos"
    assert scrubbed(stream(text), tags=("timing",))[0].text == "epoch 3 took … s (… min, … ms, …), 27 photos"
    assert scrubbed(stream(text))[0].text == text


def test_progress_bars_go_and_other_lines_stay() -> None:
    assert scrubbed(stream(BAR, "stderr")) == []
    assert scrubbed(stream("before\n" + BAR + "after\n"))[0].text == "before\nafter\n"
    assert scrubbed(stream("12it [00:03, 4.0it/s]\n", "stderr")) == []
    assert scrubbed(stream("a warning\n", "stderr"))[0].text == "a warning\n"
    assert scrubbed(stream("95% | 3 |\n\nb\n"))[0].text == "95% | 3 |\n\nb\n"


def test_widgets_go_and_their_pictures_stay() -> None:
    alone = new_output("display_data", {WIDGET: {"model_id": "1"}, "text/plain": "IntSlider()"})
    with_picture = new_output("display_data", {WIDGET: {"model_id": "1"}, "image/png": "aGk="})
    kept = scrubbed(alone, with_picture)
    assert [dict(output.data) for output in kept] == [{"image/png": "aGk="}]


def test_random_ids_of_styled_tables_count_from_one() -> None:
    html = '<style>#T_9f3ab_row0 {}</style><table id="T_9f3ab"><table id="T_00fff">'
    (output,) = scrubbed(new_output("display_data", {"text/html": html}))
    assert (
        output.data["text/html"] == '<style>#T_00001_row0 {}</style><table id="T_00001"><table id="T_00002">'
    )


def test_counts_and_kernel_are_the_same_everywhere() -> None:
    result = new_output("execute_result", {"text/plain": "1"}, execution_count=9)
    cells = [
        new_code_cell("1", execution_count=9, outputs=[result]),
        new_markdown_cell("x"),
        new_code_cell("2"),
    ]
    notebook = new_notebook(cells=cells)
    notebook.metadata = {
        "kernelspec": {"name": "mine"},
        "language_info": {"version": "3.11.7"},
        "widgets": {},
    }
    scrub(notebook, ROOT)
    assert [cells[0].execution_count, result.execution_count, cells[2].execution_count] == [1, 1, 2]
    assert notebook.metadata.kernelspec["name"] == "python3"
    assert notebook.metadata.language_info["version"] == "3"
    assert "widgets" not in notebook.metadata


def test_a_stamp_is_fresh_until_code_changes() -> None:
    notebook = new_notebook(cells=[new_markdown_cell("text"), new_code_cell("1")])
    assert not is_fresh(notebook)
    stamp(notebook)
    assert is_fresh(notebook)
    notebook.cells[0].source = "other text"
    assert is_fresh(notebook), "prose may change"
    notebook.cells[1].source = "2"
    assert not is_fresh(notebook)
