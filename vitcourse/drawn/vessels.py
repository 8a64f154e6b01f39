"""Vessels for drinks and soaps. They lie down or are held as often as not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from .engine import Pen
from .fridge import ribbed_cap
from .labels import design
from .palette import STEEL, WHITE, Colour, any_colour, darker, lighter, mix, near, vivid
from .registry import drawable
from .shapes import smooth
from .solids import Profile
from .stack import part, standing


def _up(pen: Pen) -> float:
    return float(np.sqrt(1 - pen.elevation**2))


def _wrap(
    pen: Pen, profile: Profile, ground: Colour | None = None, gloss: float = 0.25
) -> Callable[[], None]:
    """A printed label around a vessel, to be drawn when called."""
    art = design(pen.rng, 384, 200, ground).array()
    style = {"art": art, "rotation": pen.rng.random(), "gloss": gloss, "curved": False}
    return partial(part, pen, profile, WHITE, **style)


def _clear(pen: Pen, body: Profile, tint: Colour, relief: np.ndarray | None = None) -> Callable[[], None]:
    """A wall that one sees through, to be drawn when called."""
    clear = {"gloss": 0.95, "opacity": pen.rng.uniform(0.25, 0.45), "edge_opacity": 0.95}
    return partial(part, pen, body, tint, relief=relief, **clear)


def _filled(pen: Pen, body: Profile, level: float, colour: Colour, opacity: float) -> Callable[[], None]:
    """What stands in a vessel up to a level, to be drawn when called."""
    inner = [(y, radius * 0.93) for y, radius in body if y > level]
    surface = lighter(colour, 0.4)
    return partial(
        part, pen, inner, colour, surface, gloss=0.5, opacity=opacity, edge_opacity=min(1, opacity + 0.2)
    )


@drawable("beer_bottle", lying=0.2)
def beer_bottle(pen: Pen) -> None:
    """Glass bottle with long sloping shoulders, a crown cap and two paper labels."""
    rng = pen.rng
    r = rng.uniform(0.135, 0.16)
    glass = near(rng, [(122, 66, 22), (40, 104, 56), (186, 206, 196)][rng.integers(3)])
    body = [(-0.42, r * 0.34), (-0.3, r * 0.42), (-0.16, r * 0.68), (-0.04, r * 0.96), (0.02, r), (0.44, r),
        (0.47, r * 0.9)]  # fmt: skip
    crown = any_colour(rng)
    teeth = np.full((4, 84, 3), crown, np.uint8)
    teeth[:, ::4] = darker(crown, 0.4)
    parts = [
        partial(part, pen, body, glass, gloss=0.98, opacity=0.92, edge_opacity=1.0),
        _wrap(pen, [(0.08, r * 1.01), (rng.uniform(0.28, 0.38), r * 1.01)]),
        partial(
            part, pen, [(-0.47, r * 0.36), (-0.42, r * 0.46)], crown, lighter(crown), art=teeth, curved=False
        ),
    ]
    if rng.random() < 0.6:
        parts.insert(2, _wrap(pen, [(-0.3, r * 0.44), (-0.2, r * 0.62)]))
    standing(pen, parts, (0.47, r * 0.9, glass))


@drawable("lemonade_bottle", lying=0.2)
def lemonade_bottle(pen: Pen) -> None:
    """Large plastic bottle with a fizzy drink, a wide paper wrap, a waist and feet."""
    rng = pen.rng
    r, drink = rng.uniform(0.17, 0.2), vivid(rng)
    body = [(-0.4, r * 0.28), (-0.36, r * 0.28), (-0.24, r * 0.66), (-0.13, r * 0.97), (-0.06, r), (0.16, r),
        (0.22, r * 0.88), (0.28, r), (0.4, r), (0.45, r * 0.9), (0.48, r * 0.74)]  # fmt: skip
    feet = np.zeros(120)
    feet[100:] = np.tile([34.0, 34, 0, -34, -34], 4)
    cap = any_colour(rng)
    parts = [
        _filled(pen, body, rng.uniform(-0.3, -0.18), drink, 0.85),
        _clear(pen, body, lighter(drink, 0.5), feet),
        _wrap(pen, [(rng.uniform(-0.08, -0.03), r * 1.02), (rng.uniform(0.12, 0.17), r * 1.02)], gloss=0.4),
        partial(ribbed_cap, pen, -0.39 * _up(pen), r * 0.34, 0.07 * _up(pen), cap),
    ]
    standing(pen, parts, (0.48, r * 0.74, darker(drink, 0.2)))


@drawable("oil_bottle", lying=0.2)
def oil_bottle(pen: Pen) -> None:
    """Clear bottle with broad shoulders, grips and golden oil."""
    rng = pen.rng
    r, oil = rng.uniform(0.15, 0.185), near(rng, [(224, 180, 40), (168, 168, 36)][rng.integers(2)])
    shoulder = rng.uniform(-0.24, -0.16)
    body = [(-0.4, r * 0.36), (shoulder - 0.06, r * 0.42), (shoulder, r * 0.9), (shoulder + 0.04, r),
        (0.44, r), (0.47, r * 0.92)]  # fmt: skip
    grips = np.zeros(120)
    for y in range(74, 112, int(rng.integers(6, 11))):
        grips[y : y + 3] += 38
        grips[y + 3 : y + 5] -= 34
    cap = any_colour(rng) if rng.random() < 0.6 else oil
    parts = [
        _filled(pen, body, rng.uniform(-0.3, shoulder + 0.1), oil, 0.8),
        _clear(pen, body, lighter(oil, 0.6), grips),
        _wrap(pen, [(shoulder + 0.1, r * 1.01), (rng.uniform(0.06, 0.2), r * 1.01)]),
        partial(part, pen, [(-0.47, r * 0.4), (-0.38, r * 0.44)], cap, lighter(cap), gloss=0.4, curved=False),
    ]
    standing(pen, parts, (0.47, r * 0.92, oil))


@drawable("shampoo_bottle", lying=0.2)
def shampoo_bottle(pen: Pen) -> None:
    """Opaque bottle with round shoulders and a wide flip cap, on its base or on its head."""
    rng = pen.rng
    r, colour, cap = rng.uniform(0.17, 0.22), any_colour(rng), any_colour(rng)
    pinch = rng.uniform(0.86, 1.0)
    body = [(-0.34, r * 0.5), (-0.28, r * 0.84), (-0.2, r), (0.1, r * pinch), (0.38, r), (0.46, r * 0.82)]
    lid = [(-0.47, r * 0.5), (-0.45, r * 0.58), (-0.33, r * 0.6)]
    if rng.random() < 0.4:
        body, lid = [(-y, x) for y, x in body[::-1]], [(-y, x) for y, x in lid[::-1]]
    middle = [(-0.14, r * 1.01), (0.1, r * (pinch + 0.01)), (0.28, r * 1.0)]
    parts = [
        partial(part, pen, body, colour, lighter(colour, 0.2), gloss=0.55),
        _wrap(pen, middle, colour if rng.random() < 0.6 else None),
        partial(part, pen, lid, cap, lighter(cap), gloss=0.4, curved=False),
    ]
    if lid[0][0] > 0:
        parts = [parts[2], *parts[:2]]
    standing(pen, parts, (0.47, r * 0.6, cap) if lid[0][0] > 0 else (0.46, r * 0.82, colour))


@drawable("detergent_bottle", lying=0.2)
def detergent_bottle(pen: Pen) -> None:
    """Plastic bottle with a handle at one side and a large measuring cap."""
    rng = pen.rng
    r, side = rng.uniform(0.2, 0.25), 1 if rng.random() < 0.5 else -1
    colour, cap, up = lighter(vivid(rng), rng.uniform(0, 0.6)), vivid(rng), _up(pen)
    body = [(-0.28, r * 0.36), (-0.22, r * 0.5), (-0.12, r * 0.94), (-0.02, r), (0.42, r), (0.47, r * 0.9)]
    loop = smooth([(side * r * 0.4, -0.2 * up), (side * r * 1.0, -0.22 * up), (side * r * 1.32, -0.06 * up),
        (side * r * 1.25, 0.16 * up), (side * r * 0.9, 0.24 * up)], closed=False)  # fmt: skip
    parts = [
        partial(pen.rod, loop, rng.uniform(0.07, 0.09), colour, gloss=0.4),
        partial(part, pen, body, colour, gloss=0.45),
        _wrap(pen, [(0.06, r * 1.01), (0.36, r * 1.01)]),
        partial(part, pen, [(-0.32, r * 0.62), (-0.26, r * 0.64)], darker(cap, 0.2), curved=False),
        partial(ribbed_cap, pen, -0.31 * up, r * 0.54, 0.15 * up, cap),
    ]
    standing(pen, parts, (0.47, r * 0.9, colour))


@drawable("yoghurt_drink", lying=0.2)
def yoghurt_drink(pen: Pen) -> None:
    """Little plump bottle in a printed sleeve, closed with a flat foil that stands over."""
    rng = pen.rng
    r, colour = rng.uniform(0.24, 0.29), lighter(any_colour(rng), rng.uniform(0.2, 0.7))
    waist, foil = rng.uniform(0.76, 0.9), STEEL if rng.random() < 0.5 else lighter(any_colour(rng), 0.3)
    body = [(-0.42, r * 0.62), (-0.34, r * 0.66), (-0.26, r * 0.96), (-0.16, r), (0.02, r * waist),
        (0.2, r), (0.38, r * 0.98), (0.44, r * 0.84)]  # fmt: skip
    sleeve = [(-0.18, r * 1.01), (-0.1, r * 0.98), (0.02, r * (waist + 0.01)), (0.14, r * 0.97),
        (0.24, r * 1.01), (0.34, r * 1.0)]  # fmt: skip
    parts = [
        partial(part, pen, body, colour, gloss=0.35),
        _wrap(pen, sleeve, gloss=0.3),
        partial(part, pen, [(-0.45, r * 0.74), (-0.42, r * 0.76)], foil, lighter(foil), metal=True, gloss=0.9,
            curved=False),
    ]  # fmt: skip
    standing(pen, parts, (0.44, r * 0.84, colour))


@drawable("jug", lying=0.2)
def jug(pen: Pen) -> None:
    """Jug of pottery or enamel with a handle at one side and a spout at the other."""
    rng = pen.rng
    r, up, side = rng.uniform(0.22, 0.28), _up(pen), 1 if rng.random() < 0.5 else -1
    colour, rim = any_colour(rng), any_colour(rng)
    neck = rng.uniform(0.55, 0.85)
    body = [
        (-0.42, r * neck * 1.1),
        (-0.26, r * neck),
        (0.0, r * 0.94),
        (0.18, r),
        (0.36, r * 0.86),
        (0.45, r * 0.66),
    ]
    loop = smooth([(side * r * neck, -0.34 * up), (side * r * 1.5, -0.36 * up), (side * r * 1.7, -0.08 * up),
        (side * r * 1.1, 0.18 * up), (side * r * 0.9, 0.18 * up)], closed=False)  # fmt: skip
    x = -side * r * neck
    spout = smooth(
        [(x * 0.6, -0.42 * up), (x * 1.6, -0.46 * up), (x * 1.05, -0.28 * up), (x * 0.6, -0.24 * up)]
    )
    parts = [
        partial(pen.rod, loop, rng.uniform(0.05, 0.08), colour, gloss=0.4),
        partial(pen.soft, spout, colour, gloss=0.3),
        partial(part, pen, body, colour, darker(colour, 0.45), gloss=0.5),
        partial(
            part,
            pen,
            [(-0.42, r * neck * 1.12), (-0.39, r * neck * 1.1)],
            rim,
            darker(colour, 0.45),
            curved=False,
        ),
    ]
    if rng.random() < 0.6:
        parts.insert(3, _wrap(pen, [(0.0, r * 0.95), (0.18, r * 1.01), (0.28, r * 0.95)], colour, gloss=0.4))
    standing(pen, parts, (0.45, r * 0.66, colour))


@drawable("paper_cup", lying=0.2)
def paper_cup(pen: Pen) -> None:
    """Printed cup that narrows downwards, with a plastic lid and sometimes a sleeve."""
    rng = pen.rng
    r, foot = rng.uniform(0.23, 0.28), rng.uniform(0.66, 0.78)
    lid, sleeve = (
        (WHITE if rng.random() < 0.5 else any_colour(rng)),
        mix((186, 140, 92), any_colour(rng), 0.2),
    )

    def wall(y: float, over: float = 1.0) -> tuple[float, float]:
        return y, over * r * (1 + (foot - 1) * (y + 0.34) / 0.8)

    parts = [_wrap(pen, [wall(-0.34), wall(0.46)], gloss=0.1)]
    if rng.random() < 0.45:
        parts.append(
            partial(part, pen, [wall(-0.1, 1.03), wall(0.24, 1.03)], sleeve, gloss=0.05, curved=False)
        )
    parts.append(
        partial(part, pen, [(-0.38, r * 1.02), (-0.33, r * 1.06)], lid, lid, gloss=0.4, curved=False)
    )
    crown = [(-0.46, r * 0.84), (-0.44, r * 0.9), (-0.37, r * 0.94)]
    parts.append(partial(part, pen, crown, lid, darker(lid, 0.12), gloss=0.4, curved=False))
    standing(pen, parts, (0.46, r * foot, WHITE))
    if pen.elevation >= 0 and rng.random() < 0.4:
        straw = [(0, -0.45 * _up(pen)), (r * 0.2, -0.56 * _up(pen))]
        pen.rod(straw, 0.05, vivid(rng), gloss=0.3)
