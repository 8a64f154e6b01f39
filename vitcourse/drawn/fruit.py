"""Fruit and vegetables."""

from __future__ import annotations

import numpy as np

from .engine import Pen
from .palette import LEAF, darker, from_hsv, lighter, near
from .registry import drawable
from .shapes import arc, both_sides, ellipse, move, smooth, thick, turn


def _leaf(pen: Pen, x: float, y: float, angle: float, size: float = 0.2) -> None:
    outline = smooth([(0, 0), (0.28, -0.45), (0.06, -1.0), (-0.2, -0.5)]) * size
    pen.soft(move(turn(outline, angle), x, y), near(pen.rng, LEAF, 0.15), depth=0.4)


@drawable("banana")
def banana(pen: Pen) -> None:
    """Curved yellow or green banana."""
    rng = pen.rng
    colour = from_hsv(rng.uniform(0.12, 0.2), rng.uniform(0.6, 0.85), rng.uniform(0.75, 0.97))
    curve = rng.uniform(0.28, 0.42)
    line = arc(0, -0.3, 0.46, curve + 0.1, 165, 15)
    pen.rod(line, [0.05, 0.16, 0.2, 0.2, 0.15, 0.06], colour, depth=0.8, gloss=0.2)
    ridge = arc(0.0, -0.31, 0.44, curve + 0.07, 155, 25)
    pen.flat(thick(ridge, [0.005, 0.02, 0.02, 0.005]), darker(colour, 0.22))
    pen.rod(arc(0, -0.3, 0.46, curve + 0.1, 15, 6, 6), 0.05, darker((120, 110, 50), 0.2))
    pen.flat(ellipse(*line[0], 0.03), (66, 52, 36))


@drawable("apple")
def apple(pen: Pen) -> None:
    """Apple with stem and leaf."""
    rng = pen.rng
    colour = from_hsv(
        rng.choice([0.98, 0.0, 0.02, 0.1, 0.2, 0.26]), rng.uniform(0.6, 0.85), rng.uniform(0.7, 0.95)
    )
    width = rng.uniform(0.4, 0.46)
    half = [(0, -0.26), (0.16, -0.33), (width * 0.85, -0.24), (width, 0.02),
        (width * 0.78, 0.3), (0.2, 0.43), (0, 0.39)]  # fmt: skip
    pen.soft(both_sides(half), colour, depth=0.9, gloss=0.35)
    pen.blurred(ellipse(0, -0.24, 0.14, 0.05), darker(colour, 0.6), 0.7, 0.03)
    pen.rod([(0, -0.25), (0.02, -0.38), (0.06, -0.46)], 0.035, (96, 66, 42))
    if rng.random() < 0.8:
        _leaf(pen, 0.03, -0.33, 62, 0.26)
    pen.glint(width * 0.5 * np.sign(pen.light.x), -0.12, 0.07, 0.11, 0.6)


@drawable("pear")
def pear(pen: Pen) -> None:
    """Pear."""
    rng = pen.rng
    colour = from_hsv(rng.uniform(0.1, 0.26), rng.uniform(0.45, 0.75), rng.uniform(0.7, 0.92))
    width = rng.uniform(0.3, 0.37)
    half = [(0, -0.4), (0.1, -0.37), (0.15, -0.2), (width * 0.8, 0.04), (width, 0.24),
        (width * 0.66, 0.43), (0, 0.46)]  # fmt: skip
    pen.soft(both_sides(half), colour, depth=0.9, gloss=0.25)
    pen.rod([(0, -0.38), (0.03, -0.5)], 0.035, (96, 66, 42))
    if rng.random() < 0.6:
        _leaf(pen, 0.01, -0.4, -60, 0.22)
    pen.glint(0.13 * np.sign(pen.light.x), 0.1, 0.05, 0.1, 0.5)


@drawable("carrot", pose="flat")
def carrot(pen: Pen) -> None:
    """Carrot with green tops."""
    rng = pen.rng
    colour = near(rng, (238, 128, 40), 0.1)
    for angle in rng.uniform(-35, 35, 5):
        _leaf(pen, 0, -0.2, angle, rng.uniform(0.24, 0.32))
    width = rng.uniform(0.11, 0.15)
    pen.soft(
        both_sides([(0, -0.24), (width * 0.8, -0.22), (width, -0.12), (width * 0.6, 0.2), (0.015, 0.49)]),
        colour,
        gloss=0.2,
    )
    for y in rng.uniform(-0.12, 0.3, 5):
        reach = width * (0.9 - y)
        pen.flat(thick([(-reach * 0.9, y), (-reach * 0.1, y + 0.012)], [0.012, 0.004]), darker(colour, 0.25))


@drawable("cherries", pose="flat")
def cherries(pen: Pen) -> None:
    """Two cherries on one stalk."""
    rng = pen.rng
    colour = near(rng, (190, 24, 44), 0.1)
    left, right = (-0.22, 0.24 + rng.normal(0, 0.03)), (0.2, 0.3 + rng.normal(0, 0.03))
    for x, y in (left, right):
        stalk = smooth([(0.1, -0.44), (x * 0.7 + 0.05, -0.1), (x, y - 0.14)], closed=False)
        pen.rod(stalk, 0.03, near(rng, (110, 130, 50)))
    _leaf(pen, 0.1, -0.42, 100, 0.36)
    for x, y in (left, right):
        pen.ball(x, y, rng.uniform(0.17, 0.2), colour=colour, gloss=0.7)
        pen.blurred(ellipse(x, y - 0.15, 0.05, 0.02), darker(colour, 0.6), 0.7, 0.01)


