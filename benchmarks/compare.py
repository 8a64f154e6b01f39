"""The whole table: every bench_*.py in turn, each question beside its peer, with what is to be reached.

    python benchmarks/compare.py [--rounds 5]

`make bench` runs it. Each script also runs alone, prints its own rows and writes its file in
benchmarks/results/, named by device and precision: a processor with bf16 and one without answer
differently. Peers take turns in one process: a round each, their order turned round from round to
round; medians are quoted, and of the ratios the lowest and the highest round.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from results_file import machine, write_json

import vitcourse as vc
from vitcourse import devices, timing

FOLDER = Path(__file__).parent
SIZE = 2048  # of the matrices whose product is the processor's rate
PRODUCTS = 4
OPERATIONS = PRODUCTS * 2 * SIZE**3  # of `products`
COLUMNS = ("question", "peer", "ours", "ratio", "range", "to_reach", "holds")


def main() -> None:
    """Run every script and print one table of their rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rows = []
    for script in sorted(FOLDER.glob("bench_*.py")):
        subprocess.run([sys.executable, str(script), "--rounds", str(options.rounds)], check=True)
        rows += json.loads(results(script).read_text(encoding="utf-8"))["rows"]
    print("\n" + as_table(rows))


def parser(description: str, script: str) -> argparse.ArgumentParser:
    """Return the options that all scripts share."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=5,
        help="of each peer, after one to warm up; short ones take three times as many",
    )
    parser.add_argument("--only", nargs="+", help="only these questions")
    parser.add_argument("--json", type=Path, default=results(script))
    return parser


def results(script: str | Path) -> Path:
    """Return the file of a script's results: one for each device and the precision it computes in."""
    name = f"{Path(script).stem}_{devices.name()}_{said(devices.mixed_precision())}.json"
    return FOLDER / "results" / name


def said(precision: str) -> str:
    """Name a precision as people do."""
    return "fp32" if precision == "no" else precision


def by_precision(ratio: float) -> float:
    """Return the ratio that is asked for where the device has bf16 or fp16; without, not to be slower."""
    return 1.0 if devices.mixed_precision() == "no" else ratio


def run(questions: dict[str, Callable[[str, int], list[dict]]], description: str, script: str) -> None:
    """Answer the questions that were asked for, all by default, and write their rows.

    Args:
        questions: Each takes the name of a model and a number of rounds, and returns rows.
        description: For --help.
        script: Its file names the results.
    """
    options = parser(description, script).parse_args()
    name = vc.setup(seed=0).model
    rows = []
    for question in options.only or questions:
        rows += questions[question](name, options.rounds)
    finish(options.json, rows, model=name)


def in_turns(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each call, round by round, after a round that warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for place in range(rounds + 1):
        for name in list(calls)[:: -1 if place % 2 else 1]:
            began = time.perf_counter()
            calls[name]()
            if place:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def faster(
    question: str,
    peer: tuple[str, list[float]],
    ours: tuple[str, list[float]],
    work: float,
    unit: str,
    to_reach: float | None = None,
) -> dict:
    """Return a row for the seconds that the same work took.

    Args:
        question: What is asked.
        peer: Its name and its seconds, round by round.
        ours: The same of the course.
        work: How much was done in a round; 0 if the seconds themselves are quoted.
        unit: Of the work, a second: "images/s"; or "s".
        to_reach: The ratio that is asked for.
    """
    (peer_name, slow), (our_name, fast) = peer, ours
    ratios = [a / b for a, b in zip(slow, fast, strict=True)]
    speeds = _speed(peer_name, slow, work, unit), _speed(our_name, fast, work, unit)
    return row(question, *speeds, ratios, to_reach)


def products() -> Callable[[], object]:
    """Return a call of `PRODUCTS` matrix products, on the device and in the precision of the course."""
    dtype, device = vc.classifier.PRECISIONS[said(devices.mixed_precision())], devices.name()
    left, right = (torch.randn(SIZE, SIZE).to(device, dtype) for _ in range(2))
    return lambda: [left @ right for _ in range(PRODUCTS)] and timing.synchronize()


def ceiling(question: str, taken: dict[str, list[float]], operations: float, work: float) -> dict:
    """Return a row for the least that a task can take: its operations at the rate of matrix products.

    Args:
        question: What is asked.
        taken: The seconds of each call, round by round: the peer first, and "products" among them.
        operations: The FLOPs of the network in a round.
        work: How many images a round has.
    """
    peer = next(iter(taken))
    least = [operations / OPERATIONS * seconds for seconds in taken["products"]]
    ours = f"{SIZE}x{SIZE} products and nothing else, the most there can be"
    return faster(question, (peer, taken[peer]), (ours, least), work, "images/s")


def row(question: str, peer: str, ours: str, ratios: Sequence[float], to_reach: float | None = None) -> dict:
    """Return a row of the table; without something to reach it is there to be compared with."""
    ratio = statistics.median(ratios)
    return {
        "question": question,
        "peer": peer,
        "ours": ours,
        "ratio": round(ratio, 3),
        "range": f"{min(ratios):.2f} to {max(ratios):.2f}",
        "to_reach": to_reach,
        "holds": None if to_reach is None else ratio >= to_reach,
    }


def _speed(name: str, seconds: list[float], work: float, unit: str) -> str:
    median = statistics.median(seconds)
    return f"{name}: {work / median if work else median:.3g} {unit}"


def as_table(rows: Sequence[dict]) -> str:
    """Write rows as a table in Markdown."""
    lines = [[name.replace("_", " ") for name in COLUMNS], ["---"] * len(COLUMNS)]
    lines += [[_cell(row[name]) for name in COLUMNS] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: str | float | bool | None) -> str:
    if value is None or isinstance(value, bool):
        return {None: "-", True: "yes", False: "NO"}[value]
    return value if isinstance(value, str) else f"{value:.2f}"


def finish(path: Path, rows: list[dict], **more: object) -> None:
    """Print rows, and write them with the machine."""
    print(as_table(rows), flush=True)
    write_json(path, {"machine": machine(), **more, "rows": rows})


if __name__ == "__main__":
    main()
