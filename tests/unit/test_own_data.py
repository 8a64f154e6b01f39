"""Photos of your own: every way to list them, and every way in which that goes wrong."""

import json
import os
import sys
import unicodedata
import warnings
from collections import Counter

import pytest
from PIL import Image

from vitcourse import fridge, own_data
from vitcourse.photo_lists import DataError

COLOURS = {"can": (200, 0, 0), "carton": (0, 200, 0), "jug": (0, 0, 200)}


def photo(path, colour=(9, 9, 9), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6), colour).save(path, **options)
    return path


def folders(root, each=5, classes=COLOURS):
    for name in classes:
        for number in range(each):
            photo(root / name / f"{number}.png", COLOURS.get(name, (1, 2, 3)))
    return root


def table(root, rows, header="image,label", name="table.csv", ends="\n", bom=False):
    """A CSV file, and a photo for each of its rows' first fields that is not there yet."""
    text = ends.join([header, *rows]) + ends
    (root / name).write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.encode())
    return root / name


def jsonl(root, records):
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    (root / "table.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root / "table.jsonl"


@pytest.fixture
def ten(tmp_path):
    """Ten photos, 0.png to 9.png, and rows that call the first five can, the others jug."""
    for number in range(10):
        photo(tmp_path / f"{number}.png", (number, 0, 0))
    return [f"{number}.png,{'can' if number < 5 else 'jug'}" for number in range(10)]


def contents(splits):
    return {
        split: [(row["file"], row["label"]) for row in data.remove_columns("image")]
        for split, data in splits.items()
    }


# What works


def test_the_course_sets_keep_their_own_splits(monkeypatch):
    monkeypatch.setenv("VITCOURSE_ASSETS", "demo")
    for name, expected in (("fridge", fridge.multiclass()), ("fridge-multilabel", fridge.multilabel())):
        got = own_data.read(name, seed=7)
        assert {split: data["file"][:] for split, data in got.items()} == {
            split: data["file"][:] for split, data in expected.items()
        }
        assert got["train"].features == expected["train"].features
    assert len(own_data.read_all("fridge-multilabel")) == 128
    with pytest.raises(ValueError, match="use fridge-multilabel"):
        own_data.read("fridge", multi_label=True)


def test_a_folder_a_class_is_split_stratified(tmp_path):
    splits = own_data.read(folders(tmp_path, each=10))
    assert {split: len(data) for split, data in splits.items()} == {"train": 18, "validation": 6, "test": 6}
    for data in splits.values():
        assert list(data.features) == ["image", "label", "file"]
        assert data.features["label"].names == ["can", "carton", "jug"]
        assert len(set(Counter(data["label"]).values())) == 1
        for row in data:
            name = row["file"].split("/")[0]
            assert (data.features["label"].int2str(row["label"]), row["image"].getpixel((0, 0))) == (
                name,
                COLOURS[name],
            )
    files = [row[0] for rows in contents(splits).values() for row in rows]
    assert len(files) == len(set(files)) == 30


def test_the_split_depends_on_names_and_seed_alone(tmp_path, ten):
    first = own_data.read(table(tmp_path, ten))
    again = own_data.read(table(tmp_path, ten[::-1], name="other.csv"))
    assert contents(first) == contents(again)
    assert contents(first) != contents(own_data.read(tmp_path / "table.csv", seed=1))


def test_split_folders_are_kept(tmp_path):
    for name, each in (("train", 3), ("val", 2), ("test", 1)):
        folders(tmp_path / name, each)
    splits = own_data.read(tmp_path)
    assert {split: len(data) for split, data in splits.items()} == {"train": 9, "validation": 6, "test": 3}
    assert splits["validation"]["file"][0] == "val/can/0.png"


def test_a_class_may_be_called_train(tmp_path):
    for name in ("train", "bus"):
        for number in range(5):
            photo(tmp_path / name / f"{number}.png")
    assert own_data.read(tmp_path)["train"].features["label"].names == ["bus", "train"]


@pytest.mark.parametrize("header", ["image,label", "image_url,label", "file,label", " Image , Label "])
def test_csv_with_given_splits(tmp_path, ten, header):
    rows = [
        f"{row},{split}"
        for row, split in zip(ten, ["train", "validation", "test", "train", "val"] * 2, strict=True)
    ]
    splits = own_data.read(table(tmp_path, rows, header=f"{header},split"))
    assert [len(splits[split]) for split in fridge.SPLITS] == [4, 4, 2]
    assert splits["test"]["file"][:] == ["2.png", "7.png"]


def test_columns_in_another_order_windows_line_ends_and_a_byte_order_mark(tmp_path, ten):
    expected = contents(own_data.read(table(tmp_path, ten)))
    turned = [f"x,{row.split(',')[1]},{row.split(',')[0]}" for row in ten]
    other = table(tmp_path, [*turned, ""], "note,label,image", "other.csv", ends="\r\n", bom=True)
    assert contents(own_data.read(other)) == expected


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("in_table", ["NFC", "NFD"])
def test_names_that_are_not_ascii(tmp_path, on_disk, in_table):
    rows = []
    for number in range(6):
        name = f"Gläser/crème brûlée 冷蔵庫 {number}.png"
        photo(tmp_path / unicodedata.normalize(on_disk, name))
        rows.append(unicodedata.normalize(in_table, f"{name},{'thé' if number % 2 else 'kefir'}"))
    data = own_data.read_all(table(tmp_path, rows))
    assert data["file"][0] == unicodedata.normalize("NFC", "Gläser/crème brûlée 冷蔵庫 0.png")
    assert data.features["label"].names == ["kefir", unicodedata.normalize("NFC", "thé")]
    assert data[5]["image"].size == (8, 6)


def test_class_folders_that_are_not_ascii(tmp_path):
    for name in (unicodedata.normalize("NFD", "thé"), "冷蔵庫"):
        for number in range(5):
            photo(tmp_path / name / f"é{number}.png")
    splits = own_data.read(tmp_path)
    assert splits["train"].features["label"].names == [unicodedata.normalize("NFC", "thé"), "冷蔵庫"]


def test_paths_with_backslashes_and_absolute_paths(tmp_path):
    folders(tmp_path / "photos", 1, ["can", "jug"])
    rows = ["photos\\can\\0.png,can", f"{tmp_path / 'photos/jug/0.png'},jug"]
    assert own_data.read_all(table(tmp_path, rows))["file"][0] == "photos/can/0.png"


@pytest.mark.parametrize("separator", [" ", ", ", ";"])
def test_several_labels_in_a_csv(tmp_path, separator):
    rows = []
    for number in range(20):
        photo(tmp_path / "images" / f"{number}.png")
        labels = ["jug", "can"] if number % 2 else ["carton"]
        rows.append(f'{number}.png,"{separator.join(labels)}"')
    splits = own_data.read(table(tmp_path, rows, "filename,labels"), multi_label=True)
    assert splits["train"].features["labels"].feature.names == ["can", "carton", "jug"]
    for split, size in (("train", 12), ("validation", 4), ("test", 4)):
        assert Counter(map(tuple, splits[split]["labels"])) == {(0, 2): size / 2, (1,): size / 2}
        for row in splits[split]:
            assert row["labels"] == ([0, 2] if int(row["file"][:-4]) % 2 else [1])


def test_rare_label_combinations_are_spread_too(tmp_path):
    sets = ["can", "jug", "can jug", "can carton jug", "carton", "carton jug"]
    counts = [12, 12, 8, 1, 2, 1]
    rows = [f"{photo(tmp_path / f'{s}{n}.png').name},{sets[s]}" for s in range(6) for n in range(counts[s])]
    splits = own_data.read(table(tmp_path, rows, "image,labels"), multi_label=True)
    assert [len(splits[split]) for split in fridge.SPLITS] == [22, 7, 7]
    alone = {split: sum(labels == [0] for labels in data["labels"]) for split, data in splits.items()}
    assert alone["validation"] in (2, 3) and alone["test"] in (2, 3)


def test_jsonl_of_azure(tmp_path):
    records = []
    for number in range(10):
        photo(tmp_path / "images" / f"{number}.png")
        label = ["can", "milk bottle"] if number % 2 else ["milk bottle"]
        size = {"format": "png", "width": 8, "height": 6}
        records.append({"label": label, "image_details": size, "image_url": f"./images/{number}.png"})
    splits = own_data.read(jsonl(tmp_path, records), multi_label=True)
    assert splits["train"].features["labels"].feature.names == ["can", "milk bottle"]
    single = [{**record, "label": record["label"][0]} for record in records]
    assert Counter(own_data.read_all(jsonl(tmp_path, single))["label"]) == {0: 5, 1: 5}


def test_pictures_are_upright_and_as_the_classifier_sees_them(tmp_path):
    folders(tmp_path, 3)
    turned = Image.new("RGB", (8, 6), "red")
    exif = turned.getexif()
    exif[274] = 6  # Orientation: turned by 90 degrees
    turned.save(tmp_path / "can" / "0.png", exif=exif)
    Image.new("RGBA", (8, 6), (0, 0, 0, 0)).save(tmp_path / "can" / "1.png")
    Image.new("I;16", (8, 6), 257 * 100).save(tmp_path / "can" / "2.png")
    images = {row["file"]: row["image"] for row in own_data.read_all(tmp_path)}
    assert {image.mode for image in images.values()} == {"RGB"}
    assert images["can/0.png"].size == (6, 8)
    assert images["can/1.png"].getpixel((0, 0)) == (255, 255, 255)  # transparent is white
    assert images["can/2.png"].getpixel((0, 0)) == (100, 100, 100)


def test_photos_stay_on_disk_until_they_are_read(tmp_path):
    data = own_data.read(folders(tmp_path))["train"]
    path = tmp_path / data["file"][0]
    Image.new("RGB", (3, 2)).save(path)
    assert data[0]["image"].size == (3, 2)


def test_without_a_test_share_there_need_be_no_test_split(tmp_path):
    for name in ("train", "validation"):
        folders(tmp_path / name, 2)
    assert list(own_data.read(tmp_path, test_share=0)) == ["train", "validation"]
    with pytest.raises(DataError, match="has no photo in test; expected some in train, validation, test"):
        own_data.read(tmp_path)


# What does not


def fails(source, *parts, **options):
    """`read` refuses the source in one message that holds every part; returns the message."""
    with pytest.raises(DataError) as caught:
        own_data.read(source, **options)
    message = str(caught.value)
    assert message.startswith(str(source))
    for part in parts:
        assert part in message, message
    return message


def test_all_bad_rows_are_one_error(tmp_path, ten):
    (tmp_path / "9.png").write_bytes((tmp_path / "8.png").read_bytes()[:40])
    rows = [
        *ten,
        "gone.png,can",
        "0.png,can",
        "1.png,jug",
        "2.png,",
        ",can",
        "https://x.org/3.png,can",
        "4.png",
    ]
    message = fails(table(tmp_path, rows), "has 8 problems", "and 3 more")
    assert message.count("\n") == 6
    shown = [
        "line 12: gone.png is missing",
        "line 15: label is empty",
        "line 16: image is ''",
        "line 17: https",
    ]
    for line in shown:
        assert line in message


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("gone.png,can", "line 12: gone.png is missing; expected it below"),
        ("0.png,can", "line 12: 0.png is the same file as in line 2"),
        ("./0.png,jug", "line 12: ./0.png is the same file as in line 2, with other labels (can)"),
        ("x.png,", "line 12: label is empty; expected a class"),
        ("x.png,  ", "line 12: label is empty; expected a class"),
        ("x.png", "line 12: label is empty; expected a class"),
        (",can", "line 12: image is ''; expected the path of a photo"),
        ("x.png,can,jug", "line 12: has more fields than the header: ['jug']; put quotes"),
        ('x.png,"can,jug"', "line 12: 'can,jug' looks like several labels; pass multi_label=True"),
        (
            "azureml://a/x.png,can",
            "line 12: azureml://a/x.png is an address; download the photo and give its path",
        ),
        ("x" * 300 + ".png,can", "line 12: "),
    ],
)
def test_bad_rows(tmp_path, ten, row, message):
    photo(tmp_path / "x.png")
    fails(table(tmp_path, [*ten, row]), "has 1 problem;", message)


