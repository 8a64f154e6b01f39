"""The drawn world, and the demo fridge sets that are made from it."""

import csv
import importlib.util
import itertools
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score

from vitcourse.drawn import FRIDGE_CLASSES, WORLD_CLASSES, render, scene
from vitcourse.drawn.registry import REGISTRY, Drawable
from vitcourse.drawn.shapes import ellipse

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "data" / "demo"
MULTICLASS = DEMO / "fridgeObjects"
MULTILABEL = DEMO / "multilabelFridgeObjects"
ALL_CLASSES = (*FRIDGE_CLASSES, *WORLD_CLASSES)


def load_make_fridge() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_fridge", ROOT / "data" / "make_fridge.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_fridge = load_make_fridge()


def rows_of_labels() -> list[tuple[str, list[str]]]:
    with (MULTILABEL / "labels.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["filename", "labels"]
    return [(filename, labels.split()) for filename, labels in rows[1:]]


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_there_are_many_classes_and_none_is_in_the_fridge() -> None:
    assert FRIDGE_CLASSES == ("can", "carton", "milk_bottle", "water_bottle")
    assert len(WORLD_CLASSES) >= 48
    assert not set(WORLD_CLASSES) & set(FRIDGE_CLASSES)


@pytest.mark.parametrize("name", ["can", "water_bottle", "umbrella", "sailboat"])
def test_a_seed_gives_one_picture_and_another_seed_another(name: str) -> None:
    first, again, other = render(name, 3), render(name, 3), render(name, 4)
    assert first.image.tobytes() == again.image.tobytes()
    assert (first.mask == again.mask).all()
    assert first.image.tobytes() != other.image.tobytes()


def test_the_hash_seed_of_python_does_not_matter() -> None:
    code = (
        "import zlib; from vitcourse.drawn import render, scene;"
        "print(zlib.crc32(render('mug', 1).image.tobytes()),"
        "zlib.crc32(scene(['carton', 'can'], 1).image.tobytes()))"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
            timeout=900,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1] != b""


@pytest.mark.parametrize("size", [(224, 224), (96, 128)])
@pytest.mark.parametrize("name", ALL_CLASSES)
def test_every_class_renders(name: str, size: tuple[int, int]) -> None:
    drawn = render(name, 0, size)
    assert drawn.image.mode == "RGB"
    assert drawn.image.size == size
    assert drawn.mask.dtype == bool
    assert drawn.mask.shape == (size[1], size[0])
    assert 0.03 < drawn.mask.mean() < 0.8
    assert np.asarray(drawn.image).std() > 5


def test_an_unknown_name_is_an_error_that_says_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"'spaceship'.*umbrella"):
        render("spaceship", 0)


@pytest.mark.parametrize("names", [[], ["can", "can"], ["can", "spaceship"]])
def test_a_scene_of_nothing_of_twins_or_of_unknown_things_is_an_error(names: list[str]) -> None:
    with pytest.raises(ValueError, match="got"):
        scene(names, 0)


@pytest.mark.parametrize("pose", ["stand", "flat", "hang", "sky"])
def test_the_mask_is_where_the_object_is(monkeypatch: pytest.MonkeyPatch, pose: str) -> None:
    magenta = Drawable("disc", lambda pen: pen.flat(ellipse(0, 0, 0.5), (255, 0, 255)), pose)
    monkeypatch.setitem(REGISTRY, "disc", magenta)
    overlaps = []
    for seed in range(30):
        drawn = render("disc", seed)
        red, green, blue = np.moveaxis(np.asarray(drawn.image).astype(int), -1, 0)
        painted = (red > 170) & (blue > 170) & (green < 45)
        overlaps.append((painted & drawn.mask).sum() / (painted | drawn.mask).sum())
    assert np.median(overlaps) > 0.95
    assert min(overlaps) > 0.8


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_everything_in_a_scene_can_be_seen(count: int) -> None:
    for seed, names in enumerate(itertools.combinations(FRIDGE_CLASSES, count)):
        drawn = scene(names, seed, (240, 320))
        assert list(drawn.masks) == list(names)
        masks = np.stack(list(drawn.masks.values()))
        assert masks.sum(0).max() == 1, "a pixel belongs to one object"
        assert (masks.mean((1, 2)) > 0.01).all()


