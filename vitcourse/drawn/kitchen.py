"""Kitchen things."""

from __future__ import annotations

import numpy as np

from .engine import Pen
from .labels import design
from .palette import BLACK, STEEL, WHITE, WOOD, Colour, any_colour, darker, lighter, mix, near, vivid
from .registry import drawable
from .shapes import arc, both_sides, ellipse, mirror, rounded, smooth
from .solids import disc, on_disc, turned

DRINKS = ((92, 58, 36), (196, 120, 50), (120, 160, 80), (236, 226, 204), (150, 40, 50))


def _pattern(pen: Pen, ground: Colour, chance: float = 0.6) -> np.ndarray | None:
    return design(pen.rng, 200, 110, ground).array() if pen.rng.random() < chance else None


def _drink(pen: Pen) -> Colour:
    return DRINKS[int(pen.rng.integers(len(DRINKS)))]


@drawable("mug")
def mug(pen: Pen) -> None:
    """Mug with a handle."""
    rng = pen.rng
    colour, r = any_colour(rng), rng.uniform(0.27, 0.34)
    side = 1 if rng.random() < 0.5 else -1
    x = -side * 0.1
    handle = arc(x + side * r, 0.05, 0.2, rng.uniform(0.2, 0.26), -80, 80)
    handle = handle if side > 0 else arc(x - r, 0.05, 0.2, 0.23, 100, 260)
    pen.rod(handle, 0.085, darker(colour, 0.12), gloss=0.4)
    bottom = r * rng.uniform(0.75, 1.0)
    turned(
        pen,
        [(-0.34, r), (0.2, r), (0.38, bottom)],
        colour,
        x=x,
        art=_pattern(pen, colour),
        rotation=rng.random(),
        gloss=0.45,
        curved=rng.random() < 0.5,
    )
    disc(pen, -0.34, r, lighter(colour, 0.3), x=x)
    pen.flat(ellipse(x, -0.335, r * 0.9, r * 0.9 * pen.elevation), darker(colour, 0.45))
    pen.flat(ellipse(x, -0.325, r * 0.86, r * 0.8 * pen.elevation), _drink(pen))


@drawable("teapot")
def teapot(pen: Pen) -> None:
    """Round teapot with spout, handle and lid."""
    rng = pen.rng
    colour, r = any_colour(rng), rng.uniform(0.27, 0.31)
    tall = rng.uniform(0.85, 1.1)
    spout = smooth([(0.2, 0.15), (0.34, 0.08), (0.4, -0.12), (0.48, -0.22)], closed=False)
    side = 1 if rng.random() < 0.5 else -1
    pen.rod(spout * (side, 1), [0.17, 0.12, 0.08, 0.07], colour, gloss=0.4)
    pen.rod(arc(-0.24, 0.0, 0.22, 0.2, 80, 280) * (side, 1), 0.06, darker(colour, 0.15), gloss=0.4)
    body = [(-0.24, 0.13), (-0.2, 0.19), (-0.08, r * 0.94), (0.06, r), (0.2, r * 0.86), (0.3, 0.18)]
    body = [(y * tall, radius) for y, radius in body]
    turned(pen, body, colour, art=_pattern(pen, colour, 0.5), rotation=rng.random(), gloss=0.6)
    low = body[0][0]
    turned(pen, [(low - 0.05, 0.05), (low - 0.03, 0.1), (low + 0.015, 0.14)], colour, gloss=0.6)
    pen.ball(0, low - 0.085, 0.045, colour=near(rng, darker(colour, 0.1)), gloss=0.6)


@drawable("wine_glass")
def wine_glass(pen: Pen) -> None:
    """Glass with a stem, often half full."""
    rng = pen.rng
    r = rng.uniform(0.17, 0.25)
    top, low = -0.47, rng.uniform(-0.05, 0.08)
    bowl = [(top, r * rng.uniform(0.72, 1.0)), (top + 0.2, r), (low - 0.1, r * 0.75), (low, 0.03)]
    tint = mix(any_colour(rng), WHITE, 0.75)
    disc(pen, 0.43, r * 0.85, tint, opacity=0.6)
    turned(pen, [(0.4, 0.02), (0.43, r * 0.8)], tint, opacity=0.5, edge_opacity=0.9, gloss=0.9)
    turned(
        pen,
        [(low - 0.02, 0.03), (low + 0.05, 0.018), (0.36, 0.018), (0.41, 0.06)],
        tint,
        opacity=0.75,
        gloss=1.0,
    )
    if rng.random() < 0.75:
        level = rng.uniform(top + 0.12, top + 0.24)
        heights = np.array([y for y, _ in bowl])
        at_level = float(np.interp(level, heights, [radius for _, radius in bowl])) * 0.94
        liquid = [(level, at_level), *[(y, radius * 0.9) for y, radius in bowl if y > level + 0.02]]
        drink = any_colour(rng) if rng.random() < 0.5 else (130, 24, 50)
        turned(pen, liquid, drink, opacity=0.85, gloss=0.6)
        disc(pen, level, at_level, lighter(drink, 0.25), opacity=0.9)
    turned(pen, bowl, tint, opacity=0.25, edge_opacity=0.95, gloss=1.0)
    rim = ellipse(0, top, bowl[0][1], bowl[0][1] * pen.elevation)
    pen.line(np.concatenate([rim, rim[:1]]), 0.012, lighter(tint, 0.5))


