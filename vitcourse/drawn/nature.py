"""Plants and animals."""

from __future__ import annotations

import numpy as np

from .engine import Pen
from .palette import BLACK, LEAF, WHITE, Colour, any_colour, contrast, darker, lighter, near, vivid
from .registry import drawable
from .shapes import arc, both_sides, ellipse, move, petals, smooth, thick, turn
from .solids import turned

FUR = ((226, 150, 74), (92, 84, 84), (232, 224, 212), (150, 104, 66), (58, 54, 58), (198, 170, 130))


def _fur(pen: Pen) -> Colour:
    return near(pen.rng, FUR[int(pen.rng.integers(len(FUR)))], 0.08)


def _eye(pen: Pen, x: float, y: float, r: float = 0.03) -> None:
    pen.flat(ellipse(x, y, r, n=18), WHITE)
    pen.flat(ellipse(x, y, r * 0.62, n=14), (26, 22, 26))
    pen.flat(ellipse(x - r * 0.2, y - r * 0.25, r * 0.22, n=8), WHITE)


@drawable("tree", places=("outdoors",))
def tree(pen: Pen) -> None:
    """Leafy tree or fir."""
    rng = pen.rng
    leaf = near(rng, LEAF, 0.2) if rng.random() < 0.7 else near(rng, (214, 130, 50), 0.2)
    trunk = near(rng, (112, 78, 52), 0.1)
    if rng.random() < 0.4:
        pen.rod([(0, 0.2), (0, 0.48)], 0.09, trunk)
        for y, w in ((0.3, 0.34), (0.1, 0.29), (-0.1, 0.22)):
            tier = [(0, y - 0.36), (w * 0.55, y - 0.1), (w, y + 0.03), (w * 0.5, y + 0.06), (0, y + 0.03)]
            pen.soft(both_sides(tier), leaf, depth=0.6)
        return
    pen.rod([(0, 0.0), (0, 0.3), (0.01, 0.48)], [0.07, 0.09, 0.14], trunk)
    pen.rod([(0, 0.12), (0.14, -0.02)], 0.05, trunk)
    blobs = [(-0.2, -0.02, 0.19), (0.2, -0.02, 0.2), (-0.13, -0.2, 0.21), (0.14, -0.2, 0.21),
        (0, -0.3, 0.19), (0, -0.08, 0.2)]  # fmt: skip
    for x, y, r in blobs:
        tone = darker(leaf, 0.12) if y > -0.1 else leaf
        pen.soft(petals(x, y, r * rng.uniform(0.92, 1.05), 0.05, 8), tone, depth=0.8)


@drawable("cactus")
def cactus(pen: Pen) -> None:
    """Cactus in a pot."""
    rng = pen.rng
    green, pot = near(rng, (84, 142, 84), 0.15), any_colour(rng)
    for side in (1, -1):
        if rng.random() < 0.85:
            y = rng.uniform(-0.15, 0.06)
            pen.rod(
                smooth([(0, y + 0.1), (side * 0.2, y + 0.08), (side * 0.25, y - 0.16)], False), 0.1, green
            )
    pen.rod([(0, -0.36), (0, 0.25)], rng.uniform(0.17, 0.22), green)
    for x in (-0.05, 0, 0.05):
        pen.flat(thick([(x, -0.36), (x, 0.2)], 0.008), darker(green, 0.3))
    for _ in range(18):
        x, y = rng.uniform(-0.08, 0.08), rng.uniform(-0.4, 0.18)
        pen.flat(thick([(x - 0.012, y - 0.008), (x + 0.012, y + 0.008)], 0.006), (246, 240, 220))
    if rng.random() < 0.5:
        pen.soft(petals(0, -0.45, 0.055, 0.3, 5), vivid(rng), depth=0.4)
    turned(pen, [(0.2, 0.22), (0.44, 0.15)], pot, curved=False, gloss=0.2)
    turned(pen, [(0.16, 0.24), (0.23, 0.24)], lighter(pot, 0.1), curved=False, gloss=0.2)


