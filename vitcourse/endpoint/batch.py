"""`vitcourse batch`: from a source of images to one file of predictions, stopped and gone on with at will.

Threads decode while the model computes; several processes take every second row, say, and the main one joins
what they wrote. Taught in lesson 13.
"""

import contextlib
import dataclasses
import functools
import hashlib
import itertools
import json
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import torch
from accelerate import PartialState
from tqdm import tqdm

from vitcourse import ahead, devices, storage
from vitcourse.classifier import Classifier
from vitcourse.endpoint import batch_journal, batch_output, batch_sources, scoring
from vitcourse.endpoint.batch_journal import Journal
from vitcourse.endpoint.batch_settings import BatchSettings
from vitcourse.endpoint.batch_sources import Census, Row, SourceError
from vitcourse.endpoint.decoding import Limits
from vitcourse.endpoint.schema import Params, Request
from vitcourse.images import ImageError

SHOWN_ERRORS = 5
COMPILED_FROM = 2000  # rows of a process; to compile takes as long as some hundred images
_PATIENCE = timedelta(days=30)  # that a process which is done waits for the others


def run(settings: BatchSettings, classifier: Classifier | None = None) -> dict | None:
    """Classify all rows of a source, and write `settings.output` when all are done.

    A run that was stopped goes on where it was. Under `accelerate launch` each process takes its share.

    Args:
        settings: What, with which model, and how to write it.
        classifier: The model, if it is loaded already.

    Returns:
        In the main process, else None: `output`, `rows`, `errors` (how many rows have one), `first_errors`
        (in words) and `left_out` (the files of a folder that are no images, counted by their ending).

    Raises:
        SourceError: If there is no such source, nothing in it, or it changes meanwhile.
        JournalError: If the output exists, or was begun with another source, model or options.
        CheckpointError: If there is no such model.
        RequestError: If an option does not fit the model.
        StorageError: If the output cannot be written.

    Taught in lesson 13.
    """
    state = PartialState(cpu=devices.name() == "cpu", timeout=_PATIENCE)
    source, output = Path(settings.source), Path(settings.output)
    batch_journal.check(output, state.num_processes)
    census = batch_sources.take_census(source, settings.limits)
    classifier = classifier or Classifier(settings.model, settings.precision)
    request = Request([], "R1", params=Params("P1", settings.top_k, settings.threshold))
    scoring.check(request, classifier, settings.limits)
    share = range(state.process_index, census.rows, state.num_processes)
    if len(share) >= COMPILED_FROM:
        classifier.compile()
    path = batch_journal.path_of(output, state.process_index, state.num_processes)
    with _explained(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        with batch_journal.opened(path, _header(settings, census, classifier), share) as journal:
            _go_on(journal, share, settings, classifier, request)
    state.wait_for_everyone()
    summary = None
    if state.is_main_process:
        with _explained(output):
            summary = _join(settings, census, state.num_processes)
    state.wait_for_everyone()
    return summary


def as_text(summary: dict) -> str:
    """Write what `run` returns for people to read."""
    rows, errors = summary["rows"], summary["errors"]
    lines = [f"{summary['output']}: {rows} rows, {errors} of them with an error"]
    lines += [f"  {line}" for line in summary["first_errors"]]
    lines += [f"  and {errors - SHOWN_ERRORS} more"] if errors > SHOWN_ERRORS else []
    if summary["left_out"]:
        endings = ", ".join(
            f"{count} {ending or 'without one'}" for ending, count in summary["left_out"].items()
        )
        lines.append(f"left out, no images by their ending: {endings}")
    return "\n".join(lines)


def _explained(output: Path) -> contextlib.AbstractContextManager:
    return storage.explained(output.parent, "or choose another --output; the same command goes on from here")


def _header(settings: BatchSettings, census: Census, classifier: Classifier) -> dict:
    """Return what must be the same for a batch to go on."""
    options = ("top_k", "threshold", "max_image_mb", "max_megapixels")
    return {
        "source": f"{census.rows} rows (SHA-256 {census.digest[:16]})",
        "model": f"weights with SHA-256 {_digest(classifier)[:16]}",
        "precision": classifier.precision,
        **{name: getattr(settings, name) for name in options},
    }


def _digest(classifier: Classifier) -> str:
    """Return the SHA-256 of weights, class names and preprocessing."""
    digest = hashlib.sha256(json.dumps(classifier.labels).encode())
    digest.update(json.dumps(classifier.processor.to_dict(), sort_keys=True, default=str).encode())
    for tensor in classifier.model.state_dict().values():
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _go_on(
    journal: Journal, share: range, settings: BatchSettings, classifier: Classifier, request: Request
) -> None:
    """Classify the rows of a share that the journal does not have yet."""
    left = share[journal.done :]
    if journal.done and left:
        print(f"{journal.path}: {journal.done} of {len(share)} rows are done; going on", file=sys.stderr)
    if not left:
        return
    rows = batch_sources.rows(Path(settings.source), settings.limits)
    own = itertools.islice(enumerate(rows), left.start, left.stop, left.step)
    silent = None if PartialState().is_main_process else True  # None: silent unless on a terminal
    with tqdm(total=len(share), initial=journal.done, unit="image", disable=silent) as bar:
        for records in scored(own, settings, classifier, request):
            journal.append(records)
            bar.update(len(records))
    if journal.done < len(share):
        raise SourceError(
            f"{settings.source} lost rows while it was read; delete {journal.path} and begin again"
        )


def scored(
    rows: Iterable[tuple[int, Row]], settings: BatchSettings, classifier: Classifier, request: Request
) -> Iterator[list[dict]]:
    """Classify rows, a forward pass at a time.

    Args:
        rows: Numbers and rows; few more are taken than are in a batch.
        settings: Limits, batch size, threads.
        classifier: The model.
        request: Its params are for every row.

    Yields:
        A record each, in the order of the rows, as `batch_output.write` takes them.

    Taught in lesson 13.
    """
    batch_size = settings.batch_size or classifier.batch_size
    threads = settings.decoders or max(1, os.cpu_count() // int(os.environ.get("LOCAL_WORLD_SIZE", 1)))
    calls = (functools.partial(_prepare, row, number, classifier, settings.limits) for number, row in rows)
    prepared = ahead.in_order(calls, threads, ahead=batch_size + threads)
    with contextlib.closing(prepared):
        while batch := list(itertools.islice(prepared, batch_size)):
            pixels = [result for _, _, result in batch if not isinstance(result, ImageError)]
            logits = [classifier.forward(torch.cat(pixels))] if pixels else []
            answers = iter(scoring.answer(request, logits, classifier))
            yield [_record(number, row, result, answers) for number, row, result in batch]


def _record(number: int, row: Row, result: torch.Tensor | ImageError, answers: Iterator[dict]) -> dict:
    bad = isinstance(result, ImageError)
    answer = {"labels": [], "probs": []} if bad else next(answers)
    place = {"row": number, "file_name": row.file_name, "columns": row.columns}
    return {**place, **answer, "error": str(result) if bad else ""}


def _prepare(
    row: Row, number: int, classifier: Classifier, limits: Limits
) -> tuple[int, Row, torch.Tensor | ImageError]:
    """Return a row without its image, and `pixel_values` (1, 3, H, W) or what is wrong."""
    try:
        result = scoring.try_prepare(batch_sources.read(row, limits), classifier, limits)
    except ImageError as error:
        result = error
    return number, dataclasses.replace(row, image=""), result


def _join(settings: BatchSettings, census: Census, processes: int) -> dict:
    """Write the output from the journals of all processes, in the order of the source, and delete them."""
    source, output = Path(settings.source), Path(settings.output)
    summary = {"output": str(output), "rows": census.rows, "errors": 0, "first_errors": []}
    paths = [batch_journal.path_of(output, process, processes) for process in range(processes)]

    def in_order() -> Iterator[dict]:
        journals = [batch_journal.read(path) for path in paths]
        for number in range(census.rows):
            record = next(journals[number % processes])
            _count(record, summary)
            yield record

    published_name = None
    if settings.format == "published":
        published_name = "" if source.is_dir() else source.name
    batch_output.write(output, in_order(), census.columns, published_name)
    for path in paths:
        batch_journal.delete(path)
    left_out = batch_sources.left_out(source)
    return {**summary, "left_out": dict(left_out)}


def _count(record: dict, summary: dict) -> None:
    if record["error"]:
        summary["errors"] += 1
        if len(summary["first_errors"]) < SHOWN_ERRORS:
            name = f" ({record['file_name']})" if record["file_name"] else ""
            summary["first_errors"].append(f"row {record['row']}{name}: {record['error']}")
