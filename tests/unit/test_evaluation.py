"""`evaluate_checkpoint` and `vitcourse evaluate --data`: the right photos, labels matched by name."""

import json
import warnings

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import binomtest
from sklearn.metrics import f1_score
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

from vitcourse import cli, evaluation, intervals, metrics, own_data, split_files
from vitcourse.classifier import Classifier
from vitcourse.photo_lists import DataError

CLASSES = ("ant", "bee", "cat")


class Answers(Classifier):
    """A classifier that reads its logits from the first pixel: red, green, blue for ant, bee, cat."""

    def __init__(self, labels=CLASSES, multi_label=False):
        self.labels, self.multi_label = list(labels), multi_label

    def batch_logits(self, images, batch_size=None):
        for image in images:
            pixel = dict(zip(CLASSES, image.getpixel((0, 0)), strict=True))
            yield torch.tensor([[(pixel[label] - 128) / 32 for label in self.labels]])


def photo(path, says, strength=250):
    path.parent.mkdir(parents=True, exist_ok=True)
    colour = [strength if name in says else 40 for name in CLASSES]
    Image.fromarray(np.full((32, 32, 3), colour, np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path):
    """Splits of 3, 3 and 9 photos; in test, of 3 ants one passes for a bee."""
    for split, each in (("train", 1), ("validation", 1), ("test", 3)):
        for name in CLASSES:
            for number in range(each):
                photo(tmp_path / "data" / split / name / f"{number}.png", [name], 200 + 10 * number)
    photo(tmp_path / "data" / "test" / "ant" / "0.png", ["bee"])
    return tmp_path / "data"


def table(root, rows):
    """A multi-label list: each row the true labels and those the classifier will say; all in test but two."""
    lines = ["image,labels,split"]
    for number, (truth, says) in enumerate(rows):
        photo(root / f"{number}.png", says.split())
        lines.append(
            f"{number}.png,{truth},{'train' if not number else 'validation' if number == 1 else 'test'}"
        )
    (root / "labels.csv").write_text("\n".join(lines))
    return root / "labels.csv"


def test_scores_photos_and_intervals(folder):
    result = evaluation.evaluate_checkpoint(Answers(), folder, resamples=50)
    assert {key: result[key] for key in ("data", "split", "task", "photos", "classes")} == {
        "data": str(folder),
        "split": "test",
        "task": "multi-class",
        "photos": 9,
        "classes": 3,
    }
    low, high = binomtest(8, 9).proportion_ci(method="wilson")
    assert result["scores"]["accuracy"] == {
        "value": pytest.approx(8 / 9),
        "low": pytest.approx(low),
        "high": pytest.approx(high),
        "n": 9,
        "interval": "wilson",
    }
    truth, said = [0, 0, 0, 1, 1, 1, 2, 2, 2], [1, 0, 0, 1, 1, 1, 2, 2, 2]
    assert result["scores"]["f1_macro"]["value"] == pytest.approx(f1_score(truth, said, average="macro"))
    assert result["scores"]["f1_macro"]["low"] is None  # too many draws miss a class
    weighted = result["scores"]["f1_weighted"]
    assert weighted["interval"] == "bootstrap" and weighted["low"] < weighted["value"] < weighted["high"]
    assert result["per_class"]["ant"] | {"f1": 0, "iou": 0} == {
        "precision": 1,
        "recall": pytest.approx(2 / 3),
        "f1": 0,
        "iou": 0,
        "photos": 3,
    }
    assert set(result["scores"]) == set(metrics.multiclass(np.eye(3), np.arange(3)))
    assert {row["n"] for row in result["scores"].values()} == {9}


def quiet(*arrays):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", metrics.UndefinedWarning)
        return metrics.multiclass(*arrays)


def test_all_intervals_are_those_of_the_bootstrap():
    rng = np.random.default_rng(1)
    probabilities, truth = rng.dirichlet(np.ones(3), 20), rng.integers(3, size=20)
    rows = evaluation.scores(probabilities, truth, resamples=20)
    for name in ("f1_macro", "ece"):
        expected = intervals.bootstrap(
            lambda p, y, name=name: quiet(p, y)[name], probabilities, truth, resamples=20
        )
        assert (rows[name]["low"], rows[name]["high"]) == pytest.approx(expected)


@pytest.mark.parametrize("order", [CLASSES, ("cat", "ant", "bee")])
def test_labels_are_matched_by_name(folder, order):
    result = evaluation.evaluate_checkpoint(Answers(order), folder, resamples=0)
    assert result["scores"]["accuracy"]["value"] == pytest.approx(8 / 9)
    assert result["per_class"]["ant"]["recall"] == pytest.approx(2 / 3)
    assert list(result["per_class"]) == list(order)


def test_splits(folder):
    sizes = {"train": 3, "validation": 3, "test": 9, "all": 15}
    for split, photos in sizes.items():
        result = evaluation.evaluate_checkpoint(Answers(), folder, split, resamples=0)
        assert (result["split"], result["photos"]) == (split, photos)
    with pytest.raises(ValueError, match="split is 'val'; expected train, validation, test or all"):
        evaluation.evaluate_checkpoint(Answers(), folder, "val")
    drawn = evaluation.evaluate_checkpoint(Answers(), folder / "test", resamples=0)
    assert drawn["photos"] == 3
    with pytest.raises(DataError, match="has no split test; expected one of train, validation, or all"):
        evaluation.evaluate_checkpoint(Answers(), folder / "test", validation_share=0.4, test_share=0)


def test_several_labels(tmp_path):
    rows = [("ant bee cat", "ant"), ("ant bee", "ant")]
    rows += [("ant bee", "ant bee"), ("cat", "cat"), ("bee cat", "cat"), ("ant cat", "ant cat")]
    source = table(tmp_path, rows)
    result = evaluation.evaluate_checkpoint(
        Answers(("cat", "ant", "bee"), multi_label=True), source, resamples=20
    )
    assert (result["task"], result["photos"]) == ("multi-label", 4)
    assert result["scores"]["exact_match"]["value"] == 0.75
    low, high = binomtest(3, 4).proportion_ci(method="wilson")
    assert (result["scores"]["exact_match"]["low"], result["scores"]["exact_match"]["high"]) == (low, high)
    assert result["scores"]["hamming_loss"]["value"] == pytest.approx(1 / 12)
    assert result["per_class"]["bee"]["recall"] == 0.5
    all_said = evaluation.evaluate_checkpoint(
        Answers(multi_label=False), source, multi_label=True, threshold=0.0, resamples=0
    )
    assert all_said["scores"]["precision_micro"]["value"] == pytest.approx(7 / 12)


def test_the_kinds_of_task_must_agree(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("VITCOURSE_ASSETS", "demo")
    with pytest.raises(
        DataError, match="gives a photo several labels, the model one label; expected data and"
    ):
        evaluation.evaluate_checkpoint(Answers(), "fridge-multilabel")
    with pytest.raises(ValueError, match="use fridge-multilabel"):
        evaluation.evaluate_checkpoint(Answers(multi_label=True), "fridge")
    with pytest.raises(ValueError, match="threshold is for several labels a photo"):
        evaluation.evaluate_checkpoint(Answers(), folder, threshold=0.4)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (("ant", "bee", "dog"), "cat unknown to it, dog only in it; expected ant, bee, dog"),
        (("ant", "bee", "cat", "dog"), "none unknown to it, dog only in it"),
        (("ant", "bee"), "cat unknown to it, none only in it; expected ant, bee"),
        (
            tuple(f"c{n}" for n in range(9)),
            "ant, bee, cat unknown to it, c0, c1, c2, c3, c4 and 4 more only in",
        ),
    ],
)
def test_other_classes_are_an_error(folder, labels, message):
    with pytest.raises(DataError, match=f"has not the classes of the model: {message}"):
        evaluation.evaluate_checkpoint(Answers(labels), folder)


