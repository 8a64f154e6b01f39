"""Furniture."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .engine import Pen
from .labels import design
from .palette import (
    BLACK,
    STEEL,
    WHITE,
    WOOD,
    any_colour,
    contrast,
    darker,
    from_hsv,
    lighter,
    mix,
    near,
    vivid,
)
from .registry import drawable
from .shapes import arc, ellipse, move, rectangle, rounded, smooth, star, thick, turn
from .solids import View, box, turned


@drawable("chair")
def chair(pen: Pen) -> None:
    """Chair with four legs and a slatted or solid back."""
    rng = pen.rng
    colour = near(rng, WOOD, 0.2) if rng.random() < 0.5 else any_colour(rng)
    seat = any_colour(rng) if rng.random() < 0.5 else colour
    view = View(rng.uniform(20, 55) * (1 if rng.random() < 0.5 else -1), max(0.2, pen.elevation), 0.25)
    w, t, back = rng.uniform(0.2, 0.24), 0.022, rng.uniform(-0.46, -0.36)
    legs = sorted(
        [(-1, -1), (1, -1), (-1, 1), (1, 1)], key=lambda s: view.rotated([(s[0] * w, 0, s[1] * w)])[0][2]
    )
    for i, (sx, sz) in enumerate(legs):
        x, z = sx * (w - t), sz * (w - t)
        box(
            pen,
            view,
            (x - t, 0.05, z - t),
            (x + t, 0.45, z + t),
            {"all": darker(colour, 0.1 if i > 1 else 0.25)},
        )
    for x in (-w, w - 2 * t):
        box(pen, view, (x, back, -w), (x + 2 * t, 0.05, -w + 2 * t), {"all": colour})
    if rng.random() < 0.5:
        box(pen, view, (-w, back, -w), (w, -0.12, -w + t), {"all": colour})
    else:
        for y in np.linspace(back, -0.14, 3):
            box(pen, view, (-w, y, -w), (w, y + 0.07, -w + t), {"all": colour})
    box(pen, view, (-w - 0.01, 0.03, -w), (w + 0.01, 0.08, w + 0.01), {"all": seat})


@drawable("table")
def table(pen: Pen) -> None:
    """Table with four legs."""
    rng = pen.rng
    colour = near(rng, WOOD, 0.2) if rng.random() < 0.6 else any_colour(rng)
    view = View(rng.uniform(12, 40) * (1 if rng.random() < 0.5 else -1), max(0.2, pen.elevation), 0.3)
    w, d, t = 0.4, rng.uniform(0.22, 0.32), rng.uniform(0.02, 0.035)
    legs = sorted(
        [(-1, -1), (1, -1), (-1, 1), (1, 1)], key=lambda s: view.rotated([(s[0] * w, 0, s[1] * d)])[0][2]
    )
    for sx, sz in legs:
        x, z = sx * (w - 1.5 * t), sz * (d - 1.5 * t)
        box(pen, view, (x - t, -0.14, z - t), (x + t, 0.3, z + t), {"all": darker(colour, 0.15)})
    box(pen, view, (-w, -0.19, -d), (w, -0.14, d), {"all": colour})


@drawable("sofa")
def sofa(pen: Pen) -> None:
    """Sofa with armrests and cushions."""
    rng = pen.rng
    colour = any_colour(rng)
    for x in (-0.38, 0.38):
        pen.soft(rectangle(x - 0.02, 0.22, x + 0.02, 0.3), darker(near(rng, WOOD), 0.3))
    pen.soft(rounded(-0.42, rng.uniform(-0.3, -0.2), 0.42, 0.15, 0.08), darker(colour, 0.08), depth=0.3)
    count = int(rng.integers(2, 4))
    edges = np.linspace(-0.36, 0.36, count + 1)
    for a, b in pairwise(edges):
        pen.soft(rounded(a, -0.19, b, 0.08, 0.05), colour, depth=0.4)
        pen.soft(rounded(a, 0.02, b, 0.14, 0.04), lighter(colour, 0.1), depth=0.5)
    pen.soft(rounded(-0.4, 0.1, 0.4, 0.24, 0.02), darker(colour, 0.12), depth=0.3)
    for side in (1, -1):
        pen.soft(rounded(side * 0.42 - 0.07, -0.1, side * 0.42 + 0.07, 0.25, 0.06), colour, depth=0.5)
    if rng.random() < 0.6:
        pillow = smooth(
            [(-0.1, -0.1), (0, -0.08), (0.1, -0.1), (0.09, 0), (0.1, 0.1), (0, 0.08), (-0.1, 0.1), (-0.09, 0)]
        )
        pen.soft(
            move(turn(pillow, rng.uniform(-25, 25)), rng.choice([-0.26, 0.26]), -0.05),
            contrast(rng, colour),
            depth=0.7,
        )


@drawable("lamp")
def lamp(pen: Pen) -> None:
    """Table lamp with a shade."""
    rng = pen.rng
    shade, foot = any_colour(rng), any_colour(rng)
    top, low = rng.uniform(0.12, 0.24), rng.uniform(0.28, 0.36)
    turned(pen, [(0.36, 0.05), (0.4, 0.16), (0.44, 0.18)], foot, gloss=0.4)
    if rng.random() < 0.5:
        turned(pen, [(-0.02, 0.02), (0.05, 0.05), (0.18, 0.13), (0.3, 0.11), (0.38, 0.05)], foot, gloss=0.5)
    else:
        turned(pen, [(-0.05, 0.022), (0.4, 0.022)], foot, gloss=0.6, curved=False)
    lit = rng.random() < 0.5
    tone = lighter(mix(shade, (255, 226, 150), 0.35), 0.35) if lit else shade
    art = design(rng, 120, 60, tone, sides=2).array() if rng.random() < 0.2 else None
    turned(pen, [(-0.46, top), (-0.03, low)], tone, art=art, curved=False, gloss=0.05)
    pen.flat(ellipse(0, -0.46, top, top * pen.elevation), darker(tone, 0.35))


@drawable("clock", pose="hang")
def clock(pen: Pen) -> None:
    """Round wall clock or alarm clock with hands."""
    rng = pen.rng
    colour, dial = any_colour(rng), WHITE if rng.random() < 0.7 else lighter(any_colour(rng), 0.5)
    r, y = 0.45, 0.0
    if rng.random() < 0.4:
        r, y = 0.34, 0.06
        for side in (1, -1):
            pen.rod([(side * 0.15, 0.3), (side * 0.25, 0.46)], 0.06, darker(colour, 0.2))
            pen.soft(
                move(turn(arc(0, 0, 0.13, 0.12, 180, 360), 38 * side), side * 0.21, -0.27), colour, gloss=0.5
            )
        pen.rod(arc(0, -0.33, 0.1, 0.1, 190, 350), 0.035, STEEL)
    pen.soft(ellipse(0, y, r, n=48), colour, depth=0.2, gloss=0.4)
    pen.soft(ellipse(0, y, r * 0.86, n=48), dial, depth=0.08, strength=-0.4)
    for hour in range(12):
        long = 0.12 if hour % 3 == 0 else 0.06
        mark = [(0, -r * 0.8), (0, -r * (0.8 - long))]
        pen.flat(move(turn(thick(mark, 0.03 if hour % 3 == 0 else 0.018), hour * 30), 0, y), BLACK)
    minute, hour = rng.uniform(0, 360, 2)
    pen.rod(move(turn([(0, 0.04), (0, -r * 0.45)], hour), 0, y), 0.042, BLACK)
    pen.rod(move(turn([(0, 0.05), (0, -r * 0.68)], minute), 0, y), 0.028, BLACK)
    pen.ball(0, y, 0.03, colour=vivid(rng))


@drawable("television")
def television(pen: Pen) -> None:
    """Television on feet, or an old set with aerials."""
    rng = pen.rng
    picture = from_hsv(rng.uniform(0.5, 0.7), rng.uniform(0.1, 0.6), rng.uniform(0.15, 0.7))
    if rng.random() < 0.5:
        colour = any_colour(rng)
        for side in (1, -1):
            pen.rod([(0, -0.2), (side * 0.2, -0.47)], 0.018, STEEL)
            pen.rod([(side * 0.28, 0.3), (side * 0.34, 0.44)], 0.05, darker(near(rng, WOOD), 0.3))
        pen.soft(rounded(-0.46, -0.24, 0.46, 0.34, 0.06), colour, depth=0.15)
        pen.soft(rounded(-0.4, -0.18, 0.22, 0.28, 0.1), darker(picture, 0.25), depth=0.3, gloss=0.6)
        for y in (-0.08, 0.07):
            pen.ball(0.335, y, 0.055, colour=darker(colour, 0.35), gloss=0.4)
    else:
        pen.soft([(-0.16, 0.32), (0.16, 0.32), (0.22, 0.37), (-0.22, 0.37)], BLACK, depth=0.3)
        pen.soft(rectangle(-0.04, 0.24, 0.04, 0.34), BLACK)
        pen.soft(rounded(-0.49, -0.32, 0.49, 0.27, 0.02), BLACK, depth=0.06)
        pen.flat(rectangle(-0.465, -0.295, 0.465, 0.24), picture)
        pen.soft(smooth([(-0.465, 0.24), (-0.3, 0.05), (-0.05, 0.14), (0.2, -0.04),
            (0.465, 0.12), (0.465, 0.24)]), vivid(rng), depth=0.2)  # fmt: skip
    pen.flat([(-0.34, -0.16), (-0.2, -0.16), (-0.32, 0.2), (-0.38, 0.2)], (255, 255, 255), 0.2)


@drawable("cushion", pose="flat")
def cushion(pen: Pen) -> None:
    """Square cushion with a pattern."""
    rng = pen.rng
    colour = any_colour(rng)
    pillow = smooth([(-0.46, -0.46), (-0.2, -0.39), (0, -0.38), (0.2, -0.39), (0.46, -0.46),
        (0.39, -0.2), (0.38, 0), (0.39, 0.2), (0.46, 0.46), (0.2, 0.39), (0, 0.38),
        (-0.2, 0.39), (-0.46, 0.46), (-0.39, 0.2), (-0.38, 0), (-0.39, -0.2)])  # fmt: skip
    pen.soft(pillow, colour, depth=0.9)
    trim = contrast(rng, colour)
    kind = rng.random()
    if kind < 0.4:
        for x in np.linspace(-0.28, 0.28, 5):
            pen.soft(thick([(x, -0.33), (x * 0.96, 0.33)], 0.05), trim, depth=0.2, strength=0.4, opacity=0.85)
    elif kind < 0.75:
        for x in np.linspace(-0.25, 0.25, 4):
            for y in np.linspace(-0.25, 0.25, 4):
                pen.flat(star(x, y, 0.05, 0.025) if kind < 0.55 else ellipse(x, y, 0.035, n=16), trim, 0.9)
    for x, y, side in ((-0.33, -0.33, 1), (0.33, -0.33, -1), (-0.33, 0.33, 1), (0.33, 0.33, -1)):
        pen.blurred(
            thick([(x, y), (x + side * 0.12, y * 0.66)], [0.005, 0.03]), darker(colour, 0.6), 0.45, 0.015
        )
