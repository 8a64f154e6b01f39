"""Quicker training is the same training: the last block for one token, the frozen blocks asked once."""

import cached_blocks
import pytest
import torch
from datasets import ClassLabel, Dataset, Features, Image
from PIL import Image as pil
from test_attention import hooks, make
from torch.utils.data import DataLoader
from transformers import ViTImageProcessor

from vitcourse import last_block, training
from vitcourse.training import Recipe

FP32 = {"mixed_precision": "no"}
PIXELS = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def gradients(model):
    found = model(PIXELS)
    found = found if isinstance(found, torch.Tensor) else found.logits
    return found, torch.autograd.grad(found.square().sum(), tuple(model.parameters()))


@pytest.mark.parametrize("name", ["vit", "distilled deit", "timm vit", "ours"])
def test_the_last_block_for_the_head_alone_gives_the_same_logits_and_gradients(name):
    model = make(name)
    expected = gradients(model)
    with pytest.raises(KeyError), last_block.shortened(model):
        if name in ("vit", "distilled deit"):
            assert model.base_model.layers[-1](torch.zeros(1, 17, 24)).shape[1] == 1 + (name != "vit")
        torch.testing.assert_close(gradients(model), expected, rtol=1e-3, atol=1e-4)
        raise KeyError
    torch.testing.assert_close(gradients(model), expected, rtol=0, atol=0)


def test_nothing_is_left_in_a_network_whose_training_is_interrupted():
    model = make("vit")
    before = hooks(model)

    def interrupted(*_):
        assert "forward" in vars(model.vit.layers[-1]) and hooks(model) != before
        raise KeyboardInterrupt

    rows = [{"pixel_values": PIXELS[0], "labels": torch.tensor(0)}]
    loaders = {name: DataLoader(rows) for name in ("train", "validation")}
    with pytest.raises(KeyboardInterrupt) as kept:  # a notebook keeps the traceback, and its frames
        training.fit(model, loaders, Recipe(**FP32), interrupted)
    assert kept.tb and "forward" not in vars(model.vit.layers[-1]) and hooks(model) == before


def photos():
    features = Features({"image": Image(), "label": ClassLabel(names=["dark", "light"])})
    pictures = [pil.new("RGB", (32, 32), (number * 20,) * 3) for number in range(12)]
    rows = {"image": pictures, "label": [number // 6 for number in range(12)]}
    return Dataset.from_dict(rows, features=features)


def cached(model, blocks):
    processor = ViTImageProcessor(size={"height": 32, "width": 32})
    return cached_blocks.lower(
        model, processor, photos(), blocks, training.start(Recipe(**FP32)), batch_size=5
    )


def test_upper_blocks_on_tokens_give_the_logits_of_the_whole_network():
    model = make("vit")
    tokens = cached(model, 2)
    processor = ViTImageProcessor(size={"height": 32, "width": 32})
    pixel_values = processor(list(photos()["image"]), return_tensors="pt")["pixel_values"]
    assert tokens.shape == (2, 12, 17, 24) and not tokens.requires_grad
    for view, pixels in zip(tokens, (pixel_values, pixel_values.flip(-1)), strict=True):
        found, expected = cached_blocks.Upper(model, 2)(view).logits, model(pixels).logits
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_fitting_the_upper_blocks_trains_them_in_the_network_and_nothing_below():
    model = make("vit")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    labels = torch.tensor(photos()["label"])
    train = cached_blocks.Tokens(cached(model, 2), labels, views=2)
    loaders = {name: DataLoader(train, 4) for name in ("train", "validation")}
    training.fit(cached_blocks.Upper(model, 2), loaders, Recipe(epochs=2, learning_rate=1e-2, **FP32))
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed and all(
        name.startswith(("vit.layers.2", "vit.layernorm", "classifier")) for name in changed
    )


def test_views_are_picked_by_seed_epoch_and_row():
    tokens = torch.arange(2.0).view(2, 1, 1, 1).expand(2, 50, 1, 1)
    rows = cached_blocks.Tokens(tokens, torch.zeros(50), views=2)
    picks = []
    for epoch in (0, 0, 1):
        rows.set_epoch(epoch)
        picks.append([int(rows[index]["pixel_values"]) for index in range(50)])
    assert picks[0] == picks[1] != picks[2] and set(picks[0]) == {0, 1}
    assert {int(cached_blocks.Tokens(tokens, torch.zeros(50))[i]["pixel_values"]) for i in range(50)} == {0}


@pytest.mark.parametrize(("name", "blocks"), [("vit", 3), ("vit", 0), ("distilled deit", 1), ("ours", 1)])
def test_networks_and_numbers_that_do_not_fit(name, blocks):
    with pytest.raises(ValueError, match="expected a ViT or plain DeiT"):
        cached_blocks.Upper(make(name), blocks)