def test_what_the_photos_cannot_tell_is_null(folder):
    for path in (folder / "validation" / "cat").iterdir():
        path.unlink()
    (folder / "validation" / "cat").rmdir()
    with pytest.warns(metrics.UndefinedWarning):
        result = evaluation.evaluate_checkpoint(Answers(), folder, "validation", resamples=30)
    none = {"value": None, "low": None, "high": None, "n": 2, "interval": None}
    assert result["scores"]["recall_macro"] == none
    assert result["per_class"]["cat"] == dict.fromkeys(("precision", "recall", "f1", "iou")) | {"photos": 0}
    assert result["scores"]["accuracy"]["value"] == 1
    # one class alone in half of the draws: too often undefined for an interval
    assert result["scores"]["mcc"] == {"value": 1, "low": None, "high": None, "n": 2, "interval": None}
    text = evaluation.as_text({"model": "m", **result})
    assert "recall_macro                    -   none" in text
    assert "these photos cannot tell" in text
    json.dumps(result, allow_nan=False)


def test_the_split_beside_the_model_decides(folder, checkpoint):
    """Another seed, or the default one, would put photos that the model has learned into its test."""
    source = folder / "test"
    used = own_data.read(source, seed=5)
    assert set(used["test"]["file"]) != set(own_data.read(source)["test"]["file"])
    assert split_files.write(used, checkpoint).read_text().startswith("file,split\n")
    assert not list(checkpoint.glob("*.partial"))
    recorded = split_files.read(checkpoint)
    for options in ({}, {"seed": 3}, {"test_share": 0.4}):
        chosen = evaluation._photos(source, "test", recorded, multi_label=False, **options)
        assert set(chosen["file"]) == set(used["test"]["file"])
    assert evaluation.evaluate_checkpoint(checkpoint, source, resamples=0)["photos"] == 3
    assert evaluation.evaluate_checkpoint(checkpoint, source, "all", resamples=0)["photos"] == 9
    assert evaluation.evaluate_checkpoint(checkpoint, folder, resamples=0)["photos"] == 9  # other photos
    photo(source / "ant" / "new.png", ["ant"])
    with pytest.raises(
        DataError, match="has 9 of the 9 photos that the model was fine-tuned with, by name, and 1"
    ):
        evaluation.evaluate_checkpoint(checkpoint, source)
    (checkpoint / "split.csv").write_text("name,split\na,test\n")
    with pytest.raises(ValueError, match=r"split\.csv cannot be read"):
        evaluation.evaluate_checkpoint(checkpoint, source)


