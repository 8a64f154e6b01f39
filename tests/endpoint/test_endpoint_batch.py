"""A batch from source to output: probabilities, columns, bad rows, order, memory."""

import base64
import csv
import json
import tracemalloc

import pandas as pd
import pytest
import serving
import torch
from PIL import Image
from serving import FILES, TEXTS, encoded, picture

from vitcourse import cli
from vitcourse.endpoint import batch, batch_settings, batch_sources
from vitcourse.endpoint.batch_settings import BatchSettings
from vitcourse.endpoint.batch_sources import Row, SourceError
from vitcourse.endpoint.schema import Params, Request, RequestError
from vitcourse.options import ConfigurationError


def folder(root):
    """Six images, three of them below, and files that are none by their ending."""
    (root / "b" / "c").mkdir(parents=True)
    (root / ".hidden").mkdir()
    for name, data in zip(["a.png", "z.png", "k.PNG", "b/1.png", "b/2.png", "b/c/x.png"], FILES, strict=True):
        (root / name).write_bytes(data)
    (root / "notes.txt").write_text("none")
    (root / "b/photo.heic").write_text("none")
    (root / ".hidden/y.png").write_bytes(FILES[0])
    return root


IN_ORDER = ["a.png", "k.PNG", "z.png", "b/1.png", "b/2.png", "b/c/x.png"]
CONTENT = [FILES[index] for index in (0, 2, 1, 3, 4, 5)]


def table(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def lines(path, values):
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def run(source, output, classifier, **fields):
    fields = {"batch_size": 4, "decoders": 2, **fields}
    return batch.run(
        BatchSettings(source=str(source), model="tiny", output=str(output), **fields), classifier
    )


def read(path):
    """The rows of an output, whatever its form, with lists and numbers as such."""
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = list(csv.DictReader(path.open(encoding="utf-8", newline="")))
    for row in rows:
        for name in ("row", "score", "labels", "probs"):
            row[name] = json.loads(row[name]) if row[name] else None
        row["error"], row["label"] = row["error"] or None, row["label"] or None
    return rows


def assert_probabilities(row, data, classifier):
    expected = {entry["label"]: entry["score"] for entry in classifier.predict(data, top_k=None)[0]}
    assert dict(zip(row["labels"], row["probs"], strict=True)) == pytest.approx(expected, abs=1e-3)
    assert row["label"] == max(expected, key=expected.get)
    assert row["score"] == pytest.approx(max(expected.values()), abs=1e-3)


@pytest.mark.parametrize("name", ["predictions.csv", "predictions.jsonl"])
def test_a_folder_is_classified_as_predict_does(tmp_path, classifier, name):
    output = tmp_path / "new" / name
    summary = run(folder(tmp_path / "photos"), output, classifier)
    rows = read(output)
    assert [row["row"] for row in rows] == list(range(6))
    assert [row["file_name"] for row in rows] == IN_ORDER
    for row, data in zip(rows, CONTENT, strict=True):
        assert row["error"] is None
        assert row["labels"] == serving.LABELS
        assert_probabilities(row, data, classifier)
    assert summary == {
        "output": str(output),
        "rows": 6,
        "errors": 0,
        "first_errors": [],
        "left_out": {".heic": 1, ".txt": 1},
    }
    assert sorted(path.name for path in output.parent.iterdir()) == [name]


def test_a_table_keeps_its_columns_and_bad_rows_get_their_error(tmp_path, classifier):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "one.png").write_bytes(FILES[1])
    (tmp_path / "images" / "bad.png").write_bytes(b"no image")
    in_lines = base64.encodebytes(FILES[2]).decode()
    written = [
        TEXTS[0],
        "images/one.png",
        in_lines,
        f"data:image/png;base64,{TEXTS[3]}",
        "images\\one.png",
        "images/none.png",
        "images/bad.png",
        "",
        "https://example.org/a.png",
        "file:///etc/passwd",
        "&%$",
        TEXTS[4][:-2],
        TEXTS[5],
    ]
    rows = [["id", "Image", "label", "note, or not"]]
    rows += [[f"n{place}", image, "can", 'a "b"\nc'] for place, image in enumerate(written)]
    source = table(tmp_path / "list.csv", rows)
    summary = run(source, tmp_path / "predictions.csv", classifier)
    answers = read(tmp_path / "predictions.csv")
    header = (tmp_path / "predictions.csv").read_text().splitlines()[0]
    assert header == 'row,file_name,id,source_label,"note, or not",label,score,labels,probs,error'
    assert [row["id"] for row in answers] == [f"n{place}" for place in range(13)]
    assert {(row["source_label"], row["note, or not"]) for row in answers} == {("can", 'a "b"\nc')}
    assert [row["file_name"] for row in answers[:6]] == [
        "",
        "images/one.png",
        "",
        "",
        "images\\one.png",
        "images/none.png",
    ]
    for place, data in {0: 0, 1: 1, 2: 2, 3: 3, 4: 1, 12: 5}.items():
        assert_probabilities(answers[place], FILES[data], classifier)
    reasons = [
        "no such file",
        "no image",
        "empty",
        "is an address",
        "is an address",
        "no base64",
        "no base64",
    ]
    for row, reason in zip(answers[5:12], reasons, strict=True):
        assert reason in row["error"]
        assert (row["label"], row["score"], row["labels"], row["probs"]) == (None, None, [], [])
    assert (summary["rows"], summary["errors"], len(summary["first_errors"])) == (13, 7, 5)
    text = batch.as_text(summary)
    assert "13 rows, 7 of them with an error" in text
    assert "row 5 (images/none.png): there is no such file" in text
    assert "and 2 more" in text


