"""Draw the two demo fridge sets, in the layout of the real zips.

    python data/make_fridge.py [--output data/demo] [--seed 0]

The multi-class set has one folder a class, the multi-label set one folder of pictures and a `labels.csv`.
Both are drawn by `vitcourse.drawn` from seeds, so the same seed gives the same files again.
"""

from __future__ import annotations

import argparse
import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from vitcourse.drawn import FRIDGE_CLASSES, render, scene

SIZE = (240, 320)
QUALITY = 82
CLASS_COUNTS = {"can": 32, "carton": 32, "milk_bottle": 37, "water_bottle": 33}
LABEL_COUNTS = {1: 20, 2: 40, 3: 36, 4: 32}
HERE = Path(__file__).resolve().parent


def picture_of_one(number: int, name: str, seed: int = 0) -> Image.Image:
    """Picture `number` of the multi-class set."""
    return render(name, 1000 * seed + number, SIZE).image


def picture_of_several(number: int, names: tuple[str, ...], seed: int = 0) -> Image.Image:
    """Picture `number` of the multi-label set."""
    return scene(names, 1000 * seed + number, SIZE).image


def numbered_classes() -> Iterator[tuple[int, str]]:
    """Number and class of every multi-class picture; numbers count on over the classes."""
    names = [name for name in FRIDGE_CLASSES for _ in range(CLASS_COUNTS[name])]
    return enumerate(names, start=1)


def label_sets() -> list[tuple[str, ...]]:
    """The label sets of all multi-label pictures, grouped by size, every class equally often."""
    sets: list[tuple[str, ...]] = []
    for size, count in LABEL_COUNTS.items():
        combinations = list(itertools.combinations(FRIDGE_CLASSES, size))
        if size == 2:
            # Neighbouring pairs share no class, so that the four pairs taken once more stay balanced.
            combinations = [combinations[i] for i in (0, 5, 1, 4, 2, 3)]
        sets += itertools.islice(itertools.cycle(combinations), count)
    return sets


def spread(sets: list[tuple[str, ...]], rng: np.random.Generator) -> list[tuple[str, ...]]:
    """Shuffle the label sets so that every third of the files has about the same mix."""
    best: list[int] = []
    best_unevenness = float("inf")
    for _ in range(400):
        order = rng.permutation(len(sets)).tolist()
        unevenness = _unevenness([len(sets[i]) for i in order])
        if unevenness < best_unevenness:
            best, best_unevenness = order, unevenness
    return [tuple(rng.permutation(sets[i]).tolist()) for i in best]


def _unevenness(sizes: list[int]) -> float:
    """Largest distance from an even mix, over three parts in a row and three parts of every third file."""
    values = np.array(sizes)
    parts = [*np.array_split(values, 3), *(values[start::3] for start in range(3))]
    return max(
        abs(int((part == size).sum()) - count * len(part) / len(values))
        for part in parts
        for size, count in LABEL_COUNTS.items()
    )


def write(path: Path, content: bytes) -> None:
    """Write a file in one step, so that no half-written file is ever seen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(content)
    temporary.replace(path)


def jpeg(image: Image.Image) -> bytes:
    """The picture as a JPEG file."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return buffer.getvalue()


def make_multiclass(folder: Path, seed: int = 0) -> None:
    """Write `can`, `carton`, `milk_bottle` and `water_bottle`, each a folder of `N.jpg`."""
    for number, name in numbered_classes():
        write(folder / name / f"{number}.jpg", jpeg(picture_of_one(number, name, seed)))


def multilabel_pictures(seed: int = 0) -> Iterator[tuple[int, tuple[str, ...], bytes]]:
    """Number, classes and JPEG file of every multi-label picture."""
    sets = spread(label_sets(), np.random.default_rng(seed))
    for number, names in enumerate(sets, start=1):
        yield number, names, jpeg(picture_of_several(number, names, seed))


def make_multilabel(folder: Path, seed: int = 0) -> None:
    """Write `images/N.jpg` and `labels.csv`."""
    rows = ["filename,labels"]
    for number, names, picture in multilabel_pictures(seed):
        write(folder / "images" / f"{number}.jpg", picture)
        rows.append(f"{number}.jpg,{' '.join(names)}")
    write(folder / "labels.csv", ("\n".join(rows) + "\n").encode())


def main() -> None:
    """Draw both sets."""
    parser = argparse.ArgumentParser(description="Draw the two demo fridge sets.")
    parser.add_argument("--output", type=Path, default=HERE / "demo", help="folder for the two sets")
    parser.add_argument("--seed", type=int, default=0, help="another seed gives other pictures")
    arguments = parser.parse_args()
    make_multiclass(arguments.output / "fridgeObjects", arguments.seed)
    make_multilabel(arguments.output / "multilabelFridgeObjects", arguments.seed)
    files = [path for path in arguments.output.rglob("*") if path.suffix in (".jpg", ".csv")]
    print(
        f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.2f} MB in {arguments.output}"
    )


if __name__ == "__main__":
    main()
