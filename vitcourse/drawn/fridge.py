"""The four things in the fridge: can, carton, milk bottle, water bottle."""

from __future__ import annotations

import numpy as np

from .engine import Pen
from .labels import Label, design, splash
from .palette import STEEL, WHITE, Colour, any_colour, contrast, darker, from_hsv, lighter, mix, near
from .registry import drawable
from .shapes import ellipse, rounded, turn
from .solids import Profile, Triple, View, disc, face, on_disc, turned


@drawable("can", places=("fridge",), lying=0.1)
def can(pen: Pen) -> None:
    """Drink can: cylinder with tapered ends, metal rim, lid and pull tab."""
    rng = pen.rng
    radius = rng.uniform(0.245, 0.285) * (0.84 if rng.random() < 0.15 else 1.0)
    up = np.sqrt(1 - pen.elevation**2)
    half = 0.47 * up
    rim = radius * 0.82
    art = _can_art(rng)
    body = [
        (-half, rim),
        (-half + 0.02, rim),
        (-half + 0.07, radius),
        (half - 0.06, radius),
        (half, radius * 0.8),
    ]
    if pen.elevation < 0:
        turned(pen, [(-half - 0.02, rim), (-half, rim)], STEEL, metal=True, gloss=0.8, curved=False)
    turned(pen, body, STEEL, art=art, rotation=rng.random(), gloss=rng.uniform(0.45, 0.85), curved=False)
    if pen.elevation >= 0:
        turned(pen, [(-half - 0.022, rim), (-half + 0.004, rim)], STEEL, metal=True, gloss=0.9, curved=False)
        _can_lid(pen, -half - 0.022, rim)
    else:
        disc(pen, half, radius * 0.8, STEEL, gloss=0.7)
        pen.soft(
            ellipse(0, half, radius * 0.62, radius * 0.62 * abs(pen.elevation)),
            darker(STEEL, 0.35),
            strength=-0.8,
        )


def _can_art(rng: np.random.Generator) -> np.ndarray:
    label = design(rng, 416, 280)
    metal = (190, 194, 200)
    label.polygon([(0, 0), (1, 0), (1, 0.055), (0, 0.055)], metal)
    label.polygon([(0, 0.955), (1, 0.955), (1, 1), (0, 1)], metal)
    return label.array()


def _can_lid(pen: Pen, y: float, rim: float) -> None:
    disc(pen, y, rim, lighter(STEEL, 0.4), gloss=0.8)
    disc(pen, y + 0.004, rim * 0.86, darker(STEEL, 0.18), gloss=0.5)
    spin = pen.rng.uniform(-50, 50)
    hole = turn(ellipse(0, rim * 0.38, rim * 0.24, rim * 0.3), spin)
    pen.flat(on_disc(pen, y + 0.004, hole), darker(STEEL, 0.42))
    tab = turn(rounded(-rim * 0.2, -rim * 0.62, rim * 0.2, rim * 0.2, rim * 0.2), spin)
    pen.soft(on_disc(pen, y - 0.006, tab), lighter(STEEL, 0.5), gloss=0.6, strength=0.8)
    ring = turn(ellipse(0, -rim * 0.36, rim * 0.11, rim * 0.14), spin)
    pen.flat(on_disc(pen, y - 0.006, ring), darker(STEEL, 0.3))


@drawable("carton", places=("fridge",), lying=0.1)
def carton(pen: Pen) -> None:
    """Milk or juice carton: gable top or brick, printed faces, often with a screw cap."""
    rng = pen.rng
    width = rng.uniform(0.15, 0.2)
    depth = width * rng.uniform(0.85, 1.05)
    yaw = rng.uniform(14, 62) * (1 if rng.random() < 0.5 else -1)
    if rng.random() < 0.15:
        yaw *= 0.3
    # Its top is what tells a carton from a box, so it always shows.
    brick = rng.random() < 0.25 and abs(pen.tilt) < 30
    view = View(yaw, max(abs(pen.elevation), 0.2 if brick else 0.06), 0.3)
    top = -0.4 if brick else -0.26
    ground = any_colour(rng) if rng.random() < 0.6 else WHITE
    front = design(rng, 160, 292, ground, sides=1)
    side = design(rng, 160, 292, ground, sides=1) if rng.random() < 0.5 else front
    roof = any_colour(rng) if rng.random() < 0.4 else ground
    for name, paint in (("front", front), ("back", front), ("left", side), ("right", side)):
        face(pen, view, _wall(name, width, depth, top, 0.46), paint.image)
    (_flat_top if brick else _gable)(pen, view, width, depth, top, roof)


