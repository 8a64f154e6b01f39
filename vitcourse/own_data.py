"""Photos of your own as `datasets.DatasetDict`, checked to the last pixel before anything trains.

Taught in lesson 06.
"""

import math
import re
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
from datasets import ClassLabel, Dataset, DatasetDict, Features, Image, List, Value, concatenate_datasets
from sklearn.model_selection import train_test_split
from tqdm import tqdm

from vitcourse import fridge, images
from vitcourse.photo_lists import SPLITS, DataError, Photo, read_list

COURSE_SETS = {"fridge": (fridge.multiclass, False), "fridge-multilabel": (fridge.multilabel, True)}


def read(
    source: str | Path,
    *,
    multi_label: bool = False,
    skip_bad: bool = False,
    validation_share: float = 0.2,
    test_share: float = 0.2,
    seed: int = 0,
) -> DatasetDict:
    """Read photos with labels and split them in train, validation and test.

    Args:
        source: "fridge" or "fridge-multilabel", with the course's own splits; or the path of

            - a folder with one folder a class, or with train, validation and test, each with one folder a
              class;
            - a CSV file with a column `image` (or `image_url`, `file`, `file_name`, `filename`), a column
              `label` or `labels`, and perhaps `split`. Several labels are separated by commas, semicolons or
              spaces, so that a class name has none of them (`milk_bottle`);
            - a JSONL file with the same names as keys, the form of Azure's AutoML; several labels are a list.

            Paths are relative to the file, or to a folder `images` beside it.
        multi_label: Whether a photo may have several labels.
        skip_bad: Leave out photos that cannot be read, and list them in a warning, instead of an error.
        validation_share: Share of the photos for validation, if the source names no splits; at least as
            many photos as there are classes.
        test_share: The same for the test photos. With 0 the source may do without a test split.
        seed: Decides who goes where: by the order of the file names, so the same on every machine.

    Returns:
        `train`, `validation` and `test` with the columns of `vitcourse.fridge`: `image` (PIL, RGB, upright,
        decoded when it is read), `label` (a `ClassLabel`) or `labels` (a list of them), and `file`. Classes
        are in alphabetical order.

    Raises:
        DataError: If anything is wrong with the photos or their labels. One message counts all bad rows.
        AssetError: If the course's photos can be found nowhere.
        ValueError: If the shares are not sensible, or multi_label does not fit a set of the course.

    Taught in lesson 06.
    """
    if str(source) in COURSE_SETS:
        return _course_set(str(source), multi_label)
    _check_shares(validation_share, test_share)
    source = Path(source)
    photos, classes = _checked(source, multi_label, skip_bad)
    if all(photo.split is None for photo in photos):
        photos = _with_splits(source, photos, multi_label, (validation_share, test_share), seed)
    _check_splits(source, photos, classes, needed=SPLITS if test_share else SPLITS[:2])
    given = [split for split in SPLITS if any(photo.split == split for photo in photos)]
    return DatasetDict(
        {s: _dataset([p for p in photos if p.split == s], classes, multi_label) for s in given}
    )


def read_all(source: str | Path, *, multi_label: bool = False, skip_bad: bool = False) -> Dataset:
    """Read every photo of a source as one dataset, whatever split it is in.

    Args:
        source: As for `read`.
        multi_label: As for `read`.
        skip_bad: As for `read`.

    Raises:
        DataError: As `read`; one class is enough here, and no split may be empty or missing.

    Taught in lesson 08.
    """
    if str(source) in COURSE_SETS:
        return concatenate_datasets(list(_course_set(str(source), multi_label).values()))
    photos, classes = _checked(Path(source), multi_label, skip_bad)
    return _dataset(photos, classes, multi_label)


def _course_set(name: str, multi_label: bool) -> DatasetDict:
    load, is_multi_label = COURSE_SETS[name]
    if multi_label and not is_multi_label:
        raise ValueError(f"{name} has one label a photo; for multi_label=True use fridge-multilabel")
    return load()


def _check_shares(validation: float, test: float) -> None:
    if not (0 < validation < 1 and 0 <= test < 1 and validation + test < 1):
        raise ValueError(
            f"validation_share is {validation} and test_share {test}; expected shares that leave some photos "
            "for training, such as 0.2 and 0.2"
        )


def _checked(source: Path, multi_label: bool, skip_bad: bool) -> tuple[list[Photo], list[str]]:
    """Return good photos and all classes, every row and pixel checked; all that is wrong is one error."""
    found = read_list(source, multi_label)
    if source.is_file() and not multi_label:
        found.problems += _look_like_several(found.photos)
    found.problems += _duplicates(found.photos)
    bad = _unreadable(found.photos)
    if not skip_bad:
        found.problems += [f"{photo.row}: {bad[photo]}" for photo in found.photos if photo in bad]
    found.check(source)
    _warn(source, "files that are no photos by their ending", found.other_files)
    _warn(source, "photos that cannot be read", [bad[photo] for photo in found.photos if photo in bad])
    photos = [photo for photo in found.photos if photo not in bad]
    if not photos:
        raise DataError(f"{source} has no photo that can be read")
    return photos, sorted({label for photo in found.photos for label in photo.labels})


def _warn(source: Path, kind: str, names: list[str]) -> None:
    if names:
        warnings.warn(f"{source}: left out {len(names)} {kind}: {'; '.join(names)}", stacklevel=4)


def _look_like_several(photos: list[Photo]) -> list[str]:
    """Name the rows whose one label is made of other rows' labels: "can,carton"."""
    classes = {photo.labels[0] for photo in photos}
    parts = {label: [part for part in re.split(r"[,;\s]+", label) if part] for label in classes}
    several = {label for label, names in parts.items() if len(names) > 1 and classes.issuperset(names)}
    return [
        f"{photo.row}: {photo.labels[0]!r} looks like several labels; pass multi_label=True (--multi_label)"
        for photo in photos
        if photo.labels[0] in several
    ]


