"""Things about the house."""

from __future__ import annotations

from PIL import Image

from .engine import Pen
from .labels import design
from .palette import (
    BLACK,
    GOLD,
    LEAF,
    STEEL,
    any_colour,
    contrast,
    darker,
    lighter,
    near,
    vivid,
)
from .registry import drawable
from .shapes import arc, both_sides, ellipse, move, rounded, smooth, thick, turn
from .solids import View, box, disc, face, turned

PAPER = (246, 240, 224)


@drawable("candle")
def candle(pen: Pen) -> None:
    """Burning candle on a plate."""
    rng = pen.rng
    colour, r = lighter(any_colour(rng), 0.25), rng.uniform(0.09, 0.17)
    top = rng.uniform(-0.22, -0.05)
    disc(pen, 0.4, 0.3, darker(near(rng, GOLD), 0.25))
    disc(pen, 0.38, 0.3, near(rng, GOLD), gloss=0.6)
    turned(pen, [(top, r), (0.38, r)], colour, curved=False, gloss=0.2)
    disc(pen, top, r, lighter(colour, 0.45))
    for x, y in ((-0.6, 0.16), (0.3, 0.24)):
        pen.rod([(x * r, top + 0.05), (x * r, top + y)], [0.05, 0.035], lighter(colour, 0.2))
    pen.rod([(0, top), (0.005, top - 0.06)], 0.018, BLACK)
    flame = smooth([(0, -0.27), (0.045, -0.14), (0.055, -0.06), (0, 0.0), (-0.055, -0.06), (-0.04, -0.14)])
    pen.flat(move(flame, 0, top - 0.02), (250, 172, 50))
    pen.flat(move(flame, 0, top - 0.025, zoom=0.62), (255, 238, 160))


@drawable("light_bulb", pose="flat")
def light_bulb(pen: Pen) -> None:
    """Light bulb with a screw base."""
    rng = pen.rng
    glass = lighter(vivid(rng), 0.55) if rng.random() < 0.5 else (250, 236, 170)
    pen.soft(rounded(-0.125, 0.2, 0.125, 0.42, 0.04), STEEL, gloss=0.8, depth=0.7)
    for y in (0.24, 0.3, 0.36):
        pen.flat(thick([(-0.13, y + 0.012), (0.13, y - 0.012)], 0.02), darker(STEEL, 0.35))
    pen.soft(smooth([(-0.09, 0.41), (0.09, 0.41), (0.04, 0.48), (-0.04, 0.48)]), BLACK)
    pen.soft(both_sides([(0, -0.48), (0.2, -0.42), (0.3, -0.22), (0.24, 0.0), (0.13, 0.14),
        (0.115, 0.22), (0, 0.23)]), glass, depth=0.7, gloss=0.7, opacity=0.85)  # fmt: skip
    pen.line([(-0.04, 0.2), (-0.08, -0.1), (-0.03, -0.16), (0, -0.1), (0.03, -0.16),
        (0.08, -0.1), (0.04, 0.2)], 0.014, (196, 120, 40))  # fmt: skip
    pen.glint(-0.13 if pen.light.x < 0 else 0.13, -0.28, 0.05, 0.09, 0.9)


@drawable("vase")
def vase(pen: Pen) -> None:
    """Vase, often with flowers."""
    rng = pen.rng
    colour = any_colour(rng)
    flowers = rng.random() < 0.65
    top = -0.05 if flowers else -0.42
    if flowers:
        for x in rng.uniform(-0.26, 0.26, int(rng.integers(3, 6))):
            y = rng.uniform(-0.42, -0.26)
            pen.rod(smooth([(0, 0.1), (x * 0.4, -0.12), (x, y)], False), 0.02, near(rng, LEAF))
            petal = vivid(rng)
            for angle in range(0, 360, 60):
                pen.soft(move(turn(ellipse(0, -0.055, 0.032, 0.045, 14), angle), x, y), petal, depth=0.5)
            pen.ball(x, y, 0.03, colour=(246, 206, 70), gloss=0)
    widest, neck = rng.uniform(0.18, 0.28), rng.uniform(0.07, 0.13)
    at = top + (0.46 - top) * rng.uniform(0.35, 0.7)
    body = [
        (top, neck * 1.3),
        (top + 0.05, neck),
        ((top + at) / 2, (neck + widest) / 2),
        (at, widest),
        (0.4, widest * 0.66),
        (0.46, widest * 0.6),
    ]
    art = design(rng, 180, 110, colour).array() if rng.random() < 0.6 else None
    if not flowers:
        pen.flat(ellipse(0, top, neck * 1.3, neck * 1.3 * pen.elevation), darker(colour, 0.5))
    turned(pen, body, colour, art=art, rotation=rng.random(), gloss=0.6)
    if not flowers:
        pen.flat(ellipse(0, top, neck * 1.15, neck * 1.15 * pen.elevation), darker(colour, 0.5))