@drawable("flower", pose="flat", places=("indoors", "outdoors"))
def flower(pen: Pen) -> None:
    """Single flower with a stalk and leaves."""
    rng = pen.rng
    colour = vivid(rng)
    pen.rod(smooth([(0, -0.15), (rng.uniform(-0.05, 0.05), 0.2), (0, 0.49)], False), 0.035, near(rng, LEAF))
    for side in (1, -1):
        leaf = move(smooth(np.array([(0, 0), (0.12, -0.12), (0.27, -0.1),
            (0.16, 0.02)]) * (side, 1)), 0, rng.uniform(0.2, 0.36))  # fmt: skip
        pen.soft(leaf, near(rng, LEAF, 0.1), depth=0.5)
    count = int(rng.integers(5, 12))
    size = rng.uniform(0.1, 0.13)
    width = min(0.085, 0.55 / count)
    for angle in np.linspace(0, 360, count, endpoint=False):
        pen.soft(move(turn(ellipse(0, -0.17, width, size, 20), angle), 0, -0.21), colour, depth=0.6)
    pen.soft(ellipse(0, -0.21, 0.09), contrast(rng, colour), depth=0.8)


@drawable("fish", pose="flat")
def fish(pen: Pen) -> None:
    """Fish from the side."""
    rng = pen.rng
    colour = any_colour(rng)
    trim = contrast(rng, colour)
    tall = rng.uniform(0.17, 0.27)
    pen.soft(smooth([(0.22, 0), (0.36, -0.1), (0.49, -0.22), (0.43, 0), (0.49, 0.22),
        (0.36, 0.1)]), trim, depth=0.4)  # fmt: skip
    pen.soft(
        smooth([(-0.15, -tall * 0.8), (0.0, -tall - 0.13), (0.18, -tall - 0.06), (0.14, -tall * 0.6)]),
        trim,
        depth=0.4,
    )
    pen.soft(smooth([(-0.02, tall * 0.8), (0.06, tall + 0.1), (0.14, tall * 0.6)]), trim, depth=0.4)
    body = smooth([(-0.48, 0.01), (-0.36, -tall * 0.65), (-0.1, -tall), (0.16, -tall * 0.6),
        (0.3, 0), (0.16, tall * 0.6), (-0.1, tall), (-0.36, tall * 0.7)])  # fmt: skip
    pen.soft(body, colour, depth=0.7, gloss=0.4)
    if rng.random() < 0.6:
        for x in (-0.14, 0.02, 0.15):
            h = tall * (0.93 - 0.9 * max(0, x))
            pen.soft(thick(smooth([(x, -h), (x + 0.04, 0), (x, h)], False), 0.05), trim, strength=0.4)
    pen.soft(smooth([(-0.12, 0.03), (0.05, 0.0), (0.04, 0.12)]), darker(colour, 0.2), depth=0.4)
    pen.line(arc(-0.28, 0, 0.08, tall * 0.62, -60, 60), 0.014, darker(colour, 0.4))
    _eye(pen, -0.35, -0.05, 0.042)


@drawable("butterfly", pose="flat", places=("indoors", "outdoors"))
def butterfly(pen: Pen) -> None:
    """Butterfly with open wings."""
    rng = pen.rng
    colour = any_colour(rng)
    trim, spot = darker(colour, 0.6), contrast(rng, colour)
    upper = smooth([(0.02, -0.02), (0.1, -0.26), (0.3, -0.42), (0.48, -0.36), (0.44, -0.12), (0.26, 0.02)])
    lower = smooth([(0.02, 0.02), (0.26, 0.02), (0.38, 0.14), (0.32, 0.34), (0.18, 0.38), (0.06, 0.2)])
    for side in (1, -1):
        for wing in (lower, upper):
            pen.soft(wing * (side, 1), trim, depth=0.3)
            centre = wing.mean(0)
            pen.soft(((wing - centre) * 0.8 + centre) * (side, 1), colour, depth=0.4)
            pen.soft(ellipse(centre[0] * side * 1.15, centre[1] * 1.1, 0.06), spot, depth=0.4)
            pen.flat(ellipse(centre[0] * side * 1.4, centre[1] * 1.35, 0.025), WHITE)
        pen.line(smooth([(0, -0.16), (side * 0.06, -0.3), (side * 0.13, -0.37)], False), 0.012, BLACK)
    pen.rod([(0, -0.16), (0, 0.24)], [0.06, 0.07, 0.03], BLACK)
    pen.ball(0, -0.18, 0.04, colour=BLACK, gloss=0.2)