def _duplicates(photos: list[Photo]) -> list[str]:
    """Name the rows whose file, however it is written, an earlier row has too."""
    first, problems = {}, []
    for photo in photos:
        status = photo.path.stat()
        earlier = first.setdefault((status.st_dev, status.st_ino), photo)
        if earlier is not photo:
            same = set(earlier.labels) == set(photo.labels)
            labels = "" if same else f", with other labels ({', '.join(earlier.labels)})"
            problems.append(f"{photo.row}: {photo.file} is the same file as in {earlier.row}{labels}")
    return problems


def _unreadable(photos: list[Photo]) -> dict[Photo, str]:
    """Decode every photo to its last pixel, several at a time; return what is wrong with the bad ones."""

    def problem(photo: Photo) -> str | None:
        try:
            str(photo.path).encode()
            images.decode(photo.path)
        except UnicodeEncodeError:
            return f"{str(photo.path)!a}: the name is not UTF-8, which Arrow needs; rename the file"
        except images.ImageError as error:
            return str(error)
        return None

    with ThreadPoolExecutor() as pool:
        answers = list(tqdm(pool.map(problem, photos), "photos", len(photos), leave=False, disable=None))
    return {photo: answer for photo, answer in zip(photos, answers, strict=True) if answer}


def _with_splits(
    source: Path, photos: list[Photo], multi_label: bool, shares: tuple[float, float], seed: int
) -> list[Photo]:
    """Draw validation and test photos, stratified, from the photos in the order of their file names."""
    photos = sorted(photos, key=lambda photo: photo.file)
    strata = (
        _strata(photos, min(share for share in shares if share)) if multi_label else _classes(source, photos)
    )
    split = np.full(len(photos), "train", dtype=object)
    rest = np.arange(len(photos))
    for name, share in (("test", shares[1]), ("validation", shares[0])):
        if share:
            size = max(round(share * len(photos)), len(set(strata)))
            rest, chosen = _draw(source, rest, strata, name, size, seed)
            split[chosen] = name
    return [replace(photo, split=name) for photo, name in zip(photos, split, strict=True)]


def _draw(
    source: Path, rest: np.ndarray, strata: np.ndarray, name: str, size: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    try:
        return tuple(train_test_split(rest, test_size=size, stratify=strata[rest], random_state=seed))
    except ValueError as error:
        raise DataError(
            f"{source}: cannot draw {size} photos for {name} from {len(rest)}, stratified ({error}); add "
            "photos, ask for other shares, or say in which split each one is"
        ) from error


def _classes(source: Path, photos: list[Photo]) -> np.ndarray:
    """Return the class of each photo; each needs three, so that training has one whatever is drawn."""
    counts = Counter(photo.labels[0] for photo in photos)
    few = [f"{label} ({count})" for label, count in sorted(counts.items()) if count < len(SPLITS)]
    if few:
        raise DataError(
            f"{source} has too few photos of {', '.join(few)}; expected {len(SPLITS)} or more a class, one "
            "a split. Add photos, or say in which split each one is"
        )
    return np.array([photo.labels[0] for photo in photos])


def _strata(photos: list[Photo], smallest_share: float) -> np.ndarray:
    """Return the label combination of each photo; those too rare for the smallest split are one stratum."""
    combinations = [" ".join(sorted(photo.labels)) for photo in photos]
    counts = Counter(combinations)
    enough = max(math.ceil(1 / smallest_share), len(SPLITS))
    strata = [c if counts[c] >= enough else "rare" for c in combinations]
    most_common = counts.most_common(1)[0][0]
    if 0 < strata.count("rare") < enough:
        strata = [most_common if stratum == "rare" else stratum for stratum in strata]
    return np.array(strata)


def _check_splits(source: Path, photos: list[Photo], classes: list[str], needed: tuple[str, ...]) -> None:
    """Check that each split has a photo, and each class one to learn from."""
    counts = Counter(photo.split for photo in photos)
    empty = [split for split in needed if not counts[split]]
    if empty:
        raise DataError(
            f"{source} has no photo in {' and '.join(empty)}; expected some in {', '.join(needed)}. Name no "
            "splits at all, and they are drawn"
        )
    learned = {label for photo in photos if photo.split == "train" for label in photo.labels}
    missing = [label for label in classes if label not in learned]
    if missing:
        raise DataError(
            f"{source} has no photo in train of {', '.join(missing)}; a class needs some to learn from"
        )
    if len(classes) < 2:
        raise DataError(f"{source} has one class, {classes[0]}; expected at least two")


def _dataset(photos: list[Photo], classes: list[str], multi_label: bool) -> Dataset:
    label = ClassLabel(names=classes)
    target = {"labels": List(label)} if multi_label else {"label": label}
    features = Features({"image": Image(mode="RGB"), **target, "file": Value("string")})
    columns = {
        "image": [_as_stored(photo.path) for photo in photos],
        "label": [photo.labels[0] for photo in photos],
        "labels": [sorted(photo.labels, key=classes.index) for photo in photos],
        "file": [photo.file for photo in photos],
    }
    return Dataset.from_dict({name: columns[name] for name in features}, features=features)


def _as_stored(path: Path) -> str | PIL.Image.Image:
    """Return the path or, where `datasets` would read other pixels than `images.decode`, the picture.

    `datasets` shows what lies under transparent pixels and clips 16-bit grey to white.
    """
    with PIL.Image.open(path) as image:
        odd = image.has_transparency_data or image.mode.startswith("I")
    return images.decode(path) if odd else str(path)