def test_rows_that_are_no_csv_are_one_error_and_the_rest_goes_on(tmp_path, classifier):
    source = tmp_path / "list.csv"
    source.write_text(
        f'id,image\n1,{TEXTS[0]}\n2\n3,{TEXTS[1]},more\n\n4,"{TEXTS[2]}"x\nfour\n5,{TEXTS[3]}\n6,"{TEXTS[4]}\n7,x\n'
    )
    run(source, tmp_path / "p.jsonl", classifier)
    rows = read(tmp_path / "p.jsonl")
    assert [(row.get("id"), (row["error"] or "")[:31]) for row in rows] == [
        ("1", ""),
        ("2", "line 3 has 1 fields; expected 2"),
        ("3", "line 4 has 3 fields; expected 2"),
        (None, "lines 6 to 7 are not CSV (',' ex"[:31]),
        ("5", ""),
        (None, "lines 9 to 10 are not CSV (unex"),
    ]
    assert "is a quote missing?" in rows[3]["error"]


def test_bytes_that_are_no_utf8_are_kept_apart(tmp_path, classifier):
    source = tmp_path / "list.csv"
    source.write_bytes(
        b"\xef\xbb\xbfid,image\nM\xfcller,%s\nB\xc3\xa4r,%s\n" % tuple(t.encode() for t in TEXTS[:2])
    )
    run(source, tmp_path / "p.csv", classifier)
    assert [row["id"] for row in read(tmp_path / "p.csv")] == [r"M\udcfcller", "Bär"]


def test_a_field_that_is_too_long_is_one_error(tmp_path, classifier):
    long = base64.encodebytes(bytes(10**6)).decode()
    rows = [
        ["id", "image"],
        ["a", TEXTS[0]],
        ["b", long],
        ["c", "x" * 10**6],
        ["d", TEXTS[1]],
        ["e", "x" * 9000],
    ]
    run(table(tmp_path / "list.csv", rows), tmp_path / "p.jsonl", classifier, max_image_mb=0.006)
    answers = read(tmp_path / "p.jsonl")
    errors = [row["error"] and row["error"].partition(" (")[0] for row in answers]
    assert [row.get("id") for row in answers] == ["a", None, "d", "e"]
    assert errors[0] is errors[2] is None
    assert "are not CSV" in errors[1]
    assert "field larger than field limit" in answers[1]["error"]
    assert "too large" in errors[3]
    assert csv.field_size_limit() == 131072


