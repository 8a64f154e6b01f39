"""`pixel_values` equal those of the checkpoint's own processor, to the last bit."""

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import ConvNextImageProcessor, DeiTImageProcessor, ViTImageProcessor
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

import vitcourse as vc
from vitcourse import images, pixels

IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
HALF = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
SQUARE = {"height": 224, "width": 224}
SETTINGS = {  # of the ten checkpoints' files, of their cards, and of what else a file may say
    "vit-tiny, vit-base": (ViTImageProcessor, {"size": SQUARE, "resample": 2, **HALF}),
    "deit, plain": (ViTImageProcessor, {"size": SQUARE, "resample": 3, **HALF}),
    "deit, plain, by the card": (
        DeiTImageProcessor,
        {"size": {"height": 256, "width": 256}, "resample": 3, "crop_size": SQUARE, **IMAGENET},
    ),
    "deit, distilled, older": (DeiTImageProcessor, {"size": SQUARE, "do_center_crop": False, **IMAGENET}),
    "deit, distilled": (
        DeiTImageProcessor,
        {"size": {"shortest_edge": 256}, "resample": 3, "crop_size": SQUARE, **IMAGENET},
    ),
    "deit at 384": (
        DeiTImageProcessor,
        {
            "size": {"shortest_edge": 438},
            "resample": 3,
            "crop_size": {"height": 384, "width": 384},
            **IMAGENET,
        },
    ),
    "a crop larger than the picture": (
        DeiTImageProcessor,
        {"size": {"shortest_edge": 32}, "crop_size": {"height": 48, "width": 64}},
    ),
    "not resized": (DeiTImageProcessor, {"do_resize": False, "crop_size": {"height": 16, "width": 16}}),
    "not normalised": (ViTImageProcessor, {"do_normalize": False}),
    "neither": (ViTImageProcessor, {"do_normalize": False, "do_rescale": False}),
    "padded": (ViTImageProcessor, {"do_pad": True, "pad_size": {"height": 256, "width": 256}}),
    "with steps of its own": (ConvNextImageProcessor, {"size": {"shortest_edge": 224}}),
    "by Pillow": (ViTImageProcessorPil, {"size": SQUARE, **HALF}),
}


@pytest.fixture(scope="module")
def pictures():
    generator = np.random.default_rng(0)
    shapes = [(333, 250), (250, 333), (224, 224), (40, 31), (17, 300)]
    return [Image.fromarray(generator.integers(0, 256, (*shape, 3), np.uint8)) for shape in shapes]


@pytest.mark.parametrize("name", SETTINGS)
def test_they_are_those_of_the_processor(name, pictures):
    make, settings = SETTINGS[name]
    processor = make(**settings)
    found = pixels.prepare(pictures, processor)
    expected = processor(pictures, return_tensors="pt")["pixel_values"]
    assert found.shape == expected.shape and found.dtype == expected.dtype
    assert torch.equal(found, expected)
    assert found.is_contiguous()


@pytest.mark.parametrize("name", ["vit-micro", "deit-micro-distilled", "deit-micro-384", "convnet-micro"])
def test_so_they_are_for_the_checkpoints_that_ship(name, pictures):
    _, processor = vc.load(name)
    expected = processor(pictures, return_tensors="pt")["pixel_values"]
    assert torch.equal(pixels.prepare(pictures, processor), expected)


@pytest.mark.parametrize(("size", "in_one_piece"), [((4000, 3000), True), ((4200, 4100), False)])
def test_a_picture_is_read_where_it_lies_and_copied_only_if_it_lies_in_pieces(size, in_one_piece):
    picture = images.decode(np.random.default_rng(0).integers(4, 255, (*size[::-1], 3), dtype=np.uint8))
    found = pixels._in_place(picture)
    assert torch.equal(found[:3], torch.from_numpy(np.array(picture)).permute(2, 0, 1))
    picture.paste((1, 2, 3), (0, 0, *size))
    assert (found[:3].amax((1, 2)).tolist() == [1, 2, 3]) == in_one_piece


def test_what_is_read_in_place_outlives_its_picture():
    found = pixels._in_place(Image.new("RGB", (40, 30), (7, 8, 9)))
    others = [Image.new("RGB", (40, 30)) for _ in range(20)]
    assert found[:3, 0, 0].tolist() == [7, 8, 9] and len(others) == 20


@pytest.mark.parametrize("name", ["vit-tiny, vit-base", "deit, distilled"])
def test_a_processor_with_plain_steps_is_not_called(name, pictures, monkeypatch):
    make, settings = SETTINGS[name]
    processor = make(**settings)
    monkeypatch.setattr(processor, "_preprocess_image_like_inputs", None)
    assert pixels.prepare(pictures, processor).shape == (5, 3, 224, 224)


@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK"])
def test_other_modes_are_converted(mode, pictures):
    processor = ViTImageProcessor(do_convert_rgb=True)
    picture = pictures[0].convert(mode)
    expected = processor([picture.convert("RGB")], return_tensors="pt")["pixel_values"]
    assert torch.equal(pixels.prepare([picture], processor), expected)
