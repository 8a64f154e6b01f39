"""Tools and small things one holds in the hand."""

from __future__ import annotations

import numpy as np

from .engine import Pen
from .palette import BLACK, GOLD, STEEL, WHITE, WOOD, Colour, any_colour, darker, lighter, near, vivid
from .registry import drawable
from .shapes import arc, both_sides, ellipse, move, petals, rectangle, ring, rounded, smooth, thick, turn


def _metal(pen: Pen) -> Colour:
    return near(pen.rng, GOLD if pen.rng.random() < 0.4 else STEEL, 0.08)


@drawable("hammer", pose="flat")
def hammer(pen: Pen) -> None:
    """Claw hammer."""
    rng = pen.rng
    grip = near(rng, WOOD, 0.15) if rng.random() < 0.5 else any_colour(rng)
    pen.rod([(0, -0.3), (0, 0.46)], [0.075, 0.085, 0.11], grip)
    head = smooth([(-0.06, -0.4), (0.08, -0.42), (0.2, -0.36), (0.36, -0.22), (0.2, -0.27),
        (0.08, -0.25), (-0.06, -0.26)])  # fmt: skip
    pen.soft(head, darker(STEEL, 0.25), gloss=0.6)
    pen.soft(rounded(-0.3, -0.42, -0.05, -0.25, 0.03), darker(STEEL, 0.2), gloss=0.6)
    pen.soft(rounded(-0.35, -0.44, -0.26, -0.23, 0.03), STEEL, gloss=0.8)


@drawable("scissors", pose="flat")
def scissors(pen: Pen) -> None:
    """Open pair of scissors with ring handles."""
    rng = pen.rng
    grip, spread = any_colour(rng), rng.uniform(9, 20)
    for side in (1, -1):
        blade = np.array([(-0.02, 0.06), (-0.035, -0.3), (0.012, -0.49), (0.04, -0.1), (0.045, 0.08)]) * (
            side,
            1,
        )
        pen.soft(turn(blade, spread * side), lighter(STEEL, 0.2), gloss=0.8, depth=0.3)
    for side in (1, -1):
        shank = turn(np.array([(0.0, 0.02), (0, 0.16)]), spread * side)
        pen.rod(shank, 0.075, grip, gloss=0.3)
        outer, inner = ellipse(0, 0.31, 0.125, 0.165), ellipse(0, 0.31, 0.07, 0.105)
        pen.soft(turn(ring(outer, inner) - (side * 0.045, 0), spread * side), grip, depth=0.25, gloss=0.4)
    pen.ball(0, 0.03, 0.03, colour=darker(STEEL, 0.2), gloss=0.5)


@drawable("key", pose="flat")
def key(pen: Pen) -> None:
    """Key with a ring-shaped head and teeth."""
    rng = pen.rng
    colour = _metal(pen)
    head = (
        petals(0, -0.3, 0.19, 0.14, 3)
        if rng.random() < 0.35
        else ellipse(0, -0.3, rng.uniform(0.16, 0.2), 0.18)
    )
    hole = ellipse(0, -0.32, rng.uniform(0.06, 0.1), 0.08)
    width = rng.uniform(0.07, 0.09)
    teeth = [(0.0, 0.47)]
    for y in (0.44, 0.36, 0.28, 0.2):
        reach = rng.uniform(0.07, 0.19)
        teeth += [(reach, y), (reach, y - 0.045), (width / 2, y - 0.05)]
    shaft = [(-width / 2, -0.15), (-width / 2, 0.45), *teeth, (width / 2, -0.15)]
    pen.soft(shaft, colour, depth=0.25, gloss=0.6)
    pen.soft(ring(head, hole), colour, depth=0.25, gloss=0.6)
    pen.soft(rounded(-width * 0.8, -0.13, width * 0.8, -0.08, 0.02), colour, gloss=0.6)


@drawable("screwdriver", pose="flat")
def screwdriver(pen: Pen) -> None:
    """Screwdriver with a ribbed handle."""
    rng = pen.rng
    grip = any_colour(rng)
    pen.rod([(0, 0.0), (0, -0.44)], 0.045, STEEL, gloss=0.8)
    pen.soft([(-0.022, -0.4), (0.022, -0.4), (0.036, -0.45), (0.03, -0.495), (-0.03, -0.495),
        (-0.036, -0.45)], STEEL, gloss=0.6)  # fmt: skip
    pen.soft(both_sides([(0, 0.0), (0.055, 0.01), (0.06, 0.08), (0.095, 0.14), (0.1, 0.38),
        (0.07, 0.47), (0, 0.49)]), grip, gloss=0.5)  # fmt: skip
    for x in (-0.05, 0, 0.05):
        pen.rod([(x, 0.16), (x, 0.4)], 0.022, darker(grip, 0.3))