def test_json_lines_hold_images_or_whole_requests(tmp_path, classifier):
    (tmp_path / "one.png").write_bytes(FILES[1])
    values = [
        {"image": TEXTS[0], "id": 7, "tags": ["x", {"y": None}]},
        {"image": "one.png", "file_name": "another name"},
        {"input_data": {"columns": ["image"], "index": ["p", "q"], "data": [TEXTS[2], TEXTS[3]]}},
        {"input_data": [TEXTS[4]]},
        {"inputs": {"image": [TEXTS[5], "rubbish"]}},
        {"input_data": [TEXTS[0]], "params": {"top_k": 1}},
        {"input_data": {"columns": ["pixels"], "data": []}},
        {"image": 5, "id": 8},
        {"id": 9},
        [1],
    ]
    source = lines(tmp_path / "list.jsonl", values)
    source.write_text("\n" + source.read_text() + "{not json\n" + "[" * 100_000)
    run(source, tmp_path / "p.jsonl", classifier)
    rows = read(tmp_path / "p.jsonl")
    for row, data in zip(rows[:6], FILES, strict=True):
        assert_probabilities(row, data, classifier)
    assert (rows[0]["id"], rows[0]["tags"]) == (7, ["x", {"y": None}])
    assert [row["file_name"] for row in rows[:3]] == ["", "another name", ""]
    assert [(row["line"], row["position"], row.get("index")) for row in rows[2:7]] == [
        (4, 0, "p"),
        (4, 1, "q"),
        (5, 0, None),
        (6, 0, None),
        (6, 1, None),
    ]
    reasons = ["no base64", "params", "expected", "no image", "no image", "no image", "not JSON", "not JSON"]
    for row, reason in zip(rows[6:], reasons, strict=True):
        assert reason in row["error"]
    assert (rows[9]["id"], rows[10]["id"]) == (8, 9)


def test_a_line_that_is_too_long_is_one_error(tmp_path, classifier):
    source = lines(
        tmp_path / "list.jsonl", [{"image": TEXTS[0]}, {"image": "x" * 10**6}, {"image": TEXTS[1]}]
    )
    run(source, tmp_path / "p.jsonl", classifier, max_image_mb=0.006)
    assert [bool(row["error"]) for row in read(tmp_path / "p.jsonl")] == [False, True, False]
    assert "line 2 is too long" in read(tmp_path / "p.jsonl")[1]["error"]


def test_columns_of_every_line_are_in_the_csv(tmp_path, classifier):
    values = [{"image": TEXTS[0], "b": 1}, {"image": TEXTS[1], "a": "x", "error": {"z": 1}, "row": 5}]
    run(lines(tmp_path / "list.jsonl", values), tmp_path / "p.csv", classifier)
    rows = read(tmp_path / "p.csv")
    assert list(rows[0])[:6] == ["row", "file_name", "b", "a", "source_error", "source_row"]
    assert [(row["b"], row["a"], row["source_error"], row["source_row"]) for row in rows] == [
        ("1", "", "", ""),
        ("", "x", '{"z": 1}', "5"),
    ]


def test_the_published_columns_are_read_as_the_published_notebook_does(tmp_path, classifier):
    names = ["row_number_per_file", "preds", "labels", "file_name"]
    source = table(tmp_path / "list.csv", [["image"], [TEXTS[0]], ["rubbish"], [TEXTS[1]]])
    run(source, tmp_path / "p.csv", classifier, format="published")
    read_back = pd.read_csv(tmp_path / "p.csv", header=None, names=names)
    assert read_back.row_number_per_file.tolist() == [0, 1, 2]
    assert read_back.file_name.tolist() == ["list.csv"] * 3
    assert read_back.preds.isna().tolist() == [False, True, False]
    answer = {"labels": json.loads(read_back.labels[2]), "probs": json.loads(read_back.preds[2])}
    best = max(range(4), key=answer["probs"].__getitem__)
    assert_probabilities(
        {**answer, "label": answer["labels"][best], "score": answer["probs"][best]}, FILES[1], classifier
    )
    run(folder(tmp_path / "photos"), tmp_path / "q.csv", classifier, format="published")
    read_back = pd.read_csv(tmp_path / "q.csv", header=None, names=names)
    assert read_back.row_number_per_file.tolist() == [0] * 6
    assert read_back.file_name.tolist() == IN_ORDER


