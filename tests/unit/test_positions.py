"""Position embeddings at another resolution equal the library's, and keep what does not belong to patches."""

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import DeiTConfig, DeiTModel, ViTConfig, ViTModel

from vitcourse import models, positions

SMALL = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


@pytest.mark.parametrize(("height", "width"), [(384, 384), (96, 160), (256, 192), (224, 224)])
@pytest.mark.parametrize(("family", "num_prefix"), [((ViTConfig, ViTModel), 1), ((DeiTConfig, DeiTModel), 2)])
def test_they_equal_the_library_s(family, num_prefix, height, width):
    config_class, model_class = family
    embeddings = model_class(config_class(image_size=224, patch_size=16, **SMALL)).embeddings
    torch.nn.init.normal_(embeddings.position_embeddings)
    ours = positions.interpolate(embeddings.position_embeddings, (height // 16, width // 16), num_prefix)
    theirs = embeddings.interpolate_pos_encoding(torch.zeros(1, ours.shape[1], 8), height, width)
    assert torch.allclose(ours, theirs, atol=1e-5)
    assert torch.equal(ours[:, :num_prefix], embeddings.position_embeddings[:, :num_prefix])
    assert ours.shape[1] == height * width // 256 + num_prefix


def test_bilinear_takes_the_mean_and_bicubic_overshoots():
    places = torch.tensor([9.0, 0, 0, 1, 1])[
        None, :, None
    ]  # a prefix, then a step from the upper row to the lower
    bilinear = positions.interpolate(places, (4, 2), mode="bilinear")
    assert bilinear.flatten().tolist() == [9, 0, 0, 0.25, 0.25, 0.75, 0.75, 1, 1]
    assert positions.interpolate(places, (4, 2)).flatten()[1:].min() < 0


def test_the_wrong_number_of_prefix_tokens_is_an_error():
    with pytest.raises(ValueError, match="197 patch positions after 1 prefix tokens; expected a square"):
        positions.interpolate(torch.zeros(1, 198, 8), (24, 24), num_prefix=1)
    with pytest.raises(ValueError, match="36 patch positions after 1 prefix tokens; expected 4 x 8"):
        positions.interpolate(torch.zeros(1, 37, 8), (6, 6), old_grid=(4, 8))


@pytest.mark.parametrize("name", ["vit-micro", "deit-micro-distilled"])
def test_a_model_for_pictures_that_are_not_square(name, tmp_path):
    model, processor = models.load(name)
    pixel_values = torch.randn(1, 3, 96, 64)
    with torch.inference_mode():
        expected = model(pixel_values=pixel_values, interpolate_pos_encoding=True).logits
        positions.resize(model, processor, (96, 64))
        torch.testing.assert_close(model(pixel_values=pixel_values).logits, expected, atol=1e-4, rtol=1e-4)
    for size in ((60, 90), (90, 60), (50, 50)):
        pixels = processor(Image.new("RGB", size, "white"), return_tensors="pt")["pixel_values"]
        assert pixels.shape == (1, 3, 96, 64)
        assert torch.equal(pixels.amin((2, 3)), pixels.amax((2, 3))), "it was padded"
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    again, _ = models.load(tmp_path)
    torch.testing.assert_close(again(pixel_values=pixel_values).logits, expected, atol=1e-4, rtol=1e-4)


def test_a_grid_that_is_not_square_is_enlarged_by_its_own_shape():
    model, processor = models.load("vit-micro")
    positions.resize(model, processor, (192, 432))  # 12 x 27 patches, as many as 18 x 18
    places = model.vit.embeddings.position_embeddings.data
    positions.resize(model, processor, (384, 864))
    expected = positions.interpolate(places, (24, 54), old_grid=(12, 27))
    assert torch.equal(model.vit.embeddings.position_embeddings.data, expected)


def test_the_processor_crops_the_same_share():
    model, processor = models.load("deit-micro")
    picture = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8)[:, None, None], (1, 256, 3)))
    positions.resize(model, processor, (256, 192))
    first = processor(picture, return_tensors="pt")["pixel_values"]
    assert (processor.size["height"], processor.size["width"]) == (293, 219)
    positions.resize(model, processor, 224)
    assert (processor.size["shortest_edge"], processor.crop_size["width"]) == (256, 224)
    back = processor(picture, return_tensors="pt")["pixel_values"]
    assert abs(first[0, 0, 0, 0] - back[0, 0, 0, 0]) < 0.05


def test_a_side_that_no_patch_divides_is_an_error():
    with pytest.raises(
        ValueError, match=r"image_size is \(96, 100\); expected a multiple of the patch size, 16"
    ):
        positions.resize(*models.load("vit-micro"), (96, 100))
