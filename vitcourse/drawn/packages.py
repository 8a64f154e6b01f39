"""Tins, boxes and other printed packages. They lie down or are held as often as not."""

from __future__ import annotations

from functools import partial

import numpy as np

from .engine import Pen
from .labels import design
from .palette import BLACK, STEEL, WHITE, any_colour, contrast, darker, lighter, near, vivid
from .registry import drawable
from .shapes import ellipse, smooth
from .solids import View, box
from .stack import part, standing


@drawable("spray_can", lying=0.2)
def spray_can(pen: Pen) -> None:
    """Tall printed cylinder with a dome, and a button or a smooth cap on it."""
    rng = pen.rng
    r, art = rng.uniform(0.13, 0.165), design(rng, 384, 340).array()
    cap = any_colour(rng)
    parts = [
        partial(
            part, pen, [(-0.24, r), (0.46, r)], STEEL, art=art, rotation=rng.random(), gloss=0.6, curved=False
        ),
        partial(
            part, pen, [(0.445, r * 1.02), (0.475, r * 1.02)], STEEL, metal=True, gloss=0.7, curved=False
        ),
        partial(part, pen, [(-0.31, r * 0.5), (-0.28, r * 0.85), (-0.24, r)], STEEL, metal=True, gloss=0.8),
    ]
    if rng.random() < 0.5:
        crown = [(-0.47, r * 0.8), (-0.44, r * 0.96), (-0.23, r * 0.98)]
        parts.append(partial(part, pen, crown, cap, lighter(cap), gloss=0.4, curved=False))
    else:
        parts.append(partial(part, pen, [(-0.36, r * 0.3), (-0.3, r * 0.4)], WHITE, gloss=0.3, curved=False))
        parts.append(partial(part, pen, [(-0.47, r * 0.26), (-0.35, r * 0.26)], cap, cap, curved=False))
    standing(pen, parts, (0.475, r, STEEL))


@drawable("food_tin", lying=0.2)
def food_tin(pen: Pen) -> None:
    """Short tin with a paper label, ribs, and a flat metal lid."""
    rng = pen.rng
    r, half = rng.uniform(0.29, 0.36), rng.uniform(0.3, 0.44)
    art = design(rng, 448, 220).array()
    ribs = np.tile([30.0, 30.0, -30.0, -30.0], 40)
    parts = [
        partial(part, pen, [(-half, r), (half, r)], STEEL, metal=True, gloss=0.6, relief=ribs, curved=False),
        partial(
            part,
            pen,
            [(-half * 0.8, r * 1.01), (half * 0.8, r * 1.01)],
            WHITE,
            art=art,
            rotation=rng.random(),
            gloss=0.2,
            curved=False,
        ),
        partial(
            part,
            pen,
            [(-half - 0.02, r * 1.03), (-half + 0.02, r * 1.03)],
            STEEL,
            lighter(STEEL, 0.3),
            metal=True,
            gloss=0.8,
            curved=False,
        ),
    ]
    standing(pen, parts, (half, r, STEEL))
    if pen.elevation > 0.1:
        top = -(half + 0.02) * np.sqrt(1 - pen.elevation**2)
        for share in (0.8, 0.55):
            outline = ellipse(0, top, r * share, r * share * pen.elevation)
            pen.line(np.vstack([outline, outline[:1]]), 0.012, darker(STEEL, 0.3))


@drawable("paint_tin", lying=0.2)
def paint_tin(pen: Pen) -> None:
    """Wide tin with a wire handle, a sunken lid and a run of paint down its side."""
    rng = pen.rng
    r, colour = rng.uniform(0.34, 0.4), vivid(rng)
    art, up = (
        design(rng, 448, 220, WHITE if rng.random() < 0.5 else None).array(),
        np.sqrt(1 - pen.elevation**2),
    )
    lid = colour if rng.random() < 0.6 else lighter(STEEL)
    sag = rng.uniform(-0.12, 0.26)
    handle = smooth([(-r, -0.26 * up), (-r * 0.6, sag), (r * 0.6, sag), (r, -0.26 * up)], closed=False)
    parts = [
        partial(
            part, pen, [(-0.38, r), (0.4, r)], WHITE, art=art, rotation=rng.random(), gloss=0.4, curved=False
        ),
        partial(part, pen, [(0.37, r * 1.02), (0.41, r * 1.02)], STEEL, metal=True, gloss=0.7, curved=False),
        partial(
            part, pen, [(-0.41, r * 1.03), (-0.36, r * 1.03)], STEEL, lid, metal=True, gloss=0.8, curved=False
        ),
    ]
    standing(pen, parts, (0.41, r, STEEL))
    drop = rng.uniform(0.1, 0.4)
    run = smooth(
        [(-0.06, -0.37), (0.06, -0.37), (0.05, -0.3 + drop), (0, -0.26 + drop), (-0.04, -0.3 + drop)]
    )
    pen.soft(run * (1, up) + (rng.uniform(-0.5, 0.5) * r, r * max(pen.elevation, 0) * 0.9), colour, gloss=0.6)
    pen.line(handle, 0.022, darker(STEEL, 0.25))