@pytest.mark.parametrize("skip_bad", [False, True])
@pytest.mark.parametrize("content", [b"", b"no picture", "cut"])
def test_unreadable_photos(tmp_path, content, skip_bad):
    folders(tmp_path)
    whole = photo(tmp_path / "can" / "9.jpg").read_bytes()
    (tmp_path / "can" / "9.jpg").write_bytes(whole[:-20] if content == "cut" else content)
    if skip_bad:
        with pytest.warns(UserWarning, match=r"left out 1 photos that cannot be read: .*9\.jpg: this"):
            splits = own_data.read(tmp_path, skip_bad=True)
        assert sum(map(len, splits.values())) == 15
    else:
        fails(tmp_path, "can/9.jpg: ", "this")


def test_a_class_whose_photos_are_all_bad_is_not_forgotten(tmp_path):
    folders(tmp_path)
    for path in (tmp_path / "jug").iterdir():
        path.write_bytes(b"no picture")
    with pytest.warns(UserWarning, match="left out 5"):
        fails(tmp_path, "no photo in train of jug", skip_bad=True)


def test_a_class_with_no_photo(tmp_path):
    folders(tmp_path / "train", 2, ["can", "jug"])
    folders(tmp_path / "validation", 1)
    folders(tmp_path / "test", 1)
    fails(tmp_path, "has no photo in train of carton; a class needs some to learn from")
    (tmp_path / "train" / "carton").mkdir()
    fails(tmp_path, "train/carton: a class folder without a photo")