def test_multiclass_demo_has_the_layout_of_the_real_set() -> None:
    numbers = {
        folder.name: sorted(int(path.stem) for path in folder.iterdir()) for folder in MULTICLASS.iterdir()
    }
    assert numbers == {
        "can": list(range(1, 33)),
        "carton": list(range(33, 65)),
        "milk_bottle": list(range(65, 102)),
        "water_bottle": list(range(102, 135)),
    }


def test_multilabel_demo_has_the_layout_of_the_real_set() -> None:
    assert sorted(path.name for path in MULTILABEL.iterdir()) == ["images", "labels.csv"]
    rows = rows_of_labels()
    assert [filename for filename, _ in rows] == [f"{number}.jpg" for number in range(1, 129)]
    assert {path.name for path in (MULTILABEL / "images").iterdir()} == {filename for filename, _ in rows}
    assert all(len(set(labels)) == len(labels) for _, labels in rows)
    assert Counter(len(labels) for _, labels in rows) == {1: 20, 2: 40, 3: 36, 4: 32}
    counts = Counter(label for _, labels in rows for label in labels)
    assert set(counts) == set(FRIDGE_CLASSES)
    assert all(82 <= count <= 86 for count in counts.values())


def test_labels_come_in_no_fixed_order() -> None:
    orders = {tuple(labels) for _, labels in rows_of_labels() if len(labels) == 4}
    assert len(orders) > 8


def test_every_third_of_the_multilabel_demo_has_about_the_same_mix() -> None:
    sizes = np.array([len(labels) for _, labels in rows_of_labels()])
    for third in (*np.array_split(sizes, 3), *(sizes[start::3] for start in range(3))):
        for size, total in {1: 20, 2: 40, 3: 36, 4: 32}.items():
            assert abs((third == size).sum() - total / 3) <= 4


def test_demo_pictures_are_small_portraits() -> None:
    paths = sorted(DEMO.glob("*Objects/*/*.jpg"))
    assert len(paths) == 134 + 128
    for path in paths:
        with Image.open(path) as image:
            assert (image.format, image.size, image.mode) == ("JPEG", (240, 320), "RGB")
    assert sum(path.stat().st_size for path in paths) <= 4e6


@pytest.mark.parametrize("number", [1, 20, 40, 64, 70, 101, 110, 134])
def test_make_fridge_reproduces_the_multiclass_demo(number: int) -> None:
    name = dict(make_fridge.numbered_classes())[number]
    committed = pixels(MULTICLASS / name / f"{number}.jpg")
    drawn = np.asarray(make_fridge.picture_of_one(number, name)).astype(int)
    other = np.asarray(make_fridge.picture_of_one(number + 1, name)).astype(int)
    assert np.abs(committed - drawn).mean() < 6
    assert np.abs(committed - other).mean() > 12


@pytest.mark.parametrize("number", [1, 33, 128])
def test_make_fridge_reproduces_the_multilabel_demo(number: int) -> None:
    plan = make_fridge.spread(make_fridge.label_sets(), np.random.default_rng(0))
    filename, labels = rows_of_labels()[number - 1]
    assert (filename, tuple(labels)) == (f"{number}.jpg", plan[number - 1])
    committed = pixels(MULTILABEL / "images" / filename)
    drawn = np.asarray(make_fridge.picture_of_several(number, plan[number - 1])).astype(int)
    assert np.abs(committed - drawn).mean() < 6


def test_writing_leaves_no_half_written_file(tmp_path: Path) -> None:
    make_fridge.write(tmp_path / "folder" / "a.jpg", b"first")
    make_fridge.write(tmp_path / "folder" / "a.jpg", b"second")
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["a.jpg"]
    assert (tmp_path / "folder" / "a.jpg").read_bytes() == b"second"


def test_colour_alone_does_not_tell_the_classes_apart() -> None:
    paths = sorted(MULTICLASS.glob("*/*.jpg"))
    labels = [path.parent.name for path in paths]
    histograms = [
        np.concatenate(
            [np.histogram(channel, 16, (0, 256))[0] for channel in np.moveaxis(pixels(path), -1, 0)]
        )
        for path in paths
    ]
    scores = []
    for seed in range(3):
        forest = RandomForestClassifier(100, random_state=seed)
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        scores.append(cross_val_score(forest, histograms, labels, cv=folds).mean())
    assert max(scores) < 0.6