@drawable("jar")
def jar(pen: Pen) -> None:
    """Squat preserving jar with a wide metal or cloth lid and something in it."""
    rng = pen.rng
    r = rng.uniform(0.3, 0.36)
    filling, lid = vivid(rng), any_colour(rng)
    top = rng.uniform(-0.34, -0.24)
    body = [(top, r * 0.84), (top + 0.05, r * 0.9), (top + 0.12, r), (0.3, r), (0.36, r * 0.9)]
    inner = [(y, radius * 0.93) for y, radius in body[1:]]
    turned(pen, inner, filling, gloss=0.3)
    turned(pen, body, mix(filling, WHITE, 0.75), opacity=0.25, edge_opacity=0.85, gloss=1.0)
    if rng.random() < 0.7:
        art = design(rng, 120, 90, WHITE, sides=2).array()
        turned(pen, [(0.0, r * 1.01), (0.24, r * 1.01)], WHITE, art=art, rotation=rng.random(), curved=False)
    turned(pen, [(top - 0.1, r * 0.88), (top + 0.02, r * 0.9)], lid, gloss=0.5, curved=False)
    disc(pen, top - 0.1, r * 0.88, lighter(lid, 0.15), gloss=0.5)


@drawable("frying_pan", pose="flat")
def frying_pan(pen: Pen) -> None:
    """Pan with a long handle, seen from above."""
    rng = pen.rng
    colour = darker(any_colour(rng), 0.25) if rng.random() < 0.5 else BLACK
    grip = any_colour(rng)
    pen.rod([(0.02, 0.02), (0.3, 0.3), (0.46, 0.46)], [0.07, 0.075, 0.1], grip, gloss=0.3)
    pen.flat(ellipse(0.43, 0.43, 0.016), darker(grip, 0.6))
    pen.soft(ellipse(-0.14, -0.14, 0.33), lighter(colour, 0.25), depth=0.15, gloss=0.4)
    pen.soft(ellipse(-0.14, -0.14, 0.295), darker(colour, 0.25), depth=0.25, strength=-0.9)
    if rng.random() < 0.5:
        pen.soft(
            smooth(ellipse(-0.14, -0.14, 0.2, n=9) + rng.normal(0, 0.02, (9, 2))), (246, 244, 236), depth=0.2
        )
        pen.ball(-0.13 + rng.normal(0, 0.03), -0.14, 0.075, colour=(246, 186, 48), gloss=0.5)


@drawable("cooking_pot")
def cooking_pot(pen: Pen) -> None:
    """Pot with two handles and a lid with a knob."""
    rng = pen.rng
    colour, r = any_colour(rng), rng.uniform(0.32, 0.38)
    metal = rng.random() < 0.4
    colour = STEEL if metal else colour
    low = rng.uniform(0.24, 0.34)
    for side in (1, -1):
        pen.rod(
            arc(side * r, -0.06, 0.1, 0.06, -90, 90) if side > 0 else arc(-r, -0.06, 0.1, 0.06, 90, 270),
            0.05,
            BLACK,
        )
    turned(pen, [(-0.14, r), (low - 0.05, r), (low, r * 0.9)], colour, gloss=0.6, metal=metal, curved=False)
    turned(
        pen,
        [(-0.27, 0.05), (-0.23, r * 0.6), (-0.13, r * 1.02)],
        lighter(colour, 0.12),
        gloss=0.7,
        metal=metal,
    )
    turned(pen, [(-0.36, 0.05), (-0.33, 0.065), (-0.27, 0.03)], BLACK, gloss=0.4)


@drawable("fork", pose="flat")
def fork(pen: Pen) -> None:
    """Table fork."""
    colour = STEEL if pen.rng.random() < 0.7 else any_colour(pen.rng)
    handle = colour if pen.rng.random() < 0.6 else any_colour(pen.rng)
    width = pen.rng.uniform(0.1, 0.13)
    for x in np.linspace(-width, width, 4 if pen.rng.random() < 0.7 else 3):
        pen.rod([(x, -0.48), (x, -0.15)], [0.03, 0.045], colour, gloss=0.7)
    root = [(width + 0.022, -0.2), (width * 0.9, -0.06), (0.03, 0.02), (0.026, 0.1)]
    pen.soft(both_sides([(0.0, -0.19), *root]), colour, gloss=0.7)
    pen.rod([(0, 0.04), (0, 0.46)], [0.05, 0.06, 0.085], handle, gloss=0.7)


