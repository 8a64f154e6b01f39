"""More things of the household: glass, matchbox, tube, bird house, pin, bag, extinguisher."""

from __future__ import annotations

from functools import partial

import numpy as np
from PIL import Image

from .engine import Pen
from .fridge import ribbed_cap
from .labels import Label, badge, design
from .palette import BLACK, GOLD, STEEL, WHITE, WOOD, any_colour, contrast, darker, lighter, mix, near, vivid
from .registry import drawable
from .shapes import ellipse, smooth
from .solids import View, box, face
from .stack import part, standing


def _yaw(rng: np.random.Generator, low: float, high: float) -> float:
    return rng.uniform(low, high) * (1 if rng.random() < 0.5 else -1)


@drawable("drinking_glass", lying=0.2)
def drinking_glass(pen: Pen) -> None:
    """Clear tumbler with a coloured drink in it, and sometimes a straw or ice."""
    rng = pen.rng
    r, foot = rng.uniform(0.25, 0.31), rng.uniform(0.7, 0.98)
    up, full = np.sqrt(1 - pen.elevation**2), abs(pen.tilt) < 50
    tint, drink = (216, 232, 240), vivid(rng)
    straw = full and rng.random() < 0.55
    top, low = (rng.uniform(-0.34, -0.26) if straw else -0.44), 0.45
    level = top + rng.uniform(0.1, 0.26)
    wide = r * (1 + (foot - 1) * (level - top) / (low - top)) * 0.92
    glass = tint if full else mix(drink, WHITE, 0.55)
    parts = [partial(part, pen, [(low - 0.03, r * foot), (low, r * foot * 0.96)], glass, gloss=0.9)]
    if full:
        liquid = [(level, wide), (low - 0.05, r * foot * 0.92)]
        parts.append(partial(part, pen, liquid, drink, lighter(drink, 0.35), gloss=0.5, curved=False))
        if pen.elevation >= 0 and rng.random() < 0.45:
            parts.append(partial(_ice, pen, level * up, wide))
    if straw:
        side = -1 if rng.random() < 0.5 else 1
        bend = [(-side * wide * 0.3, level * up), (side * r * 0.5, (top - 0.1) * up), (side * r * 1.2, -0.47)]
        parts.append(partial(pen.rod, bend, 0.045, contrast(rng, drink), gloss=0.3))
    body, clear = [(top, r), (low - 0.02, r * foot)], 0.16 if full else 0.45
    parts.append(partial(part, pen, body, glass, gloss=1.0, opacity=clear, edge_opacity=0.95, curved=False))
    standing(pen, parts, (low, r * foot * 0.96, mix(glass, drink, 0.3)))
    rim = ellipse(0, top * up, r, max(abs(pen.elevation) * r, 0.006))
    if pen.elevation >= 0:
        pen.flat(rim, lighter(glass), 0.3)
    pen.line(np.vstack([rim, rim[:1]]), 0.016, lighter(glass, 0.5))
    x = r * foot * (-0.6 if pen.light.x < 0 else 0.6)
    pen.flat([(x, (top + 0.1) * up), (x + 0.035, (top + 0.1) * up), (x + 0.03, 0.36), (x, 0.36)], WHITE, 0.6)


def _ice(pen: Pen, level: float, wide: float) -> None:
    for x in (-0.42, 0.05, 0.44):
        view, size = View(pen.rng.uniform(-45, 45), max(pen.elevation, 0.1), 0.2), wide * 0.2
        shift = np.array([wide * x, level + pen.rng.uniform(-0.03, 0.01)])
        square = [(-size, -size), (size, -size), (size, size), (-size, size)]
        front, above = [(a, b, size) for a, b in square], [(a, -size, b) for a, b in square]
        pen.flat(view(front) + shift, (206, 226, 238), 0.85)
        pen.flat(view(above) + shift, WHITE, 0.9)


