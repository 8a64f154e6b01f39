"""The whole table: every bench_*.py in turn, each question beside its peer, with what is to be reached.

    python benchmarks/compare.py [--rounds 5]

`make bench` runs it. Each script also runs alone, prints its own rows and writes its file in
benchmarks/results/. Peers take turns in one process: a round each, their order turned round from round to
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

from results_file import machine, write_json

FOLDER = Path(__file__).parent
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
        rows += json.loads((FOLDER / "results" / f"{script.stem}.json").read_text(encoding="utf-8"))["rows"]
    print("\n" + as_table(rows))


def parser(description: str, script: str) -> argparse.ArgumentParser:
    """Return the options that all scripts share."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="each of the peers, after one to warm up")
    parser.add_argument("--only", nargs="+", help="only these questions")
    parser.add_argument("--json", type=Path, default=FOLDER / "results" / f"{Path(script).stem}.json")
    return parser


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
    said = _said(peer_name, slow, work, unit), _said(our_name, fast, work, unit)
    return row(question, *said, ratios, to_reach)


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


def _said(name: str, seconds: list[float], work: float, unit: str) -> str:
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