@drawable("bird", places=("indoors", "outdoors"))
def bird(pen: Pen) -> None:
    """Small bird from the side."""
    rng = pen.rng
    colour = any_colour(rng)
    belly = lighter(contrast(rng, colour), 0.2)
    for x in (-0.04, 0.07):
        pen.rod([(x, 0.3), (x + 0.02, 0.46)], 0.022, (206, 140, 60))
        pen.rod([(x - 0.05, 0.475), (x + 0.05, 0.475)], 0.022, (206, 140, 60))
    pen.soft(smooth([(0.2, 0.02), (0.48, -0.06), (0.49, 0.03), (0.24, 0.2)]), darker(colour, 0.25), depth=0.4)
    pen.soft([(-0.36, -0.24), (-0.49, -0.18), (-0.35, -0.14)], (238, 170, 60), depth=0.4)
    body = smooth([(-0.36, -0.3), (-0.22, -0.4), (-0.08, -0.3), (0.1, -0.12), (0.28, 0.06),
        (0.18, 0.26), (-0.04, 0.34), (-0.26, 0.22), (-0.34, 0.0), (-0.38, -0.17)])  # fmt: skip
    pen.soft(body, colour, depth=0.7)
    pen.soft(smooth([(-0.32, -0.06), (-0.16, 0.02), (-0.02, 0.2), (-0.02, 0.33), (-0.2, 0.26),
        (-0.31, 0.1)]), belly, depth=0.5)  # fmt: skip
    wing = smooth([(-0.1, -0.1), (0.08, -0.06), (0.34, 0.08), (0.2, 0.17), (0.0, 0.13)])
    pen.soft(wing, darker(colour, 0.28), depth=0.5)
    _eye(pen, -0.25, -0.25, 0.035)


@drawable("cat", places=("indoors", "outdoors"))
def cat(pen: Pen) -> None:
    """Sitting cat from the front."""
    rng = pen.rng
    fur = _fur(pen)
    light = lighter(fur, 0.45)
    tail = smooth([(0.18, 0.4), (0.36, 0.36), (0.38, 0.14), (0.32, 0.02)], False)
    pen.rod(tail, [0.1, 0.09, 0.06], fur)
    pen.soft(both_sides([(0, -0.12), (0.15, -0.05), (0.23, 0.2), (0.25, 0.42), (0, 0.46)]), fur, depth=0.7)
    pen.soft(ellipse(0, 0.14, 0.1, 0.18), light, depth=0.6)
    for side in (1, -1):
        pen.rod([(side * 0.07, 0.2), (side * 0.075, 0.44)], 0.1, fur)
        pen.soft(ellipse(side * 0.085, 0.455, 0.075, 0.04), light, depth=0.7)
        ear = np.array([(0.06, -0.36), (0.2, -0.49), (0.22, -0.26)]) * (side, 1)
        pen.soft(ear, fur, depth=0.4)
        pen.flat((ear - ear.mean(0)) * 0.55 + ear.mean(0), (226, 150, 150))
    pen.soft(ellipse(0, -0.23, 0.235, 0.19), fur, depth=0.8)
    pen.soft(ellipse(0, -0.15, 0.1, 0.075), light, depth=0.7)
    eye = vivid(rng)
    for side in (1, -1):
        pen.flat(ellipse(side * 0.1, -0.25, 0.045, 0.04), eye)
        pen.flat(ellipse(side * 0.1, -0.25, 0.014, 0.035), BLACK)
        for y in (-0.16, -0.13):
            pen.line([(side * 0.08, y), (side * 0.27, y - 0.03)], 0.006, lighter(fur, 0.7))
    pen.flat([(-0.025, -0.19), (0.025, -0.19), (0, -0.16)], (206, 110, 116))


@drawable("rabbit", places=("indoors", "outdoors"))
def rabbit(pen: Pen) -> None:
    """Sitting rabbit from the side."""
    fur = _fur(pen)
    for x, lean in ((-0.2, -8), (-0.12, 14)):
        ear = move(turn(ellipse(0, -0.16, 0.055, 0.18, 20), lean), x, -0.2)
        pen.soft(ear, darker(fur, 0.1) if lean > 0 else fur, depth=0.6)
        pen.soft((ear - ear.mean(0)) * 0.6 + ear.mean(0), (226, 166, 164), depth=0.5)
    pen.ball(0.39, 0.28, 0.08, colour=lighter(fur, 0.6), gloss=0)
    pen.soft(smooth([(-0.2, 0.0), (0.02, -0.06), (0.28, 0.06), (0.4, 0.3), (0.3, 0.45),
        (-0.16, 0.45), (-0.24, 0.2)]), fur, depth=0.8)  # fmt: skip
    pen.soft(ellipse(0.2, 0.28, 0.15, 0.16), darker(fur, 0.08), depth=0.7)
    pen.soft(ellipse(0.16, 0.45, 0.16, 0.045), lighter(fur, 0.2), depth=0.8)
    pen.soft(ellipse(-0.18, 0.45, 0.1, 0.04), lighter(fur, 0.2), depth=0.8)
    pen.soft(smooth([(-0.38, -0.04), (-0.28, -0.19), (-0.12, -0.2), (-0.02, -0.06),
        (-0.1, 0.09), (-0.3, 0.1)]), fur, depth=0.8)  # fmt: skip
    pen.ball(-0.385, 0.0, 0.022, colour=(206, 120, 124), gloss=0)
    _eye(pen, -0.24, -0.06, 0.032)