def _wall(name: str, x: float, z: float, top: float, low: float) -> list[tuple[float, float, float]]:
    ends = {"front": ((-x, z), (x, z)), "back": ((x, -z), (-x, -z)), "left": ((-x, -z),
        (-x, z)), "right": ((x, z), (x, -z))}[name]  # fmt: skip
    (xa, za), (xb, zb) = ends
    return [(xa, top, za), (xb, top, zb), (xb, low, zb), (xa, low, za)]


def _flat_top(pen: Pen, view: View, x: float, z: float, top: float, roof: Colour) -> None:
    """Level top with a fold, and a screw cap or a bent straw."""
    if not face(pen, view, [(-x, top, -z), (x, top, -z), (x, top, z), (-x, top, z)], roof):
        return
    face(pen, view, [(-x, top, -z * 0.1), (x, top, -z * 0.1), (x, top, 0), (-x, top, 0)], darker(roof, 0.25))
    if pen.rng.random() < 0.5:
        _screw_cap(pen, view, (x * 0.35, top, z * 0.45), x * 0.34, (0, -1, 0))
        return
    straw = view([(x * 0.4, top, z * 0.4), (x * 0.4, top - 0.1, z * 0.4), (x * 0.9, top - 0.16, z * 0.5)])
    pen.rod(straw, 0.035, contrast(pen.rng, roof), gloss=0.4)


def _gable(pen: Pen, view: View, x: float, z: float, top: float, roof: Colour) -> None:
    """Sloping top with folded-in ends and an upright fin along the ridge."""
    ridge, fin = top - z * 0.85, 0.075
    for sign in (-1, 1):
        near_corner, far_corner = (sign * x, top, z), (sign * x, top, -z)
        base = [far_corner, near_corner] if sign > 0 else [near_corner, far_corner]
        outer, inner = (sign * x, ridge, 0), (sign * x * 0.5, ridge, 0)
        face(pen, view, [outer, *base, outer], darker(roof, 0.4))
        face(pen, view, [inner, *base, inner], darker(roof, 0.12))
    face(pen, view, [(x, ridge, 0), (-x, ridge, 0), (-x, top, -z), (x, top, -z)], roof)
    front = face(pen, view, [(-x, ridge, 0), (x, ridge, 0), (x, top, z), (-x, top, z)], roof)
    for sign in (1, -1):
        left, right = -sign * x, sign * x
        strip = [(left, ridge - fin, 0), (right, ridge - fin, 0), (right, ridge, 0), (left, ridge, 0)]
        if face(pen, view, strip, lighter(roof, 0.35)):
            seam = [(left, ridge - fin * h, 0) for h in (0.62, 0.5)]
            seam = [seam[0], (right, seam[0][1], 0), (right, seam[1][1], 0), seam[1]]
            pen.flat(view(seam), darker(roof, 0.2))
    if front and pen.rng.random() < 0.7:
        slope = np.array([0, -z, z * 0.85])
        _screw_cap(pen, view, (0, (top + ridge) / 2, z / 2), x * 0.42, slope / np.linalg.norm(slope))


def _screw_cap(pen: Pen, view: View, centre: Triple, radius: float, normal: Triple | np.ndarray) -> None:
    """Short cylinder that stands on a face with the given unit normal (no sideways part)."""
    colour = any_colour(pen.rng) if pen.rng.random() < 0.6 else WHITE
    angle = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    across = np.array([1.0, 0, 0])
    along = np.cross(normal, across)
    ring = np.asarray(centre) + radius * (np.cos(angle)[:, None] * across + np.sin(angle)[:, None] * along)
    steps = np.linspace(0, radius * 0.85, 5)
    for step in steps:
        outline = view(ring + step * np.asarray(normal))
        pen.flat(outline, darker(colour, 0.38 - 0.12 * step / steps[-1]))
    pen.soft(view(ring + steps[-1] * np.asarray(normal)), colour, depth=0.3, strength=0.6, gloss=0.2)