@pytest.mark.parametrize(("option", "value"), [("resamples", -1), ("threshold", 1.5)])
def test_options(folder, option, value):
    with pytest.raises(ValueError, match=f"{option} (is )?{value}"):
        evaluation.evaluate_checkpoint(Answers(multi_label=True), folder, **{option: value})


# The command


@pytest.fixture
def checkpoint(tmp_path):
    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=24,
        num_hidden_layers=1,
        num_attention_heads=3,
        intermediate_size=48,
        image_size=32,
        patch_size=16,
        id2label=dict(enumerate(reversed(CLASSES))),
        initializer_range=0.5,
    )
    ViTForImageClassification(config).save_pretrained(tmp_path / "model")
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_the_command_agrees_with_the_classifier(folder, checkpoint, capsys):
    photos = sorted((folder / "test").glob("*/*.png"))
    said = [answer[0]["label"] for answer in Classifier(checkpoint).predict(photos)]
    right = sum(label == path.parent.name for label, path in zip(said, photos, strict=True))
    command = ["evaluate", "--data", str(folder), "--model", str(checkpoint), "--resamples", "10"]
    assert cli.main([*command, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["model"], result["split"], result["photos"]) == (str(checkpoint), "test", 9)
    assert result["scores"]["accuracy"]["value"] == pytest.approx(right / 9)
    assert cli.main([*command, "--split", "all"]) == 0
    out = capsys.readouterr().out
    assert f"{checkpoint} on {folder}, all: 15 photos, 3 classes, multi-class" in out
    assert "f1_macro" in out and "bootstrap" in out and "cat" in out


def test_the_command_lists_the_photos_it_leaves_out(folder, checkpoint, capsys):
    (folder / "test" / "bee" / "0.png").write_bytes(b"no picture")
    command = ["evaluate", "--data", str(folder), "--model", str(checkpoint), "--resamples", "0", "--json"]
    assert cli.main(command) == 1
    out, err = capsys.readouterr()
    assert out == "" and "test/bee/0.png: " in err and "Traceback" not in err
    assert cli.main([*command, "--skip-bad"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["photos"] == 8
    assert "vitcourse: warning:" in err and "left out 1 photos that cannot be read: " in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "m"], "one of the arguments --data --images is required"),
        (["--data", "d", "--images", "i"], "not allowed with argument --data"),
        (["--data", "d"], "--data needs --model"),
        (["--images", "i", "--seed", "1"], "--seed goes with --data, not with --images"),
        (["--images", "i", "--multi_label"], "--multi_label goes with --data"),
        (["--data", "d", "--model", "m", "--real-labels", "r"], "--real_labels goes with --images"),
        (["--data", "d", "--model", "m", "--split", "val"], "invalid choice: 'val'"),
    ],
)
def test_options_that_do_not_go_together(arguments, message, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["evaluate", *arguments])
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_the_command_fails_with_one_message(folder, checkpoint, capsys):
    for arguments, message in (
        (["--data", "gone", "--model", str(checkpoint)], "vitcourse: gone does not exist; expected fridge,"),
        (["--data", str(folder), "--model", "gone"], "vitcourse: no checkpoint 'gone'"),
        (["--data", "fridge", "--model", str(checkpoint)], "has not the classes of the model: can, carton"),
    ):
        assert cli.main(["evaluate", *arguments]) == 1
        out, err = capsys.readouterr()
        assert out == "" and message in err and "Traceback" not in err
