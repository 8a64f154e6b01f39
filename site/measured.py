"""Tables of what was measured: every file of benchmarks/results, as Markdown."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def measured_page(root: Path) -> str:
    """Write the page of all tables, a section for each file, in the order of their names."""
    paths = sorted((root / "benchmarks" / "results").glob("*.json"))
    return "\n\n".join([_HEAD, *(section(path, root / "benchmarks") for path in paths)]) + "\n"


_HEAD = """# What was measured

The most important figures, with their intervals, are in the [README](README.md) and, for the demo assets, in
[data/README.md](data/README.md). Below is what the programs of `benchmarks/` wrote to `benchmarks/results/`:
what each one asks, the machine it ran on, and its table. Counts of pictures are those of one run, without an
interval."""


def section(path: Path, benchmarks: Path) -> str:
    """Write the section of one file: what was asked, on which machine, plots if there are some, the table."""
    result = json.loads(path.read_text(encoding="utf-8"))
    script = _script(path.stem, benchmarks)
    question = (ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or "").splitlines()[0]
    rows = _rows_by_seed(result) if "seeds" in result else result.get("rows") or list(_figures(result))
    facts = [f"{name}: {value}" for name, value in _facts(result)]
    plots = [_plots(path.stem, rows)] if path.with_suffix(".svg").exists() else []
    return "\n\n".join(
        [f"## {_spaced(path.stem).capitalize()}", question, "; ".join(facts) + ".", *plots, table(rows)]
    )


def _plots(stem: str, rows: list[dict[str, Any]]) -> str:
    """Show the plots that lie beside a file of results."""
    drawn = ", ".join(row["question"] for row in rows)
    return f"![Plots of {drawn}; the numbers are in the table below.](benchmarks/results/{stem}.svg)"


def _script(stem: str, benchmarks: Path) -> Path:
    """Find the program of a file of results: its name is the beginning of the file's."""
    return next(path for path in sorted(benchmarks.glob("*.py")) if stem.startswith(path.stem))


def _facts(result: dict[str, Any]) -> list[tuple[str, str]]:
    machine = result.get("machine")
    flat = {**result, **machine} if isinstance(machine, dict) else result
    facts = {name: value for name, value in flat.items() if isinstance(value, str | int | float)}
    return [
        (_spaced(name), f"`{value}`" if name == "command" else _cell(value)) for name, value in facts.items()
    ]


def _rows_by_seed(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Count, in a file of decisions, how many of the test photos each model has right; one row a seed."""
    start, truth = result["test_from"], result["truth"]
    return [
        {"seed": seed, "of": len(truth) - start}
        | {
            name: sum(a == b for a, b in zip(decisions[start:], truth[start:], strict=True))
            for name, decisions in models.items()
        }
        for seed, models in result["seeds"].items()
    ]


def _figures(result: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Give a row for each figure of nested answers, named by the way to it; of several, their range."""
    for name, value in result.items():
        if isinstance(value, dict) and name != "machine":
            yield from _figures(value, (*path, name))
        elif path:
            shown = f"{_cell(min(value))} to {_cell(max(value))}" if isinstance(value, list) else value
            yield {"what": ": ".join((*path, name)), "figure": shown}


def table(rows: list[dict[str, Any]]) -> str:
    """Write rows as a Markdown table: decisions (zeros and ones) are counted, quartiles become a range."""
    names = [name for name in rows[0] if not (name == "photos" and "right" in rows[0])]
    lines = [[_column(name) for name in names], ["---"] * len(names)]
    lines += [[_cell(row.get(name), name) for name in names] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _column(name: str) -> str:
    unit = {"bytes": "MB", "seconds": "seconds"}.get(name.rpartition("_")[2])
    return f"{_spaced(name.rpartition('_')[0])} ({unit})" if unit and "_" in name else _spaced(name)


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _cell(value: Any, name: str = "") -> str:
    if name.endswith("_bytes"):
        value = round(value / 1e6)
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " to ".join(map(_cell, value)) if name == "quartiles" else str(sum(value))
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)
