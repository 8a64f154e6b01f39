"""Bottles and flasks. They lie down or are held as often as not."""

from __future__ import annotations

from functools import partial

import numpy as np

from .engine import Pen
from .fridge import ribbed_cap
from .labels import design
from .palette import STEEL, WHITE, any_colour, darker, lighter, mix, near, vivid
from .registry import drawable
from .solids import View, box, turned
from .stack import part, standing


@drawable("wine_bottle", lying=0.2)
def wine_bottle(pen: Pen) -> None:
    """Dark bottle with a long neck, a foil around its mouth and a paper label."""
    rng = pen.rng
    r = rng.uniform(0.125, 0.15)
    glass = darker(near(rng, [(34, 92, 50), (104, 60, 26), (40, 44, 52)][rng.integers(3)]), 0.2)
    shoulder = rng.uniform(-0.16, -0.04)
    body = [
        (-0.36, r * 0.36),
        (shoulder - 0.08, r * 0.4),
        (shoulder + 0.04, r * 0.97),
        (shoulder + 0.08, r),
        (0.44, r),
        (0.48, r * 0.9),
    ]
    foil, label = any_colour(rng), design(rng, 384, 200, WHITE if rng.random() < 0.5 else None).array()
    low = rng.uniform(0.3, 0.4)
    parts = [
        partial(part, pen, body, glass, gloss=0.95),
        partial(
            part,
            pen,
            [(shoulder + 0.12, r * 1.01), (low, r * 1.01)],
            WHITE,
            art=label,
            rotation=rng.random(),
            gloss=0.1,
            curved=False,
        ),
        partial(part, pen, [(-0.47, r * 0.4), (-0.3, r * 0.44)], foil, darker(foil), gloss=0.5, curved=False),
    ]
    standing(pen, parts, (0.48, r * 0.9, glass))


@drawable("soap_bottle", lying=0.2)
def soap_bottle(pen: Pen) -> None:
    """Bottle with a pump: round shoulders, a thin stem and a spout to one side."""
    rng = pen.rng
    r, colour = rng.uniform(0.17, 0.23), lighter(any_colour(rng), 0.2)
    shoulder = rng.uniform(-0.16, -0.06)
    body = [
        (shoulder - 0.04, r * 0.4),
        (shoulder, r * 0.8),
        (shoulder + 0.06, r),
        (0.42, r),
        (0.47, r * 0.86),
    ]
    pump = any_colour(rng) if rng.random() < 0.5 else WHITE
    art = design(rng, 384, 200).array()
    side = 1 if rng.random() < 0.5 else -1
    up = np.sqrt(1 - pen.elevation**2)
    spout = [(0, -0.44 * up), (side * r * 0.7, -0.44 * up), (side * r * 1.0, -0.39 * up)]
    parts = [
        partial(part, pen, body, colour, gloss=0.6, opacity=0.85, edge_opacity=0.98),
        partial(
            part,
            pen,
            [(shoulder + 0.12, r * 1.01), (0.34, r * 1.01)],
            WHITE,
            art=art,
            rotation=rng.random(),
            gloss=0.2,
            curved=False,
        ),
        partial(
            part, pen, [(shoulder - 0.1, r * 0.44), (shoulder - 0.02, r * 0.46)], pump, pump, curved=False
        ),
        partial(part, pen, [(-0.42, r * 0.12), (shoulder - 0.08, r * 0.12)], pump, curved=False),
        partial(pen.rod, spout, 0.05, pump, gloss=0.4),
        partial(part, pen, [(-0.48, r * 0.26), (-0.41, r * 0.26)], pump, lighter(pump), curved=False),
    ]
    standing(pen, parts, (0.47, r * 0.86, colour))


@drawable("sauce_bottle", lying=0.2)
def sauce_bottle(pen: Pen) -> None:
    """Squeezy bottle, narrow at the top, with a pointed cap."""
    rng = pen.rng
    r, colour = rng.uniform(0.14, 0.18), vivid(rng)
    body = [
        (-0.26, r * 0.5),
        (-0.2, r * 0.66),
        (-0.05, r * rng.uniform(0.72, 0.85)),
        (0.2, r),
        (0.4, r),
        (0.46, r * 0.9),
    ]
    cap, art = any_colour(rng), design(rng, 384, 240, sides=2).array()
    parts = [
        partial(part, pen, body, colour, gloss=0.6),
        partial(
            part,
            pen,
            [(0.04, r * 0.93), (0.36, r * 1.01)],
            WHITE,
            art=art,
            rotation=rng.random(),
            gloss=0.3,
            curved=False,
        ),
        partial(part, pen, [(-0.33, r * 0.44), (-0.31, r * 0.56), (-0.24, r * 0.58)], cap, cap, curved=False),
        partial(part, pen, [(-0.48, r * 0.1), (-0.32, r * 0.36)], cap, lighter(cap), curved=False),
    ]
    standing(pen, parts, (0.46, r * 0.9, colour))