def test_an_empty_split(tmp_path, ten):
    rows = [f"{row},{'train' if number % 2 else 'test'}" for number, row in enumerate(ten)]
    fails(table(tmp_path, rows, "image,label,split"), "has no photo in validation; expected some in train")
    rows[3] = rows[3].replace("train", "dev set")
    fails(
        table(tmp_path, rows, "image,label,split"), "line 5: split is 'dev set'; expected train, validation"
    )
    rows[3] = rows[3].replace("dev set", "")
    fails(table(tmp_path, rows, "image,label,split"), "line 5: split is ''; expected train, validation, test")


def test_too_few_photos_to_split(tmp_path):
    fails(folders(tmp_path, 2), "too few photos of can (2), carton (2), jug (2); expected 3 or more a class")
    photo(tmp_path / "can" / "2.png")
    photo(tmp_path / "carton" / "2.png")
    photo(tmp_path / "jug" / "2.png")
    fails(
        tmp_path, "cannot draw 3 photos for validation from 5, stratified (", "ask for other", test_share=0.4
    )


def test_one_class_is_none(tmp_path):
    fails(folders(tmp_path, 5, ["can"]), "has one class, can; expected at least two")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("photo,label", "has the columns photo, label; expected exactly one of image, image_url, file"),
        ("image,class", "has the columns image, class; expected exactly one of label, labels"),
        ("image;label", "has the columns image;label; expected exactly one of image"),
        ("image,file,label", "has image and file; expected exactly one of"),
        ("image,label,label", "has the columns image, label, label; expected each once"),
        (
            "image,labels",
            "labels may hold several labels, and the task is multi-class; pass multi_label=True",
        ),
    ],
)
def test_columns(tmp_path, ten, header, message):
    fails(table(tmp_path, ten, header), message)