@drawable("snail", places=("indoors", "outdoors"))
def snail(pen: Pen) -> None:
    """Snail with a spiral shell."""
    rng = pen.rng
    skin, shell = near(rng, (206, 178, 120), 0.15), any_colour(rng)
    for x in (-0.46, -0.36):
        pen.rod([(-0.36, 0.06), (x, -0.16)], 0.025, skin)
        pen.ball(x, -0.18, 0.025, colour=BLACK, gloss=0.3)
    body = smooth([(-0.44, 0.08), (-0.32, 0.0), (-0.24, 0.12), (0.1, 0.2), (0.48, 0.33),
        (0.2, 0.36), (-0.36, 0.35), (-0.42, 0.2)])  # fmt: skip
    pen.soft(body, skin, depth=0.7, gloss=0.2)
    pen.soft(ellipse(0.06, 0.0, 0.3), shell, depth=0.9, gloss=0.4)
    turns = np.linspace(0, 5.2 * np.pi, 70)
    r = 0.265 * np.exp(-turns * 0.13)
    pen.flat(
        thick(np.stack([0.06 + r * np.cos(turns + 1), r * np.sin(turns + 1)], 1), [0.035, 0.02, 0.008]),
        darker(shell, 0.45),
    )


@drawable("ladybird", pose="flat", places=("indoors", "outdoors"))
def ladybird(pen: Pen) -> None:
    """Ladybird from above."""
    rng = pen.rng
    colour = near(rng, (214, 44, 36), 0.1) if rng.random() < 0.6 else vivid(rng)
    for side in (1, -1):
        for y, reach in ((-0.12, 0.44), (0.08, 0.48), (0.26, 0.42)):
            pen.rod([(0, y), (side * reach * 0.85, y - 0.02), (side * reach, y + 0.08)], 0.035, BLACK)
        pen.line(smooth([(0, -0.34), (side * 0.1, -0.46), (side * 0.17, -0.47)], False), 0.016, BLACK)
    pen.ball(0, -0.28, 0.17, 0.15, colour=BLACK, gloss=0.3)
    for side in (1, -1):
        pen.flat(ellipse(side * 0.1, -0.3, 0.03), WHITE)
    pen.soft(ellipse(0, 0.1, 0.36, 0.37), colour, depth=0.9, gloss=0.4)
    pen.flat(thick([(0, -0.26), (0, 0.47)], 0.02), BLACK)
    for x, y, r in ((0.16, -0.06, 0.06), (0.2, 0.14, 0.06), (0.11, 0.32, 0.05)):
        for side in (1, -1):
            pen.soft(ellipse(side * x, y, r), BLACK, depth=0.5)
    pen.glint(0.13 * np.sign(pen.light.x), -0.12, 0.07, 0.04, 0.6)


@drawable("potted_plant")
def potted_plant(pen: Pen) -> None:
    """Leafy plant in a pot."""
    rng = pen.rng
    pot, leaf = any_colour(rng), near(rng, LEAF, 0.15)
    size = rng.uniform(0.28, 0.36)
    broad = rng.uniform(0.2, 0.34)
    for angle in [*np.linspace(-78, 78, int(rng.integers(5, 9))), *rng.uniform(-30, 30, 2)]:
        blade = (
            smooth([(0, 0.06), (broad * 0.5, -0.4), (0, -1.1), (-broad * 0.5, -0.4)])
            * size
            * rng.uniform(0.9, 1.25)
        )
        pen.soft(move(turn(blade, angle), 0, 0.06), near(rng, leaf, 0.06), depth=0.4, gloss=0.15)
        pen.flat(
            move(turn(thick([(0, 0), (0, -size * 0.9)], [0.012, 0.004]), angle), 0, 0.06), lighter(leaf, 0.3)
        )
    turned(pen, [(0.1, 0.2), (0.43, 0.15)], pot, curved=False, gloss=0.3)
    turned(pen, [(0.06, 0.225), (0.13, 0.225)], lighter(pot, 0.1), curved=False, gloss=0.3)
