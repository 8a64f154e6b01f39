"""How time and memory grow: with the number of photos, the size of a photo, the batch and the processes.

    VITCOURSE_ASSETS=real python benchmarks/bench_growth.py [--photos 100 500 2000] [--only photos size batch]

Photos are files read again and again by a generator, and only their labels are kept: memory should not grow.
100,000 take about half an hour on two cores: --photos 100 1000 10000 100000. Photos a second are told by the
clock. Straight lines are fitted through seconds of a processor, which leave out what a machine's other guests
take; what is quoted is the largest distance of a point from its line. Writes
benchmarks/results/bench_growth_DEVICE_PRECISION.json, and its plots beside it, as .svg.
"""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import compare
import matplotlib.pyplot as plt
import numpy as np
import PIL.Image
from bench_inference import files
from matplotlib.axes import Axes
from results_file import write_text

import vitcourse as vc
from vitcourse import memory

AXES = {
    "photos": "photos",
    "size": "megapixels of a photo",
    "batch": "photos a forward pass",
    "processes": "processes",
}
STRAIGHT = ("photos", "size")  # their time should grow along a straight line
SIDES, BATCHES, PROCESSES = (500, 1000, 2000, 3000), (1, 2, 4, 8, 16, 32, 64), (1, 2)
FEW = 64  # photos for each size and batch
OFF = 0.1  # the share that a point may be off a straight line


def main() -> None:
    """Measure each growth in a fresh process a point, and plot it."""
    parser = compare.parser(__doc__, __file__)
    parser.add_argument("--photos", type=int, nargs="+", default=[100, 500, 1000, 2000])
    options = parser.parse_args()
    name = vc.setup(seed=0).model
    values = {"photos": options.photos, "size": SIDES, "batch": BATCHES, "processes": PROCESSES}
    rows, points = [], {}
    for what in options.only or values:
        points[what] = [point(what, name, value) for value in values[what]]
        rows.append(judged(what, points[what]))
    compare.finish(options.json, rows, model=name, points=points)
    plot(points, options.json.with_suffix(".svg"))


def point(what: str, name: str, value: int) -> dict:
    """Measure one point in a process of its own, or in several at once."""
    if what == "processes":
        return together(name, value)
    return memory.in_fresh_process(measure, what, name, value)


def measure(what: str, name: str, value: int) -> dict:
    """Classify photos in this process; the seconds, by the clock and of its cores, and the most memory."""
    photos = files(vc.fridge.multilabel())
    count, batch_size = value if what == "photos" else FEW, value if what == "batch" else None
    x: float = value
    if what == "size":
        photos, x = [enlarged(photos[0], value)], value**2 / 1e6
    classifier = vc.Classifier(name)
    classifier.predict(photos[:8])
    began, computed = time.perf_counter(), time.process_time()
    repeated = itertools.islice(itertools.cycle(photos), count)
    answered = sum(len(logits) for logits in classifier.batch_logits(repeated, batch_size))
    return {
        "x": x,
        "photos": answered,
        "seconds": time.perf_counter() - began,
        "processor_seconds": time.process_time() - computed,
        "bytes": memory.peak_bytes(),
    }


def enlarged(photo: str, side: int) -> bytes:
    """Return a photo as a square JPEG file of another size."""
    file = io.BytesIO()
    PIL.Image.open(photo).convert("RGB").resize((side, side)).save(file, "JPEG")
    return file.getvalue()


def together(name: str, processes: int) -> dict:
    """Let processes classify 200 photos each at the same time, on one core each."""
    code = f"import bench_growth as b; print(b.measure('photos', {name!r}, 200)['seconds'])"
    command = [sys.executable, "-c", f"import torch; torch.set_num_threads(1); {code}"]
    folder = Path(__file__).parent
    running = [
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) for _ in range(processes)
    ]
    seconds = [float(each.communicate()[0].splitlines()[-1]) for each in running]
    return {"x": processes, "photos": 200 * processes, "seconds": max(seconds)}


