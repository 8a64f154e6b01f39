"""What a dataset folder and a checkpoint folder must hold."""

import pytest
import tiny

from vitcourse import assets, registry, structure
from vitcourse.structure import StructureError


def facts(name):
    return assets.get(name).structure


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda folder: (folder / "carton/3.jpg").unlink(), "'carton' has 0 photos, expected 1"),
        (lambda folder: (folder / "carton/3.jpg").rename(folder / "can/3.jpg"), "'can' has 3 photos"),
        (lambda folder: (folder / "bottle").mkdir(), "unknown class folder 'bottle'"),
        (lambda folder: (folder / "can").rename(folder / "cans"), "class folder 'can' is missing"),
        (lambda folder: (folder / "can/2.jpg").rename(folder / "can/7.jpg"), "photo number 2 is missing"),
        (lambda folder: (folder / "can/2.jpg").rename(folder / "can/3.jpg"), "photo number 3 is there twice"),
        (lambda folder: (folder / "can/2.jpg").write_bytes(b""), "2.jpg is empty"),
        (lambda folder: (folder / "can/2.jpg").write_bytes(tiny.photo()[:-200]), "can/2.jpg does not open"),
    ],
)
def test_what_a_folder_of_classes_must_hold(tiny_registry, tmp_path, change, problem):
    folder = tiny.write(tmp_path, tiny.multiclass_members()) / "fridgeObjects"
    structure.check_dataset(folder, facts("fridge"))
    change(folder)
    with pytest.raises(StructureError, match=problem):
        structure.check_dataset(folder, facts("fridge"))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("1.jpg,can\n", "", "1.jpg has no row"),
        ("1.jpg,can", "9.jpg,can", "names 9.jpg, which is not there"),
        ("1.jpg,can\n", "1.jpg,can\n1.jpg,can\n", "2 rows for 1.jpg"),
        ("1.jpg,can", "1.jpg,jug", "unknown label 'jug'"),
        ("1.jpg,can", "1.jpg,", "expected one or more"),
        ("2.jpg,carton can", "2.jpg,can can", "each once"),
        ("1.jpg,can", "1.jpg,can carton", "photos by number of labels"),
        ("1.jpg,can", "1.jpg,can,carton", "row of 3 columns"),
        ("filename,labels", "file,label", "expected 'filename,labels'"),
        ("filename,labels", "\0\xff", "labels.csv"),
    ],
)
def test_what_a_label_table_must_hold(tiny_registry, tmp_path, old, new, problem):
    folder = tiny.write(tmp_path, tiny.multilabel_members()) / "multilabelFridgeObjects"
    structure.check_dataset(folder, facts("fridge-multilabel"))
    table = folder / "labels.csv"
    text = table.read_text()
    assert old in text
    table.write_bytes(text.replace(old, new).encode("latin-1"))
    with pytest.raises(StructureError, match=problem):
        structure.check_dataset(folder, facts("fridge-multilabel"))


def test_windows_line_ends_and_system_files_are_fine(tiny_registry, tmp_path):
    folder = tiny.write(tmp_path, tiny.multilabel_members()) / "multilabelFridgeObjects"
    table = folder / "labels.csv"
    table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes().replace(b"\n", b"\r\n"))
    (folder / "images/.DS_Store").write_bytes(b"")
    structure.check_dataset(folder, facts("fridge-multilabel"))
    folder = tiny.write(tmp_path, tiny.multiclass_members()) / "fridgeObjects"
    tiny.write(folder, {".ipynb_checkpoints/1.jpg": b"", "__MACOSX/1.jpg": b"", "can/._1.jpg": b""})
    structure.check_dataset(folder, facts("fridge"))


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("config.json", b"{", "config.json: "),
        ("config.json", b"[]", "not a JSON object"),
        ("model.safetensors", b"", "not a whole safetensors file"),
        ("model.safetensors", b"\xff" * 64, "not a whole safetensors file"),
        ("model.safetensors", b"\x02" + bytes(7) + b"{}", "lists no tensors"),
        ("model.safetensors", tiny.checkpoint_files()["model.safetensors"][:-1], "its header says"),
        ("model.safetensors", tiny.checkpoint_files()["model.safetensors"] + b"x", "its header says"),
    ],
)
def test_what_a_checkpoint_must_hold(tmp_path, file, content, problem):
    folder = tiny.write(tmp_path, tiny.checkpoint_files())
    structure.check_checkpoint(folder, registry.CHECKPOINT_FILES)
    (folder / file).write_bytes(content)
    with pytest.raises(StructureError, match=problem):
        structure.check_checkpoint(folder, registry.CHECKPOINT_FILES)


def test_a_folder_that_is_not_there_is_a_problem_not_a_crash(tiny_registry, tmp_path):
    with pytest.raises(StructureError, match="no such folder"):
        structure.check_dataset(tmp_path / "nowhere", facts("fridge"))
    with pytest.raises(StructureError, match=r"config.json is missing"):
        structure.check_checkpoint(tmp_path / "nowhere", registry.CHECKPOINT_FILES)
