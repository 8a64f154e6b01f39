"""Label designs: bands, waves, dots, badges and small fruit, but never text."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from .palette import LEAF, WHITE, Colour, any_colour, contrast, darker, lighter, mix
from .shapes import Points, ellipse, petals, smooth, star, turn


class Label:
    """A flat picture in the making; coordinates run from 0 to 1 in both directions.

    Args:
        rng: Source of every random choice.
        width: Pixels across.
        height: Pixels down.
        ground: Background colour.
    """

    def __init__(self, rng: np.random.Generator, width: int, height: int, ground: Colour) -> None:
        self.rng = rng
        self.width, self.height = width, height
        self.ground = ground
        self.image = Image.new("RGB", (width, height), ground)
        self.draw = ImageDraw.Draw(self.image)

    def polygon(self, points: Points, colour: Colour) -> None:
        """Fill an outline given in shares of the width and height."""
        p = np.asarray(points, float) * (self.width, self.height)
        self.draw.polygon([tuple(q) for q in p.tolist()], fill=colour)

    def shape(self, points: Points, x: float, y: float, radius: float, colour: Colour) -> None:
        """Fill an outline given around (0, 0) with size 1; the radius is a share of the width."""
        p = np.asarray(points, float) * radius * self.width + (x * self.width, y * self.height)
        self.draw.polygon([tuple(q) for q in p.tolist()], fill=colour)

    def array(self) -> np.ndarray:
        """The label as (height, width, 3) of uint8."""
        return np.asarray(self.image)


def bands(label: Label, colour: Colour) -> None:
    """A few level bands."""
    y = label.rng.uniform(0.02, 0.2)
    while y < 1:
        thickness = label.rng.uniform(0.03, 0.16)
        label.polygon([(0, y), (1, y), (1, y + thickness), (0, y + thickness)], colour)
        y += thickness + label.rng.uniform(0.1, 0.4)


def stripes(label: Label, colour: Colour) -> None:
    """Slanted or upright stripes all around."""
    count = int(label.rng.integers(6, 15))
    slant = label.rng.choice([0.0, 0.12, -0.12, 0.3])
    share = label.rng.uniform(0.3, 0.6)
    for i in range(-6, count + 6):
        x = i / count
        label.polygon(
            [(x, 0), (x + share / count, 0), (x + share / count + slant, 1), (x + slant, 1)], colour
        )


def waves(label: Label, colour: Colour) -> None:
    """One to three wavy bands."""
    x = np.linspace(0, 1, 49)
    count = int(label.rng.integers(1, 4))
    for i in range(count):
        middle = (i + label.rng.uniform(0.3, 0.7)) / count
        height = label.rng.uniform(0.03, 0.1)
        wave = middle + label.rng.uniform(0.03, 0.09) * np.sin(
            2 * np.pi * (label.rng.integers(2, 5) * x + label.rng.random())
        )
        upper, lower = np.stack([x, wave - height], 1), np.stack([x, wave + height], 1)
        label.polygon(np.concatenate([upper, lower[::-1]]), colour)


def dots(label: Label, colour: Colour) -> None:
    """Staggered dots."""
    across = int(label.rng.integers(6, 11))
    down = max(3, round(across * label.height / label.width))
    for row in range(down + 1):
        for column in range(across):
            x = (column + 0.5 * (row % 2)) / across
            label.shape(ellipse(0, 0, 1, n=14), x, (row + 0.3) / down, 0.28 / across, colour)


def zigzag(label: Label, colour: Colour) -> None:
    """A jagged lower or upper part."""
    teeth = int(label.rng.integers(4, 10)) * 2
    x = np.linspace(0, 1, teeth + 1)
    base, depth = label.rng.uniform(0.45, 0.7), label.rng.uniform(0.08, 0.22)
    y = base + depth * (np.arange(teeth + 1) % 2)
    end = 1.0 if label.rng.random() < 0.6 else 0.0
    label.polygon(np.concatenate([np.stack([x, y], 1), [(1, end), (0, end)]]), colour)


def splash(label: Label, colour: Colour) -> None:
    """A lower or upper part with an edge like a splash of milk."""
    n = int(label.rng.integers(8, 13)) * 2
    x = np.linspace(-0.05, 1.05, n)
    y = label.rng.uniform(0.4, 0.75) + label.rng.uniform(0.03, 0.12, n) * np.where(np.arange(n) % 2, 1, -1)
    edge = smooth(np.stack([x, y], 1), closed=False)
    end = 1.0 if label.rng.random() < 0.7 else 0.0
    label.polygon(np.concatenate([edge, [(1.1, end), (-0.1, end)]]), colour)


def facets(label: Label, colour: Colour) -> None:
    """Scattered triangles."""
    for _ in range(int(label.rng.integers(12, 26))):
        corner = label.rng.uniform(0, 1, 2)
        tone = mix(colour, label.ground, label.rng.uniform(0, 0.6))
        label.polygon(corner + label.rng.uniform(-0.16, 0.16, (3, 2)), tone)


def halves(label: Label, colour: Colour) -> None:
    """Two colours with a slanted border."""
    a, b = label.rng.uniform(0.25, 0.75, 2)
    edge = [(0, a), (0.25, b), (0.5, a), (0.75, b), (1, a)]
    label.polygon([*edge, (1, 1), (0, 1)], colour)


def leaves(label: Label, colour: Colour) -> None:
    """Scattered leaves."""
    outline = smooth([(0, -1), (0.45, -0.1), (0, 1), (-0.45, -0.1)])
    for _ in range(int(label.rng.integers(8, 18))):
        tone = mix(colour, label.ground, label.rng.uniform(0, 0.4))
        x, y = label.rng.uniform(0, 1, 2)
        label.shape(turn(outline, label.rng.uniform(0, 360)), x, y, label.rng.uniform(0.03, 0.07), tone)


PATTERNS: tuple[Callable[[Label, Colour], None], ...] = (
    bands, stripes, waves, dots, zigzag, splash, facets, halves, leaves,
)  # fmt: skip


def fruit(label: Label, x: float, y: float, radius: float, colour: Colour) -> None:
    """Round fruit with a leaf."""
    label.shape(ellipse(0, 0, 0.8, 0.78), x, y, radius, darker(colour, 0.2))
    label.shape(ellipse(-0.08, -0.08, 0.66, 0.64), x, y, radius, colour)
    label.shape(ellipse(-0.3, -0.35, 0.16, 0.12), x, y, radius, lighter(colour, 0.6))
    label.shape(
        turn(smooth([(0, -0.5), (0.3, 0), (0, 0.5), (-0.3, 0)]), 60), x + radius * 0.4, y, radius, LEAF
    )


def slice_of_fruit(label: Label, x: float, y: float, radius: float, colour: Colour) -> None:
    """Cut lemon or orange."""
    label.shape(ellipse(0, 0, 1), x, y, radius, colour)
    label.shape(ellipse(0, 0, 0.86), x, y, radius, WHITE)
    for i in range(8):
        wedge = turn([(0, -0.12), (0.26, -0.72), (-0.26, -0.72)], i * 45)
        label.shape(wedge, x, y, radius, lighter(colour, 0.15))


def drop(label: Label, x: float, y: float, radius: float, colour: Colour) -> None:
    """Drop of water or milk."""
    outline = smooth(
        [(0, -1.1), (0.35, -0.3), (0.62, 0.3), (0.35, 0.82), (-0.35, 0.82), (-0.62, 0.3), (-0.35, -0.3)]
    )
    label.shape(outline, x, y, radius, colour)
    label.shape(ellipse(-0.2, 0.25, 0.13, 0.24), x, y, radius, lighter(colour, 0.6))


def sun(label: Label, x: float, y: float, radius: float, colour: Colour) -> None:
    """Disc with rays."""
    label.shape(star(0, 0, 1.05, 0.7, 12), x, y, radius, colour)
    label.shape(ellipse(0, 0, 0.52), x, y, radius, lighter(colour, 0.5))


def mountain(label: Label, x: float, y: float, radius: float, colour: Colour) -> None:
    """Two peaks with snow."""
    label.shape([(-1, 0.6), (-0.3, -0.5), (0.4, 0.6)], x, y, radius, colour)
    label.shape([(-0.3, 0.6), (0.35, -0.8), (1, 0.6)], x, y, radius, darker(colour, 0.25))
    label.shape([(0.35, -0.8), (0.58, -0.3), (0.35, -0.42), (0.12, -0.3)], x, y, radius, WHITE)


def flower(label: Label, x: float, y: float, radius: float, colour: Colour) -> None:
    """Flower seen from above."""
    label.shape(petals(0, 0, 0.75, 0.32, 6), x, y, radius, colour)
    label.shape(ellipse(0, 0, 0.26), x, y, radius, contrast(label.rng, colour))


def swoosh(label: Label, x: float, y: float, radius: float, colour: Colour) -> None:
    """Brush stroke like an unreadable signature."""
    outline = smooth(
        [(-1.2, 0.1), (-0.5, -0.5), (0.2, 0.0), (1.2, -0.6), (0.6, 0.3), (0.0, 0.35), (-0.5, -0.05)]
    )
    label.shape(outline, x, y, radius, colour)


def rings(label: Label, x: float, y: float, radius: float, colour: Colour) -> None:
    """Target of rings."""
    for size, tone in ((1, colour), (0.68, label.ground), (0.36, colour)):
        label.shape(ellipse(0, 0, size), x, y, radius, tone)


LOGOS = (fruit, slice_of_fruit, drop, sun, mountain, flower, swoosh, rings)


def badge(label: Label, x: float, y: float, radius: float) -> None:
    """A logo, often on an oval, a round or a square field."""
    rng = label.rng
    field = contrast(rng, label.ground)
    kind = rng.random()
    if kind < 0.4:
        label.shape(ellipse(0, 0, 1.15, rng.uniform(0.75, 1.15)), x, y, radius, WHITE)
        label.shape(ellipse(0, 0, 1.04, rng.uniform(0.7, 1.04)), x, y, radius, field)
    elif kind < 0.6:
        label.shape([(-1.1, -0.9), (1.1, -0.9), (1.1, 0.9), (-1.1, 0.9)], x, y, radius, field)
    else:
        field = label.ground
    logo = LOGOS[int(rng.integers(len(LOGOS)))]
    logo(label, x, y, radius * (0.68 if kind < 0.6 else 0.95), contrast(rng, field))


def small_print(label: Label, x: float, y: float, width: float, height: float) -> None:
    """Panel of fine lines, like a list of ingredients."""
    ink = contrast(label.rng, label.ground, 220)
    for i in range(int(label.rng.integers(5, 9))):
        line_y = y + height * i / 8
        end = x + width * label.rng.uniform(0.6, 1.0)
        label.polygon(
            [(x, line_y), (end, line_y), (end, line_y + height * 0.05), (x, line_y + height * 0.05)], ink
        )


def design(
    rng: np.random.Generator,
    width: int = 224,
    height: int = 160,
    ground: Colour | None = None,
    sides: int = 2,
) -> Label:
    """A whole label: ground, one or two patterns, a badge on every side and sometimes small print.

    Args:
        rng: Source of every random choice.
        width: Pixels across (all around the object for a wrapped label).
        height: Pixels down.
        ground: Background colour; any when left out.
        sides: How many times the badge is repeated across the width.
    """
    label = Label(rng, width, height, ground or any_colour(rng))
    colour = contrast(rng, label.ground)
    for _ in range(int(rng.choice([0, 1, 1, 2]))):
        PATTERNS[int(rng.integers(len(PATTERNS)))](label, colour)
        colour = contrast(rng, label.ground)
    y, radius = rng.uniform(0.3, 0.6), rng.uniform(0.11, 0.19) * 2 / sides
    state = rng.bit_generator.state
    for side in range(sides):
        rng.bit_generator.state = state
        badge(label, (side + 0.5) / sides, y, radius)
    if rng.random() < 0.5:
        small_print(label, 0.42 if sides == 2 else 0.12, rng.uniform(0.15, 0.55), 0.14 * 2 / sides, 0.3)
    return label
