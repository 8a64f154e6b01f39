"""Places to put things: table and wall, fridge, shelf, surface seen from above, outdoors, blurred room."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .engine import noise_tile
from .palette import Colour, any_colour, darker, duotone, from_hsv, lighter, mix, muted

TILE = 512


@dataclass
class Backdrop:
    """An empty place.

    Attributes:
        image: RGB picture.
        floor: Height of the line where the floor begins, in pixels from the top; 0 when seen from above.
        from_above: Whether things lie flat on it.
    """

    image: Image.Image
    floor: float
    from_above: bool = False


@lru_cache(maxsize=32)
def material_tile(kind: str) -> np.ndarray:
    """Seamless-enough grey texture (512, 512) of uint8 of one material."""
    y, x = np.mgrid[0:TILE, 0:TILE].astype(np.float32)
    fine = noise_tile(1, 2, 2).astype(np.float32) - 128
    middle = noise_tile(2, 16, 16).astype(np.float32) - 128
    wide = noise_tile(3, 90, 90).astype(np.float32) - 128
    grain = noise_tile(4, 120, 3).astype(np.float32) - 128
    if kind == "plain":
        grey = 140 + 0.06 * fine + 0.12 * wide
    elif kind == "concrete":
        grey = 128 + 0.25 * fine + 0.25 * middle + 0.4 * wide
    elif kind == "wood":
        grey = 128 + 0.45 * grain + 26 * np.sin(y / 9 + wide / 22 + grain / 60)
    elif kind == "planks":
        plank = (y // 64).astype(int)
        tone = np.random.default_rng(5).uniform(-38, 38, 16)[plank % 16]
        joint = ((y % 64) < 3) | (((x + 167 * plank) % 300) < 2)
        grey = np.where(joint, 20, 140 + 0.4 * grain + tone)
    elif kind == "tiles":
        joint = ((x % 64) < 3) | ((y % 64) < 3)
        tone = np.random.default_rng(6).uniform(-14, 14, (8, 8))[(y // 64).astype(int), (x // 64).astype(int)]
        grey = np.where(joint, 60, 170 + tone + 0.08 * fine + 0.15 * middle)
    elif kind == "checks":
        odd = ((x // 64).astype(int) + (y // 64).astype(int)) % 2
        grey = np.where(odd, 205, 60) + 0.1 * fine
    elif kind == "bricks":
        row = (y // 32).astype(int)
        joint = ((y % 32) < 3) | (((x + 32 * (row % 2)) % 64) < 3)
        tone = np.random.default_rng(7).uniform(-30, 30, (16, 9))[
            row, ((x + 32 * (row % 2)) // 64).astype(int)
        ]
        grey = np.where(joint, 200, 110 + tone + 0.3 * fine)
    elif kind == "fabric":
        grey = 128 + 18 * np.sin(x * 1.6) + 18 * np.sin(y * 1.6) + 0.3 * fine + 0.15 * middle
    elif kind == "carpet":
        grey = 128 + 0.7 * fine + 0.2 * middle
    elif kind == "stripes":
        width = np.random.default_rng(8).uniform(6, 44, 64).cumsum()
        grey = np.where(np.searchsorted(width, y) % 2, 190, 80) + 0.08 * fine
    elif kind == "ribs":
        grey = 110 + 60 * np.cos(y / 3.2) ** 8 + 0.06 * fine
    elif kind == "gingham":
        grey = 70 + 80 * ((x % 56) < 28) + 80 * ((y % 56) < 28) + 0.1 * fine
    else:
        raise ValueError(f"unknown material {kind!r}")
    return np.clip(grey, 0, 255).astype(np.uint8)


FLOORS = ("plain", "concrete", "wood", "planks", "tiles", "checks", "fabric", "carpet", "ribs",
    "gingham", "plain", "wood")  # fmt: skip
WALLS = ("plain", "plain", "plain", "tiles", "bricks", "stripes", "planks", "concrete", "fabric")


def _two_tones(rng: np.random.Generator, strength: float = 0.25) -> tuple[Colour, Colour]:
    colour = muted(rng) if rng.random() < 0.72 else any_colour(rng)
    return darker(colour, strength), lighter(colour, strength * 0.7)


def _tones_for(rng: np.random.Generator, kind: str) -> tuple[Colour, Colour]:
    if kind in ("wood", "planks") and rng.random() < 0.7:
        wood = from_hsv(rng.uniform(0.05, 0.11), rng.uniform(0.2, 0.6), rng.uniform(0.3, 0.9))
        return darker(wood, 0.4), lighter(wood, 0.25)
    return _two_tones(rng, 0.42 if kind in ("checks", "stripes", "gingham") else 0.25)


def surface(rng: np.random.Generator, kind: str, width: int, height: int) -> Image.Image:
    """Piece of a material facing the viewer."""
    zoom = rng.uniform(0.6, 1.5)
    w, h = min(TILE, int(width / zoom) + 1), min(TILE, int(height / zoom) + 1)
    x, y = (int(v) for v in rng.integers(0, (TILE - w + 1, TILE - h + 1)))
    grey = material_tile(kind)[y : y + h, x : x + w]
    if rng.random() < 0.4 and kind not in ("bricks",):
        grey = np.ascontiguousarray(grey.T) if w == h else grey
    grey = Image.fromarray(grey).resize((width, height), Image.Resampling.BILINEAR)
    return tinted(grey, *_tones_for(rng, kind))


def tinted(grey: Image.Image, dark: Colour, light: Colour) -> Image.Image:
    """Grey picture in shades between two colours."""
    table = duotone(dark, light)
    return Image.merge("RGB", [grey.point(table[:, i].tolist()) for i in range(3)])


def ground(rng: np.random.Generator, kind: str, width: int, height: int) -> Image.Image:
    """Piece of a material as a level floor that recedes to its upper edge."""
    far = rng.uniform(1.7, 3.2)
    skew = rng.uniform(-0.25, 0.25)
    near = rng.uniform(190, 330)
    middle = TILE / 2
    # Screen corners (upper left, upper right, lower left, lower right) and the texture points they show.
    half_far, half_near = min(near * far / 2, TILE / 2), near / 2 / 1.6
    depth = min(near * rng.uniform(0.8, 1.2), TILE - 20)
    source = [(middle - half_far, 4 + skew * 40), (middle + half_far, 4 - skew * 40 + 10),
        (middle - half_near + skew * 60, depth), (middle + half_near + skew * 60, depth + 8)]  # fmt: skip
    target = [(0, 0), (width, 0), (0, height), (width, height)]
    rows, values = [], []
    for (tx, ty), (sx, sy) in zip(target, source, strict=True):
        rows += [[tx, ty, 1, 0, 0, 0, -sx * tx, -sx * ty], [0, 0, 0, tx, ty, 1, -sy * tx, -sy * ty]]
        values += [sx, sy]
    coefficients = np.linalg.solve(np.array(rows), np.array(values))
    grey = _tile_image(kind).transform(
        (width, height), Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR
    )
    return tinted(grey, *_tones_for(rng, kind))


@lru_cache(maxsize=32)
def _tile_image(kind: str) -> Image.Image:
    return Image.fromarray(material_tile(kind))


def pick(rng: np.random.Generator, names: tuple[str, ...]) -> str:
    """One of the names."""
    return names[int(rng.integers(len(names)))]


def room(rng: np.random.Generator, width: int, height: int) -> Backdrop:
    """Table or floor in front of a wall."""
    horizon = int(height * rng.uniform(0.3, 0.66))
    image = Image.new("RGB", (width, height))
    image.paste(surface(rng, pick(rng, WALLS), width, horizon + 1), (0, 0))
    image.paste(ground(rng, pick(rng, FLOORS), width, height - horizon), (0, horizon))
    shadow_line(image, horizon, rng)
    return Backdrop(image, horizon)


def shadow_line(image: Image.Image, y: int, rng: np.random.Generator) -> None:
    """Dark seam where the floor meets the wall."""
    width = image.width
    strip = image.crop((0, max(0, y - 3), width, y + 5))
    dark = strip.point([int(v * 0.72) for v in range(256)] * 3).filter(ImageFilter.BoxBlur(1))
    image.paste(dark, (0, max(0, y - 3)))


def above(rng: np.random.Generator, width: int, height: int) -> Backdrop:
    """Surface seen from above."""
    return Backdrop(surface(rng, pick(rng, FLOORS), width, height), 0, from_above=True)


def studio(rng: np.random.Generator, width: int, height: int) -> Backdrop:
    """Plain gradient that bends from floor to wall."""
    top, bottom = _two_tones(rng, 0.3)
    if rng.random() < 0.5:
        top, bottom = bottom, top
    column = np.linspace(0, 255, height, dtype=np.float32)[:, None]
    grey = Image.fromarray(np.broadcast_to(column, (height, width)).astype(np.uint8))
    return Backdrop(tinted(grey, top, bottom), height * rng.uniform(0.35, 0.6))


def blurred(rng: np.random.Generator, width: int, height: int) -> Backdrop:
    """Unsharp room full of things behind a table."""
    horizon = int(height * rng.uniform(0.4, 0.68))
    small = Image.new("RGB", (width // 4, height // 4), muted(rng))
    draw = ImageDraw.Draw(small)
    for _ in range(int(rng.integers(6, 16))):
        x, y = rng.uniform(-0.1, 1) * small.width, rng.uniform(-0.1, 0.7) * small.height
        w, h = rng.uniform(0.05, 0.4) * small.width, rng.uniform(0.1, 0.5) * small.height
        colour = any_colour(rng) if rng.random() < 0.4 else muted(rng)
        (draw.rectangle if rng.random() < 0.7 else draw.ellipse)((x, y, x + w, y + h), fill=colour)
    small = small.filter(ImageFilter.BoxBlur(rng.uniform(1.0, 3.5)))
    image = small.resize((width, height), Image.Resampling.BICUBIC)
    image.paste(ground(rng, pick(rng, FLOORS), width, height - horizon), (0, horizon))
    return Backdrop(image, horizon)


def cupboard(rng: np.random.Generator, width: int, height: int) -> Backdrop:
    """Shelf with a board below, often one above and a side wall."""
    floor = int(height * rng.uniform(0.56, 0.74))
    wood = pick(rng, ("wood", "plain", "planks"))
    image = surface(rng, pick(rng, ("plain", "wood", "planks", "plain")), width, height)
    image = image.point([int(v * 0.72) for v in range(256)] * 3)
    state = rng.bit_generator.state
    board = surface(rng, wood, width, height)
    rng.bit_generator.state = state
    front = floor + int(height * rng.uniform(0.16, 0.24))
    image.paste(board.crop((0, 0, width, height - floor)), (0, floor))
    edge = board.crop((0, floor // 2, width, floor // 2 + max(6, height // 22)))
    image.paste(edge.point([int(v * 0.8) for v in range(256)] * 3), (0, min(front, height - 5)))
    below = image.crop((0, min(front + edge.height, height - 1), width, height))
    image.paste(
        below.point([int(v * 0.35) for v in range(256)] * 3), (0, min(front + edge.height, height - 1))
    )
    if rng.random() < 0.6:
        image.paste(edge.point([int(v * 0.6) for v in range(256)] * 3), (0, -edge.height // 3))
    if rng.random() < 0.6:
        _side_wall(image, board, rng, floor)
    shadow_line(image, floor, rng)
    return Backdrop(image, floor)


def _side_wall(image: Image.Image, board: Image.Image, rng: np.random.Generator, floor: int) -> None:
    width, height = image.size
    deep = rng.uniform(0.06, 0.16) * width
    mask = Image.new("L", image.size)
    corners = [(0, 0), (deep, 0), (deep, floor), (0, floor + height * 0.16)]
    if rng.random() < 0.5:
        corners = [(width - x, y) for x, y in corners]
    ImageDraw.Draw(mask).polygon(corners, fill=255)
    image.paste(board.point([int(v * 0.62) for v in range(256)] * 3), (0, 0), mask)


def inside_fridge(rng: np.random.Generator, width: int, height: int) -> Backdrop:
    """Lit inside of a fridge with glass shelves."""
    tint = from_hsv(rng.uniform(0.45, 0.68), rng.uniform(0.02, 0.14), rng.uniform(0.72, 0.96))
    column = np.linspace(235, 130, height, dtype=np.float32)[:, None]
    glow = noise_tile(3, 90, 90)[:height, :width].astype(np.float32) * 0.06
    grey = Image.fromarray(np.clip(column + glow, 0, 255).astype(np.uint8))
    image = tinted(grey, darker(tint, 0.55), lighter(tint, 0.5))
    draw = ImageDraw.Draw(image)
    left, right = rng.uniform(-0.02, 0.17) * width, rng.uniform(0.83, 1.02) * width
    floor = int(height * rng.uniform(0.55, 0.72))
    for x in np.arange(left, right, rng.uniform(0.08, 0.16) * width):
        draw.line([(x, 0), (x, floor)], fill=darker(tint, 0.1), width=1)
    draw.polygon([(0, 0), (left, 0), (left, floor), (0, height)], fill=darker(tint, 0.22))
    draw.polygon([(width, 0), (right, 0), (right, floor), (width, height)], fill=darker(tint, 0.14))
    front = int(height * rng.uniform(0.9, 0.97))
    spread = (front - floor) / max(1, height - floor)
    shelf = [
        (left, floor),
        (right, floor),
        (right + (width - right) * spread, front),
        (left * (1 - spread), front),
    ]
    draw.polygon(shelf, fill=mix(tint, (236, 246, 248), 0.55))
    for y, thickness in ((front, max(3, height // 40)), (floor, 1)):
        draw.line([(0, y), (width, y)], fill=mix(tint, (150, 190, 190), 0.6), width=thickness)
    draw.line([(0, front - 2), (width, front - 2)], fill=(250, 252, 252), width=1)
    if rng.random() < 0.6:
        y = int(height * rng.uniform(0.02, 0.1))
        draw.rectangle((0, y, width, y + height // 40), fill=mix(tint, (160, 196, 196), 0.5))
        draw.line([(0, y), (width, y)], fill=(250, 252, 252), width=1)
    return Backdrop(image, floor)
