"""The drawn world as data: a small held-out set that ships, and as many more pictures as you like.

Taught in lesson 02.
"""

from collections.abc import Iterator

import datasets
import PIL.Image
from datasets import ClassLabel, Dataset, Features, Image, IterableDataset, Value

from vitcourse import assets, drawn

CLASSES = tuple(name.replace("_", " ") for name in drawn.WORLD_CLASSES)
HELD_OUT_SEED = 10_000_000
HELD_OUT_PER_CLASS = 4
_FEATURES = Features(
    {"image": Image(mode="RGB"), "label": ClassLabel(names=list(CLASSES)), "seed": Value("int64")}
)


def held_out() -> Dataset:
    """Return 492 drawn pictures, four of each of 123 classes; no checkpoint was trained on them.

    Each row has `image` (PIL, 224x224), `label` (a `ClassLabel`, 0 to 122) and `seed`:
    `drawn.render(name, seed)` draws the same picture again, with the mask of its object.

    Raises:
        AssetError: If the checkout has lost them.

    Taught in lesson 04.
    """
    folder = assets.demo_dir() / "drawnWorld"
    rows = {"image": [], "label": [], "seed": []}
    for label, name in enumerate(drawn.WORLD_CLASSES):
        for number in range(HELD_OUT_PER_CLASS):
            file = folder / name / f"{number}.jpg"
            if not file.is_file():
                raise assets.AssetError(
                    f"{file} is missing; expected {HELD_OUT_PER_CLASS} pictures of each of {len(CLASSES)} "
                    "classes. `python data/make_world.py` draws them again."
                )
            rows["image"].append(str(file))
            rows["label"].append(label)
            rows["seed"].append(HELD_OUT_SEED + number)
    return Dataset.from_dict(rows, features=_FEATURES)


def mask(label: int, seed: int) -> PIL.Image.Image:
    """Return where the object of a held-out picture is, white on black, 224x224: it is drawn once more.

    Args:
        label: Of the row of `held_out`.
        seed: Of the row of `held_out`.

    Taught in lesson 11.
    """
    covered = drawn.render(drawn.WORLD_CLASSES[label], seed, (224, 224)).mask
    return PIL.Image.fromarray(covered.astype("uint8") * 255)


def stream(pictures: int, first_seed: int = 0, size: int = 224) -> IterableDataset:
    """Return pictures that are drawn as they are read, about 90 a second, the classes in turn.

    Args:
        pictures: How many.
        first_seed: The first picture of each class has this seed, the next one more. Below
            `HELD_OUT_SEED` none is in the held-out set.
        size: Height and width in pixels.

    Returns:
        Rows as those of `held_out`.

    Taught in lesson 02.
    """

    def rows() -> Iterator[dict]:
        for index in range(pictures):
            round_, label = divmod(index, len(CLASSES))
            seed = first_seed + round_
            image = drawn.render(drawn.WORLD_CLASSES[label], seed, (size, size)).image
            yield {"image": image, "label": label, "seed": seed}

    return datasets.IterableDataset.from_generator(rows, features=_FEATURES)
