"""The file that a batch leaves: CSV with a header, the published CSV without one, or JSONL.

Taught in lesson 13.
"""

import csv
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

OWN_COLUMNS = ("row", "file_name", "label", "score", "labels", "probs", "error")


def write(
    output: Path, records: Iterable[dict], columns: Sequence[str], published_name: str | None = None
) -> None:
    """Write the rows of a batch under another name, and rename the file when it is complete.

    Args:
        output: The file; its ending, .csv or .jsonl, says the form.
        records: `row` (from 0), `file_name`, `columns` (of the source), `labels`, `probs`, `error` of each.
        columns: All columns of the source. One that is called as one of ours gets `source_` in front.
        published_name: For the published columns, the name of the list that the rows come from; empty if each
            row is a file. None for the full columns.

    Taught in lesson 13.
    """
    names = _renamed(columns)
    unfinished = output.with_name(f".{output.name}.new")
    # A file's name need not be text; backslashreplace keeps it readable, and JSON reads it back.
    with unfinished.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        if output.suffix.lower() == ".jsonl":
            file.writelines(json.dumps(_full(record, names), ensure_ascii=False) + "\n" for record in records)
        elif published_name is not None:
            _csv_writer(file).writerows(_published(records, published_name))
        else:
            _write_full_csv(file, records, names)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(output)


def _renamed(columns: Sequence[str]) -> dict[str, str]:
    """Return the names of the source's columns in the output, all different and none of them ours."""
    names = {name: name for name in columns if name not in OWN_COLUMNS}
    for name in columns:
        new = name
        while new in OWN_COLUMNS or new in names.values():
            new = f"source_{new}"
        names.setdefault(name, new)
    return {name: names[name] for name in columns}


def _full(record: dict, names: dict[str, str]) -> dict[str, Any]:
    """Return a row with the source's columns, the most probable class, and all that were asked for."""
    labels, probs = record["labels"], record["probs"]
    best = max(range(len(probs)), key=probs.__getitem__) if probs else None
    return {
        "row": record["row"],
        "file_name": record["file_name"],
        **{names[name]: value for name, value in record["columns"].items()},
        "label": None if best is None else labels[best],
        "score": None if best is None else probs[best],
        "labels": labels,
        "probs": probs,
        "error": record["error"] or None,
    }


def _write_full_csv(file: TextIO, records: Iterable[dict], names: dict[str, str]) -> None:
    header = [*OWN_COLUMNS[:2], *names.values(), *OWN_COLUMNS[2:]]
    writer = _csv_writer(file)
    writer.writerow(header)
    for record in records:
        row = _full(record, names)
        writer.writerow(_cell(row.get(name)) for name in header)


def _published(records: Iterable[dict], list_name: str) -> Iterator[list]:
    """Yield row_number_per_file, preds, labels and file_name; of a list it is the list's rows and name."""
    for record in records:
        place = [record["row"], list_name] if list_name else [0, record["file_name"]]
        answer = ["", ""] if record["error"] else [_cell(record["probs"]), _cell(record["labels"])]
        yield [place[0], *answer, place[1]]


def _cell(value: Any) -> Any:
    """Return what CSV holds of a value: text as it is, nothing for null, the rest as JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _csv_writer(file: TextIO) -> Any:
    return csv.writer(file, lineterminator="\n")