@drawable("matchbox", lying=0.2)
def matchbox(pen: Pen) -> None:
    """Small printed box with its drawer partly open, matches in it and a striking strip on its side."""
    rng = pen.rng
    upright = abs(pen.tilt) > 50 or rng.random() < 0.4
    view = View(_yaw(rng, 12, 42), max(abs(pen.elevation), 0.12 if upright else 0.5), 0.3)
    side = 1 if upright or rng.random() < 0.5 else -1
    if upright:
        view.matrix = view.matrix @ np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]])
    half, y, z = rng.uniform(0.3, 0.34), rng.uniform(0.08, 0.12), rng.uniform(0.19, 0.25)
    out, ground = rng.uniform(0.16, 0.27), any_colour(rng)
    print_ = design(rng, *((150, 220) if upright else (220, 150)), ground, sides=1).image
    top = print_.rotate(-90, expand=True) if upright else print_
    strip = np.full((40, 200, 3), ground, np.uint8)
    strip[7:33] = near(rng, (84, 52, 46))
    strip[7:33] -= rng.integers(0, 2, (26, 200, 1), dtype=np.uint8) * 30
    strike, shift = Image.fromarray(strip), -side * out / 2
    low, high = (shift - half, -y, -z), (shift + half, y, z)
    paints = {"top": top, "bottom": top, "front": strike, "back": strike, "all": darker(ground, 0.25)}
    sleeve = partial(box, pen, view, low, high, paints)
    drawer = partial(_drawer, pen, view, (shift + side * half, side * out), y * 0.9, z * 0.93)
    seen = view.rotated([(side, 0, 0)])[0, 2] > 0
    for piece in (sleeve, drawer) if seen else (drawer, sleeve):
        piece()


def _drawer(pen: Pen, view: View, along: tuple[float, float], y: float, z: float) -> None:
    """The open end of a tray from `along[0]` on, `along[1]` long, with a layer of matches."""
    rng = pen.rng
    (start, out), card = along, near(rng, (226, 206, 172))
    end = start + out
    box(pen, view, (min(start, end), -y, -z), (max(start, end), y, z), {"all": card})
    inner = end - np.sign(out) * 0.025
    hollow = [(start, -y, -z * 0.88), (inner, -y, -z * 0.88), (inner, -y, z * 0.88), (start, -y, z * 0.88)]
    pen.flat(view(hollow), darker(card, 0.6))
    head, stick = near(rng, (196, 40, 36)) if rng.random() < 0.6 else any_colour(rng), (238, 208, 152)
    count = int(rng.integers(6, 9))
    for across in np.linspace(-z * 0.76, z * 0.76, count):
        tip = inner - np.sign(out) * rng.uniform(0.03, 0.06)
        ends = view([(start, -y, across), (tip, -y, across + rng.normal(0, 0.006))])
        pen.rod(ends, z * 1.0 / count, near(rng, stick, 0.04))
        pen.ball(*ends[1], z * 0.85 / count, colour=head, gloss=0.2)