@drawable("spanner", pose="flat")
def spanner(pen: Pen) -> None:
    """Spanner with one open and one ring end."""
    rng = pen.rng
    colour = near(rng, STEEL, 0.08) if rng.random() < 0.75 else any_colour(rng)
    jaw = [(-0.06, -0.49), (-0.16, -0.43), (-0.165, -0.28), (-0.06, -0.18), (-0.05, 0.2),
        (0.05, 0.2), (0.06, -0.18), (0.165, -0.28), (0.16, -0.43), (0.06, -0.49), (0.07, -0.34),
        (0, -0.29), (-0.07, -0.34)]  # fmt: skip
    pen.soft(jaw, colour, depth=0.25, gloss=0.7)
    hole = move(turn(ellipse(0, 0, 0.07, n=6), 30), 0, 0.34)
    pen.soft(ring(ellipse(0, 0.34, 0.145), hole), colour, depth=0.25, gloss=0.7)
    pen.soft(rounded(-0.022, -0.12, 0.022, 0.14, 0.02), darker(colour, 0.25), strength=-1)


@drawable("saw", pose="flat")
def saw(pen: Pen) -> None:
    """Hand saw with a toothed blade."""
    rng = pen.rng
    grip = near(rng, WOOD, 0.15) if rng.random() < 0.5 else any_colour(rng)
    teeth = [(x, 0.14 + 0.03 * (i % 2)) for i, x in enumerate(np.linspace(0.48, -0.2, 34))]
    blade = [(-0.22, -0.16), (0.47, 0.02), (0.48, 0.12), *teeth]
    pen.soft(blade, lighter(STEEL, 0.25), depth=0.1, gloss=0.7)
    outer = smooth([(-0.5, -0.06), (-0.44, -0.2), (-0.24, -0.2), (-0.16, -0.1), (-0.2, 0.05),
        (-0.14, 0.18), (-0.3, 0.22), (-0.46, 0.2)])  # fmt: skip
    inner = smooth([(-0.41, -0.04), (-0.36, -0.1), (-0.28, -0.06), (-0.27, 0.06), (-0.32, 0.12), (-0.4, 0.1)])
    pen.soft(ring(outer, inner), grip, depth=0.3)
    for x, y in ((-0.22, -0.12), (-0.19, 0.14)):
        pen.flat(ellipse(x, y, 0.018), lighter(GOLD, 0.2))


@drawable("paintbrush", pose="flat")
def paintbrush(pen: Pen) -> None:
    """Paintbrush with wet paint on its bristles."""
    rng = pen.rng
    grip, paint = any_colour(rng), vivid(rng)
    w = rng.uniform(0.1, 0.17)
    pen.soft(both_sides([(0, 0.0), (w * 0.95, 0.01), (w * 0.8, 0.07), (0.05, 0.14),
        (0.055, 0.36), (0.04, 0.46), (0, 0.49)]), grip, gloss=0.4)  # fmt: skip
    bristles = [
        (-w, -0.14),
        (w, -0.14),
        (w * 1.06, -0.36),
        (w * 0.6, -0.47),
        (-w * 0.4, -0.48),
        (-w * 1.06, -0.38),
    ]
    pen.soft(bristles, near(rng, (206, 176, 130)), depth=0.2)
    for x in np.linspace(-w * 0.8, w * 0.8, 6):
        pen.flat(thick([(x, -0.14), (x * 1.05, -0.4)], 0.008), (166, 136, 96))
    wet = [(-w * 1.05, -0.3), (-w * 0.5, -0.26), (0, -0.31), (w * 0.5, -0.27),
        (w * 1.05, -0.31), (w * 1.06, -0.37), (w * 0.6, -0.48), (-w * 0.4, -0.49),
        (-w * 1.06, -0.39)]  # fmt: skip
    pen.soft(wet, paint, depth=0.4, gloss=0.6)
    pen.soft(rectangle(-w * 1.03, -0.16, w * 1.03, 0.02), STEEL, gloss=0.8, depth=0.4)


