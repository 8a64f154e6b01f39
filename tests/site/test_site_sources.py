"""What the site is made from: covers, alt texts, tables of results, pages of the reference."""

import json

import nbformat
from measured import section, table
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from slides import slides
from sources import cover, lesson_list, prepared, reference_pages

_GLANCE = "## At a glance\n\n- **Reading:** 8 minutes."


def picture(data, alt=""):
    metadata = {"image/png": {"alt": alt}} if alt else {}
    return new_code_cell("", outputs=[new_output("display_data", {"image/png": data}, metadata=metadata)])


def test_the_cover_is_the_marked_picture_or_the_first_with_an_alt_text():
    notebook = new_notebook(cells=[picture("bm8="), picture("MQ==", "One."), picture("Mg==", "Two.")])
    assert cover(notebook).data["image/png"] == "MQ=="
    notebook.cells[2].metadata["vitcourse"] = {"cover": True}
    assert cover(notebook).data["image/png"] == "Mg=="


def test_a_lesson_that_shows_no_picture_is_represented_by_its_drawing(tmp_path):
    head = new_markdown_cell(
        "# 13 · Serve\n\nYou ask a server.\n\n![A drawing.](figures/serve.svg)\n\n" + _GLANCE
    )
    nbformat.write(new_notebook(cells=[head, picture("bm8=")]), tmp_path / "13_serve.ipynb")
    text = lesson_list(tmp_path, tmp_path / "source")
    assert "![A drawing.](notebooks/figures/serve.svg)" in text
    assert "**[13 · Serve](notebooks/13_serve.ipynb)** · 8 minutes\n\n  You ask a server." in text


def test_alt_texts_go_to_where_myst_nb_looks():
    notebook = prepared(new_notebook(cells=[picture("MQ==", "A finding."), picture("bm8=")]))
    assert [cell.metadata.get("mystnb") for cell in notebook.cells] == [
        {"image": {"alt": "A finding."}},
        None,
    ]


def test_a_table_counts_decisions_and_converts_units():
    rows = [{"name": "a", "photos": [1, 0, 1], "right": 2, "peak_bytes": 2_500_000, "load_seconds": 0.12345}]
    rows += [{"name": "b", "right": 3, "peak_bytes": 12_345_000_000, "load_seconds": None}]
    assert table(rows).splitlines() == [
        "| name | right | peak (MB) | load (seconds) |",
        "| --- | --- | --- | --- |",
        "| a | 2 | 2 | 0.123 |",
        "| b | 3 | 12,345 | none |",
    ]
    assert table([{"before": [1, 1, 0], "quartiles": [0.5, 2.0]}]).endswith("| 2 | 0.5 to 2 |")


def test_decisions_of_several_seeds_are_counted_on_the_test_photos(tmp_path):
    (tmp_path / "vote.py").write_text('"""Who is right?"""')
    result = {"test_from": 1, "truth": [0, 1, 1], "seeds": {"7": {"vit": [1, 1, 1], "convnet": [0, 0, 1]}}}
    path = tmp_path / "vote_demo.json"
    path.write_text(json.dumps(result))
    text = section(path, tmp_path)
    assert text.startswith("## Vote demo\n\nWho is right?")
    assert text.endswith("| seed | of | vit | convnet |\n| --- | --- | --- | --- |\n| 7 | 2 | 2 | 1 |")


def test_plots_beside_a_table_stand_above_it(tmp_path):
    (tmp_path / "growth.py").write_text('"""How does it grow?"""')
    path = tmp_path / "growth.json"
    path.write_text(json.dumps({"rows": [{"question": "growth with photos"}]}))
    assert "![" not in section(path, tmp_path)
    path.with_suffix(".svg").write_text("<svg/>")
    picture = (
        "![Plots of growth with photos; the numbers are in the table below.](benchmarks/results/growth.svg)"
    )
    assert f"{picture}\n\n| question |" in section(path, tmp_path)


def test_each_module_has_a_page_and_a_package_inside_has_one_for_all(tmp_path):
    package = tmp_path / "vitcourse"
    for name in ("vit", "_hidden", "drawn/__init__", "drawn/scene", "checks/__init__"):
        path = package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"""About {name}."""')
    pages = dict(reference_pages(package))
    assert set(pages) == {"vitcourse.vit", "vitcourse.drawn", "index"}
    assert ".. automodule:: vitcourse.drawn.scene" in pages["vitcourse.drawn"]
    assert "- [vitcourse.vit](vitcourse.vit.md): About vit." in pages["index"]


def test_a_lesson_without_marked_cells_has_no_slides(tmp_path):
    path = tmp_path / "00_plain.ipynb"
    nbformat.write(new_notebook(cells=[picture("MQ==", "One.")]), path)
    assert slides(path, tmp_path) == 0
    assert not (tmp_path / "00_plain.html").exists()


def test_nested_answers_become_a_row_a_figure(tmp_path):
    (tmp_path / "race.py").write_text('"""Who is faster?"""')
    result = {
        "machine": {"cores": 2},
        "model": "vit",
        "soak": {"MB": 1234.5, "rate": {"ours": 2.0, "all": [3.0, 1.5]}},
    }
    path = tmp_path / "race.json"
    path.write_text(json.dumps(result))
    assert section(path, tmp_path).splitlines()[-4:] == [
        "| --- | --- |",
        "| soak: MB | 1,234 |",
        "| soak: rate: ours | 2 |",
        "| soak: rate: all | 1.5 to 3 |",
    ]
