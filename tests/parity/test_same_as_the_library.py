"""`vitcourse.vit`, filled from files, against transformers and timm: every layer, and the logits."""

import json
from pathlib import Path

import pytest
import timm
import torch
import transformers

from vitcourse import assets, weights

LIMIT = 1e-5
TINY = {
    "image_size": 32,
    "patch_size": 8,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
}
KINDS = {
    "vit": (transformers.ViTConfig, transformers.ViTForImageClassification),
    "deit": (transformers.DeiTConfig, transformers.DeiTForImageClassification),
    "distilled": (transformers.DeiTConfig, transformers.DeiTForImageClassificationWithTeacher),
}
DEMO = sorted(
    path.parent
    for path in (Path(assets.__file__).parents[1] / "data" / "demo").glob("*/config.json")
    if json.loads(path.read_text(encoding="utf-8")).get("model_type") in ("vit", "deit")
)


def random_checkpoint(kind, folder, **changes):
    """Write a checkpoint with random weights, biases and norms included, as transformers writes them."""
    config_class, model_class = KINDS[kind]
    torch.manual_seed(0)
    model = model_class(config_class(**{**TINY, **changes}))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    model.save_pretrained(folder)
    return folder


def in_transformers(folder, pixel_values):
    model = transformers.AutoModelForImageClassification.from_pretrained(folder, dtype=torch.float32).eval()
    output = model(pixel_values=pixel_values, output_hidden_states=True)
    return output.logits, output.hidden_states


def in_timm(folder, pixel_values):
    """The same weights in timm's network, its LayerNorms told the eps of the file."""
    sizes = weights.hub_sizes(folder)
    name = "deit_tiny_distilled_patch16_224" if sizes["distilled"] else "vit_tiny_patch16_224"
    same = ("patch_size", "embed_dim", "depth", "num_heads", "num_classes", "mlp_ratio", "qkv_bias")
    network = timm.create_model(
        name, img_size=sizes["image_size"], **{key: sizes[key] for key in same}
    ).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.LayerNorm):
            module.eps = sizes["eps"]
    network.load_state_dict(weights.to_timm(weights.load(folder).state_dict()))
    states = []
    network.blocks[0].register_forward_pre_hook(lambda _, inputs: states.append(inputs[0]))
    for block in network.blocks:
        block.register_forward_hook(lambda _, __, output: states.append(output))
    return network(pixel_values), states


def assert_same(folder, theirs, limit=LIMIT):
    size = weights.hub_sizes(folder)["image_size"]
    pixel_values = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        logits, states = theirs(folder, pixel_values)
        ours = weights.load(folder)(pixel_values, output_hidden_states=True)
    assert len(ours.hidden_states) == len(states) > 1
    layers = [(a - b).abs().max().item() for a, b in zip(ours.hidden_states, states, strict=True)]
    assert max(layers) <= limit, layers
    assert (ours.logits - logits).abs().max() <= limit
    assert ours.logits.std() > 0.01, "a silent network agrees with anything"


@pytest.mark.parametrize("kind", KINDS)
def test_random_weights_in_transformers(kind, tmp_path):
    assert_same(random_checkpoint(kind, tmp_path), in_transformers)


@pytest.mark.parametrize("kind", ["vit", "distilled"])
def test_random_weights_in_timm(kind, tmp_path):
    """timm has no network with a distillation token and one head, as transformers' plain DeiT class is."""
    assert_same(random_checkpoint(kind, tmp_path), in_timm)


@pytest.mark.parametrize("theirs", [in_transformers, in_timm])
@pytest.mark.parametrize("folder", DEMO, ids=lambda folder: folder.name)
def test_demo_weights(folder, theirs):
    assert_same(folder, theirs)


def test_without_qkv_bias(tmp_path):
    assert_same(random_checkpoint("vit", tmp_path, qkv_bias=False), in_transformers)


@pytest.mark.parametrize("theirs", [in_transformers, in_timm])
def test_real_weights(theirs):
    try:
        folder = assets.resolve("vit-tiny")
    except assets.AssetError:
        pytest.skip("ViT-Tiny is not on this machine; `vitcourse download` fetches it")
    assert_same(folder, theirs, limit=1e-4)
