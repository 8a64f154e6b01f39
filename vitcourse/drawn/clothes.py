"""Things to wear and to carry."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .engine import Pen
from .palette import BLACK, GOLD, STEEL, WHITE, Colour, any_colour, contrast, darker, from_hsv, lighter, near
from .registry import drawable
from .shapes import arc, ellipse, mirror, move, rectangle, rounded, smooth, star, thick
from .solids import turned

Edge = Callable[[float], float]


def _cloth(rng: np.random.Generator) -> np.ndarray:
    """Woven grain."""
    return (122 + rng.integers(0, 14, (48, 48)) + 5 * (np.indices((48, 48)).sum(0) % 3 == 0)).astype(np.uint8)


def _bands(pen: Pen, left: Edge, right: Edge, colour: Colour, count: int, start: float, stop: float) -> None:
    """Level stripes between two edges given as functions of y."""
    for y in np.linspace(start, stop, count):
        h = (stop - start) / count * 0.28
        pen.flat(
            [(left(y - h), y - h), (right(y - h), y - h), (right(y + h), y + h), (left(y + h), y + h)], colour
        )


@drawable("sock", pose="flat")
def sock(pen: Pen) -> None:
    """Sock with a ribbed top, often striped."""
    rng = pen.rng
    colour = any_colour(rng)
    trim = contrast(rng, colour)
    leg = np.array([(-0.3, -0.44), (-0.02, -0.44), (0.0, 0.0), (0.12, 0.14), (0.36, 0.22),
        (0.42, 0.34), (0.34, 0.46), (0.05, 0.47), (-0.2, 0.4), (-0.32, 0.2), (-0.3, 0.0)])  # fmt: skip
    outline = np.concatenate([leg[:2], smooth(leg[2:], closed=False)])
    pen.soft(outline, colour, depth=0.35, texture=_cloth(rng))
    if rng.random() < 0.65:
        for y in np.arange(-0.26, 0.02, rng.uniform(0.08, 0.13)):
            pen.soft(rectangle(-0.3, y, -0.01, y + 0.045), trim, depth=0.2, strength=0.5)
    pen.soft(smooth([(0.26, 0.18), (0.38, 0.22), (0.42, 0.34), (0.34, 0.46), (0.24, 0.47),
        (0.2, 0.32)]), trim, depth=0.5)  # fmt: skip
    pen.soft(
        smooth([(-0.31, 0.08), (-0.16, 0.2), (-0.12, 0.42), (-0.24, 0.38), (-0.32, 0.22)]), trim, depth=0.5
    )
    pen.soft(rounded(-0.32, -0.48, 0.0, -0.36, 0.03), trim, depth=0.4)


@drawable("t_shirt", pose="hang")
def t_shirt(pen: Pen) -> None:
    """T-shirt with short sleeves, plain, striped or with a print."""
    rng = pen.rng
    colour = any_colour(rng)
    reach = rng.uniform(0.44, 0.49)
    half = [(0.11, -0.42), (0.22, -0.38), (reach, -0.2), (reach - 0.1, -0.02), (0.27, -0.1),
        (0.28, 0.2), (0.27, 0.44)]  # fmt: skip
    outline = np.concatenate([half, mirror(half), arc(0, -0.42, 0.11, 0.08, 180, 0, 8)])
    pen.soft(outline, colour, depth=0.18, texture=_cloth(rng))
    kind, trim = rng.random(), contrast(rng, colour)
    if kind < 0.35:
        _bands(pen, lambda y: -0.27, lambda y: 0.27, trim, int(rng.integers(3, 7)), -0.06, 0.38)
    elif kind < 0.7:
        pen.soft(star(0, 0.03, 0.15, 0.07) if rng.random() < 0.5 else ellipse(0, 0.03, 0.13), trim, depth=0.2)
    pen.rod(arc(0, -0.42, 0.115, 0.085, 180, 0, 12), 0.03, darker(trim if kind > 0.5 else colour, 0.2))
    for x in (-0.2, 0.17):
        pen.blurred(thick([(x, -0.1), (x + 0.03, 0.42)], 0.02), darker(colour, 0.5), 0.35, 0.02)


@drawable("trousers", pose="hang")
def trousers(pen: Pen) -> None:
    """Trousers with a waistband and pockets."""
    rng = pen.rng
    colour = (
        any_colour(rng)
        if rng.random() < 0.5
        else from_hsv(rng.uniform(0.56, 0.66), rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.75))
    )
    short, flare = (0.12 if rng.random() < 0.25 else 0.48), rng.uniform(-0.04, 0.04)
    outline = [(-0.2, -0.48), (0.2, -0.48), (0.29 + flare, short), (0.07, short), (0.0, -0.14),
        (-0.07, short), (-0.29 - flare, short)]  # fmt: skip
    pen.soft(outline, colour, depth=0.2, texture=_cloth(rng))
    pen.soft(rectangle(-0.205, -0.49, 0.205, -0.42), darker(colour, 0.15), depth=0.3)
    pen.flat(thick([(0, -0.42), (0, -0.16)], 0.012), darker(colour, 0.35))
    for side in (1, -1):
        pen.flat(thick([(side * 0.1, -0.42), (side * 0.21, -0.3)], 0.012), darker(colour, 0.35))
    pen.flat(ellipse(0, -0.455, 0.02), GOLD)


@drawable("dress", pose="hang")
def dress(pen: Pen) -> None:
    """Dress with straps, a narrow waist and a wide skirt."""
    rng = pen.rng
    colour = any_colour(rng)
    hem = rng.uniform(0.3, 0.42)
    for side in (1, -1):
        pen.rod([(side * 0.11, -0.34), (side * 0.09, -0.48)], 0.04, colour)
    top = [(0.0, -0.31), (0.13, -0.37), (0.14, -0.25), (0.1, -0.1)]
    skirt = [(0.13, -0.06), (hem * 0.7, 0.2), (hem, 0.43)]
    n = 13
    scallops = [(x, 0.44 + 0.025 * (i % 2)) for i, x in enumerate(np.linspace(hem, -hem, n))]
    right = smooth([*top, *skirt], closed=False)
    pen.soft(np.concatenate([right, scallops, mirror(right)]), colour, depth=0.3)
    for x in np.linspace(-0.7, 0.7, 6):
        pen.blurred(
            thick([(x * 0.12, -0.04), (x * hem, 0.42)], [0.01, 0.03]), darker(colour, 0.5), 0.4, 0.015
        )
    pen.soft(rectangle(-0.11, -0.13, 0.11, -0.065), contrast(rng, colour), depth=0.4)


@drawable("hat")
def hat(pen: Pen) -> None:
    """Hat with a brim and a band."""
    rng = pen.rng
    colour, band = any_colour(rng), any_colour(rng)
    pen.elevation = max(0.18, pen.elevation * 0.8)
    crown, brim = rng.uniform(0.2, 0.25), rng.uniform(0.42, 0.48)
    top = rng.uniform(-0.34, -0.12)
    pen.soft(ellipse(0, 0.16, brim, brim * pen.elevation * 1.1), darker(colour, 0.06), depth=0.25)
    pen.blurred(ellipse(0, 0.17, crown * 1.15, crown * 0.4), darker(colour, 0.6), 0.5, 0.04)
    turned(pen, [(top, crown * 0.72), (top + 0.04, crown * 0.88), (0.13, crown)], colour, gloss=0.05)
    turned(pen, [(0.03, crown * 1.01), (0.13, crown * 1.03)], band, gloss=0.1, curved=False)
    pen.soft(ellipse(0, top, crown * 0.72, crown * 0.72 * pen.elevation), lighter(colour, 0.1), depth=0.4)


@drawable("cap", pose="flat")
def cap(pen: Pen) -> None:
    """Baseball cap from the side."""
    rng = pen.rng
    colour = any_colour(rng)
    brim = contrast(rng, colour) if rng.random() < 0.6 else darker(colour, 0.15)
    pen.soft(smooth([(0.12, 0.1), (0.3, 0.06), (0.48, 0.16), (0.44, 0.22), (0.2, 0.21),
        (0.0, 0.24)]), brim, depth=0.4)  # fmt: skip
    dome = np.concatenate(
        [
            arc(-0.12, 0.18, 0.34, rng.uniform(0.34, 0.4), 180, 360),
            [(0.1, 0.23), (-0.12, 0.25), (-0.34, 0.23)],
        ]
    )
    pen.soft(dome, colour, depth=0.5)
    for bend in (-0.2, 0.06):
        pen.flat(
            thick(smooth([(-0.12, -0.19), (bend - 0.06, 0.0), (bend - 0.05, 0.22)], False), 0.01),
            darker(colour, 0.3),
        )
    pen.ball(-0.12, -0.2, 0.03, 0.02, colour=brim)
    pen.soft(
        star(0.08, 0.05, 0.075, 0.035) if rng.random() < 0.5 else ellipse(0.08, 0.05, 0.06), brim, depth=0.2
    )


@drawable("shoe")
def shoe(pen: Pen) -> None:
    """Trainer with laces and a thick sole."""
    rng = pen.rng
    colour, sole = any_colour(rng), WHITE if rng.random() < 0.6 else any_colour(rng)
    trim = contrast(rng, colour)
    upper = smooth([(-0.44, 0.14), (-0.45, -0.12), (-0.38, -0.2), (-0.2, -0.18), (-0.12, -0.15),
        (0.05, -0.04), (0.26, 0.02), (0.44, 0.09), (0.47, 0.2), (0, 0.2), (-0.42, 0.2)])  # fmt: skip
    pen.soft(smooth([(-0.4, -0.15), (-0.22, -0.24), (-0.12, -0.2), (-0.16, -0.08),
        (-0.32, -0.1)]), darker(colour, 0.5))  # fmt: skip
    pen.soft(upper, colour, depth=0.5)
    pen.soft(smooth([(0.27, 0.04), (0.44, 0.09), (0.47, 0.2), (0.22, 0.2)]), trim, depth=0.5)
    pen.soft(smooth([(-0.3, 0.02), (-0.1, 0.12), (0.14, 0.06), (-0.1, 0.17), (-0.28, 0.12)]), trim, depth=0.4)
    pen.soft(rounded(-0.46, 0.17, 0.49, 0.27, 0.05), sole, depth=0.4)
    for t in np.linspace(0, 1, 4):
        x, y = -0.1 + 0.26 * t, -0.15 + 0.15 * t
        pen.rod([(x - 0.03, y + 0.1), (x + 0.045, y + 0.01)], 0.03, WHITE)


@drawable("boot")
def boot(pen: Pen) -> None:
    """Rain or leather boot."""
    rng = pen.rng
    colour = any_colour(rng)
    tall = rng.uniform(-0.47, -0.3)
    shaft = np.concatenate([[(-0.3, tall), (0.02, tall)], smooth([(0.0, 0.02), (0.1, 0.14),
        (0.34, 0.2), (0.42, 0.34), (0.41, 0.4), (-0.28, 0.4), (-0.29, 0.2), (-0.27, 0.0)],
        False)])  # fmt: skip
    pen.soft(shaft, colour, depth=0.45, gloss=rng.uniform(0, 0.6))
    pen.soft(ellipse(-0.14, tall, 0.16, 0.035), darker(colour, 0.5), strength=-0.6)
    pen.soft(rounded(-0.3, 0.38, 0.43, 0.45, 0.03), darker(colour, 0.45), depth=0.3)
    pen.soft(rounded(-0.3, 0.42, -0.1, 0.49, 0.015), darker(colour, 0.5))
    pen.soft(rectangle(-0.3, tall + 0.04, 0.02, tall + 0.09), contrast(rng, colour), depth=0.5)


@drawable("mitten", pose="flat")
def mitten(pen: Pen) -> None:
    """Knitted mitten."""
    rng = pen.rng
    colour = any_colour(rng)
    trim = contrast(rng, colour)
    side = 1 if rng.random() < 0.5 else -1
    thumb = smooth(
        np.array([(0.1, 0.16), (0.2, 0.0), (0.34, -0.1), (0.42, -0.04), (0.36, 0.1), (0.2, 0.26)]) * (side, 1)
    )
    pen.soft(thumb, darker(colour, 0.08), depth=0.6, texture=_cloth(rng))
    palm = smooth(np.array([(-0.22, 0.28), (-0.26, 0.0), (-0.22, -0.34), (-0.02, -0.47),
        (0.18, -0.34), (0.22, 0.0), (0.18, 0.28)]) * (side, 1))  # fmt: skip
    pen.soft(palm, colour, depth=0.5, texture=_cloth(rng))
    if rng.random() < 0.6:
        for y in (-0.2, -0.05, 0.1):
            for x in (-0.14, -0.02, 0.1):
                pen.flat(star(x * side, y, 0.04, 0.02, 4), trim)
    pen.soft(rounded(-0.24, 0.24, 0.22, 0.48, 0.05), trim, depth=0.3)
    for x in np.linspace(-0.18, 0.16, 7):
        pen.flat(rectangle(x - 0.006, 0.26, x + 0.006, 0.46), darker(trim, 0.25))


@drawable("glasses", pose="flat")
def glasses(pen: Pen) -> None:
    """Spectacles or sunglasses from the front."""
    rng = pen.rng
    colour = any_colour(rng) if rng.random() < 0.6 else BLACK
    tall, dark = rng.uniform(0.13, 0.19), rng.random() < 0.5
    for side in (1, -1):
        pen.rod(
            [(side * 0.42, -0.06), (side * 0.48, -0.1), (side * 0.46, 0.12)],
            [0.035, 0.03],
            darker(colour, 0.2),
        )
        shape = ellipse(0, 0, 0.19, tall) if tall > 0.16 else rounded(-0.19, -tall, 0.19, tall, 0.09)
        lens = shape * 0.86 + (side * 0.24, 0)
        pen.flat(lens, (40, 44, 60) if dark else (208, 228, 238), 0.85 if dark else 0.4)
        rim = move(shape, side * 0.24, 0)
        pen.soft(np.concatenate([rim, rim[:1], lens[:1], lens[::-1]]), colour, depth=0.15, gloss=0.5)
        pen.flat(thick([(side * 0.24 - 0.1, 0.05), (side * 0.24 + 0.0, -0.08)], 0.025), (255, 255, 255), 0.6)
    pen.rod(arc(0, 0.0, 0.07, 0.06, 200, 340), 0.035, colour, gloss=0.5)


@drawable("handbag")
def handbag(pen: Pen) -> None:
    """Handbag with a flap and a handle."""
    rng = pen.rng
    colour = any_colour(rng)
    pen.rod(
        arc(0, -0.08, rng.uniform(0.2, 0.26), rng.uniform(0.3, 0.38), 180, 360), 0.05, darker(colour, 0.25)
    )
    bag = smooth([(-0.34, -0.1), (-0.43, 0.3), (-0.36, 0.43), (0, 0.45), (0.36, 0.43),
        (0.43, 0.3), (0.34, -0.1), (0, -0.12)])  # fmt: skip
    pen.soft(bag, colour, depth=0.35, gloss=0.25)
    flap = smooth([(-0.345, -0.11), (-0.39, 0.08), (-0.2, 0.16), (0, 0.22), (0.2, 0.16),
        (0.39, 0.08), (0.345, -0.11), (0, -0.13)])  # fmt: skip
    pen.blurred(move(flap, 0, 0.025), darker(colour, 0.6), 0.6, 0.02)
    pen.soft(
        flap, lighter(colour, 0.08) if rng.random() < 0.5 else contrast(rng, colour), depth=0.25, gloss=0.25
    )
    pen.soft(rounded(-0.05, 0.15, 0.05, 0.26, 0.02), GOLD if rng.random() < 0.6 else STEEL, gloss=0.8)


@drawable("umbrella", pose="sky", places=("indoors", "outdoors", "sky"))
def umbrella(pen: Pen) -> None:
    """Open umbrella with a hooked handle."""
    rng = pen.rng
    colour = any_colour(rng)
    second = contrast(rng, colour) if rng.random() < 0.6 else darker(colour, 0.12)
    pen.rod([(0, -0.3), (0, 0.36)], 0.03, STEEL, gloss=0.7)
    pen.rod(
        np.concatenate([[(0, 0.3), (0, 0.38)], arc(0.07, 0.4, 0.07, 0.075, 180, 0)]),
        0.05,
        near(rng, (120, 80, 50), 0.2),
    )
    rim, top = 0.05, -0.42
    edges = np.linspace(-0.48, 0.48, 6)
    for i in range(5):
        a, b = edges[i], edges[i + 1]
        left = smooth([(a, rim), (a * 0.86, -0.22), (0, top)], False)
        right = smooth([(0, top), (b * 0.86, -0.22), (b, rim)], False)
        hem = arc((a + b) / 2, rim, (b - a) / 2, 0.045, 0, -180, 8)
        tone = colour if i % 2 == 0 else second
        shade = pen.light.x * (i - 2) * 0.12
        tone = lighter(tone, shade) if shade > 0 else darker(tone, -shade)
        pen.soft(np.concatenate([left, right, hem]), tone, depth=0.25, strength=0.6)
    pen.rod([(0, top + 0.01), (0, -0.49)], 0.025, STEEL)
