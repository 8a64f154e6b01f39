"""Near-duplicates: planted copies are found, other photos are not."""

import io

import numpy as np
import pytest
from datasets import Dataset, Image
from PIL import Image as Pillow
from PIL import ImageOps

from vitcourse import duplicates, fridge


@pytest.fixture(scope="module")
def drawn():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITCOURSE_ASSETS", "demo")
        return fridge.multiclass()


def compressed(image):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=30)
    return Pillow.open(file)


COPIES = {
    "same": lambda image: image,
    "compressed": compressed,
    "half the size": lambda image: image.reduce(2),
    "darker": lambda image: image.point(lambda level: int(0.7 * level)),
    "grey": lambda image: image.convert("L"),
}


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_a_planted_copy_is_found_across_splits(change, drawn):
    train = drawn["train"].select(range(20))
    photos = [*drawn["test"].select(range(5))["image"], change(train[7]["image"]).convert("RGB")]
    test = Dataset.from_dict({"image": photos}).cast_column("image", Image())
    (twins,) = duplicates.near_duplicates({"train": train, "test": test})
    assert twins[:2] == (("train", 7), ("test", 5))
    assert twins.distance < 0.1


def test_the_drawn_sets_have_no_twins(drawn):
    assert duplicates.near_duplicates(drawn) == []


def test_a_mirrored_photo_gets_away_as_the_docstring_says(drawn):
    image = drawn["train"][7]["image"]
    codes = [duplicates.perceptual_hash(photo) for photo in (image, ImageOps.mirror(image))]
    assert codes[0].shape == (256,)
    assert (codes[0] != codes[1]).mean() > 0.3


def test_closest_first_within_a_split_too(drawn):
    image = drawn["train"][0]["image"]
    photos = [image, compressed(image.reduce(4)), image, drawn["train"][1]["image"]]
    found = duplicates.near_duplicates(
        {"all": Dataset.from_dict({"image": photos}).cast_column("image", Image())}
    )
    assert [(twins.first.index, twins.second.index) for twins in found] == [(0, 2), (0, 1), (1, 2)]
    assert np.all(np.diff([twins.distance for twins in found]) >= 0)


def test_bad_input_is_one_clear_error(drawn):
    with pytest.raises(ValueError, match="got 1 photos"):
        duplicates.near_duplicates({"train": drawn["train"].select([0])})
    with pytest.raises(ValueError, match="max_distance 2"):
        duplicates.near_duplicates(drawn, max_distance=2)