def judged(what: str, points: list[dict]) -> dict:
    """Say whether the time grows along a straight line (a photo takes as long however many there are)."""
    rates = ", ".join(f"{each['x']:g}: {each['photos'] / each['seconds']:.0f}/s" for each in points)
    off = None
    if what in STRAIGHT:
        x, seconds = (np.array([each[key] for each in points]) for key in ("x", "processor_seconds"))
        off = float(np.abs(seconds / line(x, seconds) - 1).max())
    row = {"question": f"growth with {AXES[what]}", "peer": "-", "ours": rates, "ratio": off}
    grown = max(each.get("bytes", 0) for each in points) - points[0].get("bytes", 0)
    memory_said = f"memory +{grown / 1e6:.0f} MB" if "bytes" in points[0] else "-"
    return row | {
        "range": memory_said,
        "to_reach": None if off is None else OFF,
        "holds": None if off is None else off <= OFF,
    }


def line(x: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Return the straight line through points, fitted by shares of the time, at x."""
    slope, start = np.polyfit(x, seconds, 1, w=1 / seconds)
    return slope * x + start


def plot(points: dict[str, list[dict]], path: Path) -> None:
    """Draw time (left) and memory (right) against what grows, a row for each question, into an SVG file."""
    style = {"svg.fonttype": "none", "svg.hashsalt": "vitcourse"}  # the same file from the same points
    with plt.rc_context(style), io.StringIO() as file:
        figure, grid = plt.subplots(
            len(points), 2, figsize=(8, 2.6 * len(points)), layout="constrained", squeeze=False
        )
        for (what, measured), (left, right) in zip(points.items(), grid, strict=True):
            draw_time(left, what, measured)
            draw_memory(right, what, measured)
        figure.savefig(file, format="svg", metadata={"Date": None})
        plt.close(figure)
        write_text(path, file.getvalue())


def draw_time(axes: Axes, what: str, points: list[dict]) -> None:
    """Draw seconds beside the straight line they should lie on; photos a second where there is none."""
    x, photos, seconds = (np.array([each[key] for each in points]) for key in ("x", "photos", "seconds"))
    if what in STRAIGHT:
        computed = np.array([each["processor_seconds"] for each in points])
        axes.plot(x, line(x, computed), "--", color="tab:orange", label="straight line")
        axes.plot(x, computed, "o", color="tab:orange", label="of a processor")
        axes.plot(x, seconds, "x", color="tab:blue", label="by the clock")
        axes.legend()
        axes.set_ylabel("seconds")
    else:
        axes.plot(x, photos / seconds, "o-", color="tab:blue")
        axes.set(ylabel="photos a second", ylim=(0, 1.1 * max(photos / seconds)))
    if what == "photos":
        axes.set_yscale("log")
        axes.set_yticks(seconds, [f"{value:.3g}" for value in seconds])
        axes.set_yticks([], minor=True)
    number(axes, what, x)


def draw_memory(axes: Axes, what: str, points: list[dict]) -> None:
    """Draw the most memory that was held; nothing where it was not measured."""
    if "bytes" not in points[0]:
        axes.set_axis_off()
        return
    x, megabytes = [each["x"] for each in points], [each["bytes"] / 1e6 for each in points]
    axes.plot(x, megabytes, "s-", color="tab:green")
    axes.set(ylabel="highest memory (MB)", ylim=(0, 1.1 * max(megabytes)))
    number(axes, what, x)


def number(axes: Axes, what: str, x: Sequence[float]) -> None:
    """Name the axis, and write a number at each point."""
    axes.set_xlabel(AXES[what])
    if what != "size":
        axes.set_xscale("log")
    axes.set_xticks(x, [f"{value:,g}" for value in x])
    axes.set_xticks([], minor=True)


if __name__ == "__main__":
    main()