@drawable("toothpaste", lying=0.2)
def toothpaste(pen: Pen) -> None:
    """Printed tube with a crimped flat end and a screw cap, standing on its cap or the other way."""
    rng = pen.rng
    pen.elevation = float(np.clip(pen.elevation, -0.14, 0.14))
    r, flat = rng.uniform(0.125, 0.16), rng.uniform(1.3, 1.55)
    ground = WHITE if rng.random() < 0.5 else any_colour(rng)
    art, cap = design(rng, 320, 380, ground).array(), any_colour(rng) if rng.random() < 0.6 else WHITE
    wide, down = rng.uniform(0.5, 0.9), rng.random() < 0.5

    def turned_to(profile: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return profile if down else [(-y, radius) for y, radius in profile[::-1]]

    def seal() -> None:
        edges = [(-r * flat, -0.47), (r * flat, -0.47), (r * flat, -0.385), (-r * flat, -0.385)]
        corners = np.array(edges) * (1, 1 if down else -1)
        pen.soft(corners, lighter(ground, 0.1), depth=0.2, strength=0.5)
        for x in np.linspace(-r * flat, r * flat, 16)[1:-1]:
            pen.line([(x, corners[0, 1]), (x, corners[2, 1])], 0.008, darker(ground, 0.22))

    ends = [(-0.4, r * flat), (-0.2, r * (flat * 0.6 + 0.42)), (0.27, r)]
    shoulder = turned_to([(0.27, r), (0.31, r * 0.9), (0.335, r * 0.5)])
    style = {"art": art, "rotation": rng.choice([0.25, 0.75]), "gloss": 0.6, "curved": False}
    parts = [
        partial(part, pen, turned_to(ends), ground, **style),
        partial(part, pen, shoulder, darker(ground, 0.08), gloss=0.5, curved=False),
        partial(ribbed_cap, pen, 0.47 if down else -0.335, r * wide, 0.14, cap),
    ]
    if down:
        standing(pen, parts[::-1], (0.47, r * wide, cap))
    else:
        for piece in parts if pen.elevation >= 0 else parts[::-1]:
            piece()
    seal()


@drawable("bird_house", lying=0.2)
def bird_house(pen: Pen) -> None:
    """Small wooden box with a gable roof, a round hole and a perch, sometimes on a post."""
    rng = pen.rng
    view = View(_yaw(rng, 12, 42), max(abs(pen.elevation), 0.14), 0.3)
    x, z, post = rng.uniform(0.2, 0.26), rng.uniform(0.15, 0.21), rng.random() < 0.35
    ridge, low = -0.42, 0.3 if post else 0.42
    top = ridge + x * rng.uniform(0.85, 1.3)
    wall = near(rng, WOOD, 0.15) if rng.random() < 0.35 else any_colour(rng)
    roof, trim = contrast(rng, wall), contrast(rng, wall)
    if post:
        pen.rod(view([(0, low, 0), (0, 0.5, 0)]), 0.085, darker(near(rng, WOOD), 0.15))
    box(pen, view, (-x - 0.04, low, -z - 0.04), (x + 0.04, low + 0.04, z + 0.04), {"all": trim})
    over, fall = 0.075, (top - ridge) / x
    eave = ridge + (x + over) * fall
    slopes = []
    for sign in (-1, 1):
        far, close = [(sign * (x + over), eave, -z - over), (sign * (x + over), eave, z + over)]
        slope = [(0, ridge, z + over), (0, ridge, -z - over), far, close]
        slopes.append(slope if sign > 0 else [slope[1], slope[0], close, far])
        pen.flat(view(slope), darker(roof, 0.5))
    front = [(0, ridge, z), (x, top, z), (x, low, z), (-x, low, z), (-x, top, z)]
    face(pen, view, [(x, top, z), (x, top, -z), (x, low, -z), (x, low, z)], wall)
    face(pen, view, [(-x, top, -z), (-x, top, z), (-x, low, z), (-x, low, -z)], wall)
    face(pen, view, front, wall)
    for y in np.arange(top + 0.02, low - 0.04, rng.uniform(0.09, 0.15)):
        pen.line(view([(-x, y, z), (x, y, z)]), 0.008, darker(wall, 0.3))
    _hole(pen, view, (top * 0.6 + low * 0.4 - 0.02, z, x * rng.uniform(0.34, 0.46)), trim)
    for slope in slopes:
        if face(pen, view, slope, roof):
            a, b, c, d = (np.array(corner) for corner in slope)
            for share in (0.25, 0.5, 0.75):
                pen.line(view([a + (d - a) * share, b + (c - b) * share]), 0.01, darker(roof, 0.3))
    for sign, lift in ((-1, (0, 0.05, 0)), (1, (0, 0.05, 0))):
        a, b = np.array([0, ridge, z + over]), np.array([sign * (x + over), eave, z + over])
        pen.flat(view([a, b, b + lift, a + lift]), lighter(roof, 0.2))


def _hole(pen: Pen, view: View, spot: tuple[float, float, float], trim: tuple[int, int, int]) -> None:
    y, z, r = spot
    for size, colour in ((1.28, trim), (1.0, (44, 32, 30))):
        ring = ellipse(0, y, r * size, n=28)
        pen.flat(view(np.column_stack([ring, np.full(28, z)])), colour)
    pen.rod(view([(0, y + r * 1.9, z), (0, y + r * 1.9, z + 0.16)]), 0.042, near(pen.rng, WOOD))
    pen.ball(*view([(0, y + r * 1.9, z + 0.16)])[0], 0.027, colour=lighter(WOOD), gloss=0.2)


@drawable("bowling_pin", lying=0.2)
def bowling_pin(pen: Pen) -> None:
    """White waisted pin with coloured stripes at its neck."""
    rng = pen.rng
    ground, colour = WHITE if rng.random() < 0.85 else any_colour(rng), vivid(rng)
    if rng.random() < 0.45:
        colour = near(rng, (204, 31, 31))
    belly, head, neck = rng.uniform(0.148, 0.172), rng.uniform(0.078, 0.088), rng.uniform(0.05, 0.06)
    body = [(-0.48, 0.006), (-0.472, head * 0.5), (-0.445, head * 0.85), (-0.395, head), (-0.32, head * 0.87),
        (-0.2, neck), (-0.13, neck * 1.12), (0.0, belly * 0.74), (0.17, belly), (0.3, belly * 0.92),
        (0.41, belly * 0.68), (0.475, belly * 0.5)]  # fmt: skip
    art = Label(rng, 384, 400, ground)
    if rng.random() < 0.4:
        for x in (0.25, 0.75):
            badge(art, x, rng.uniform(0.6, 0.7), 0.1)
    count, width = int(rng.integers(1, 4)), rng.uniform(0.028, 0.045)
    second = colour if rng.random() < 0.7 else contrast(rng, ground)
    for step in range(count):
        y = 0.29 + (step - (count - 1) / 2) * (width + 0.028) - width / 2
        art.polygon([(0, y), (1, y), (1, y + width), (0, y + width)], second if step == 1 else colour)
    if rng.random() < 0.3:
        art.polygon([(0, 0.94), (1, 0.94), (1, 1), (0, 1)], colour)
    gloss, turn = rng.uniform(0.5, 0.9), rng.uniform(0.15, 0.35)
    pin = partial(part, pen, body, ground, art=art.array(), rotation=turn, gloss=gloss)
    standing(pen, [pin], (0.475, belly * 0.5, darker(ground, 0.15)))


@drawable("paper_bag", lying=0.2)
def paper_bag(pen: Pen) -> None:
    """Upright printed carrier bag with folded sides and two handles."""
    rng = pen.rng
    x, z = rng.uniform(0.24, 0.33), rng.uniform(0.1, 0.15)
    top, low, fold = rng.uniform(-0.26, -0.14), 0.46, rng.uniform(0.3, 0.6) * z
    view = View(_yaw(rng, 18, 52), max(abs(pen.elevation), 0.1), 0.3)
    kraft = near(rng, (196, 152, 102))
    ground = kraft if rng.random() < 0.4 else any_colour(rng)
    print_ = design(rng, 180, 210, ground, sides=1).image
    cord = kraft if rng.random() < 0.3 else contrast(rng, ground)
    wide, rise = rng.uniform(0.022, 0.045), rng.uniform(0.17, 0.22)
    inside = [(-x, top, -z), (x, top, -z), (x - fold, top, 0), (x, top, z), (-x, top, z), (fold - x, top, 0)]
    pen.flat(view(inside), darker(ground, 0.5))

    def handle(depth: float, down: float) -> None:
        bow = [(-0.42, -down), (-0.38, 0.45), (-0.2, 0.95), (0.2, 0.95), (0.38, 0.45), (0.42, -down)]
        curve = smooth([(a * x, top - b * rise) for a, b in bow], closed=False)
        pen.rod(view(np.column_stack([curve, np.full(len(curve), depth)])), wide, cord)

    handle(-z, 0)
    for sign in (-1, 1):
        deep = sign * (x - fold)
        for end in (-1, 1):
            panel = [(sign * x, top, end * z), (deep, top, 0), (sign * (x - fold * 0.2), low, 0),
                (sign * x, low, end * z)]  # fmt: skip
            clockwise = panel if sign == end else [panel[1], panel[0], panel[3], panel[2]]
            face(pen, view, clockwise, darker(ground, 0.08 if end > 0 else 0.0))
    face(pen, view, [(-x, top, z), (x, top, z), (x, low, z), (-x, low, z)], print_)
    pen.line(view([(-x, top + 0.06, z), (x, top + 0.06, z)]), 0.007, darker(ground, 0.25))
    handle(z, 0.2)


@drawable("fire_extinguisher", lying=0.2)
def fire_extinguisher(pen: Pen) -> None:
    """Red cylinder with a dome, a valve with a lever, a hose to one side and a label."""
    rng = pen.rng
    r, side = rng.uniform(0.15, 0.19), 1 if rng.random() < 0.5 else -1
    red = near(rng, (206, 30, 32), 0.08) if rng.random() < 0.88 else any_colour(rng)
    up, shoulder = np.sqrt(1 - pen.elevation**2), rng.uniform(-0.16, -0.1)
    art = Label(rng, 400, 320, red)
    if rng.random() < 0.4:
        y, band = rng.uniform(0.02, 0.08), contrast(rng, red)
        art.polygon([(0, y), (1, y), (1, y + 0.1), (0, y + 0.1)], band)
    panel = design(rng, 130, 160, WHITE if rng.random() < 0.7 else contrast(rng, red), sides=1).image
    art.image.paste(panel, (135, int(rng.uniform(60, 110))))
    metal, neck = [BLACK, GOLD, STEEL][rng.integers(3)], shoulder - r * 0.7
    dome = [(shoulder - r * 0.75, r * 0.28), (shoulder - r * 0.6, r * 0.6), (shoulder - r * 0.25, r * 0.93),
        (shoulder + 0.005, r)]  # fmt: skip
    style = {"art": art.array(), "rotation": rng.uniform(0.42, 0.58), "gloss": 0.7, "curved": False}
    hose = smooth(
        [(0, (neck - 0.05) * up), (side * r * 0.9, (neck - 0.06) * up), (side * r * 1.35, (neck + 0.12) * up),
        (side * r * 1.2, 0.1), (side * r * 1.12, 0.2)], closed=False)  # fmt: skip
    parts = [
        partial(part, pen, [(0.42, r * 1.03), (0.475, r * 1.03)], BLACK, gloss=0.2, curved=False),
        partial(part, pen, [(shoulder, r), (0.43, r)], red, **style),
        partial(part, pen, dome, red, gloss=0.7),
        partial(pen.rod, hose, 0.05, BLACK, gloss=0.3),
        partial(pen.rod, [hose[-1], hose[-1] + (side * 0.005, 0.15)], [0.055, 0.06, 0.09], (58, 58, 64)),
        partial(part, pen, [(neck - 0.11, r * 0.26), (neck + 0.02, r * 0.3)], metal, metal, gloss=0.6),
    ]
    standing(pen, parts, (0.475, r * 1.03, BLACK))
    lever, y = (red if rng.random() < 0.25 else metal), (neck - 0.1) * up
    pen.rod([(side * 0.04, y + 0.02), (-side * r * 1.15, y + 0.05)], 0.05, metal, gloss=0.4)
    bent = [(side * 0.06, y - 0.02), (-side * 0.04, y - 0.05), (-side * r * 1.2, y - rng.uniform(0.06, 0.12))]
    pen.rod(bent, 0.05, lever, gloss=0.4)
    pen.ball(0, y + 0.065 * up, 0.042, colour=STEEL, gloss=0.5)
    pen.flat(ellipse(0, y + 0.065 * up, 0.03), WHITE)
    pen.flat(ellipse(0, y + 0.065 * up, 0.014), (60, 160, 70))
