"""Music, games and toys."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .engine import Pen
from .palette import BLACK, GOLD, STEEL, WHITE, WOOD, any_colour, contrast, darker, lighter, near, vivid
from .registry import drawable
from .shapes import arc, both_sides, ellipse, rectangle, rounded, smooth, star, thick, turn
from .solids import View, box, disc, turned


@drawable("guitar", pose="flat")
def guitar(pen: Pen) -> None:
    """Guitar with a round body and six strings."""
    rng = pen.rng
    colour = near(rng, (202, 132, 62), 0.15) if rng.random() < 0.5 else any_colour(rng)
    neck = darker(near(rng, WOOD, 0.1), 0.3)
    w = rng.uniform(0.19, 0.23)
    body = both_sides(
        [(0, -0.02), (w * 0.7, 0.0), (w * 0.82, 0.1), (w * 0.66, 0.18), (w, 0.3), (w * 0.86, 0.44), (0, 0.48)]
    )
    pen.soft(body, darker(colour, 0.3), depth=0.1)
    pen.soft((body - (0, 0.24)) * 0.93 + (0, 0.24), colour, depth=0.2, gloss=0.4)
    pen.flat(ellipse(0, 0.14, 0.075), contrast(rng, colour))
    pen.flat(ellipse(0, 0.14, 0.06), (36, 24, 20))
    pen.soft(rectangle(-0.032, -0.38, 0.032, 0.1), neck, depth=0.3)
    pen.soft([(-0.03, -0.37), (0.03, -0.37), (0.055, -0.49), (-0.055, -0.49)], darker(neck, 0.2))
    for y in (-0.46, -0.42):
        for side in (1, -1):
            pen.ball(side * 0.068, y, 0.017, colour=WHITE, gloss=0.3)
    pen.soft(rounded(-0.085, 0.31, 0.085, 0.345, 0.01), neck)
    for x in np.linspace(-0.022, 0.022, 4):
        pen.line([(x, -0.4), (x * 1.3, 0.33)], 0.004, (236, 232, 220))
    for y in np.linspace(-0.34, 0.04, 8):
        pen.line([(-0.032, y), (0.032, y)], 0.006, (206, 206, 200))


@drawable("drum")
def drum(pen: Pen) -> None:
    """Drum with ropes and two sticks."""
    rng = pen.rng
    colour, rim = any_colour(rng), any_colour(rng)
    pen.elevation = max(pen.elevation, 0.25)
    r, top = 0.4, rng.uniform(-0.16, -0.04)
    turned(pen, [(top, r), (0.34, r)], colour, curved=False, gloss=0.4)
    bend = r * pen.elevation
    edges = np.linspace(-0.97, 0.97, 9)
    for i, (a, b) in enumerate(pairwise(edges)):
        ya, yb = (bend * np.sqrt(1 - u * u) for u in (a, b))
        ends = (
            [(a * r, top + 0.03 + ya), (b * r, 0.3 + yb)]
            if i % 2
            else [(a * r, 0.3 + ya), (b * r, top + 0.03 + yb)]
        )
        pen.line(ends, 0.016, lighter(rim, 0.5))
    for y in (0.31, top):
        turned(pen, [(y - 0.01, r * 1.03), (y + 0.045, r * 1.03)], rim, curved=False, gloss=0.6)
    disc(pen, top - 0.01, r * 1.03, lighter(rim, 0.2))
    disc(pen, top - 0.01, r * 0.94, (240, 232, 214))
    for side in (1, -1):
        tip = (side * 0.08, top - 0.02)
        pen.rod([tip, (side * 0.42, top - 0.24)], 0.03, near(rng, WOOD))
        pen.ball(*tip, 0.035, colour=near(rng, WOOD), gloss=0.2)


@drawable("ball")
def ball(pen: Pen) -> None:
    """Striped beach ball, football or plain ball."""
    rng = pen.rng
    colour = any_colour(rng)
    trim = contrast(rng, colour)
    kind = rng.random()
    pen.soft(ellipse(0, 0, 0.46, n=60), colour, depth=1.0, gloss=0.4)
    angle = rng.uniform(0, 360)
    if kind < 0.45:
        for a, b in ((0.9, 0.5), (0.1, -0.35), (-0.7, -0.95)):
            half = np.stack(
                [
                    np.sin(np.linspace(-np.pi / 2, np.pi / 2, 24)),
                    np.cos(np.linspace(-np.pi / 2, np.pi / 2, 24)),
                ],
                1,
            )[:, ::-1]
            crescent = np.concatenate([half * (a * 0.455, 0.455), (half * (b * 0.455, 0.455))[::-1]])
            pen.soft(turn(crescent, angle), trim, depth=0.3, strength=0.5, opacity=0.92)
    elif kind < 0.75:
        for x, y, r in (
            (0, 0, 0.15),
            (0.32, 0.12, 0.11),
            (-0.3, 0.16, 0.11),
            (0.19, -0.31, 0.11),
            (-0.21, -0.29, 0.11),
            (0.02, 0.36, 0.1),
        ):
            spot = turn(turn(ellipse(0, 0, r, n=5), -18) * (1 - abs(x), 1 - abs(y)) + (x, y), angle)
            pen.soft(spot, trim, depth=0.2, strength=0.5, opacity=0.95)
    else:
        for curve in (-0.3, 0.0, 0.3):
            pen.flat(
                turn(
                    thick(smooth([(-0.44, curve * 0.2), (0, curve), (0.44, curve * 0.2)], False), 0.022),
                    angle,
                ),
                darker(colour, 0.5),
            )
    pen.blurred(ellipse(-0.2 * pen.light.x, -0.24 * pen.light.y + 0.08, 0.42, 0.34), (10, 8, 40), 0.12, 0.2)
    pen.glint(0.18 * pen.light.x, 0.26 * pen.light.y, 0.1, 0.07, 0.7)


@drawable("die")
def die(pen: Pen) -> None:
    """Die with spots."""
    rng = pen.rng
    colour = any_colour(rng)
    spot = contrast(rng, colour, 260)
    view = View(rng.uniform(25, 65), rng.uniform(0.4, 0.6), 0.3)
    s = 0.3
    box(pen, view, (-s, -s, -s), (s, s, s), {"all": colour})
    layouts = {1: [(0, 0)], 2: [(-0.5, -0.5), (0.5, 0.5)], 3: [(-0.5, -0.5), (0, 0),
        (0.5, 0.5)], 4: [(a, b) for a in (-0.5, 0.5) for b in (-0.5, 0.5)], 5: [(0, 0),
        *((a, b) for a in (-0.5, 0.5) for b in (-0.5, 0.5))],
        6: [(a, b) for a in (-0.5, 0.5) for b in (-0.55, 0, 0.55)]}  # fmt: skip
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    for number, place in zip(rng.permutation(6)[:3] + 1, ("top", "front", "left"), strict=True):
        for a, b in layouts[int(number)]:
            u, v = s * (a + 0.19 * np.cos(angle)), s * (b + 0.19 * np.sin(angle))
            flat = np.full_like(u, s * 1.001)
            ring = {"top": (u, -flat, v), "front": (u, v, flat), "left": (-flat, v, u)}[place]
            pen.soft(view(np.stack(ring, 1)), spot, strength=-0.6)


@drawable("bell")
def bell(pen: Pen) -> None:
    """Hand bell."""
    rng = pen.rng
    colour = near(rng, GOLD, 0.1) if rng.random() < 0.6 else any_colour(rng)
    if rng.random() < 0.5:
        pen.rod([(0, -0.2), (0, -0.44)], [0.06, 0.09, 0.07], near(rng, WOOD, 0.2), gloss=0.3)
    else:
        pen.rod(arc(0, -0.3, 0.09, 0.1, 90, 450, 30), 0.04, colour, gloss=0.6)
    pen.ball(0, 0.43, 0.06, colour=darker(colour, 0.35), gloss=0.4)
    flare = rng.uniform(0.34, 0.4)
    body = [(-0.26, 0.04), (-0.22, 0.14), (-0.08, 0.2), (0.16, 0.24), (0.28, 0.3), (0.34, flare)]
    turned(pen, body, colour, gloss=0.8)
    turned(pen, [(0.19, 0.262), (0.22, 0.275)], darker(colour, 0.2), gloss=0.6, curved=False)


@drawable("trumpet", pose="flat")
def trumpet(pen: Pen) -> None:
    """Trumpet with three valves."""
    rng = pen.rng
    colour = near(rng, GOLD, 0.1) if rng.random() < 0.7 else any_colour(rng)
    pen.rod(
        np.concatenate(
            [arc(0.12, 0.06, 0.1, 0.1, -90, 90, 10), arc(-0.18, 0.06, 0.1, 0.1, 90, 270, 10), [(0.12, -0.04)]]
        ),
        0.045,
        colour,
        gloss=0.7,
    )
    for x in (-0.1, -0.02, 0.06):
        pen.soft(rounded(x - 0.032, -0.1, x + 0.032, 0.2, 0.02), lighter(colour, 0.1), gloss=0.8, depth=0.8)
        pen.rod([(x, -0.1), (x, -0.17)], 0.02, STEEL)
        pen.ball(x, -0.18, 0.028, 0.016, colour=WHITE)
    pen.rod([(0.44, -0.04), (-0.2, -0.04)], 0.04, colour, gloss=0.8)
    pen.soft(smooth([(-0.12, -0.065), (-0.28, -0.08), (-0.4, -0.14), (-0.49, -0.24),
        (-0.49, 0.16), (-0.4, 0.06), (-0.28, 0.0), (-0.12, -0.015)]),
        colour, depth=0.6, gloss=0.8)  # fmt: skip
    pen.soft(ellipse(-0.485, -0.04, 0.03, 0.2), darker(colour, 0.45), strength=-0.6)
    pen.soft(smooth([(0.42, -0.06), (0.49, -0.08), (0.49, 0.0), (0.42, -0.02)]), STEEL, gloss=0.6)


@drawable("kite", pose="sky", places=("sky", "indoors"))
def kite(pen: Pen) -> None:
    """Kite with a tail of bows."""
    rng = pen.rng
    first = vivid(rng)
    second = contrast(rng, first)
    w, middle = rng.uniform(0.24, 0.3), rng.uniform(-0.3, -0.2)
    tip, low = (0, -0.49), (0, 0.14)
    pen.soft([tip, (w, middle), (0, middle)], first, depth=0.1, strength=0.5)
    pen.soft([tip, (0, middle), (-w, middle)], second, depth=0.1, strength=0.5)
    pen.soft([low, (0, middle), (w, middle)], darker(second, 0.1), depth=0.1, strength=0.5)
    pen.soft([low, (-w, middle), (0, middle)], darker(first, 0.1), depth=0.1, strength=0.5)
    for line in ([tip, low], [(-w, middle), (w, middle)]):
        pen.line(line, 0.01, darker(near(rng, WOOD), 0.2))
    tail = smooth([low, (0.09, 0.24), (-0.05, 0.34), (0.07, 0.47)], False)
    pen.line(tail, 0.01, BLACK)
    for i in (5, 10, 15):
        x, y = tail[min(i, len(tail) - 1)]
        pen.soft([(x - 0.06, y - 0.03), (x, y), (x - 0.06, y + 0.03)], vivid(rng))
        pen.soft([(x + 0.06, y - 0.03), (x, y), (x + 0.06, y + 0.03)], vivid(rng))


@drawable("camera")
def camera(pen: Pen) -> None:
    """Camera with a lens and a flash."""
    rng = pen.rng
    colour = any_colour(rng)
    pen.soft(rounded(-0.16, -0.34, 0.14, -0.18, 0.04), darker(colour, 0.15), depth=0.3)
    pen.soft(rounded(0.24, -0.3, 0.38, -0.2, 0.02), STEEL, gloss=0.6)
    pen.soft(rounded(-0.48, -0.24, 0.48, 0.34, 0.07), colour, depth=0.15, gloss=0.3)
    pen.soft(rectangle(-0.475, -0.06, 0.475, 0.22), darker(colour, 0.55), depth=0.08, strength=0.6)
    pen.soft(ellipse(0, 0.06, 0.245), STEEL, depth=0.15, gloss=0.7)
    pen.soft(ellipse(0, 0.06, 0.2), BLACK, depth=0.2)
    pen.soft(ellipse(0, 0.06, 0.14), (44, 56, 96), depth=0.7, gloss=0.6)
    pen.glint(-0.05, 0.0, 0.045, 0.03, 0.9)
    pen.soft(rounded(-0.09, -0.31, 0.07, -0.22, 0.02), (226, 236, 240), gloss=0.7)
    pen.ball(-0.36, -0.14, 0.035, colour=vivid(rng), gloss=0.4)


@drawable("star_ornament", pose="hang")
def star_ornament(pen: Pen) -> None:
    """Faceted star."""
    rng = pen.rng
    colour = near(rng, GOLD, 0.2) if rng.random() < 0.4 else vivid(rng)
    tips = int(rng.choice([5, 5, 6, 8]))
    outline = star(0, 0.02, 0.48, rng.uniform(0.2, 0.25), tips)
    for i in range(len(outline)):
        a, b = outline[i], outline[(i + 1) % len(outline)]
        edge = (a + b) / 2 - (0, 0.02)
        facing = float(edge @ (pen.light.x, pen.light.y)) / (np.linalg.norm(edge) + 1e-6)
        facing += 0.45 * (1 if i % 2 else -1)
        tone = lighter(colour, 0.35 * facing) if facing > 0 else darker(colour, -0.35 * facing)
        pen.flat([(0, 0.02), a, b], tone)
