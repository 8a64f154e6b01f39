"""Photos that are nearly the same: one in training and one in test is an answer that was given away.

Taught in lesson 08.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from datasets import Dataset
from PIL.Image import Image, Resampling
from scipy.fft import dctn
from scipy.spatial.distance import pdist

SIDE = 16  # a hash has SIDE * SIDE bits


class Place(NamedTuple):
    """Where a photo is."""

    split: str
    index: int


class Twins(NamedTuple):
    """Two photos, and the share of the bits of their hashes that differ."""

    first: Place
    second: Place
    distance: float


def perceptual_hash(image: Image) -> np.ndarray:
    """Return 256 bits that stay nearly the same when a photo is resized, brightened or compressed.

    The photo is shrunk and made grey. Of its cosine transform the 16 x 16 lowest frequencies are kept, and
    of each whether it is above their median (Zauner, *Implementation and Benchmarking of Perceptual Image
    Hash Functions*, 2010, with more bits). A mirrored photo, or one cropped by a few percent, gets away.

    Taught in lesson 08.
    """
    small = image.convert("L").resize((4 * SIDE, 4 * SIDE), Resampling.LANCZOS)
    low = dctn(np.asarray(small, dtype=float))[:SIDE, :SIDE].ravel()  # (256,)
    return low > np.median(low[1:])  # the first is the mean brightness


def near_duplicates(splits: Mapping[str, Dataset], max_distance: float = 0.2) -> list[Twins]:
    """Return all pairs of photos, within splits and across them, whose hashes are close, closest first.

    Args:
        splits: Datasets with a column `image`, such as a `DatasetDict`.
        max_distance: Share of the bits that may differ. Unrelated photos differ in about half; two photos
            of like things in like places in a quarter or more.

    Raises:
        ValueError: If there are fewer than two photos, or the distance is not between 0 and 0.5.

    Taught in lesson 08.
    """
    places = [Place(split, index) for split, dataset in splits.items() for index in range(len(dataset))]
    if len(places) < 2 or not 0 <= max_distance <= 0.5:
        raise ValueError(
            f"got {len(places)} photos and max_distance {max_distance}; expected two or more, and 0 to 0.5"
        )
    hashes = [perceptual_hash(row["image"]) for dataset in splits.values() for row in dataset]
    distances = pdist(np.stack(hashes), "hamming")  # (N * (N - 1) / 2,)
    firsts, seconds = np.triu_indices(len(places), 1)
    close = np.flatnonzero(distances <= max_distance)
    return [
        Twins(places[firsts[pair]], places[seconds[pair]], float(distances[pair]))
        for pair in close[np.argsort(distances[close], kind="stable")]
    ]