@drawable("milk_bottle", places=("fridge",), lying=0.1)
def milk_bottle(pen: Pen) -> None:
    """Plump opaque bottle with a waist, round shoulders and a wide ribbed cap."""
    rng = pen.rng
    r = rng.uniform(0.19, 0.225)
    # Seen from steeply above or below, the waist hides behind the wider rings.
    waist = r * (1 - rng.uniform(0.16, 0.26) * (1 - abs(pen.elevation)))
    up = np.sqrt(1 - pen.elevation**2)
    neck, cap_height = r * rng.uniform(0.5, 0.6), rng.uniform(0.09, 0.13)
    body = [(-0.33, neck), (-0.29, neck), (-0.24, r * 0.72), (-0.16, r * 0.97), (-0.09, r),
        (0.06, waist), (0.14, waist), (0.27, r * 0.98), (0.38, r), (0.44, r * 0.96),
        (0.465, r * 0.84)]  # fmt: skip
    body = [(y * up, radius) for y, radius in body]
    milk = WHITE if rng.random() < 0.7 else near(rng, (238, 228, 208))
    ground = milk if rng.random() < 0.8 else lighter(any_colour(rng), 0.6)
    label = _milk_label(rng, ground)
    cap = any_colour(rng)
    parts = [
        lambda: turned(pen, body, ground, art=label, rotation=rng.random(), gloss=rng.uniform(0.15, 0.45)),
        lambda: ribbed_cap(pen, -0.33 * up, neck * 1.22, cap_height * up, cap),
    ]
    for part in parts if pen.elevation >= 0 else parts[::-1]:
        part()
    if pen.elevation < 0:
        disc(pen, 0.465 * up, r * 0.84, ground)
        pen.soft(
            ellipse(0, 0.465 * up, r * 0.6, r * 0.6 * abs(pen.elevation)), darker(ground, 0.12), strength=-0.6
        )


def _milk_label(rng: np.random.Generator, ground: Colour) -> np.ndarray:
    """Printed band around the middle, or a splash; the milk stays in sight above and below."""
    label = design(rng, 384, 300, ground) if rng.random() < 0.5 else Label(rng, 384, 300, ground)
    if label.image.getcolors(1):
        splash(label, any_colour(rng))
    for top, low in ((0.0, rng.uniform(0.24, 0.34)), (rng.uniform(0.78, 0.86), 1.0)):
        label.polygon([(0, top), (1, top), (1, low), (0, low)], ground)
    return label.array()


def ribbed_cap(pen: Pen, low: float, radius: float, height: float, colour: Colour) -> None:
    """Draw a wide cap with upright ribs whose lower edge is at `low`."""
    ribs = np.full((4, 96, 3), colour, np.uint8)
    ribs[:, ::3] = darker(colour, 0.3)
    ring = [(low - 0.012, radius * 0.97), (low + 0.022, radius * 0.97)]
    cap = [(low - height, radius * 0.94), (low - height * 0.85, radius), (low - 0.02, radius)]
    if pen.elevation >= 0:
        turned(pen, ring, darker(colour, 0.1), curved=False)
        turned(pen, cap, colour, art=ribs, curved=False, gloss=0.3)
        disc(pen, low - height, radius * 0.94, lighter(colour, 0.15))
    else:
        turned(pen, cap, colour, art=ribs, curved=False, gloss=0.3)
        turned(pen, ring, darker(colour, 0.1), curved=False)