@drawable("pencil", pose="flat")
def pencil(pen: Pen) -> None:
    """Pencil with a sharp point and an eraser."""
    rng = pen.rng
    colour, w = any_colour(rng), rng.uniform(0.05, 0.07)
    pen.soft([(-w, -0.3), (w, -0.3), (0.008, -0.49), (-0.008, -0.49)], (232, 196, 150), depth=0.5)
    pen.flat([(-w * 0.3, -0.435), (w * 0.3, -0.435), (0, -0.495)], darker(colour, 0.2))
    for x, shade in ((-w * 0.67, lighter(colour, 0.25)), (0, colour), (w * 0.67, darker(colour, 0.25))):
        pen.flat(rectangle(x - w / 3, -0.32 + 0.02 * (x == 0), x + w / 3 + 0.003, 0.38), shade)
    pen.soft(rectangle(-w, 0.34, w, 0.42), near(rng, GOLD), gloss=0.8)
    pen.soft(rounded(-w, 0.41, w, 0.49, 0.03), (228, 138, 140))


@drawable("toothbrush", pose="flat")
def toothbrush(pen: Pen) -> None:
    """Toothbrush seen from the side, with paste."""
    rng = pen.rng
    colour = any_colour(rng)
    stick = smooth([(0.02, -0.47), (0.02, -0.2), (-0.01, 0.0), (0.02, 0.25), (0.0, 0.48)], closed=False)
    for i, y in enumerate(np.linspace(-0.46, -0.24, 7)):
        tone = WHITE if i % 2 else lighter(colour, 0.4)
        pen.soft(rectangle(-0.12, y - 0.015, 0.0, y + 0.018), tone, depth=0.3)
    if rng.random() < 0.5:
        pen.soft(
            smooth([(-0.13, -0.46), (-0.19, -0.4), (-0.16, -0.33), (-0.19, -0.27), (-0.12, -0.24)]),
            vivid(rng),
            gloss=0.4,
        )
    pen.rod(stick, [0.06, 0.05, 0.06, 0.085, 0.07], colour, gloss=0.5)
    pen.rod([(0.015, 0.16), (0.012, 0.38)], 0.03, WHITE)


@drawable("comb", pose="flat")
def comb(pen: Pen) -> None:
    """Comb with many teeth."""
    rng = pen.rng
    colour = any_colour(rng)
    long = rng.uniform(0.17, 0.24)
    count = int(rng.integers(13, 20))
    for x in np.linspace(-0.43, 0.43, count):
        pen.soft([(x - 0.014, -0.05), (x + 0.014, -0.05), (x + 0.008, long), (x - 0.008, long)], colour)
    spine = smooth([(-0.48, -0.02), (-0.46, -0.1), (0, -0.17), (0.46, -0.1), (0.48, -0.02), (0, -0.01)])
    pen.soft(spine, colour, gloss=0.5)
    for x in (-0.46, 0.46):
        pen.soft([(x - 0.025, -0.06), (x + 0.025, -0.06), (x + 0.02, long), (x - 0.02, long)], colour)


@drawable("magnifying_glass", pose="flat")
def magnifying_glass(pen: Pen) -> None:
    """Magnifying glass with a long handle."""
    rng = pen.rng
    frame, grip = _metal(pen) if rng.random() < 0.6 else any_colour(rng), any_colour(rng)
    r = rng.uniform(0.25, 0.29)
    pen.rod([(r * 0.62, r * 0.62 - 0.14), (0.4, 0.4)], [0.05, 0.09, 0.1], grip, gloss=0.4)
    pen.flat(ellipse(-0.1, -0.14, r), (214, 234, 242), 0.4)
    pen.soft(
        ring(ellipse(-0.1, -0.14, r + 0.045), ellipse(-0.1, -0.14, r - 0.015)), frame, depth=0.15, gloss=0.7
    )
    pen.flat(thick(arc(-0.1, -0.14, r * 0.72, r * 0.72, 190, 250), [0.02, 0.05, 0.02]), (255, 255, 255), 0.7)
    pen.glint(0.0, -0.02, 0.04, 0.02, 0.6)


@drawable("padlock", pose="flat")
def padlock(pen: Pen) -> None:
    """Padlock, shut or open."""
    rng = pen.rng
    colour = _metal(pen) if rng.random() < 0.5 else any_colour(rng)
    lift = 0.08 if rng.random() < 0.3 else 0.0
    bow = np.concatenate(
        [[(-0.2, 0.05)], arc(0, -0.22 - lift, 0.2, 0.2, 180, 360), [(0.2, -0.06 if lift else 0.05)]]
    )
    pen.rod(bow, 0.085, STEEL, gloss=0.8)
    pen.soft(rounded(-0.34, -0.06, 0.34, 0.48, rng.uniform(0.04, 0.2)), colour, depth=0.25, gloss=0.5)
    pen.flat(ellipse(0, 0.16, 0.055), BLACK)
    pen.flat([(-0.025, 0.17), (0.025, 0.17), (0.04, 0.32), (-0.04, 0.32)], BLACK)
