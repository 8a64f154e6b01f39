"""Whole pictures of one named object."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from . import clutter
from .backdrop import Backdrop
from .engine import Light
from .registry import REGISTRY, Drawable
from .scene import (
    Sprite,
    around_head,
    camera,
    drop_shadow,
    floor_shadow,
    make_sprite,
    place_for,
    put,
    random_light,
)

Corner = tuple[int, int]


@dataclass
class Drawn:
    """A drawn picture of one object.

    Attributes:
        image: RGB picture.
        mask: Bool array (height, width), True on the visible part of the object.
    """

    image: Image.Image
    mask: np.ndarray


def generator(name: str, seed: int) -> np.random.Generator:
    """Random numbers that depend on a name and a seed, the same on every machine."""
    return np.random.default_rng([zlib.crc32(name.encode()), seed])


def known(name: str) -> Drawable:
    """How a class is drawn.

    Raises:
        ValueError: There is no such class.
    """
    if name not in REGISTRY:
        raise ValueError(
            f"got the class {name!r}, which cannot be drawn; there are: {', '.join(sorted(REGISTRY))}"
        )
    return REGISTRY[name]


def pose(rng: np.random.Generator, thing: Drawable) -> tuple[float, float, str]:
    """Tilt in degrees, elevation of the camera, and way to stand."""
    if thing.pose in ("flat", "hang", "sky"):
        return rng.uniform(-25, 25), 0.2, thing.pose
    if rng.random() < thing.lying:
        side = 1 if rng.random() < 0.5 else -1
        return side * rng.uniform(66, 106), rng.uniform(-0.36, 0.4), "lie"
    leans = rng.random() < 0.35
    return (rng.uniform(-25, 25) if leans else 0.0), rng.uniform(0.08, 0.42), "stand"


def length(rng: np.random.Generator, size: tuple[int, int], low: float, high: float) -> float:
    """Larger side in pixels, as a random share of the side of a square as large as the picture."""
    return rng.uniform(low, high) * (size[0] * size[1]) ** 0.5


def render(name: str, seed: int, size: tuple[int, int] = (224, 224)) -> Drawn:
    """Draw one object of a class in a random place.

    Args:
        name: One of `FRIDGE_CLASSES` or `WORLD_CLASSES`.
        seed: The same seed gives the same picture.
        size: (width, height) in pixels.

    Returns:
        The picture and the mask of the object.

    Raises:
        ValueError: There is no such class.
    """
    thing = known(name)
    rng = generator(name, seed)
    fridge = "fridge" in thing.places
    light = random_light(rng)
    tilt, elevation, way = pose(rng, thing)
    if thing.lying and way == "stand" and tilt:
        way = "held" if rng.random() < 0.4 else "flat"
    family = _family(rng, thing, way)
    place = place_for(rng, family, size)
    if place.from_above and way == "stand":
        elevation = rng.uniform(0.3, 0.5)
    larger_side = length(rng, size, 0.58 if fridge or way == "flat" else 0.46, 0.92)
    larger_side = min(larger_side, 0.95 * size[way == "stand"])
    sprite = make_sprite(rng, thing, larger_side, light, tilt, elevation)
    x, y = _spot(rng, sprite, place, size, way)
    image = place.image
    add_clutter(image, rng, place, light, (x, y, x + sprite.image.width, y + sprite.image.height))
    strength = rng.uniform(0.3, 0.6)
    fingers = _hand(image, rng, sprite, x, y) if way == "held" else None
    if way == "lie":
        drop_shadow(image, sprite, x, y, light, strength + 0.15, rng.uniform(0.02, 0.05) * min(size))
    elif way == "stand" and not place.from_above:
        floor_shadow(image, sprite, x, y, light, strength)
    elif way not in ("sky", "held"):
        drop_shadow(image, sprite, x, y, light, strength, rng.uniform(0.02, 0.06) * min(size))
    mask = put(image, sprite, x, y)
    if fingers is not None:
        mask = _in_front(image, mask, *fingers)
    elif rng.random() < 0.14:
        make = _something_near if fridge else clutter.occluder
        keep = mask & around_head(sprite, (x, y), size) if fridge else np.zeros_like(mask)
        mask = _occlude(image, rng, mask, keep, make, light)
    return Drawn(camera(rng, image, light, noise=5.0 if fridge else 9.0), mask)


def _family(rng: np.random.Generator, thing: Drawable, way: str) -> str:
    if way in ("flat", "hang"):
        return way
    return thing.places[int(rng.integers(len(thing.places)))]


def _spot(
    rng: np.random.Generator, sprite: Sprite, place: Backdrop, size: tuple[int, int], way: str
) -> tuple[int, int]:
    """Upper left corner of the sprite: its base on the floor, most of it in the picture."""
    width, height = size
    w, h = sprite.image.size
    x = rng.normal((width - w) / 2, max(2.0, abs(width - w) / 5))
    if way in ("stand", "lie") and not place.from_above:
        low, high = place.floor + (0.75 * h if way == "lie" else 0.06 * height), height * 0.96
        base = max(rng.uniform(min(low, high), high), min(h + 0.03 * height, high))
        y = base - h
    else:
        y = rng.normal((height - h) / 2, max(2.0, abs(height - h) / 6))
    keep = 0.06
    return (int(np.clip(x, -keep * w, width - w * (1 - keep))), int(np.clip(y, -keep * h,
        height - h * (1 - keep))))  # fmt: skip


def add_clutter(
    image: Image.Image,
    rng: np.random.Generator,
    place: Backdrop,
    light: Light,
    box: tuple[int, int, int, int],
) -> None:
    """Put up to three distractors into a place, beside the box (left, top, right, bottom)."""
    count = int(rng.choice([0, 0, 1, 2, 3]))
    if count == 0:
        return
    if place.from_above:
        clutter.scatter(image, rng, light, count, box)
    elif place.floor < image.height * 0.9:
        clutter.draw_behind(image, rng, place.floor, light, count)


def _hand(
    image: Image.Image, rng: np.random.Generator, sprite: Sprite, x: int, y: int
) -> tuple[Image.Image, Corner]:
    """Draw the back of a hand that holds the sprite; return its front and corner."""
    w, h = sprite.image.size
    back, front = clutter.hand(rng, w, h)
    if rng.random() < 0.5:
        back, front = (p.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for p in (back, front))
    centre = (x + w // 2, int(y + h * rng.uniform(0.5, 0.62)))
    image.paste(back, (centre[0] - back.width // 2, centre[1] - back.height // 2), back)
    return front, (centre[0] - front.width // 2, centre[1] - front.height // 2)


def _in_front(
    image: Image.Image, mask: np.ndarray, front: Image.Image, corner: tuple[int, int]
) -> np.ndarray:
    """Paste something over the picture and take it out of the mask."""
    image.paste(front, corner, front)
    cover = Image.new("L", image.size)
    cover.paste(front.getchannel("A"), corner)
    return mask & (np.asarray(cover) < 128)


def _something_near(rng: np.random.Generator, width: int, height: int, light: Light) -> Image.Image:
    """RGBA picture of a plain thing close to the camera, a little out of focus."""
    thing = clutter.random_thing(rng, 1.15 * max(width, height), light, rng.uniform(0.2, 0.5))
    margin = Image.new("RGBA", (thing.width + 8, thing.height + 8))
    margin.paste(thing, (4, 4))
    return margin.convert("RGBa").filter(ImageFilter.BoxBlur(rng.uniform(0.4, 1.6))).convert("RGBA")


def _occlude(
    image: Image.Image,
    rng: np.random.Generator,
    mask: np.ndarray,
    keep: np.ndarray,
    make: Callable[..., Image.Image],
    light: Light,
) -> np.ndarray:
    """Cover at most a quarter of the object from one side, and little of the part to keep in sight."""
    width, height = image.size
    thing = make(rng, int(width * rng.uniform(0.25, 0.5)), int(height * rng.uniform(0.25, 0.5)), light)
    angle = rng.uniform(0.1, 0.9) * np.pi
    middle = np.argwhere(mask).mean(0)
    for distance in np.arange(0.3, 1.0, 0.06):
        x = int(middle[1] + np.cos(angle) * distance * width - thing.width / 2)
        y = int(middle[0] + np.sin(angle) * distance * height - thing.height / 2)
        cover = Image.new("L", image.size)
        cover.paste(thing.getchannel("A"), (x, y))
        left = mask & (np.asarray(cover) < 128)
        if left.sum() >= 0.75 * mask.sum() and (left & keep).sum() >= 0.8 * keep.sum():
            image.paste(thing, (x, y), thing)
            return left
    return mask