def test_files_that_are_no_tables(tmp_path, ten):
    fails(table(tmp_path, []), "has no rows that can be read")
    (tmp_path / "table.csv").write_text("")
    fails(tmp_path / "table.csv", "has no rows that can be read")
    (tmp_path / "table.csv").write_bytes("image,label\n0.png,thé\n".encode("latin-1"))
    fails(tmp_path / "table.csv", "cannot be read as UTF-8 text", "save it as UTF-8")
    (tmp_path / "table.csv").write_text('image,label\n0.png,"can\n')
    fails(tmp_path / "table.csv", "is not CSV")
    (tmp_path / "table.txt").write_text("image,label\n")
    fails(tmp_path / "table.txt", "ends in '.txt'; expected a folder, a .csv or a .jsonl file")
    fails(tmp_path / "gone", "does not exist; expected fridge, fridge-multilabel, a folder")


def test_bad_lines_of_jsonl(tmp_path, ten):
    good = [{"image_url": row.split(",")[0], "label": row.split(",")[1]} for row in ten]
    bad = ["{", '"text"', {"image_url": "1.png"}, {"label": "can"}, {"image_url": "2.png", "label": 3}]
    message = fails(jsonl(tmp_path, [*good, *bad]), "has 5 problems")
    for line in (
        "line 11: is not JSON (",
        "line 12: is not a JSON object",
        "line 13: label is empty",
        "line 14: image_url is None; expected the path of a photo",
        "line 15: label is 3; expected text",
    ):
        assert line in message
    several = [{**record, "label": [record["label"]]} for record in good]
    fails(jsonl(tmp_path, several), "label may hold several labels, and the task is multi-class")
    several[2]["label"] = ["can", "can"]
    several[3]["label"] = []
    fails(
        jsonl(tmp_path, several),
        "line 3: label is can can; expected each class once",
        "line 4: label is empty",
        multi_label=True,
    )