def test_top_k_and_threshold(tmp_path, classifier, multi_label):
    source = folder(tmp_path / "photos")
    run(source, tmp_path / "two.jsonl", classifier, top_k=2)
    for row, data in zip(read(tmp_path / "two.jsonl"), CONTENT, strict=True):
        expected = classifier.predict(data, top_k=2)[0]
        assert row["label"] == expected[0]["label"]
        assert set(row["labels"]) == {entry["label"] for entry in expected}
    run(source, tmp_path / "some.jsonl", multi_label, threshold=0.9)
    for row, data in zip(read(tmp_path / "some.jsonl"), CONTENT, strict=True):
        likely = [entry for entry in multi_label.predict(data, top_k=None)[0] if entry["score"] >= 0.9]
        assert set(row["labels"]) == {entry["label"] for entry in likely}
        assert row["label"] == (likely[0]["label"] if likely else None)
    with pytest.raises(RequestError, match="use top_k"):
        run(source, tmp_path / "x.csv", classifier, threshold=0.5)


def test_a_file_and_an_image_that_are_too_large_are_errors_of_their_rows(tmp_path, classifier):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/big.png").write_bytes(encoded(picture(0, (200, 100))))
    (tmp_path / "photos/flat.png").write_bytes(encoded(Image.new("RGB", (900, 700))))
    (tmp_path / "photos/good.png").write_bytes(FILES[0])
    (tmp_path / "photos/link.png").symlink_to("nowhere")
    run(tmp_path / "photos", tmp_path / "p.jsonl", classifier, max_image_mb=0.02, max_megapixels=0.5)
    rows = read(tmp_path / "p.jsonl")
    for row, reason in zip(
        rows, ["at most 20000 bytes", "expected at most 500000", "", "no such file"], strict=True
    ):
        assert reason in (row["error"] or "")


def endless(taken):
    """Rows without an end, of 100,000 characters each; counts how many were taken."""
    image = serving.text(encoded(picture(9, (160, 160))))
    while True:
        taken.append(None)
        yield len(taken) - 1, Row(image + " " * (100_000 - len(image)) + " " * (len(taken) % 3))


def test_rows_are_taken_as_they_are_needed_and_forgotten(classifier):
    settings = BatchSettings(source="x", model="tiny", batch_size=4, decoders=2)
    request, taken = Request([], "R1", params=Params("P1")), []
    batches = batch.scored(endless(taken), settings, classifier, request)
    next(batches)
    tracemalloc.start()
    try:
        for _ in range(10):
            next(batches)
        tracemalloc.reset_peak()
        early = tracemalloc.get_traced_memory()[1]
        for _ in range(100):
            next(batches)
        late = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        batches.close()
    assert len(taken) <= 111 * 4 + 2 * 4 + 2 + 1
    assert late < early + 3_000_000, (early, late)  # the 400 rows since then are 40 MB of text


@pytest.mark.parametrize("name", ["list.csv", "list.jsonl"])
def test_a_long_file_is_read_row_by_row(tmp_path, name):
    path, text = tmp_path / name, "x" * 100_000
    with path.open("w") as file:
        file.write("id,image\n" if name == "list.csv" else "")
        for number in range(200):
            file.write(f"{number},{text}\n" if name == "list.csv" else json.dumps({"image": text}) + "\n")
    tracemalloc.start()
    try:
        census = batch_sources.take_census(path, BatchSettings(source="x", model="m").limits)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert census.rows == 200
    assert peak < 3_000_000, peak  # the file has 20 MB


@pytest.mark.parametrize(("most", "compiled"), [(7, 0), (6, 1)])
def test_many_rows_are_worth_compiling_for(tmp_path, classifier, monkeypatch, most, compiled):
    calls = []
    monkeypatch.setattr(batch, "COMPILED_FROM", most)
    monkeypatch.setattr(classifier, "compile", lambda: calls.append(1))
    run(folder(tmp_path / "photos"), tmp_path / "predictions.csv", classifier)
    assert len(calls) == compiled