@drawable("battery", lying=0.2)
def battery(pen: Pen) -> None:
    """Cell in two colours with a nub at one end."""
    rng = pen.rng
    r, upper = rng.uniform(0.14, 0.2), near(rng, (206, 140, 60))
    lower = contrast(rng, upper) if rng.random() < 0.5 else BLACK
    parting = rng.uniform(-0.2, 0.05)
    art = np.asarray(design(rng, 320, 200, lower).array())
    parts = [
        partial(
            part,
            pen,
            [(parting, r), (0.45, r)],
            lower,
            art=art,
            rotation=rng.random(),
            gloss=0.6,
            curved=False,
        ),
        partial(part, pen, [(0.44, r * 0.98), (0.47, r * 0.9)], STEEL, metal=True, gloss=0.8, curved=False),
        partial(
            part, pen, [(-0.41, r), (parting, r)], upper, lighter(STEEL), metal=True, gloss=0.8, curved=False
        ),
        partial(
            part,
            pen,
            [(-0.48, r * 0.34), (-0.41, r * 0.34)],
            STEEL,
            lighter(STEEL, 0.4),
            metal=True,
            gloss=0.9,
            curved=False,
        ),
    ]
    standing(pen, parts, (0.47, r * 0.9, STEEL))


@drawable("cereal_box", lying=0.2)
def cereal_box(pen: Pen) -> None:
    """Tall thin box, printed all over."""
    rng = pen.rng
    x, z, half = rng.uniform(0.26, 0.34), rng.uniform(0.07, 0.12), 0.46
    view = View(rng.uniform(15, 60) * (1 if rng.random() < 0.5 else -1), max(pen.elevation, 0.08), 0.3)
    ground = any_colour(rng)
    front = design(rng, 200, 290, ground, sides=1)
    if rng.random() < 0.6:
        bowl = [(0.2, 0.72), (0.8, 0.72), (0.68, 0.94), (0.32, 0.94)]
        front.polygon(bowl, contrast(rng, ground))
    side = design(rng, 70, 290, darker(ground, 0.1), sides=1)
    paints = {"front": front.image, "back": front.image, "left": side.image, "right": side.image}
    box(pen, view, (-x, -half, -z), (x, half, z), {**paints, "top": lighter(ground, 0.2), "bottom": ground})


@drawable("tissue_box", lying=0.2)
def tissue_box(pen: Pen) -> None:
    """Low printed box with an oval opening and a tissue coming out of it."""
    rng = pen.rng
    x, y, z = rng.uniform(0.34, 0.42), rng.uniform(0.13, 0.2), rng.uniform(0.2, 0.26)
    view = View(rng.uniform(-50, 50), max(pen.elevation, 0.2), 0.3)
    ground = any_colour(rng)
    long, short = design(rng, 260, 110, ground), design(rng, 150, 110, ground, sides=1)
    paints = {"front": long.image, "back": long.image, "left": short.image, "right": short.image}
    top = 0.42 - 2 * y
    box(pen, view, (-x, top, -z), (x, 0.42, z), {**paints, "top": lighter(ground, 0.15), "bottom": ground})
    angle = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    slot = np.stack([0.6 * x * np.cos(angle), np.full(30, top), 0.4 * z * np.sin(angle)], axis=1)
    pen.flat(view(slot), darker(ground, 0.55))
    foot, height = view([(0, top, 0)])[0], rng.uniform(0.2, 0.32)
    wave = [
        (-0.5, 0.02),
        (-0.62, -0.5),
        (-0.3, -0.8),
        (-0.12, -1),
        (0.1, -0.72),
        (0.34, -0.95),
        (0.58, -0.45),
        (0.5, 0.02),
    ]
    pen.soft(smooth(np.asarray(wave) * (x * 0.9, height) + foot), WHITE, depth=0.35)
    pen.line(
        smooth(
            [foot, foot + np.array([-0.02, -height * 0.5]), foot + np.array([0.06, -height * 0.7])],
            closed=False,
        ),
        0.008,
        (206, 208, 214),
    )