@drawable("spoon", pose="flat")
def spoon(pen: Pen) -> None:
    """Table or wooden spoon."""
    rng = pen.rng
    colour = STEEL if rng.random() < 0.5 else near(rng, WOOD) if rng.random() < 0.5 else any_colour(rng)
    width = rng.uniform(0.12, 0.16)
    pen.rod([(0, -0.15), (0, 0.46)], [0.04, 0.05, 0.08], colour, gloss=0.6)
    pen.soft(
        both_sides([(0, -0.49), (width * 0.8, -0.42), (width, -0.28), (width * 0.6, -0.14), (0.03, -0.08)]),
        colour,
        gloss=0.6,
    )
    pen.soft(ellipse(0, -0.3, width * 0.76, 0.15), darker(colour, 0.1), depth=0.7, strength=-1.0, gloss=0.6)


@drawable("kitchen_knife", pose="flat")
def kitchen_knife(pen: Pen) -> None:
    """Knife with a broad blade."""
    rng = pen.rng
    grip = any_colour(rng) if rng.random() < 0.6 else near(rng, WOOD)
    broad = rng.uniform(0.09, 0.16)
    blade = smooth(
        [(-0.05, 0.13), (-0.06, -0.3), (0.0, -0.49), (broad * 0.7, -0.2), (broad, 0.1), (broad, 0.13)]
    )
    blade = np.concatenate([[(-0.06, 0.14)], smooth([(-0.06, -0.3), (-0.045, -0.5),
        (broad * 0.6, -0.25), (broad, 0.0)], False), [(broad, 0.14)]])  # fmt: skip
    pen.soft(blade, (206, 211, 218), depth=0.3, gloss=0.9)
    pen.flat([(-0.055, 0.1), (-0.055, -0.3), (-0.015, -0.3), (-0.0, 0.1)], (176, 182, 192))
    pen.soft(rounded(-0.065, 0.13, 0.055, 0.49, 0.035), grip, gloss=0.3)
    for y in (0.2, 0.3, 0.4):
        pen.flat(ellipse(-0.005, y, 0.014), lighter(STEEL, 0.4))


@drawable("whisk", pose="flat")
def whisk(pen: Pen) -> None:
    """Egg whisk with wire loops."""
    rng = pen.rng
    width = rng.uniform(0.15, 0.21)
    colour = STEEL if rng.random() < 0.6 else any_colour(rng)
    for share in (1.0, 0.66, 0.33, 0.05):
        half = smooth(
            [
                (0.02, 0.06),
                (0.08 * share + 0.02, -0.1),
                (width * share, -0.32),
                (width * share * 0.6, -0.46),
                (0, -0.49),
            ],
            False,
        )
        pen.rod(np.concatenate([half, mirror(half)[1:]]), 0.024, lighter(colour, 0.15), gloss=0.8)
    pen.rod([(0, 0.05), (0, 0.45)], [0.07, 0.09, 0.085], any_colour(rng), gloss=0.4)


@drawable("salt_shaker")
def salt_shaker(pen: Pen) -> None:
    """Salt shaker with a domed metal top with holes."""
    rng = pen.rng
    colour, r = any_colour(rng), rng.uniform(0.2, 0.25)
    body = [(-0.18, r * 0.72), (-0.05, r * 0.66), (0.25, r), (0.4, r), (0.43, r * 0.92)]
    turned(pen, body, colour, art=_pattern(pen, colour, 0.4), gloss=0.5)
    turned(
        pen,
        [(-0.42, 0.03), (-0.39, r * 0.5), (-0.3, r * 0.78), (-0.16, r * 0.8)],
        STEEL,
        gloss=0.8,
        metal=True,
    )
    for x, y in ((0, -0.36), (-0.06, -0.34), (0.06, -0.34), (0.03, -0.31), (-0.03, -0.31), (0, -0.39)):
        pen.flat(ellipse(x, y, 0.014, 0.01), BLACK)


@drawable("bowl")
def bowl(pen: Pen) -> None:
    """Soup bowl, full or empty."""
    rng = pen.rng
    colour, r = any_colour(rng), rng.uniform(0.42, 0.48)
    pen.elevation = max(pen.elevation, 0.25)
    deep = rng.uniform(0.3, 0.4)
    turned(pen, [(-0.1, r), (-0.1 + deep * 0.5, r * 0.82), (-0.1 + deep * 0.9, r * 0.45),
        (-0.1 + deep, r * 0.42)], colour, art=_pattern(pen, colour, 0.6), gloss=0.5)  # fmt: skip
    disc(pen, -0.1, r, lighter(colour, 0.35))
    pen.soft(ellipse(0, -0.095, r * 0.93, r * 0.93 * pen.elevation), darker(colour, 0.2), strength=-0.8)
    if rng.random() < 0.6:
        soup = vivid(rng)
        pen.soft(on_disc(pen, -0.06, ellipse(0, 0, r * 0.78, r * 0.7)), soup, depth=0.15, strength=0.5)
        for _ in range(5):
            x, z = rng.uniform(-0.22, 0.22, 2)
            pen.flat(on_disc(pen, -0.06, ellipse(x, z, 0.05)), near(rng, lighter(soup, 0.4), 0.2))
