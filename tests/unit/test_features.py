"""Frozen features: the numbers of the network itself, computed once, and never those of something else."""

import numpy as np
import pytest
import torch
from datasets import Dataset, Image
from PIL import Image as PIL
from transformers import (
    DeiTConfig,
    DeiTForImageClassificationWithTeacher,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
)

from vitcourse import features, models
from vitcourse.models import CheckpointError

SMALL = {
    "hidden_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 24,
    "image_size": 48,
    "patch_size": 16,
    "num_labels": 5,
}
FAMILIES = {
    "vit": (ViTForImageClassification, ViTConfig),
    "distilled": (DeiTForImageClassificationWithTeacher, DeiTConfig),
}


def save_checkpoint(folder, family="vit", seed=0):
    torch.manual_seed(seed)
    model_class, config_class = FAMILIES[family]
    model_class(config_class(**SMALL)).save_pretrained(folder)
    ViTImageProcessor(size={"height": 48, "width": 48}).save_pretrained(folder)
    return folder


@pytest.fixture
def checkpoint(tmp_path, data):
    return save_checkpoint(tmp_path / "checkpoint")


@pytest.fixture
def photos(tmp_path):
    rng = np.random.default_rng(0)
    files = [tmp_path / f"{number}.png" for number in range(5)]
    for file in files:
        PIL.fromarray(rng.integers(0, 256, (60, 40, 3), dtype=np.uint8)).save(file)
    rows = {"image": [str(file) for file in files], "name": [file.name for file in files]}
    return Dataset.from_dict(rows).cast_column("image", Image(mode="RGB"))


@pytest.fixture
def computed(monkeypatch):
    """Count how many times the features were computed."""
    calls, compute = [], features._compute
    monkeypatch.setattr(features, "_compute", lambda *arguments: calls.append(1) or compute(*arguments))
    return calls


def states(folder, photos):
    """Every hidden state and the last one after the norm, by the library alone."""
    model, processor = models.load(folder)
    pixel_values = processor(list(photos["image"]), return_tensors="pt")["pixel_values"]
    with torch.no_grad():
        output = model.base_model(pixel_values, output_hidden_states=True)
    return output.hidden_states, output.last_hidden_state.numpy(), model


@pytest.mark.parametrize(("family", "prefix"), [("vit", 1), ("distilled", 2)])
def test_the_last_layer_is_what_the_head_reads(tmp_path, data, photos, family, prefix):
    folder = save_checkpoint(tmp_path / family, family)
    found = features.extract(folder, photos, patches=True, batch_size=2)
    hidden, last, model = states(folder, photos)
    assert found.layers == (0, 1, 2)
    assert found.class_token.shape == found.mean.shape == (5, 3, 12)
    np.testing.assert_allclose(found.vectors(), last[:, 0], atol=1e-5)
    np.testing.assert_allclose(found.vectors("mean"), last[:, prefix:].mean(1), atol=1e-5)
    np.testing.assert_allclose(found.patches.reshape(5, 9, 12), last[:, prefix:], atol=1e-5)
    first = model.base_model.layernorm(hidden[0]).detach().numpy()
    np.testing.assert_allclose(found.vectors("class", 0), first[:, 0], atol=1e-5)


def test_layers_come_in_the_order_asked_for(checkpoint, photos):
    every, some = features.extract(checkpoint, photos), features.extract(checkpoint, photos, [2, 0])
    assert some.patches is None
    for layer in (0, 2):
        np.testing.assert_array_equal(some.vectors("mean", layer), every.vectors("mean", layer))
    np.testing.assert_array_equal(some.vectors(), every.vectors("class", 0))


def test_features_are_computed_once(checkpoint, photos, computed):
    first = features.extract(checkpoint, photos, patches=True)
    again = features.extract(checkpoint, photos, patches=True)
    assert len(computed) == 1
    for name in ("class_token", "mean", "patches"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
        assert getattr(again, name).dtype == np.float32


def test_what_plays_no_part_changes_nothing(checkpoint, photos, computed, tmp_path):
    features.extract(checkpoint, photos)
    moved = checkpoint.rename(tmp_path / "elsewhere")
    features.extract(moved, photos.remove_columns("name"), batch_size=3)
    assert len(computed) == 1


def test_whatever_changes_the_numbers_computes_them_again(checkpoint, photos, computed, tmp_path):
    features.extract(checkpoint, photos)
    features.extract(checkpoint, photos.select([1, 0, 2, 3, 4]))
    features.extract(checkpoint, photos, [1, 2])
    features.extract(checkpoint, photos, patches=True)
    features.extract(save_checkpoint(tmp_path / "other", seed=1), photos)
    PIL.new("RGB", (60, 40)).save(tmp_path / "0.png")
    features.extract(checkpoint, photos)
    assert len(computed) == 6


def test_a_damaged_file_is_computed_again_with_a_warning(checkpoint, photos, computed):
    first = features.extract(checkpoint, photos)
    (file,) = features.cache_dir().glob("*.safetensors")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1  # one bit of one number
    for damaged in (bytes(content), b"", content[:50]):
        file.write_bytes(damaged)
        with pytest.warns(UserWarning, match="damaged"):
            again = features.extract(checkpoint, photos)
        np.testing.assert_array_equal(again.class_token, first.class_token)
    assert len(computed) == 4
    assert [path.name for path in features.cache_dir().iterdir()] == [file.name]


def test_clear_says_how_much_it_freed(checkpoint, photos):
    features.extract(checkpoint, photos)
    (file,) = features.cache_dir().glob("*.safetensors")
    size = file.stat().st_size
    assert (features.clear(), features.clear()) == (size, 0)


@pytest.mark.parametrize("layers", [[3], [-1], [1, 1], []])
def test_a_layer_that_is_not_there_is_refused(checkpoint, photos, layers):
    with pytest.raises(ValueError, match=r"got the layers .*expected different ones of 0 .* to 2"):
        features.extract(checkpoint, photos, layers)


@pytest.mark.parametrize(("pooling", "layer"), [("cls", None), ("class", 1), ("mean", -1)])
def test_a_vector_that_was_not_kept_is_refused(checkpoint, photos, pooling, layer):
    with pytest.raises(ValueError, match=r"got pooling .*expected one of"):
        features.extract(checkpoint, photos, [0, 2]).vectors(pooling, layer)


def test_rows_without_images_are_refused(checkpoint, photos):
    for dataset in (photos.remove_columns("image"), photos.select([])):
        with pytest.raises(ValueError, match="expected rows with an `image`"):
            features.extract(checkpoint, dataset)


def test_a_folder_that_is_no_checkpoint_is_named(photos, tmp_path, data):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match=r"empty.*config\.json.* is missing"):
        features.extract(tmp_path / "empty", photos)


def test_another_architecture_is_refused(checkpoint, photos):
    config = checkpoint / "config.json"
    config.write_text(config.read_text().replace('"vit"', '"resnet"'))
    with pytest.raises(CheckpointError, match="'resnet'; expected a ViT or a DeiT"):
        features.extract(checkpoint, photos)
