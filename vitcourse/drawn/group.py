"""Whole pictures of several named objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from .backdrop import Backdrop
from .compose import Corner, add_clutter, generator, known, length, pose
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

# Order from back to front, and upper left corners.
Arrangement = tuple[list[int], list[Corner]]

# Larger sides in proportion to one another.
SIZES = {"can": 0.68, "carton": 1.08, "milk_bottle": 0.88, "water_bottle": 1.05}


@dataclass
class DrawnScene:
    """A drawn picture of several objects.

    Attributes:
        image: RGB picture.
        masks: For every name a bool array (height, width), True on the visible part of that object.
    """

    image: Image.Image
    masks: dict[str, np.ndarray]


def scene(names: Sequence[str], seed: int, size: tuple[int, int] = (224, 224)) -> DrawnScene:
    """Draw one to four different objects together, each at most about 40 % hidden.

    Args:
        names: Classes to draw, each once.
        seed: The same names and seed give the same picture.
        size: (width, height) in pixels.

    Returns:
        The picture and one mask for every name.

    Raises:
        ValueError: There is no such class, a class twice, or none.
    """
    things = [known(name) for name in names]
    if not things or len(set(names)) != len(things):
        raise ValueError(f"got {list(names)!r}, expected at least one class and no class twice")
    rng = generator(" ".join(names), seed)
    light = random_light(rng)
    place = place_for(rng, "fridge", size)
    elevation = rng.uniform(0.1, 0.38)
    sprites = []
    scale = length(rng, size, 0.62, 0.85) * (1.0, 0.88, 0.8, 0.74)[min(len(things), 4) - 1]
    for thing in things:
        tilt, own_elevation, way = pose(rng, thing)
        if way == "stand":
            tilt, own_elevation = rng.normal(0, 1.5), elevation
        sprites.append(
            make_sprite(rng, thing, scale * SIZES.get(thing.name, 1.0), light, tilt, own_elevation)
        )
    order, corners = _arrange(rng, sprites, place, size)
    image = place.image
    add_clutter(image, rng, place, light, (0, 0, 0, 0))
    strength = rng.uniform(0.3, 0.6)
    masks: dict[str, np.ndarray] = {}
    for i in order:
        if sprites[i].upright:
            floor_shadow(image, sprites[i], *corners[i], light, strength)
        else:
            drop_shadow(image, sprites[i], *corners[i], light, strength + 0.15, 0.035 * min(size))
        cover = put(image, sprites[i], *corners[i])
        masks = {name: mask & ~cover for name, mask in masks.items()}
        masks[names[i]] = cover
    return DrawnScene(camera(rng, image, light, noise=5.0), {name: masks[name] for name in names})


def _arrange(
    rng: np.random.Generator, sprites: list[Sprite], place: Backdrop, size: tuple[int, int]
) -> Arrangement:
    """Order from back to front and upper left corners, with little hidden; the best of several tries."""
    best, best_score = None, -1.0
    for _ in range(150):
        order, corners = _try_arrangement(rng, sprites, place, size)
        score = _least_visible(sprites, order, corners, size)
        if score > best_score:
            best, best_score = (order, corners), score
        if score > rng.uniform(0.75, 1.0):
            break
    return best


def _try_arrangement(
    rng: np.random.Generator, sprites: list[Sprite], place: Backdrop, size: tuple[int, int]
) -> Arrangement:
    width, height = size
    slots = rng.permutation(len(sprites))
    corners, bases = [], []
    for sprite, slot in zip(sprites, slots, strict=True):
        w, h = sprite.image.size
        centre = width * (slot + 0.5 + rng.normal(0, 0.18)) / len(sprites)
        low, high = place.floor + (0.07 * height if sprite.upright else 0.7 * h), height * 0.97
        base = max(rng.uniform(min(low, high), high), min(h + 0.03 * height, high))
        bases.append(base)
        corners.append((int(np.clip(centre - w / 2, -0.02 * w, width - 0.98 * w)), int(base - h)))
    return np.argsort(bases).tolist(), corners


def _least_visible(
    sprites: list[Sprite], order: list[int], corners: list[Corner], size: tuple[int, int]
) -> float:
    """Share of the most hidden sprite, or of the most hidden upper end of one, that can be seen."""
    taken = np.zeros((size[1], size[0]), bool)
    least = 1.0
    for i in reversed(order):
        alpha = sprites[i].image.getchannel("A")
        cover = Image.new("L", size)
        cover.paste(alpha, corners[i])
        shape = np.asarray(cover) > 40
        total = max(1, int((np.asarray(alpha) > 40).sum()))
        least = min(least, float((shape & ~taken).sum()) / total)
        head = shape & around_head(sprites[i], corners[i], size)
        least = min(least, float((head & ~taken).sum()) / max(1, int(head.sum())))
        taken |= shape
    return least
