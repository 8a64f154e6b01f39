"""From pictures to batches."""

import numpy as np
import pytest
import torch
from datasets import ClassLabel, Dataset, Features, Image, List
from PIL import Image as PILImage
from transformers import DeiTImageProcessor, ViTImageProcessor

from vitcourse import preprocessing

VIT = ViTImageProcessor(size={"height": 32, "width": 32}, do_convert_rgb=True)
DEIT = DeiTImageProcessor(
    size={"shortest_edge": 40},
    crop_size={"height": 32, "width": 32},
    image_mean=[0.485, 0.456, 0.406],
    image_std=[0.229, 0.224, 0.225],
)


def picture(seed=0, width=50, height=60):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return PILImage.fromarray(pixels)


def pictures(target, values):
    name = "label" if isinstance(target, ClassLabel) else "labels"
    features = Features({"image": Image(mode="RGB"), name: target})
    return Dataset.from_dict(
        {"image": [picture(i) for i in range(len(values))], name: values}, features=features
    )


@pytest.mark.parametrize(("processor", "mean"), [(VIT, 0.5), (DEIT, 0.485)])
def test_geometry_is_read_from_the_processor(processor, mean):
    geometry = preprocessing.geometry(processor)
    assert (geometry.height, geometry.width) == (32, 32)
    assert geometry.mean[0] == mean


def test_a_size_that_is_not_fixed_is_refused():
    processor = ViTImageProcessor(size={"shortest_edge": 64})
    with pytest.raises(ValueError, match="height"):
        preprocessing.geometry(processor)


def test_pixels_turn_back_into_the_picture():
    pixel_values = preprocessing.evaluation_transform(VIT)(picture(width=32, height=32))
    back = np.asarray(preprocessing.to_image(pixel_values, VIT)).astype(int)
    assert np.abs(back - np.asarray(picture(width=32, height=32)).astype(int)).max() <= 1


@pytest.mark.parametrize("processor", [VIT, DEIT])
def test_evaluation_is_the_checkpoints_own_preprocessing(processor):
    expected = processor(picture(), return_tensors="pt")["pixel_values"][0]
    assert torch.equal(preprocessing.evaluation_transform(processor)(picture()), expected)


@pytest.mark.parametrize("processor", [VIT, DEIT])
def test_training_uses_the_same_size_and_statistics(processor):
    white = PILImage.new("RGB", (50, 60), (255, 255, 255))
    expected = processor(white, return_tensors="pt")["pixel_values"][0]
    augmented = preprocessing.training_transform(processor)(white)
    assert augmented.shape == expected.shape
    torch.testing.assert_close(augmented, expected)  # a white picture stays white under any crop or flip


def test_training_pictures_differ_and_come_again_with_the_seed():
    transform = preprocessing.training_transform(VIT)
    torch.manual_seed(1)
    first, second = transform(picture()), transform(picture())
    torch.manual_seed(1)
    assert torch.equal(transform(picture()), first)
    assert not torch.equal(first, second)


def test_multi_class_batches():
    dataset = pictures(ClassLabel(names=["a", "b", "c"]), ["c", "a", "b"])
    batches = list(preprocessing.loader(dataset, preprocessing.evaluation_transform(VIT), batch_size=2))
    assert [batch["pixel_values"].shape for batch in batches] == [(2, 3, 32, 32), (1, 3, 32, 32)]
    assert torch.cat([batch["labels"] for batch in batches]).tolist() == [2, 0, 1]


def test_multi_label_batches_are_float_and_multi_hot():
    dataset = pictures(List(ClassLabel(names=["a", "b", "c"])), [["c", "a"], ["b"], []])
    (batch,) = preprocessing.loader(dataset, preprocessing.evaluation_transform(VIT), batch_size=3)
    assert batch["labels"].dtype == torch.float32
    assert batch["labels"].tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_shuffling_depends_on_the_seed_and_changes_with_the_epoch():
    dataset = pictures(ClassLabel(names=[str(i) for i in range(20)]), [str(i) for i in range(20)])

    def order(seed):
        loader = preprocessing.loader(
            dataset, preprocessing.evaluation_transform(VIT), 20, shuffle=True, seed=seed
        )
        return [next(iter(loader))["labels"].tolist() for _ in range(2)]

    assert order(0) == order(0)
    assert order(0)[0] != order(0)[1]
    assert order(0) != order(1)


def test_only_training_pictures_are_augmented():
    dataset = pictures(ClassLabel(names=["a", "b"]), ["a", "b", "a"])
    loaders = preprocessing.loaders({"train": dataset, "test": dataset}, VIT, batch_size=3)
    plain = [next(iter(loaders["test"]))["pixel_values"] for _ in range(2)]
    augmented = [next(iter(loaders["train"]))["pixel_values"] for _ in range(2)]
    assert torch.equal(*plain)
    assert not torch.equal(*augmented)


def test_randaugment_never_asks_for_a_picture_of_zero_bits():
    augment = preprocessing.training_transform(VIT, rand_augment="rand-m9-mstd0.5-inc1")
    for seed in range(400):
        with preprocessing.seeded(seed):
            assert augment(picture()).isfinite().all()
