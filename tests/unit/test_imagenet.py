"""`vitcourse evaluate`: folders of images to top-1 and top-5, also against ImageNet-ReaL labels."""

import json
import pkgutil

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import binomtest
from timm.data import ImageNetInfo

import vitcourse as vc
from vitcourse import cli, imagenet
from vitcourse.imagenet import FolderError

IMAGENET = ImageNetInfo("imagenet-1k").label_descriptions()
ANIMALS = ["great white shark, man-eater", "bee", "cat", "dog", "elk", "fox"]


class Answers:
    """A classifier that reads its best class from the red of a picture; the next ones follow."""

    def __init__(self, labels):
        self.labels = labels

    def batch_logits(self, paths):
        for path in paths:
            first = Image.open(path).getpixel((0, 0))[0]
            logits = torch.zeros(1, len(self.labels))
            for place in range(5):
                logits[0, (first + place) % len(self.labels)] = 5.0 - place
            yield logits


def write(folder, name, says):
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 4, 3), says, np.uint8)).save(folder / name)


@pytest.fixture
def animals(tmp_path):
    write(tmp_path / "Great_White_shark", "a.png", 0)  # right
    write(tmp_path / "cat", "a.png", 2)  # right
    write(tmp_path / "cat", "b.PNG", 1)  # second
    write(tmp_path / "fox", "a.png", 0)  # sixth of six: not among five
    (tmp_path / "cat" / "notes.txt").write_text("no picture")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    return tmp_path


def test_top1_top5_and_their_intervals(animals):
    result = imagenet.evaluate(Answers(ANIMALS), animals)
    assert (result["images"], result["classes"], result["other_files"]) == (4, 3, 1)
    interval = binomtest(2, 4).proportion_ci(method="wilson")
    assert result["top1"] == {
        "right": 2,
        "of": 4,
        "accuracy": 0.5,
        "low": interval.low,
        "high": interval.high,
    }
    assert (result["top5"]["right"], result["top5"]["of"]) == (3, 4)


def test_few_classes_have_no_top5(animals):
    assert "top5" not in imagenet.evaluate(Answers([*ANIMALS[:3], "fox"]), animals)


@pytest.mark.parametrize(
    ("name", "index"),
    [("n01440764", 0), ("tench", 0), ("Tench", 0), ("tench, Tinca tinca", 0), ("great_white_shark", 2)],
)
def test_imagenet_folders_by_label_synonym_and_wordnet_id(tmp_path, name, index):
    (tmp_path / name).mkdir()
    assert imagenet.class_folders(tmp_path, IMAGENET) == {tmp_path / name: index}


def test_every_wordnet_id_has_its_class(tmp_path):
    for index in range(0, 1000, 97):
        (tmp_path / ImageNetInfo("imagenet-1k").index_to_label_name(index)).mkdir()
    assert sorted(imagenet.class_folders(tmp_path, IMAGENET).values()) == list(range(0, 1000, 97))


def test_a_name_of_two_classes_is_refused(tmp_path):
    (tmp_path / "crane").mkdir()  # the bird, and the machine
    with pytest.raises(FolderError, match=r"1 folder names belong to several classes of the model: crane"):
        imagenet.class_folders(tmp_path, IMAGENET)


def test_unknown_names_are_one_error(tmp_path):
    for name in ("unicorn", "n01440764", "cat"):
        (tmp_path / name).mkdir()
    message = (
        r"2 folder names belong to no class of the model: n01440764, unicorn; expected class names\. Its 6"
    )
    with pytest.raises(FolderError, match=message):
        imagenet.class_folders(tmp_path, ANIMALS)


def test_what_is_no_folder_of_folders(tmp_path):
    with pytest.raises(FolderError, match="is no folder"):
        imagenet.class_folders(tmp_path / "gone", ANIMALS)
    with pytest.raises(FolderError, match="holds no folders"):
        imagenet.class_folders(tmp_path, ANIMALS)
    (tmp_path / "cat").mkdir()
    with pytest.raises(FolderError, match="no image in them"):
        imagenet.evaluate(Answers(ANIMALS), tmp_path)