@drawable("water_bottle", places=("fridge",), lying=0.1)
def water_bottle(pen: Pen) -> None:
    """Slim clear bottle with ridges, a label band, a narrow neck and a small cap."""
    rng = pen.rng
    r = rng.uniform(0.125, 0.155)
    up = np.sqrt(1 - pen.elevation**2)
    neck = r * rng.uniform(0.36, 0.44)
    shoulder = rng.uniform(-0.2, -0.12)
    tint = from_hsv(rng.random(), rng.uniform(0.04, 0.16), 0.97)
    if rng.random() < 0.35:
        tint = mix(any_colour(rng), WHITE, rng.uniform(0.15, 0.5))
    profile = [(-0.4, neck), (-0.33, neck), (-0.3, neck * 1.15),
        ((shoulder - 0.3) / 2, r * 0.68), (shoulder, r * 0.98), (shoulder + 0.06, r), (0.2, r),
        (0.24, r * 0.95), (0.28, r), (0.4, r), (0.45, r * 0.95), (0.47, r * 0.78)]  # fmt: skip
    body = [(y * up, radius) for y, radius in profile]
    label_span = (rng.uniform(-0.1, -0.02), rng.uniform(0.14, 0.2))
    cap = any_colour(rng) if rng.random() < 0.7 else WHITE
    if pen.elevation < 0:
        _small_cap(pen, -0.39 * up, neck * 1.25, 0.075 * up, cap)
    _clear_body(pen, body, tint, r, up)
    _label_band(pen, label_span, r, up)
    if pen.elevation >= 0:
        _small_cap(pen, -0.39 * up, neck * 1.25, 0.075 * up, cap)
    else:
        disc(pen, 0.47 * up, r * 0.78, lighter(tint, 0.3), opacity=0.5)
        pen.flat(ellipse(0, 0.47 * up, r * 0.3, r * 0.3 * abs(pen.elevation)), darker(tint, 0.3), 0.4)


def _clear_body(pen: Pen, body: Profile, tint: Colour, r: float, up: float) -> None:
    rng = pen.rng
    relief = np.zeros(120)
    for y in np.arange(64, 116, rng.uniform(7, 11)):
        relief[int(y) : int(y) + 2] -= 42
        relief[int(y) + 2 : int(y) + 4] += 46
    clear = rng.uniform(0.34, 0.6)
    turned(pen, body, tint, gloss=0.95, opacity=clear, edge_opacity=0.95, relief=relief)
    level = rng.uniform(-0.28, 0.0)
    inner = [(y, radius * 0.9) for y, radius in body if y > level * up]
    if rng.random() < 0.8 and len(inner) > 3:
        turned(pen, inner, mix(tint, (190, 214, 230), 0.4), gloss=0.5, opacity=0.28, edge_opacity=0.5)
        water = inner[0][1]
        disc(pen, inner[0][0], water, lighter(tint, 0.6), opacity=0.55)
    side = -1 if pen.light.x < 0 else 1
    for x, width, opacity in ((0.6, 0.05, 0.75), (-0.72, 0.03, 0.5)):
        shine = [(side * x * r - width * r, -0.1), (side * x * r + width * r, -0.1)]
        pen.flat([*shine, (shine[1][0], 0.42 * up), (shine[0][0], 0.42 * up)], (255, 255, 255), opacity)


def _label_band(pen: Pen, span: tuple[float, float], r: float, up: float) -> None:
    rng = pen.rng
    label = design(rng, 384, 190).array()
    band = [(span[0] * up, r * 1.015), (span[1] * up, r * 1.015)]
    turned(pen, band, WHITE, art=label, rotation=rng.random(), gloss=0.35, curved=False)


def _small_cap(pen: Pen, low: float, radius: float, height: float, colour: Colour) -> None:
    ribs = np.full((4, 72, 3), colour, np.uint8)
    ribs[:, ::3] = darker(colour, 0.3)
    cap = [(low - height, radius), (low, radius)]
    turned(
        pen, [(low - 0.01, radius * 1.12), (low + 0.022, radius * 1.12)], lighter(colour, 0.15), curved=False
    )
    turned(pen, cap, colour, art=ribs, curved=False, gloss=0.3)
    if pen.elevation >= 0:
        disc(pen, low - height, radius, lighter(colour, 0.2))
