"""Things that drive, sail and fly."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .engine import Pen
from .palette import BLACK, STEEL, WHITE, WOOD, Colour, any_colour, contrast, darker, lighter, near, vivid
from .registry import drawable
from .shapes import arc, both_sides, ellipse, rectangle, rounded, smooth, thick

GLASS = (168, 206, 222)


def _wheel(pen: Pen, x: float, y: float, r: float, hub: Colour = STEEL) -> None:
    pen.soft(ellipse(x, y, r), BLACK, depth=0.4)
    pen.soft(ellipse(x, y, r * 0.58), hub, depth=0.4, gloss=0.6)
    pen.flat(ellipse(x, y, r * 0.18, n=12), darker(hub, 0.5))


@drawable("car", places=("outdoors",))
def car(pen: Pen) -> None:
    """Small car from the side."""
    rng = pen.rng
    colour = any_colour(rng)
    roof, back = rng.uniform(-0.24, -0.18), rng.uniform(0.2, 0.36)
    cabin = smooth(
        [(-0.26, 0.0), (-0.14, roof + 0.02), (0.0, roof), (back - 0.1, roof + 0.01), (back + 0.06, 0.0)]
    )
    pen.soft(cabin, colour, depth=0.3, gloss=0.5)
    body = smooth([(-0.48, 0.04), (-0.4, -0.02), (-0.2, -0.04), (0.2, -0.05), (0.44, -0.02),
        (0.49, 0.08), (0.47, 0.17), (0, 0.18), (-0.47, 0.17)])  # fmt: skip
    pen.soft(body, colour, depth=0.4, gloss=0.6)
    for a, b in ((-0.21, 0.0), (0.03, back - 0.02)):
        slant = 0.08 if a < 0 else 0.0
        pen.soft(
            [(a + slant, roof + 0.04), (b, roof + 0.04), (b + (0.05 if a > 0 else 0), -0.03), (a, -0.03)],
            GLASS,
            depth=0.1,
            gloss=0.8,
        )
    pen.line([(0.015, -0.02), (0.015, 0.15)], 0.01, darker(colour, 0.35))
    pen.soft(rounded(0.05, 0.01, 0.11, 0.03, 0.01), STEEL)
    pen.ball(-0.46, 0.05, 0.03, 0.035, colour=(255, 240, 180), gloss=0.5)
    pen.soft(rounded(0.455, 0.0, 0.49, 0.07, 0.01), (206, 50, 44))
    for x in (-0.28, 0.29):
        pen.flat(ellipse(x, 0.17, 0.115), darker(colour, 0.7))
        _wheel(pen, x, 0.18, 0.1)


@drawable("bus", places=("outdoors",))
def bus(pen: Pen) -> None:
    """Bus from the side."""
    rng = pen.rng
    colour = any_colour(rng)
    pen.soft(rounded(-0.49, -0.28, 0.49, 0.2, 0.06), colour, depth=0.15, gloss=0.4)
    if rng.random() < 0.7:
        pen.soft(
            rectangle(-0.485, 0.02, 0.485, rng.uniform(0.06, 0.14)),
            contrast(rng, colour),
            depth=0.1,
            strength=0.5,
        )
    count = int(rng.integers(4, 6))
    edges = np.linspace(-0.28, 0.45, count + 1)
    for a, b in pairwise(edges):
        pen.soft(rounded(a + 0.012, -0.2, b - 0.012, -0.02, 0.015), GLASS, depth=0.12, gloss=0.8)
    pen.soft(rounded(-0.44, -0.2, -0.31, 0.17, 0.015), GLASS, depth=0.12, gloss=0.7)
    pen.line([(-0.375, -0.2), (-0.375, 0.17)], 0.012, darker(colour, 0.4))
    pen.ball(-0.47, 0.12, 0.025, colour=(255, 240, 180), gloss=0.4)
    for x in (-0.2, 0.29):
        pen.flat(ellipse(x, 0.19, 0.105), darker(colour, 0.7))
        _wheel(pen, x, 0.2, 0.09)


@drawable("lorry", places=("outdoors",))
def lorry(pen: Pen) -> None:
    """Lorry with a load."""
    rng = pen.rng
    cab, load = any_colour(rng), any_colour(rng)
    pen.flat(rectangle(-0.45, 0.14, 0.47, 0.2), BLACK)
    pen.soft(rounded(-0.17, rng.uniform(-0.32, -0.2), 0.49, 0.15, 0.02), load, depth=0.08)
    for x in np.linspace(-0.08, 0.4, 5):
        pen.line([(x, -0.17), (x, 0.12)], 0.008, darker(load, 0.2))
    pen.soft(
        smooth([(-0.2, -0.19), (-0.38, -0.17), (-0.46, 0.0), (-0.48, 0.17), (-0.2, 0.18)]),
        cab,
        depth=0.3,
        gloss=0.5,
    )
    pen.soft([(-0.38, -0.13), (-0.25, -0.14), (-0.25, 0.0), (-0.44, 0.0)], GLASS, depth=0.15, gloss=0.8)
    pen.ball(-0.465, 0.11, 0.022, colour=(255, 240, 180), gloss=0.4)
    for x in (-0.32, 0.16, 0.37):
        _wheel(pen, x, 0.2, 0.095)


@drawable("bicycle", places=("outdoors", "indoors"))
def bicycle(pen: Pen) -> None:
    """Bicycle from the side."""
    rng = pen.rng
    colour = any_colour(rng)
    for x in (-0.28, 0.28):
        outer, inner = ellipse(x, 0.14, 0.215), ellipse(x, 0.14, 0.18)
        pen.soft(np.concatenate([outer, outer[:1], inner[:1], inner[::-1]]), BLACK, depth=0.15)
        for angle in np.linspace(0, np.pi, 7)[:-1]:
            dx, dy = 0.18 * np.cos(angle), 0.18 * np.sin(angle)
            pen.line([(x - dx, 0.14 - dy), (x + dx, 0.14 + dy)], 0.006, (196, 198, 204))
        pen.ball(x, 0.14, 0.025, colour=STEEL, gloss=0.4)
    seat, head, crank = (0.1, -0.16), (-0.2, -0.18), (0.0, 0.14)
    for a, b in (((0.28, 0.14), seat), (seat, crank), (crank, (0.28, 0.14)), (seat, head), (head, crank)):
        pen.rod([a, b], 0.032, colour, gloss=0.5)
    pen.rod([(-0.28, 0.14), head, (-0.22, -0.28)], 0.032, colour, gloss=0.5)
    pen.rod(smooth([(-0.34, -0.26), (-0.28, -0.32), (-0.2, -0.29), (-0.16, -0.3)], False), 0.03, BLACK)
    pen.rod([seat, (0.12, -0.24)], 0.025, STEEL)
    pen.soft(smooth([(0.0, -0.25), (0.12, -0.28), (0.22, -0.28), (0.2, -0.22), (0.1, -0.23)]), BLACK)
    pen.ball(*crank, 0.05, colour=STEEL, gloss=0.4)
    pen.rod([crank, (0.05, 0.24)], 0.022, STEEL)
    pen.rod([(0.01, 0.245), (0.09, 0.245)], 0.025, BLACK)


@drawable("sailboat", places=("water",))
def sailboat(pen: Pen) -> None:
    """Boat with one or two sails."""
    rng = pen.rng
    hull, sail = any_colour(rng), WHITE if rng.random() < 0.5 else lighter(any_colour(rng), 0.2)
    pen.rod([(0.02, -0.48), (0.02, 0.3)], 0.03, near(rng, WOOD))
    main = smooth([(0.05, -0.44), (0.2, -0.18), (0.42, 0.12), (0.42, 0.15)], False)
    pen.soft(np.concatenate([main, [(0.05, 0.15)]]), sail, depth=0.35)
    if rng.random() < 0.6:
        for y in (-0.16, 0.0):
            pen.flat(
                [
                    (0.05, y),
                    (0.23 + (y + 0.16) * 0.75, y),
                    (0.26 + (y + 0.16) * 0.75, y + 0.05),
                    (0.05, y + 0.05),
                ],
                vivid(rng),
            )
    jib = smooth([(-0.01, -0.38), (-0.14, -0.1), (-0.38, 0.14)], False)
    pen.soft(
        np.concatenate([jib, [(-0.01, 0.14)]]),
        darker(sail, 0.06) if rng.random() < 0.5 else contrast(rng, sail),
        depth=0.35,
    )
    deck = smooth([(-0.47, 0.22), (0, 0.24), (0.46, 0.22), (0.36, 0.4), (0, 0.42), (-0.3, 0.4)])
    pen.soft(deck, hull, depth=0.5, gloss=0.3)
    pen.flat(thick([(-0.45, 0.245), (0, 0.265), (0.44, 0.245)], 0.03), lighter(hull, 0.6))
    pen.soft([(0.02, -0.49), (0.14, -0.46), (0.02, -0.43)], vivid(rng))


@drawable("aeroplane", pose="sky", places=("sky",))
def aeroplane(pen: Pen) -> None:
    """Passenger aeroplane from the side."""
    rng = pen.rng
    body, trim = WHITE if rng.random() < 0.5 else any_colour(rng), vivid(rng)
    pen.soft(smooth([(0.3, -0.06), (0.44, -0.28), (0.49, -0.28), (0.46, -0.04)]), trim, depth=0.3)
    pen.soft([(-0.04, -0.05), (0.12, -0.2), (0.18, -0.2), (0.12, -0.04)], darker(body, 0.25), depth=0.3)
    hull = smooth([(-0.49, 0.03), (-0.42, -0.06), (-0.28, -0.09), (0.2, -0.09), (0.46, -0.06),
        (0.47, -0.03), (0.2, 0.08), (-0.28, 0.1), (-0.44, 0.09)])  # fmt: skip
    pen.soft(hull, body, depth=0.6, gloss=0.4)
    pen.flat(smooth([(-0.44, 0.05), (0.0, 0.035), (0.4, -0.02), (0.2, 0.06), (-0.3, 0.08)]), trim)
    for x in np.linspace(-0.3, 0.26, 12):
        pen.flat(rounded(x - 0.012, -0.04, x + 0.012, -0.0, 0.01), (70, 90, 120))
    pen.soft(
        smooth([(-0.43, -0.05), (-0.37, -0.075), (-0.36, -0.03), (-0.43, -0.02)]), (70, 100, 130), gloss=0.5
    )
    pen.soft([(-0.14, 0.04), (0.06, 0.04), (0.26, 0.26), (0.17, 0.27)], darker(body, 0.12), depth=0.3)
    pen.soft(rounded(-0.1, 0.11, 0.06, 0.18, 0.035), trim, gloss=0.4)
    pen.soft([(0.32, -0.03), (0.42, -0.03), (0.49, 0.06), (0.44, 0.06)], darker(trim, 0.15), depth=0.3)


@drawable("hot_air_balloon", pose="sky", places=("sky",))
def hot_air_balloon(pen: Pen) -> None:
    """Hot-air balloon with a basket."""
    rng = pen.rng
    first = vivid(rng)
    second = contrast(rng, first)
    for side in (1, -1):
        pen.line([(side * 0.1, 0.16), (side * 0.06, 0.36)], 0.008, BLACK)
    half = smooth([(0, -0.49), (0.24, -0.42), (0.35, -0.2), (0.3, 0.0), (0.12, 0.18), (0.09, 0.22)], False)
    outline = np.concatenate([half, half[::-1] * (-1, 1)])
    pen.soft(outline, first, depth=0.8, gloss=0.2)
    for a, b in ((0.82, 0.5), (0.17, -0.17), (-0.5, -0.82)):
        pen.soft(np.concatenate([half * (a, 1), (half * (b, 1))[::-1]]), second, depth=0.3, strength=0.35)
    pen.blurred(half * (0.9 * -np.sign(pen.light.x), 1), (20, 16, 50), 0.28, 0.06)
    pen.soft(rounded(-0.085, 0.35, 0.085, 0.48, 0.02), near(rng, (160, 110, 62)), depth=0.3)
    pen.flat(rectangle(-0.09, 0.345, 0.09, 0.37), (110, 72, 42))


@drawable("rocket", pose="sky", places=("sky", "indoors"))
def rocket(pen: Pen) -> None:
    """Toy rocket with fins."""
    rng = pen.rng
    body, trim = any_colour(rng), vivid(rng)
    if rng.random() < 0.5:
        pen.flat(
            smooth([(-0.09, 0.34), (0.09, 0.34), (0.06, 0.42), (0, 0.49), (-0.06, 0.42)]), (248, 150, 40)
        )
        pen.flat(smooth([(-0.05, 0.34), (0.05, 0.34), (0, 0.44)]), (255, 232, 130))
    for side in (1, -1):
        fin = smooth(np.array([(0.1, 0.08), (0.27, 0.24), (0.28, 0.4), (0.1, 0.32)]) * (side, 1))
        pen.soft(fin, trim, depth=0.4)
    w = rng.uniform(0.14, 0.18)
    pen.soft(both_sides([(0, -0.49), (0.06, -0.42), (w, -0.16), (w * 1.02, 0.1),
        (w * 0.75, 0.34), (0, 0.35)]), body, depth=0.7, gloss=0.5)  # fmt: skip
    pen.soft(
        both_sides([(0, -0.49), (0.05, -0.43), (w * 0.72, -0.27), (0, -0.26)]), trim, depth=0.7, gloss=0.5
    )
    pen.soft(ellipse(0, -0.08, 0.09), STEEL, gloss=0.5, depth=0.3)
    pen.soft(ellipse(0, -0.08, 0.065), GLASS, gloss=0.8, depth=0.5)
    pen.soft(smooth([(-0.025, 0.14), (0.025, 0.14), (0.03, 0.38), (-0.03, 0.38)]), darker(trim, 0.1))


@drawable("train", places=("outdoors", "indoors"))
def train(pen: Pen) -> None:
    """Steam engine from the side."""
    rng = pen.rng
    colour, trim = any_colour(rng), any_colour(rng)
    pen.soft(rectangle(-0.3, -0.26, -0.2, -0.08), darker(colour, 0.4))
    pen.soft([(-0.34, -0.34), (-0.16, -0.34), (-0.2, -0.25), (-0.3, -0.25)], darker(colour, 0.35))
    pen.soft(arc(0.0, -0.1, 0.07, 0.09, 180, 360), (212, 168, 66), gloss=0.6)
    pen.soft(rounded(-0.42, -0.13, 0.14, 0.13, 0.05), colour, depth=0.6, gloss=0.5)
    for x in (-0.3, -0.12, 0.05):
        pen.soft(rectangle(x, -0.13, x + 0.025, 0.13), (212, 168, 66), depth=0.4, gloss=0.5)
    pen.soft(rectangle(0.12, -0.3, 0.44, 0.16), trim, depth=0.1)
    pen.soft(rounded(0.08, -0.36, 0.48, -0.29, 0.03), darker(trim, 0.3))
    pen.soft(rounded(0.18, -0.23, 0.37, -0.06, 0.02), GLASS, gloss=0.7, depth=0.1)
    pen.soft(rectangle(-0.44, 0.11, 0.46, 0.19), darker(colour, 0.5))
    pen.soft([(-0.42, 0.14), (-0.49, 0.3), (-0.36, 0.3), (-0.34, 0.14)], darker(trim, 0.2))
    pen.ball(-0.43, -0.02, 0.035, colour=(255, 236, 170), gloss=0.5)
    for x, r in ((-0.24, 0.09), (-0.04, 0.09), (0.27, 0.14)):
        _wheel(pen, x, 0.31 - r, r, vivid(rng))
    pen.rod([(-0.24, 0.24), (0.27, 0.21)], 0.025, STEEL, gloss=0.5)