@pytest.fixture
def real_json(tmp_path):
    """The published labels, as timm ships them."""
    path = tmp_path / "real.json"
    path.write_bytes(pkgutil.get_data("timm.data", "_info/imagenet_real_labels.json"))
    return path


def test_real_labels(real_json, tmp_path):
    real = imagenet.read_real_labels(real_json)
    empty = next(number for number, row in enumerate(real) if not row)
    several = next(number for number, row in enumerate(real) if len(row) > 1 and max(row) < 256)
    one, other = real[several][:2]
    folder = tmp_path / "val"
    write(folder / IMAGENET[one].split(",")[0], f"ILSVRC2012_val_{several + 1:08d}.png", other)
    write(folder / "n01440764", f"ILSVRC2012_val_{empty + 1:08d}.png", 0)
    result = imagenet.evaluate(Answers(IMAGENET), folder, real)
    assert (result["top1"]["right"], result["top1"]["of"]) == (1, 2)  # the labels of ImageNet: one is right
    assert (result["real_top1"]["right"], result["real_top1"]["of"]) == (
        1,
        1,
    )  # ReaL: also right, other left out
    assert "ReaL top-1" in imagenet.as_text({"model": "m", **result})


def test_files_without_a_number_have_no_real_labels(real_json, tmp_path):
    write(tmp_path / "val" / "tench", "photo.png", 0)
    real = imagenet.read_real_labels(real_json)
    with pytest.raises(
        FolderError, match=r"photo\.png has no ReaL labels; expected a name from ILSVRC2012_val"
    ):
        imagenet.evaluate(Answers(IMAGENET), tmp_path / "val", real)


def test_real_labels_need_a_model_of_imagenet(animals, real_json, tmp_path):
    real_json.rename(tmp_path.parent / "real.json")
    with pytest.raises(FolderError, match=r"1000 classes; the model has 6"):
        imagenet.evaluate(Answers(ANIMALS), animals, imagenet.read_real_labels(tmp_path.parent / "real.json"))


@pytest.mark.parametrize("content", ["[", "{}", "[[1], [2]]", "[1, 2]", json.dumps([[1000]] * 50_000)])
def test_other_files_are_no_real_labels(tmp_path, content):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(FolderError, match=r"x\.json .*expected"):
        imagenet.read_real_labels(tmp_path / "x.json")


@pytest.fixture
def three_drawn_classes(tmp_path):
    for name in ("hot_air_balloon", "fork", "t_shirt"):
        target = tmp_path / "drawn" / name
        target.mkdir(parents=True)
        source = vc.assets.demo_dir() / "drawnWorld" / name / "0.jpg"
        (target / "0.jpg").write_bytes(source.read_bytes())
    return tmp_path / "drawn"


def test_the_command_on_drawn_pictures(three_drawn_classes, capsys):
    assert cli.main(["evaluate", "--images", str(three_drawn_classes), "--model", "vit-micro"]) == 0
    assert "vit-micro: 3 images, 3 classes" in capsys.readouterr().out
    assert cli.main(["evaluate", "--images", str(three_drawn_classes), "--model", "vit-micro", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["model"], result["images"], result["top5"]["of"]) == ("vit-micro", 3, 3)
    assert result["top5"]["right"] >= 2


def test_the_command_fails_with_one_line(tmp_path, capsys):
    (tmp_path / "val" / "unicorn").mkdir(parents=True)
    assert cli.main(["evaluate", "--images", str(tmp_path / "val"), "--model", "vit-micro"]) == 1
    assert "vitcourse: 1 folder names belong to no class of the model: unicorn" in capsys.readouterr().err
    assert cli.main(["evaluate", "--images", str(tmp_path), "--model", "vit-enormous"]) == 1
    assert "no checkpoint 'vit-enormous'" in capsys.readouterr().err
    (tmp_path / "val" / "unicorn").rename(tmp_path / "val" / "fork")
    (tmp_path / "val" / "fork" / "a.jpg").write_text("no picture")
    assert cli.main(["evaluate", "--images", str(tmp_path / "val"), "--model", "vit-micro"]) == 1
    assert "a.jpg: this is no image" in capsys.readouterr().err
