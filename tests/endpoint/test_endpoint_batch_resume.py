"""A batch that is stopped, however hard, and started again ends as one that was not; so do two processes."""

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import serving
from two_processes import launcher

import vitcourse as vc
from vitcourse.endpoint import batch, batch_journal, batch_sources
from vitcourse.endpoint.batch_journal import JournalError
from vitcourse.endpoint.batch_settings import BatchSettings
from vitcourse.endpoint.batch_sources import SourceError
from vitcourse.storage import StorageError

ROOT = Path(__file__).parents[2]
PART = "p.jsonl.part-1-of-1"
BAD = 5  # each row whose number leaves this when divided by 7 has no image


def table(path, count):
    """A CSV of pictures that repeat, each seventh row bad; as many rows as asked for."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "image"])
        for number in range(count):
            image = "none.png" if number % 7 == BAD else serving.TEXTS[number % 6]
            writer.writerow([f"n{number}", image])
    return path


def settings(source, output, **fields):
    fields = {"model": "tiny", "batch_size": 4, "decoders": 2, **fields}
    return BatchSettings(source=str(source), output=str(output), **fields)


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def assert_whole(rows, count, classifier):
    """Every row once, in order, with the probabilities of `predict`."""
    expected = [
        {entry["label"]: entry["score"] for entry in answer}
        for answer in classifier.predict(serving.FILES, top_k=None)
    ]
    assert [row["row"] for row in rows] == list(range(count))
    assert [row["id"] for row in rows] == [f"n{number}" for number in range(count)]
    for row in rows:
        if row["row"] % 7 == BAD:
            assert "no such file" in row["error"]
        else:
            answer = dict(zip(row["labels"], row["probs"], strict=True))
            assert answer == pytest.approx(expected[row["row"] % 6], abs=1e-3)


def stopped_after(batches, monkeypatch):
    """Let the run that follows end as by Ctrl-C when so many batches are written."""
    append, left = batch_journal.Journal.append, [batches + 1]  # the first is the header

    def counted(journal, records):
        append(journal, records)
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(batch_journal.Journal, "append", counted)


@pytest.fixture
def half_done(tmp_path, classifier, monkeypatch):
    """A batch of 30 rows of which 12 are done; its source and output."""
    source, output = table(tmp_path / "list.csv", 30), tmp_path / "p.jsonl"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stopped_after(3, patch)
        batch.run(settings(source, output), classifier)
    assert not output.exists()
    assert len(read(tmp_path / PART)) == 1 + 12
    return source, output


def test_it_goes_on_where_it_was(half_done, classifier, monkeypatch, capsys):
    source, output = half_done
    decoded, prepare = [], batch._prepare
    monkeypatch.setattr(batch, "_prepare", lambda row, *rest: (decoded.append(row), prepare(row, *rest))[1])
    summary = batch.run(settings(source, output, batch_size=3, decoders=1), classifier)
    assert len(decoded) == 18
    assert "12 of 30 rows are done; going on" in capsys.readouterr().err
    assert (summary["rows"], summary["errors"]) == (30, 4)
    assert_whole(read(output), 30, classifier)
    assert sorted(path.name for path in output.parent.iterdir()) == ["list.csv", "p.jsonl"]


def test_stopped_between_the_last_row_and_the_output(tmp_path, classifier, monkeypatch):
    source, output = table(tmp_path / "list.csv", 8), tmp_path / "p.jsonl"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stopped_after(2, patch)
        batch.run(settings(source, output), classifier)
    monkeypatch.setattr(classifier, "forward", None)  # nothing is left to compute
    (tmp_path / ".p.jsonl.new").write_text("half of an out")
    batch.run(settings(source, output), classifier)
    assert [row["row"] for row in read(output)] == list(range(8))
    assert not (tmp_path / PART).exists()


def records(count):
    return [{"row": 2 * number + 1, "file_name": "é\udcff", "error": ""} for number in range(count)]


def test_whatever_is_torn_is_cut_off(tmp_path):
    path, share, header = tmp_path / "part", range(1, 12, 2), {"model": "m"}
    with batch_journal.opened(path, header, share) as journal:
        journal.append(records(3))
        journal.append(records(6)[3:])
    whole = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with batch_journal.opened(path, header, share) as journal:
            assert journal.done == max(0, sum(end <= length for end in ends) - 1)
            journal.append(records(6)[journal.done :])
        assert path.read_bytes() == whole
    assert list(batch_journal.read(path)) == records(6)


@pytest.mark.parametrize(
    "damage",
    [b"\x00" * 40 + b"\n", b'{"row": 5', b'{"row": 7}\n', b"[]\n", b"5\n", b"{}\n", b"\xff\xfe\n"],
)
def test_what_a_power_cut_left_is_cut_off_from_there(tmp_path, damage):
    path, share = tmp_path / "part", range(1, 12, 2)
    with batch_journal.opened(path, {"model": "m"}, share) as journal:
        journal.append(records(2))
    whole = path.read_bytes()
    path.write_bytes(whole + damage + b'{"row": 7}\n')
    with batch_journal.opened(path, {"model": "m"}, share) as journal:
        assert journal.done == 2
    assert path.read_bytes() == whole


def test_other_options_are_refused(half_done, classifier, multi_label):
    source, output = half_done
    before = (output.parent / PART).read_bytes()
    with pytest.raises(JournalError, match=r"not the same \(top_k was None, now 2\); give the same to go on"):
        batch.run(settings(source, output, top_k=2), classifier)
    with pytest.raises(JournalError, match=r"max_megapixels was 50.0, now 1.0"):
        batch.run(settings(source, output, max_megapixels=1.0), classifier)
    with pytest.raises(JournalError, match=r"source was 30 rows \(SHA-256 \w+\), now 31 rows"):
        batch.run(settings(table(source.with_name("longer.csv"), 31), output), classifier)
    source.write_text(source.read_text().replace("n7", "n8"))
    with pytest.raises(JournalError, match=r"source was 30 rows \(SHA-256 \w+\), now 30 rows"):
        batch.run(settings(source, output), classifier)
    table(source, 30)
    with pytest.raises(JournalError, match=r"precision was fp32, now bf16"):
        batch.run(settings(source, output), serving.classifier(precision="bf16"))
    other = serving.classifier()
    other.model.classifier.bias.data[0] += 0.01
    with pytest.raises(JournalError, match=r"model was weights"):
        batch.run(settings(source, output), other)
    assert (output.parent / PART).read_bytes() == before


def test_another_number_of_processes_is_refused(half_done, classifier):
    source, output = half_done
    (output.parent / PART).rename(output.with_name("p.jsonl.part-1-of-2"))
    with pytest.raises(JournalError, match="begun with 2 processes, and this is 1; start as many"):
        batch.run(settings(source, output), classifier)


def test_a_file_that_is_none_of_ours_is_refused(half_done, classifier):
    source, output = half_done
    (output.parent / PART).write_text("photos of\nmy holiday\n")
    with pytest.raises(JournalError, match="no journal of a batch"):
        batch.run(settings(source, output), classifier)
    assert (output.parent / PART).read_text() == "photos of\nmy holiday\n"


def test_a_finished_output_is_not_written_over(tmp_path, classifier):
    source, output = table(tmp_path / "list.csv", 3), tmp_path / "p.jsonl"
    output.write_text("my work")
    with pytest.raises(JournalError, match="exists already; delete it, or choose another"):
        batch.run(settings(source, output), classifier)
    assert output.read_text() == "my work"


@pytest.mark.parametrize("more", [1, -1])
def test_a_source_that_changes_meanwhile_is_one_error_or_left_as_it_was(
    tmp_path, classifier, monkeypatch, more
):
    source, output = table(tmp_path / "list.csv", 10), tmp_path / "p.jsonl"
    take = batch_sources.take_census

    def then_change(path, limits):
        census = take(path, limits)
        table(path, 10 + more)
        return census

    monkeypatch.setattr(batch_sources, "take_census", then_change)
    if more > 0:
        batch.run(settings(source, output), classifier)
        assert_whole(read(output), 10, classifier)
    else:
        with pytest.raises(SourceError, match="lost rows while it was read"):
            batch.run(settings(source, output), classifier)


def test_two_batches_do_not_write_the_same_output(half_done, classifier):
    source, output = half_done
    header = read(output.parent / PART)[0]
    with (
        batch_journal.opened(output.parent / PART, header, range(30)),
        pytest.raises(JournalError, match="another batch is writing"),
    ):
        batch.run(settings(source, output), classifier)


def test_a_disk_that_cannot_be_written_is_one_error(tmp_path, classifier, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        batch.run(settings(table(tmp_path / "list.csv", 3), tmp_path / "p.jsonl"), classifier)


@pytest.fixture
def model(tmp_path, classifier):
    classifier.model.save_pretrained(tmp_path / "model")
    classifier.processor.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def start(source, output, model, launcher=("-m", "vitcourse")):
    options = [f"--output={output}", f"--model={model}", "--precision=fp32", "--batch_size=4", "--decoders=1"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, *launcher, "batch", str(source), *options]
    return subprocess.Popen(command, cwd=ROOT, env=environment, **pipes)


def kill_when(process, ready):
    """Kill a process, hard, as soon as something is so; it may not end before."""
    deadline = time.monotonic() + 900
    while not ready():
        assert process.poll() is None, f"it ended before it could be killed: {process.communicate()[1]}"
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.001)
    process.kill()
    process.communicate(timeout=900)


def lines_of(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_hard_it_goes_on_without_losing_or_repeating_a_row(tmp_path, model):
    source, output = table(tmp_path / "list.csv", 1500), tmp_path / "p.jsonl"
    kill_when(start(source, output, model), lambda: lines_of(tmp_path / PART) > 100)
    done = lines_of(tmp_path / PART) - 1
    assert not output.exists()
    assert 100 <= done < 1500
    same = settings(source, output, model=str(model), precision="fp32")
    summary = batch.run(same)
    assert summary["rows"] == 1500
    assert_whole(read(output), 1500, vc.Classifier(model, "fp32"))


@pytest.mark.slow
def test_two_processes_go_on_and_end_as_one(tmp_path, model, monkeypatch):
    """They were stopped when the first had half of its rows and half of a line, the second none."""
    source, output = table(tmp_path / "list.csv", 201), tmp_path / "p.jsonl"
    same, classifier = (
        settings(source, output, model=str(model), precision="fp32"),
        vc.Classifier(model, "fp32"),
    )
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stopped_after(25, patch)
        batch.run(same, classifier)
    header, *done = (tmp_path / PART).read_bytes().splitlines(keepends=True)
    (tmp_path / PART).unlink()
    output.with_name("p.jsonl.part-1-of-2").write_bytes(b"".join([header, *done[::2]])[:-20])

    process = start(source, output, model, launcher())
    out, err = process.communicate(timeout=900)
    assert process.returncode == 0, err
    assert out.count("201 rows, 28 of them with an error") == 1  # one process speaks
    assert "part-1-of-2: 49 of 101 rows are done; going on" in err
    assert_whole(read(output), 201, classifier)
    left = {path.name for path in tmp_path.iterdir() if not path.name.endswith("part-1-of-1.lock")}
    assert left == {"list.csv", "model", "p.jsonl"}
