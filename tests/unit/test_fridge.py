"""The two photo sets: sizes, splits, labels, and pictures that open as RGB."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from vitcourse import assets, fridge

SPLIT_FOLDER = Path(__file__).parents[2] / "data" / "splits"


@pytest.fixture(autouse=True)
def demo(monkeypatch):
    monkeypatch.setenv("VITCOURSE_ASSETS", "demo")


def split_file(name):
    with (SPLIT_FOLDER / name).open(newline="") as file:
        return [(row["file"], row["split"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize(
    ("name", "sizes"), [("fridge.csv", (80, 27, 27)), ("fridge_multilabel.csv", (76, 26, 26))]
)
def test_every_file_is_in_exactly_one_split(name, sizes):
    rows = split_file(name)
    assert tuple(Counter(split for _, split in rows)[split] for split in fridge.SPLITS) == sizes
    assert len({file for file, _ in rows}) == len(rows) == sum(sizes)


def test_multiclass_is_stratified():
    splits = fridge.multiclass()
    totals = Counter(label for dataset in splits.values() for label in dataset["label"])
    assert [totals[label] for label in range(4)] == [32, 32, 37, 33]
    for dataset in splits.values():
        counts = Counter(dataset["label"])
        for label in range(4):
            assert abs(counts[label] - len(dataset) * totals[label] / 134) < 1


def test_multiclass_labels_are_the_folders():
    for dataset in fridge.multiclass().values():
        names = dataset.features["label"].names
        assert names == list(fridge.CLASSES)
        assert all(
            names[row["label"]] == row["file"].split("/")[0] for row in dataset.remove_columns("image")
        )


def test_multilabel_labels_are_those_of_the_csv():
    with (assets.dataset("fridge-multilabel") / "labels.csv").open(newline="") as file:
        expected = {row["filename"]: set(row["labels"].split()) for row in csv.DictReader(file)}
    seen = {}
    for dataset in fridge.multilabel().values():
        for row in dataset.remove_columns("image"):
            assert row["labels"] == sorted(row["labels"])
            seen[row["file"]] = {fridge.CLASSES[index] for index in row["labels"]}
    assert seen == expected


def test_multilabel_classes_are_spread_evenly():
    splits = fridge.multilabel()
    share = {
        split: [sum(label in labels for labels in dataset["labels"]) / len(dataset) for label in range(4)]
        for split, dataset in splits.items()
    }
    for label in range(4):
        values = [shares[label] for shares in share.values()]
        assert max(values) - min(values) < 0.12


def test_pictures_are_rgb_and_read_only_when_used(tmp_path, monkeypatch):
    for file, _ in split_file("fridge.csv"):
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no picture")
    upright = Image.new("L", (4, 8))
    exif = upright.getexif()
    exif[274] = 6  # Orientation: turned by 90 degrees
    first = fridge.multiclass()["test"][0]["file"]
    upright.save(tmp_path / first, exif=exif)
    monkeypatch.setattr(assets, "dataset", lambda name: tmp_path)
    dataset = fridge.multiclass()["test"]
    image = dataset[0]["image"]
    assert (image.mode, image.size) == ("RGB", (8, 4))
    with pytest.raises(OSError, match="identify"):
        dataset[1]