@drawable("book")
def book(pen: Pen) -> None:
    """Closed book that lies or stands."""
    rng = pen.rng
    colour = any_colour(rng)
    cover = design(rng, 120, 160, colour, sides=1).image
    view = View(rng.uniform(18, 50) * (1 if rng.random() < 0.5 else -1), max(0.12, pen.elevation), 0.3)
    w, h, t = rng.uniform(0.27, 0.33), 0.42, rng.uniform(0.04, 0.09)
    if rng.random() < 0.4:
        view = View(rng.uniform(-40, 40), rng.uniform(0.45, 0.6), 0.3)
        box(pen, view, (-w, -t, -h), (w, t, h), {"all": darker(colour, 0.15), "top": cover})
        pages = t * 0.7
        face(pen, view, [(-w, -pages, h), (w * 0.96, -pages, h), (w * 0.96, pages, h), (-w, pages, h)], PAPER)
        edge = h * 0.98
        face(pen, view, [(w, -pages, edge), (w, -pages, -h), (w, pages, -h), (w, pages, edge)], PAPER)
        return
    box(pen, view, (-w, -h, -t), (w, h, t), {"all": darker(colour, 0.15), "front": cover, "back": cover})
    face(pen, view, [(w, -h * 0.97, t * 0.75), (w, -h * 0.97, -t * 0.75),
        (w, h * 0.97, -t * 0.75), (w, h * 0.97, t * 0.75)], PAPER)  # fmt: skip
    face(pen, view, [(-w * 0.97, -h, -t * 0.75), (w, -h, -t * 0.75), (w, -h, t * 0.75),
        (-w * 0.97, -h, t * 0.75)], PAPER)  # fmt: skip


@drawable("parcel")
def parcel(pen: Pen) -> None:
    """Present or parcel with a ribbon and a bow."""
    rng = pen.rng
    paper = any_colour(rng)
    ribbon = contrast(rng, paper)
    label = Image.new("RGB", (96, 96), paper)
    label.paste(ribbon, (40, 0, 56, 96))
    crossed = label.copy()
    crossed.paste(ribbon, (0, 40, 96, 56))
    view = View(rng.uniform(15, 60), max(0.22, pen.elevation), 0.3)
    x, y, z = rng.uniform(0.26, 0.36), rng.uniform(0.18, 0.34), rng.uniform(0.26, 0.34)
    box(pen, view, (-x, 0.42 - 2 * y, -z), (x, 0.42, z), {"all": label, "top": crossed})
    knot = view([(0, 0.42 - 2 * y, 0)])[0]
    for side in (1, -1):
        loop = smooth([(0, 0), (0.1, -0.13), (0.2, -0.1), (0.16, 0.0), (0.06, 0.02)]) * (side, 1) + knot
        pen.soft(loop, ribbon, depth=0.5, gloss=0.3)
        pen.soft(
            [knot, move(knot, side * 0.16, 0.09), move(knot, side * 0.1, 0.11), move(knot, 0, 0.02)],
            darker(ribbon, 0.1),
        )
    pen.ball(*knot, 0.04, colour=ribbon, gloss=0.3)


@drawable("bucket")
def bucket(pen: Pen) -> None:
    """Bucket with a wire handle."""
    rng = pen.rng
    colour = any_colour(rng)
    metal = rng.random() < 0.25
    colour = STEEL if metal else colour
    r = rng.uniform(0.3, 0.36)
    lifted = rng.random() < 0.6
    pen.elevation = max(pen.elevation, 0.2)
    handle = arc(0, -0.16, r, 0.3, 180, 360) if lifted else arc(0, -0.16, r, 0.2, 0, 180)
    if lifted:
        pen.rod(handle, 0.022, darker(STEEL, 0.2), gloss=0.5)
        pen.rod(arc(0, -0.16, r, 0.3, 250, 290), 0.05, any_colour(rng))
    turned(pen, [(-0.16, r), (0.38, r * 0.72)], colour, curved=False, gloss=0.5, metal=metal)
    disc(pen, -0.16, r, lighter(colour, 0.25))
    pen.soft(ellipse(0, -0.155, r * 0.92, r * 0.92 * pen.elevation), darker(colour, 0.45), strength=-0.8)
    if not lifted:
        pen.rod(handle, 0.022, darker(STEEL, 0.2), gloss=0.5)
    for y in (0.02, 0.2):
        pen.flat(
            thick(arc(0, y, r * (0.93 - 0.5 * (y + 0.1) * 0.5), r * pen.elevation, 170, 10), 0.014),
            darker(colour, 0.25),
        )


@drawable("watering_can")
def watering_can(pen: Pen) -> None:
    """Watering can with a spout and a rose."""
    rng = pen.rng
    colour = any_colour(rng)
    pen.rod(
        [(-0.02, 0.3), (-0.24, 0.04), (-0.38, -0.16)], [0.11, 0.07, 0.055], darker(colour, 0.08), gloss=0.4
    )
    pen.soft(move(turn(smooth([(-0.09, -0.03), (0.09, -0.03), (0.05, 0.05), (-0.05, 0.05)]),
        -50), -0.4, -0.18), darker(colour, 0.15))  # fmt: skip
    pen.rod(
        smooth([(0.28, 0.2), (0.47, 0.05), (0.38, -0.25), (0.14, -0.22)], False),
        0.05,
        darker(colour, 0.15),
        gloss=0.3,
    )
    r = rng.uniform(0.22, 0.26)
    body = [(-0.08, r), (0.38, r * 1.08)]
    turned(pen, body, colour, x=0.1, curved=False, gloss=0.5)
    disc(pen, -0.08, r, lighter(colour, 0.25), x=0.1)
    pen.soft(ellipse(0.12, -0.08, r * 0.7, r * 0.7 * pen.elevation), darker(colour, 0.5), strength=-0.7)
