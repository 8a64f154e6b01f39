"""`vitcourse predict`: files in, labels out, and no answer at all when one file is bad."""

import gc
import json
import subprocess
import sys

import pytest
from PIL import Image

import vitcourse as vc
from vitcourse import cli, prediction

DRAWN = vc.assets.demo_dir() / "drawnWorld"
NOT_NEEDED = ("datasets", "IPython", "matplotlib", "pandas", "sklearn", "timm")


@pytest.fixture
def files():
    return [str(DRAWN / name / "0.jpg") for name in ("apple", "fork")]


def test_answers_as_text_and_json(files, capsys):
    assert cli.main(["predict", *files, "--model", "vit-micro", "--top_k", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [lines[0], lines[3]] == files and len(lines) == 6
    assert lines[1].endswith(" %  apple") and lines[4].endswith(" %  fork")
    assert cli.main(["predict", *files, "--model", "vit-micro", "--top-k", "1", "--json"]) == 0
    results = json.loads(capsys.readouterr().out)
    assert [result["image"] for result in results] == files
    expected = vc.Classifier("vit-micro").predict(files, 1)
    assert [result["predictions"] for result in results] == [
        [{"label": row["label"], "score": pytest.approx(row["score"])} for row in answer]
        for answer in expected
    ]


def test_five_classes_unless_told_otherwise(files, capsys):
    assert cli.main(["predict", files[0], "--model", "vit-micro"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 6


def test_bad_images_are_all_named_and_nothing_is_guessed(files, tmp_path, monkeypatch, capsys):
    (tmp_path / "text.jpg").write_text("no picture")
    whole = (DRAWN / "fork" / "0.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    bad = [str(tmp_path / name) for name in ("text.jpg", "cut.jpg", "gone.jpg")] + [str(tmp_path)]
    monkeypatch.setattr(vc.classifier.Classifier, "__init__", lambda *_: pytest.fail("the model was loaded"))
    assert cli.main(["predict", files[0], *bad, "--model", "vit-micro"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and "Traceback" not in err and files[0] not in err
    for path, line in zip(bad, err.splitlines(), strict=True):
        assert f"{path}: " in line


def test_no_such_model(files, capsys):
    assert cli.main(["predict", files[0], "--model", "vit-enormous"]) == 1
    assert "vitcourse: no checkpoint 'vit-enormous'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.jpg"], "the following arguments are required: --model"),
        (["--model", "m"], "the following arguments are required: IMAGE"),
        (["a.jpg", "--model", "m", "--top_k", "0"], "got '0'; expected a whole number from 1"),
        (["a.jpg", "--model", "m", "--top_k", "two"], "got 'two'; expected a whole number from 1"),
    ],
)
def test_wrong_arguments(arguments, message, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["predict", *arguments])
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def loaded_by(code, *arguments):
    """The modules that a fresh interpreter has loaded after running some code."""
    code += "\nimport sys; print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=900
    )
    return done.stdout, set(done.stderr.splitlines()[-1].split())


def test_a_bad_image_shows_before_torch_is_loaded(tmp_path):
    code = "import sys; from vitcourse import cli; print(cli.main(sys.argv[1:]))"
    out, modules = loaded_by(code, "predict", str(tmp_path / "gone.jpg"), "--model", "vit-micro")
    assert out.strip() == "1"
    assert not modules & {"torch", "transformers", *NOT_NEEDED}


def test_predict_loads_nothing_it_does_not_need(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    code = "import sys; from vitcourse import cli; cli.main(sys.argv[1:])"
    out, modules = loaded_by(code, "predict", str(tmp_path / "a.png"), "--model", "vit-micro")
    assert str(tmp_path / "a.png") in out
    _, by_transformers = loaded_by("from transformers import AutoModelForImageClassification")
    assert "torch" in modules and not (modules - by_transformers) & set(NOT_NEEDED)


def test_a_quick_start_collects_garbage_again_afterwards():
    assert gc.isenabled()
    with pytest.raises(ImportError), prediction.quick_start():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled()
