"""Puts drawn objects into places, with light, shadow, clutter, and a camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from . import backdrop, outdoors
from .backdrop import Backdrop
from .engine import SUPERSAMPLING, Light, Pen, noise_tile
from .registry import Drawable

PLACES = {"indoors": (backdrop.room, backdrop.room, backdrop.room, backdrop.studio, backdrop.blurred,
    backdrop.blurred, backdrop.cupboard, backdrop.above), "fridge": (backdrop.room, backdrop.room,
    backdrop.blurred, backdrop.cupboard, backdrop.inside_fridge, backdrop.inside_fridge,
    backdrop.studio), "flat": (backdrop.above, backdrop.above, backdrop.above, backdrop.studio),
    "hang": (backdrop.above, backdrop.studio, backdrop.room), "outdoors": (outdoors.landscape,
    outdoors.landscape, backdrop.studio), "sky": (outdoors.open_sky, outdoors.landscape,
    backdrop.studio), "water": (outdoors.water, outdoors.water, backdrop.studio)}  # fmt: skip


@dataclass
class Sprite:
    """A drawn object at its final size, cut to its outline.

    Attributes:
        image: RGBA picture.
        upright: Whether it stands on its base.
        head: Centre and radius, in pixels, of a circle around its upper end.
    """

    image: Image.Image
    upright: bool
    head: tuple[float, float, float]


def random_light(rng: np.random.Generator) -> Light:
    """Light from above, from either side, warm to cool."""
    x = rng.uniform(0.2, 0.85) * (1 if rng.random() < 0.5 else -1)
    warmth = rng.normal(0, 0.06)
    return Light(x, rng.uniform(-0.85, -0.4), rng.uniform(0.45, 0.8), (1 + warmth, 1.0, 1 - warmth))


def make_sprite(
    rng: np.random.Generator, thing: Drawable, length: float, light: Light, tilt: float, elevation: float
) -> Sprite:
    """Draw one object.

    Args:
        rng: Source of every random choice.
        thing: What to draw.
        length: Its larger side in pixels.
        light: Light of the scene.
        tilt: Turn in degrees, clockwise.
        elevation: Sine of the angle by which the camera looks down on it.
    """
    mirrored = rng.random() < 0.5
    local = light.turned(tilt)
    if mirrored:
        local = Light(-local.x, local.y, local.z, local.warmth)
    pen = Pen(rng, length * SUPERSAMPLING, local, elevation, tilt=tilt)
    thing.paint(pen)
    image = pen.image.crop(pen.image.getbbox())
    if mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if abs(tilt) > 0.5:
        image = image.rotate(-tilt, Image.Resampling.BILINEAR, expand=True)
        image = image.crop(image.getbbox())
    image = image.reduce(SUPERSAMPLING)
    larger = max(image.size)
    if larger > length * 1.02 or larger < length * 0.9:
        zoom = length / larger
        image = image.resize((max(2, round(image.width * zoom)), max(2, round(image.height * zoom))))
    return Sprite(image, abs(tilt) < 30, _head(image, tilt))


def _head(image: Image.Image, tilt: float) -> tuple[float, float, float]:
    """Centre and radius of a circle around the upper end of a thing that was turned by `tilt` degrees."""
    width, height = image.size
    sin, cos = np.sin(np.radians(tilt)), np.cos(np.radians(tilt))
    axis = abs(sin) * width + abs(cos) * height
    return width / 2 + 0.36 * axis * sin, height / 2 - 0.36 * axis * cos, 0.2 * axis


def around_head(sprite: Sprite, corner: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """Bool array (height, width), True near the upper end of a sprite whose corner is given."""
    x, y, radius = sprite.head
    down, across = np.ogrid[: size[1], : size[0]]
    return np.hypot(across - corner[0] - x, down - corner[1] - y) < radius


def place_for(rng: np.random.Generator, family: str, size: tuple[int, int]) -> Backdrop:
    """An empty place of a family."""
    makers = PLACES[family]
    return makers[int(rng.integers(len(makers)))](rng, *size)


def floor_shadow(image: Image.Image, sprite: Sprite, x: int, y: int, light: Light, strength: float) -> None:
    """Cast shadow and dark contact line of a standing thing whose sprite has its corner at (x, y)."""
    alpha = sprite.image.getchannel("A").point(lambda v: 255 if v > 60 else v * 3)
    width, height = alpha.size
    reach = 0.30 if sprite.upright else 0.12
    shear, squash = -light.x * 1.1, -(0.10 + reach * (1 + light.y))
    margin = int(abs(shear) * height) + 8
    base, top = y + height - max(2, int(0.03 * height)), int(abs(squash) * height) + 8
    # Shadow point of a point at height h above the base: sideways by shear * h, up the floor by squash * h.
    inverse = (1, -shear / squash, -margin + shear / squash * top, 0, 1 / squash * -1, height + top / squash)
    area = (width + 2 * margin, top + 10)
    cast = alpha.transform(area, Image.Transform.AFFINE, inverse, Image.Resampling.BILINEAR)
    cast = cast.filter(ImageFilter.BoxBlur(max(1.0, height / 60))).point(
        [int(v * strength) for v in range(256)]
    )
    image.paste((16, 14, 30), (x - margin, base - top), cast)
    contact_shadow(image, alpha, x, y, strength)


def contact_shadow(image: Image.Image, alpha: Image.Image, x: int, y: int, strength: float) -> None:
    """Dark soft ellipse under the lowest part of a thing."""
    width, height = alpha.size
    foot = alpha.crop((0, int(height * 0.93), width, height)).getbbox() or (0, 0, width, 1)
    wide, tall = foot[2] - foot[0], max(4, int((foot[2] - foot[0]) * 0.16))
    spot = Image.new("L", (wide + 4 * tall, 4 * tall))
    ImageDraw.Draw(spot).ellipse(
        (1.4 * tall, 1.2 * tall, wide + 2.6 * tall, 2.6 * tall), fill=int(250 * strength)
    )
    spot = spot.filter(ImageFilter.BoxBlur(tall * 0.35))
    image.paste((14, 12, 26), (x + foot[0] - 2 * tall, y + height - int(2.3 * tall)), spot)


def drop_shadow(
    image: Image.Image, sprite: Sprite, x: int, y: int, light: Light, strength: float, far: float
) -> None:
    """Shadow of a thing that lies flat, or floats `far` pixels in front of a wall."""
    alpha = sprite.image.getchannel("A")
    margin = int(far * 2) + 4
    spread = Image.new("L", (alpha.width + 2 * margin, alpha.height + 2 * margin))
    spread.paste(alpha, (margin, margin))
    spread = spread.filter(ImageFilter.BoxBlur(max(1.0, far * 0.45))).point(
        [int(v * strength) for v in range(256)]
    )
    image.paste((16, 14, 30), (int(x - margin - light.x * far), int(y - margin - light.y * far)), spread)


def camera(rng: np.random.Generator, image: Image.Image, light: Light, noise: float) -> Image.Image:
    """Exposure, colour of the light, uneven lighting, blur and sensor noise."""
    if rng.random() < 0.3:
        image = image.filter(ImageFilter.BoxBlur(rng.uniform(0.3, 0.7)))
    exposure = rng.uniform(0.82, 1.12)
    lift = rng.uniform(0, 12)
    tables = [[min(255, int(lift + v * exposure * tone)) for v in range(256)] for tone in light.warmth]
    image = image.point([level for table in tables for level in table])
    pixels = np.asarray(image).astype(np.int16)
    height, width = pixels.shape[:2]
    x, y = (int(v) for v in rng.integers(0, 512 - np.minimum((width, height), 500)))
    fall = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * light.x
    fall = fall + np.linspace(-1, 1, height, dtype=np.float32)[:, None] * light.y
    grain = _grain_tile()[y : y + height, x : x + width]
    if grain.shape != (height, width):
        grain = np.asarray(Image.fromarray(grain).resize((width, height)))
    change = fall * rng.uniform(2, 16) + grain * (noise * rng.uniform(0.3, 1.2))
    return Image.fromarray(np.clip(pixels + change.astype(np.int16)[..., None], 0, 255).astype(np.uint8))


def _grain_tile() -> np.ndarray:
    return noise_tile(40, 1, 1).astype(np.float32) / 128 - 1


def put(image: Image.Image, sprite: Sprite, x: int, y: int) -> np.ndarray:
    """Paste a sprite with its corner at (x, y).

    Returns:
        Bool array (height, width), True where the sprite covers the picture.
    """
    image.paste(sprite.image, (x, y), sprite.image)
    cover = Image.new("L", image.size)
    cover.paste(sprite.image.getchannel("A"), (x, y))
    return np.asarray(cover) > 40
