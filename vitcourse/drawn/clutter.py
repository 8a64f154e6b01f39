"""Things beside, behind and in front of the object that are nothing in particular."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .engine import Light, Pen
from .palette import SKIN_TONES, any_colour, muted, near
from .shapes import ellipse, move, rounded, smooth, thick, turn
from .solids import View, box, disc, turned


def block(pen: Pen) -> None:
    """Plain box."""
    rng = pen.rng
    view = View(rng.uniform(-60, 60), max(0.1, abs(pen.elevation)))
    x, y, z = rng.uniform(0.15, 0.45, 3)
    box(
        pen,
        view,
        (-x, 0.45 - 2 * y, -z),
        (x, 0.45, z),
        {"all": any_colour(rng) if rng.random() < 0.5 else muted(rng)},
    )


def bowl(pen: Pen) -> None:
    """Bowl or plate."""
    rng = pen.rng
    colour, deep = muted(rng), rng.uniform(0.08, 0.35)
    turned(pen, [(0.4 - deep, 0.45), (0.4 - deep * 0.5, 0.36), (0.4, 0.2)], colour, gloss=0.4)
    disc(pen, 0.4 - deep, 0.45, near(rng, colour))
    pen.flat(ellipse(0, 0.4 - deep + 0.01, 0.4, 0.4 * abs(pen.elevation)), (90, 86, 92), 0.35)


def round_thing(pen: Pen) -> None:
    """Ball."""
    pen.ball(0, 0.1, 0.36, colour=any_colour(pen.rng), gloss=pen.rng.uniform(0, 0.5))


def pot(pen: Pen) -> None:
    """Plain pot or cup without a handle."""
    rng = pen.rng
    top, bottom = rng.uniform(0.22, 0.36), rng.uniform(0.16, 0.3)
    colour = muted(rng)
    turned(pen, [(-0.15, top), (0.4, bottom)], colour, curved=False, gloss=0.2)
    disc(pen, -0.15, top, near(rng, colour))
    pen.flat(ellipse(0, -0.15, top * 0.85, top * 0.85 * abs(pen.elevation)), (70, 64, 70), 0.6)


def sheets(pen: Pen) -> None:
    """Slips of paper."""
    for _ in range(int(pen.rng.integers(1, 4))):
        w, h = pen.rng.uniform(0.15, 0.35, 2)
        slip = turn([(-w, -h * 0.5), (w, -h * 0.5), (w, h * 0.5), (-w, h * 0.5)], pen.rng.uniform(-40, 40))
        pen.flat(move(slip, dy=0.15), muted(pen.rng) if pen.rng.random() < 0.6 else (240, 238, 230))


def sticks(pen: Pen) -> None:
    """Bundle of straws or sticks."""
    for _ in range(int(pen.rng.integers(2, 6))):
        x, lean = pen.rng.uniform(-0.2, 0.2, 2)
        pen.rod([(x - lean, -0.4), (x + lean, 0.4)], 0.05, any_colour(pen.rng))


def pebble(pen: Pen) -> None:
    """Lump of something."""
    n = 8
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    r = pen.rng.uniform(0.2, 0.42, n)
    pen.soft(
        smooth(np.stack([r * np.cos(angle), 0.2 + 0.6 * r * np.sin(angle)], 1)), muted(pen.rng), depth=0.8
    )


KINDS = (block, bowl, round_thing, pot, sheets, sticks, pebble, block)


def random_thing(rng: np.random.Generator, size: float, light: Light, elevation: float) -> Image.Image:
    """RGBA picture of one distractor, about `size` pixels large."""
    pen = Pen(rng, max(10.0, size), light, elevation, extent=0.7)
    KINDS[int(rng.integers(len(KINDS)))](pen)
    inside = pen.image.getbbox()
    return pen.image.crop(inside) if inside else pen.image


def occluder(rng: np.random.Generator, width: int, height: int, light: Light) -> Image.Image:
    """RGBA picture of something close to the camera."""
    size = max(width, height)
    pen = Pen(rng, size, light, extent=0.6)
    kind = rng.random()
    colour = any_colour(rng)
    if kind < 0.35:
        _leaf(pen)
    elif kind < 0.6:
        pen.soft(rounded(-0.35, -0.3, 0.35, 0.5, rng.uniform(0.02, 0.2)), colour, depth=0.3)
    elif kind < 0.8:
        pen.ball(0, 0, 0.42, colour=colour, gloss=0.2)
    else:
        pen.rod([(-0.5, -0.2), (0.0, rng.uniform(-0.2, 0.1)), (0.5, 0.1)], rng.uniform(0.1, 0.2), colour)
    return pen.image.crop(pen.image.getbbox())


def _leaf(pen: Pen) -> None:
    colour = near(pen.rng, (92, 148, 62), 0.2)
    outline = turn(smooth([(0, -0.5), (0.2, -0.1), (0.12, 0.3), (0, 0.5), (-0.16, 0.2), (-0.2, -0.15)]), 40)
    pen.soft(outline, colour, depth=0.4)
    pen.flat(turn(thick([(0, -0.46), (0, 0.46)], [0.004, 0.02]), 40), near(pen.rng, (150, 190, 110)))


def hand(rng: np.random.Generator, width: float, height: float) -> tuple[Image.Image, Image.Image]:
    """A hand that holds something `width` by `height` pixels: (behind it, in front of it), both RGBA.

    Both pictures are centred on the thing; the hand comes from the left.
    """
    unit = max(width, height * 0.5)
    pens = [Pen(rng, 2 * unit, Light(-0.4, -0.6, 0.6), extent=reach) for reach in (2.6, 1.3)]
    skin = SKIN_TONES[int(rng.integers(len(SKIN_TONES)))]
    half = width / unit / 2
    back, front = pens
    back.rod([(-3.0, 1.9), (-half - 0.35, 0.45)], 0.52, any_colour(rng))
    back.soft(
        smooth([(-half - 0.5, 0.55), (-half - 0.3, -0.3), (half * 0.4, -0.4), (half * 0.3, 0.5)]),
        skin,
        depth=0.5,
    )
    for i in range(4):
        y = -0.36 + 0.24 * i
        tip = half * (1.04 + 0.1 * (i in (1, 2)))
        back.rod([(half * 0.5, y), (tip, y), (tip + 0.03, y + 0.02)], 0.2, skin)
        front.rod([(tip + 0.05, y), (tip - 0.12, y + 0.02)], 0.19, skin)
    thumb = smooth([(-half - 0.42, 0.4), (-half - 0.12, -0.02), (-half * 0.35, -0.3)], closed=False)
    front.rod(thumb, [0.3, 0.24, 0.2], skin)
    return back.image.reduce(2), front.image.reduce(2)


def draw_behind(image: Image.Image, rng: np.random.Generator, floor: float, light: Light, count: int) -> None:
    """Place blurred distractors along the line where the floor begins."""
    width, height = image.size
    for _ in range(count):
        thing = random_thing(rng, rng.uniform(0.12, 0.34) * height, light, 0.2)
        x = int(rng.uniform(-0.1, 0.95) * width)
        y = int(floor + rng.uniform(0.0, 0.12) * height)
        _shade_under(image, x, y, thing.width)
        radius = rng.uniform(0.0, 1.8)
        if radius > 0.4:
            thing = thing.filter(ImageFilter.BoxBlur(radius))
        image.paste(thing, (x, y - thing.height), thing)


def scatter(
    image: Image.Image, rng: np.random.Generator, light: Light, count: int, avoid: tuple[float, ...]
) -> None:
    """Place distractors on a surface seen from above, away from the middle of the box `avoid`."""
    width, height = image.size
    for _ in range(count):
        thing = random_thing(rng, rng.uniform(0.1, 0.26) * height, light, 0.6)
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        if avoid[0] < x < avoid[2] and avoid[1] < y < avoid[3]:
            x = avoid[0] if x < width / 2 else avoid[2]
        _shade_under(image, int(x - thing.width / 2), int(y + thing.height / 2), thing.width)
        image.paste(thing, (int(x - thing.width / 2), int(y - thing.height / 2)), thing)


def _shade_under(image: Image.Image, x: int, y: int, width: int) -> None:
    tall = max(4, width // 4)
    spot = Image.new("L", (width + 2 * tall, 2 * tall))
    ImageDraw.Draw(spot).ellipse((tall * 0.6, tall * 0.4, width + tall * 1.4, tall * 1.6), fill=90)
    image.paste((18, 16, 30), (x - tall, y - tall - tall // 4), spot.filter(ImageFilter.BoxBlur(tall / 4)))
