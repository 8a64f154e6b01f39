"""Weights by name: strict, both ways, and from timm's files."""

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

from vitcourse import assets, weights
from vitcourse.models import CheckpointError
from vitcourse.vit import VisionTransformer

SMALL = {"image_size": 32, "patch_size": 8, "embed_dim": 24, "depth": 2, "num_heads": 3, "num_classes": 5}


def copy_of(folder, target, change):
    """Copy the demo checkpoint with a change to its tensors."""
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, target / "model.safetensors")
    (target / "config.json").write_bytes((folder / "config.json").read_bytes())
    return target


@pytest.fixture
def demo():
    return assets.resolve("vit-micro")


@pytest.mark.parametrize("distilled", [False, True])
def test_to_timm_and_back(distilled):
    state = VisionTransformer(**SMALL, distilled=distilled).state_dict()
    back = weights.from_timm(weights.to_timm(state))
    assert back.keys() == state.keys() and all(torch.equal(back[name], state[name]) for name in state)


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "deit_tiny_distilled_patch16_224"])
def test_a_folder_in_timms_format(name, tmp_path):
    network = timm.create_model(name, img_size=32, depth=2, num_classes=5).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    sizes = {"img_size": 32, "depth": 2}
    timm.models.save_for_hf(network, tmp_path, model_args=sizes, safe_serialization=True)
    pixel_values = torch.randn(1, 3, 32, 32)
    with torch.inference_mode():
        ours, theirs = weights.load(tmp_path)(pixel_values).logits, network(pixel_values)
    assert (ours - theirs).abs().max() <= 1e-5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensors: tensors.pop("vit.layernorm.bias"), r"1 missing \(norm.bias\)"),
        (lambda tensors: tensors.update(extra=torch.ones(1)), r"1 left over \(extra\)"),
        (
            lambda tensors: tensors.update({"classifier.bias": torch.ones(3)}),
            r"1 of another shape \(heads.0.bias \(3,\) instead of",
        ),
        (lambda tensors: tensors.update(cls_classifier_bias=torch.ones(1)), "left over"),
    ],
)
def test_a_weight_without_its_place_is_an_error(demo, tmp_path, change, message):
    with pytest.raises(CheckpointError, match=message):
        weights.load(copy_of(demo, tmp_path, change))


def test_two_names_for_one_place_are_an_error():
    tensors = {"classifier.bias": torch.ones(1), "cls_classifier.bias": torch.ones(1)}
    with pytest.raises(CheckpointError, match="two names"):
        weights.from_hub(tensors)


def test_a_pooler_is_left_out(demo, tmp_path):
    folder = copy_of(demo, tmp_path, lambda tensors: tensors.update({"vit.pooler.dense.bias": torch.ones(1)}))
    assert weights.load(folder)


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(CheckpointError, match="Expected a folder with"):
        weights.load(tmp_path)


def test_another_kind_of_network_is_an_error(tmp_path, demo):
    copy_of(demo, tmp_path, lambda tensors: None)
    (tmp_path / "config.json").write_text('{"model_type": "resnet"}')
    with pytest.raises(CheckpointError, match="expected a ViT"):
        weights.load(tmp_path)
    (tmp_path / "config.json").write_text('{"architecture": "resnet18", "num_classes": 3}')
    with pytest.raises(CheckpointError, match="no ViT"):
        weights.load(tmp_path)