@drawable("thermos", lying=0.2)
def thermos(pen: Pen) -> None:
    """Flask of polished steel or enamel with a cup for a lid."""
    rng = pen.rng
    r, metal = rng.uniform(0.14, 0.17), rng.random() < 0.5
    colour, cup = (STEEL if metal else any_colour(rng)), any_colour(rng)
    parts = [
        partial(
            part, pen, [(-0.2, r), (0.44, r), (0.47, r * 0.93)], colour, metal=metal, gloss=0.8, curved=False
        ),
        partial(part, pen, [(0.36, r * 1.02), (0.42, r * 1.02)], cup, gloss=0.4, curved=False),
        partial(part, pen, [(-0.25, r * 0.8), (-0.19, r * 1.01)], STEEL, metal=True, gloss=0.9, curved=False),
        partial(part, pen, [(-0.47, r * 0.8), (-0.24, r * 0.92)], cup, lighter(cup), gloss=0.5, curved=False),
    ]
    standing(pen, parts, (0.47, r * 0.93, colour))


@drawable("perfume_bottle", lying=0.2)
def perfume_bottle(pen: Pen) -> None:
    """Cut glass block with a little neck and a large stopper."""
    rng = pen.rng
    tint, stopper = vivid(rng), any_colour(rng)
    view = View(rng.uniform(-50, 50), max(pen.elevation, 0.06), 0.3)
    x, z, top = rng.uniform(0.2, 0.27), rng.uniform(0.1, 0.18), rng.uniform(-0.16, -0.02)
    glass = {"all": mix(tint, WHITE, 0.55), "top": mix(tint, WHITE, 0.75)}
    box(pen, view, (-x, top, -z), (x, 0.44, z), glass)
    inner = rng.uniform(0.75, 0.85)
    box(pen, view, (-x * inner, top + 0.12, -z * inner), (x * inner, 0.41, z * inner), {"all": tint})
    pen.flat(
        view(
            [(-x * 0.9, top + 0.05, z), (-x * 0.72, top + 0.05, z), (-x * 0.72, 0.36, z), (-x * 0.9, 0.36, z)]
        ),
        WHITE,
        0.55,
    )
    neck = view([(0, top, 0)])[0, 1]
    turned(pen, [(neck - 0.08, 0.05), (neck + 0.01, 0.05)], STEEL, metal=True, gloss=0.9, curved=False)
    if rng.random() < 0.5:
        pen.ball(0, neck - 0.17, 0.12, colour=stopper, gloss=0.9)
    else:
        size = rng.uniform(0.09, 0.12)
        box(pen, view, (-size, top - 0.28, -size), (size, top - 0.06, size), {"all": stopper})


@drawable("pill_bottle", lying=0.2)
def pill_bottle(pen: Pen) -> None:
    """Small amber bottle with a white label and a wide ribbed cap."""
    rng = pen.rng
    r = rng.uniform(0.24, 0.3)
    amber = near(rng, (214, 120, 30))
    body = [(-0.2, r * 0.88), (-0.14, r), (0.4, r), (0.46, r * 0.94)]
    label = design(rng, 384, 180, WHITE, sides=2).array()
    cap = WHITE if rng.random() < 0.7 else any_colour(rng)
    up = np.sqrt(1 - pen.elevation**2)
    parts = [
        partial(part, pen, body, amber, gloss=0.8, opacity=0.9, edge_opacity=1.0),
        partial(
            part,
            pen,
            [(-0.06, r * 1.01), (0.32, r * 1.01)],
            WHITE,
            art=label,
            rotation=rng.random(),
            gloss=0.1,
            curved=False,
        ),
        partial(ribbed_cap, pen, -0.2 * up, r * 0.98, 0.24 * up, cap),
    ]
    standing(pen, parts, (0.46, r * 0.94, amber))


@drawable("baby_bottle", lying=0.2)
def baby_bottle(pen: Pen) -> None:
    """Clear bottle with milk and marks in it, a wide ring and a teat."""
    rng = pen.rng
    r, ring = rng.uniform(0.16, 0.2), vivid(rng)
    body = [(-0.2, r * 0.9), (-0.1, r), (0.1, r * 0.9), (0.3, r), (0.42, r), (0.46, r * 0.9)]
    level = rng.uniform(-0.1, 0.2)
    milk = [(level, r * 0.88), (0.4, r * 0.9), (0.44, r * 0.82)]
    up = np.sqrt(1 - pen.elevation**2)
    teat = near(rng, (226, 176, 120))
    parts = [
        partial(part, pen, milk, (250, 248, 240), (255, 254, 248), gloss=0.2, curved=False),
        partial(part, pen, body, (214, 230, 240), gloss=0.9, opacity=0.3, edge_opacity=0.85),
        partial(ribbed_cap, pen, -0.18 * up, r * 1.0, 0.1 * up, ring),
        partial(
            part,
            pen,
            [(-0.48, r * 0.16), (-0.42, r * 0.24), (-0.34, r * 0.3), (-0.28, r * 0.7)],
            teat,
            lighter(teat),
            gloss=0.4,
        ),
    ]
    standing(pen, parts, (0.46, r * 0.9, (214, 230, 240)))
    for step in range(5):
        y = (-0.05 + 0.08 * step) * up
        pen.line([(-r * 0.1, y), (r * (0.25 if step % 2 else 0.4), y)], 0.012, darker(ring, 0.3))
