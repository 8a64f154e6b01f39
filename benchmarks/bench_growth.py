"""How time and memory grow: with the number of photos, the size of a photo, the batch and the processes.

    VITCOURSE_ASSETS=real python benchmarks/bench_growth.py [--photos 100 500 2000] [--only photos size batch]

Photos are files read again and again by a generator, and only their labels are kept: memory should not grow.
100,000 take about half an hour on two cores: --photos 100 1000 10000 100000. Straight lines are fitted
through all points; what is quoted is the largest distance of a point from its line. Writes
benchmarks/results/bench_growth.json, and plots to _build/bench/.
"""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
import time
from pathlib import Path

import compare
import matplotlib.pyplot as plt
import numpy as np
import PIL.Image
from bench_inference import files

import vitcourse as vc
from vitcourse import memory

PLOTS = Path(__file__).parents[1] / "_build" / "bench"
AXES = {
    "photos": "photos",
    "size": "megapixels of a photo",
    "batch": "photos a forward pass",
    "processes": "processes",
}
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
        plot(what, points[what])
    compare.finish(options.json, rows, model=name, points=points)


def point(what: str, name: str, value: int) -> dict:
    """Measure one point in a process of its own, or in several at once."""
    if what == "processes":
        return together(name, value)
    return memory.in_fresh_process(measure, what, name, value)


def measure(what: str, name: str, value: int) -> dict:
    """Classify photos in this process; the seconds, and the most memory until then."""
    photos = files(vc.fridge.multilabel())
    count, batch_size = value if what == "photos" else FEW, value if what == "batch" else None
    x: float = value
    if what == "size":
        photos, x = [enlarged(photos[0], value)], value**2 / 1e6
    classifier = vc.Classifier(name)
    classifier.predict(photos[:8])
    began = time.perf_counter()
    repeated = itertools.islice(itertools.cycle(photos), count)
    answered = sum(len(logits) for logits in classifier.batch_logits(repeated, batch_size))
    return {"x": x, "photos": answered, "seconds": time.perf_counter() - began, "bytes": memory.peak_bytes()}


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
    x, seconds = (np.array([each[key] for each in points]) for key in ("x", "seconds"))
    rates = ", ".join(f"{each['x']:g}: {each['photos'] / each['seconds']:.0f}/s" for each in points)
    off = None
    if what in ("photos", "size"):
        slope, start = np.polyfit(x, seconds, 1)
        off = float(np.abs(seconds / (slope * x + start) - 1).max())
    row = {"question": f"growth with {AXES[what]}", "peer": "-", "ours": rates, "ratio": off}
    grown = max(each.get("bytes", 0) for each in points) - points[0].get("bytes", 0)
    memory_said = f"memory +{grown / 1e6:.0f} MB" if "bytes" in points[0] else "-"
    return row | {
        "range": memory_said,
        "to_reach": None if off is None else OFF,
        "holds": None if off is None else off <= OFF,
    }


def plot(what: str, points: list[dict]) -> None:
    """Draw seconds, and memory where it was measured, against what grows."""
    PLOTS.mkdir(parents=True, exist_ok=True)
    x = [each["x"] for each in points]
    figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    axes[0].plot(x, [each["seconds"] for each in points], "o-")
    axes[0].set(xlabel=AXES[what], ylabel="seconds", ylim=(0, None))
    axes[1].plot(x, [each.get("bytes", float("nan")) / 1e6 for each in points], "s-")
    axes[1].set(xlabel=AXES[what], ylabel="highest memory (MB)", ylim=(0, None))
    figure.savefig(PLOTS / f"{what}.svg")
    plt.close(figure)


if __name__ == "__main__":
    main()