def test_folders_without_photos(tmp_path):
    fails(tmp_path, "holds no photos in class folders; expected")
    (tmp_path / "can").mkdir()
    (tmp_path / "can" / "notes.txt").write_text("no photo")
    fails(tmp_path, "can: a class folder without a photo")


def test_photos_outside_class_folders(tmp_path):
    folders(tmp_path)
    photo(tmp_path / "stray.png")
    photo(tmp_path / "can" / "2024" / "deep.png")
    fails(
        tmp_path, "2 problems", "stray.png: a photo in no class folder", "can/2024: a folder inside a class"
    )


def test_what_is_beside_the_splits(tmp_path):
    for name in ("train", "validation", "test", "old"):
        folders(tmp_path / name, 1)
    photo(tmp_path / "stray.png")
    photo(tmp_path / "test" / "stray.png")
    fails(
        tmp_path,
        "old: a folder beside train that is none of train, validation, test",
        "  stray.png: a photo in no class folder",
        "  test/stray.png: a photo in no class folder",
    )


def test_a_table_in_a_folder_is_not_passed_over(tmp_path):
    for number in range(5):
        photo(tmp_path / "images" / f"{number}.png")
    table(tmp_path, [], "filename,labels", "labels.csv")
    fails(tmp_path, "holds labels.csv, and fewer than two class folders; pass", "labels.csv")


def test_files_of_other_kinds_are_listed_not_passed_over(tmp_path):
    folders(tmp_path)
    (tmp_path / "can" / "1.heic").write_bytes(b"from a telephone")
    with pytest.warns(UserWarning, match=r"left out 1 files that are no photos by their ending: can/1\.heic"):
        own_data.read(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_not_utf8(tmp_path):
    folders(tmp_path)
    (tmp_path / "can" / "0.png").rename(tmp_path / "can" / os.fsdecode(b"caf\xe9.png"))
    fails(tmp_path, "1 problem", r"caf\udce9.png': the name is not UTF-8, which Arrow needs; rename the file")


def test_links_to_nothing_and_to_the_same_photo(tmp_path):
    folders(tmp_path)
    (tmp_path / "can" / "8.png").symlink_to(tmp_path / "gone.png")
    (tmp_path / "can" / "9.png").symlink_to(tmp_path / "jug" / "0.png")
    fails(
        tmp_path,
        "can/8.png: is missing (a broken link)",
        "jug/0.png is the same file as in can/9.png, with other labels (can)",
    )


@pytest.mark.parametrize(("validation", "test"), [(0, 0.2), (0.5, 0.5), (1, 0), (-0.1, 0.2)])
def test_shares(tmp_path, validation, test):
    with pytest.raises(ValueError, match=f"validation_share is {validation} and test_share {test}; expected"):
        own_data.read(tmp_path, validation_share=validation, test_share=test)


def test_good_photos_bring_no_warning(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        own_data.read(folders(tmp_path))