@drawable("lemon", pose="flat")
def lemon(pen: Pen) -> None:
    """Lemon or lime, whole, sometimes with a cut half."""
    rng = pen.rng
    colour = from_hsv(rng.choice([0.145, 0.155, 0.25]), 0.78, rng.uniform(0.8, 0.97))
    body = smooth([(-0.48, 0), (-0.38, -0.07), (-0.2, -0.27), (0.05, -0.31), (0.3, -0.17),
        (0.42, -0.05), (0.48, 0.02), (0.42, 0.08), (0.25, 0.24), (0, 0.31), (-0.25, 0.24),
        (-0.4, 0.08)])  # fmt: skip
    pen.soft(body, colour, depth=0.9, gloss=0.35, texture=_skin(rng))
    pen.glint(0.12 * np.sign(pen.light.x), -0.12, 0.09, 0.05, 0.6)
    if rng.random() < 0.5:
        pen.soft(ellipse(0.2, 0.2, 0.25), colour, depth=0.15)
        pen.flat(ellipse(0.2, 0.2, 0.225), (250, 246, 226))
        for angle in range(0, 360, 40):
            wedge = smooth([(0, -0.03), (0.06, -0.17), (0, -0.2), (-0.06, -0.17)])
            pen.soft(move(turn(wedge, angle), 0.2, 0.2), lighter(colour, 0.2), depth=0.4)


def _skin(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(118, 139, (64, 64), dtype=np.uint8)


@drawable("watermelon", pose="flat")
def watermelon(pen: Pen) -> None:
    """Slice of watermelon."""
    rng = pen.rng
    reach = rng.uniform(8, 24)
    wedge = np.concatenate([arc(0, -0.22, 0.48, 0.55, reach, 180 - reach, 30)])
    apex = [(-0.44, -0.22)] if reach < 16 else [(0, -0.34)]
    outline = np.concatenate([wedge, apex, [(0.44, -0.22)]]) if reach < 16 else np.concatenate([wedge, apex])
    pen.soft(outline, near(rng, (48, 128, 60), 0.1), depth=0.2)
    centre = outline.mean(0) - (0, 0.06)
    pen.flat((outline - centre) * 0.92 + centre - (0, 0.025), (232, 244, 206))
    pen.soft((outline - centre) * 0.84 + centre - (0, 0.045), near(rng, (236, 72, 82), 0.06), depth=0.15)
    for _ in range(9):
        x, y = rng.uniform(-0.26, 0.26), rng.uniform(-0.15, 0.12)
        pen.flat(move(smooth([(0, -0.03), (0.015, 0.01), (0, 0.025), (-0.015, 0.01)]), x, y), (46, 30, 28))


@drawable("strawberry", pose="flat")
def strawberry(pen: Pen) -> None:
    """Strawberry with seeds and a green crown."""
    rng = pen.rng
    colour = near(rng, (220, 40, 48), 0.08)
    w = rng.uniform(0.33, 0.4)
    pen.soft(both_sides([(0, -0.28), (w * 0.7, -0.3), (w, -0.12), (w * 0.72, 0.2), (0.1, 0.45),
        (0, 0.47)]), colour, depth=0.8, gloss=0.35)  # fmt: skip
    for row, y in enumerate((-0.16, -0.04, 0.08, 0.2, 0.32)):
        reach = w * (0.85, 0.82, 0.66, 0.48, 0.2)[row]
        for x in np.linspace(-reach, reach, 6 - row) + 0.02 * (row % 2):
            pen.flat(ellipse(x, y, 0.014, 0.022, 8), (250, 216, 130))
    for angle in (-75, -38, 0, 38, 75):
        leaf = smooth([(0, 0.04), (0.07, -0.08), (0, -0.26), (-0.07, -0.08)])
        pen.soft(
            turn(leaf, angle + 180 if abs(angle) > 50 else angle) * (1, 0.75) + (0, -0.3),
            near(rng, LEAF, 0.1),
            depth=0.4,
        )


@drawable("pineapple")
def pineapple(pen: Pen) -> None:
    """Pineapple with a tuft."""
    rng = pen.rng
    colour = near(rng, (222, 166, 52), 0.08)
    for angle in (-48, 48, -30, 30, -14, 14, 0):
        blade = smooth([(0.045, 0), (0.05, -0.15), (0, -0.36), (-0.05, -0.15), (-0.045, 0)])
        pen.soft(move(turn(blade, angle), 0, -0.12), near(rng, (78, 134, 66), 0.1), depth=0.5)
    w = rng.uniform(0.22, 0.27)
    outline = both_sides(
        [(0, -0.16), (w * 0.75, -0.13), (w, 0.1), (w * 0.9, 0.35), (w * 0.5, 0.47), (0, 0.48)]
    )
    pen.soft(outline, colour, depth=0.8)
    for lean in (-1, 1):
        for i in np.linspace(-0.42, 0.42, 6):
            y0, y1 = np.clip(0.16 + i - lean * 0.2, -0.12, 0.44), np.clip(0.16 + i + lean * 0.2, -0.12, 0.44)
            share = (np.array([y0, y1]) - 0.16 - i) / (lean * 0.2)
            pen.flat(
                thick([(share[0] * w * 0.92, y0), (share[1] * w * 0.92, y1)], 0.013), darker(colour, 0.4)
            )