def test_decoding_goes_on_while_the_model_computes(classifier, monkeypatch):
    taken, seen = [], []

    def forward(pixel_values):
        serving.until(lambda: len(decoded) >= min(4 * (len(seen) + 2), 24))
        seen.append(len(pixel_values))
        return torch.zeros(len(pixel_values), 4)

    decoded = []
    prepare = batch._prepare
    monkeypatch.setattr(batch, "_prepare", lambda *given: (prepare(*given), decoded.append(1))[0])
    monkeypatch.setattr(classifier, "forward", forward)
    settings = BatchSettings(source="x", model="tiny", batch_size=4, decoders=2)
    rows = [next(row) for row in [endless(taken)] for _ in range(24)]
    batches = list(batch.scored(rows, settings, classifier, Request([], "R1", params=Params("P1"))))
    assert seen == [4] * 6
    assert [record["row"] for records in batches for record in records] == list(range(24))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.csv", None, "does not exist"),
        ("list.txt", "image\n", "ends in '.txt'"),
        ("list.csv", "", "no columns"),
        ("list.csv", "id,photo\n1,a\n", "id, photo; expected a header with image"),
        ("list.csv", "image,id,id\n", "each column once"),
        ("list.csv", "image\n", "holds no images"),
        ("list.jsonl", "\n\n", "holds no images"),
    ],
)
def test_a_source_that_cannot_be_read_is_one_error(tmp_path, classifier, name, content, message):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(SourceError, match=message):
        run(tmp_path / name, tmp_path / "p.csv", classifier)
    assert not (tmp_path / "p.csv").exists()


def test_the_command_line_and_a_file_go_together(tmp_path):
    file = tmp_path / "batch.yaml"
    file.write_text("source: photos\nmodel: runs/fridge\ntop_k: 5\n")
    settings = batch_settings.parse(["--config", str(file), "--top-k", "3", "--output", "p.jsonl"])
    assert (settings.source, settings.model, settings.top_k) == ("photos", "runs/fridge", 3)
    settings = batch_settings.parse(["list.csv", "--config", "batch.yaml", "--model", "runs/mine"])
    assert (settings.source, settings.model, settings.output) == ("list.csv", "runs/mine", "predictions.csv")
    assert settings.limits == batch_settings.Limits()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "source is not given"),
        (["photos"], "model is not given"),
        (["photos", "--model", "m", "--output", "p.txt"], "ends in .csv or .jsonl"),
        (["photos", "--model", "m", "--output", "p.jsonl", "--format", "published"], "expected a .csv file"),
        (["photos", "--model", "m", "--top_k", "0"], "top_k is 0"),
        (["photos", "--model", "m", "--threshold", "2"], "threshold is 2"),
        (["photos", "--model", "m", "--batch_size", "-1"], "batch_size and decoders from 0"),
        (["photos", "--model", "m", "--max_megapixels", "0"], "max_megapixels is 0"),
        (["photos", "--model", "m", "--topk", "1"], r"no field topk \(did you mean top_k"),
    ],
)
def test_wrong_settings_are_named(arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        batch_settings.parse(arguments)


def test_a_path_needs_no_ending_if_the_file_is_there(tmp_path):
    (tmp_path / "cat").write_bytes(FILES[0])
    source = table(tmp_path / "list.csv", [["image"], ["cat"], ["dog"], ["../dog.png"], ["a/b" * 300]])
    rows = list(batch_sources.rows(source, BatchSettings(source="x", model="m").limits))
    assert [row.image for row in rows] == [tmp_path / "cat", "dog", tmp_path / "../dog.png", "a/b" * 300]


def test_ctrl_c_says_how_to_go_on(monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    monkeypatch.setattr(batch, "run", interrupted)
    assert cli.main(["batch", "photos", "--model", "m"]) == cli.INTERRUPTED
    assert "the same command goes on from here" in capsys.readouterr().err


def test_the_command_says_what_is_wrong(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")  # the command would set it, also for the tests to come
    assert cli.main(["batch"]) == 1
    assert "source is not given" in capsys.readouterr().err
    assert cli.main(["batch", str(tmp_path / "none"), "--model", "m"]) == 1
    assert "does not exist" in capsys.readouterr().err
    with pytest.raises(SystemExit) as caught:
        cli.main(["batch", "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for field in BatchSettings.__dataclass_fields__:
        assert f"--{field}" in text
    assert "row_number_per_file, preds, labels, file_name" in " ".join(text.split())
