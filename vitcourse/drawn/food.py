"""Food from the kitchen and the bakery."""

from __future__ import annotations

import numpy as np

from .engine import Pen
from .palette import LEAF, WHITE, any_colour, darker, lighter, near, vivid
from .registry import drawable
from .shapes import both_sides, ellipse, move, petals, ring, rounded, smooth, star, thick, turn

CRUST = (206, 150, 84)


@drawable("mushroom")
def mushroom(pen: Pen) -> None:
    """Mushroom with a cap, often with spots."""
    rng = pen.rng
    cap = vivid(rng) if rng.random() < 0.6 else near(rng, (176, 130, 90), 0.2)
    stem = near(rng, (238, 228, 208), 0.05)
    w = rng.uniform(0.09, 0.13)
    pen.soft(both_sides([(0, -0.1), (w, -0.08), (w * 0.9, 0.15), (w * 1.3, 0.4), (w, 0.47), (0, 0.48)]), stem)
    width, low = rng.uniform(0.36, 0.47), rng.uniform(-0.02, 0.08)
    pen.soft(ellipse(0, low - 0.01, width * 0.96, 0.075), darker(stem, 0.18), depth=0.3)
    half = [(0, -0.44), (width * 0.5, -0.38), (width * 0.92, -0.14), (width, low),
        (width * 0.6, low + 0.0), (0, low + 0.01)]  # fmt: skip
    pen.soft(both_sides(half), cap, depth=0.8, gloss=0.3)
    if rng.random() < 0.65:
        for x, y, r in (
            (-0.2, -0.12, 0.05),
            (0.02, -0.28, 0.06),
            (0.2, -0.16, 0.055),
            (-0.04, -0.08, 0.04),
            (-0.15, -0.27, 0.03),
        ):
            pen.soft(ellipse(x, y, r, r * 0.85), WHITE, depth=0.5)


@drawable("ice_cream")
def ice_cream(pen: Pen) -> None:
    """Cone with one to three scoops."""
    rng = pen.rng
    cone = near(rng, (222, 168, 96), 0.08)
    pen.soft([(-0.17, 0.0), (0.17, 0.0), (0.02, 0.49), (-0.02, 0.49)], cone, depth=0.6)
    for i in range(5):
        t = i / 5
        pen.flat(
            thick(
                [(-0.17 + 0.15 * t, 0.02 + 0.45 * t), (0.17 - 0.1 * t - 0.06, 0.02 + 0.45 * t - 0.09 + 0.1)],
                0.01,
            ),
            darker(cone, 0.25),
        )
        pen.flat(
            thick([(-0.13 + 0.3 * t, 0.02), (0.0 + 0.1 * t - 0.04, 0.4 - 0.25 * t)], 0.008),
            darker(cone, 0.25),
        )
    count = int(rng.integers(1, 4))
    for x, y in [[(0, -0.1)], [(0, -0.08), (0, -0.27)], [(-0.13, -0.08), (0.13, -0.08), (0, -0.27)]][
        count - 1
    ]:
        colour = lighter(any_colour(rng), 0.25)
        pen.soft(move(petals(0, 0, 0.19, 0.03, 9), x, y), colour, depth=0.9, gloss=0.2)
    if rng.random() < 0.5:
        top = -0.29 if count == 1 else -0.46
        pen.ball(0, top, 0.05, colour=(206, 36, 48), gloss=0.6)


@drawable("cheese")
def cheese(pen: Pen) -> None:
    """Wedge of cheese with holes."""
    rng = pen.rng
    colour = near(rng, (244, 196, 72), 0.07)
    top, low = rng.uniform(-0.2, -0.1), rng.uniform(0.2, 0.28)
    a, b, c = (-0.46, top + 0.14), (0.4, top - 0.1), (0.46, top + 0.2)
    pen.flat([a, b, c], lighter(colour, 0.35))
    front = np.array([a, c, (c[0], low + 0.08), (a[0], low - 0.02)])
    pen.soft(front, colour, depth=0.08, strength=0.4)
    for _ in range(int(rng.integers(5, 9))):
        x, r = rng.uniform(-0.38, 0.4), rng.uniform(0.025, 0.06)
        y = rng.uniform(top + 0.26, max(top + 0.26, low - 0.06))
        pen.soft(ellipse(x, y, r, r * 0.9), darker(colour, 0.28), strength=-1.0)
    for x, y in ((0.0, top + 0.1), (0.22, top + 0.04)):
        pen.flat(ellipse(x, y, 0.05, 0.02), darker(colour, 0.15))


@drawable("bread")
def bread(pen: Pen) -> None:
    """Loaf with cuts on its crust."""
    rng = pen.rng
    colour = near(rng, CRUST, 0.1)
    low = rng.uniform(0.2, 0.27)
    loaf = smooth([(-0.47, 0.1), (-0.36, -0.14), (0, -0.22), (0.36, -0.14), (0.47, 0.1),
        (0.42, low), (0, low + 0.02), (-0.42, low)])  # fmt: skip
    pen.soft(loaf, colour, depth=0.8)
    for x in np.linspace(-0.28, 0.28, int(rng.integers(3, 6))):
        cut = smooth([(x - 0.06, 0.02), (x - 0.01, -0.1), (x + 0.08, -0.16), (x + 0.03, -0.05)])
        pen.soft(cut, lighter(near(rng, (238, 206, 150)), 0.2), depth=0.5)


@drawable("pizza", pose="flat")
def pizza(pen: Pen) -> None:
    """Whole pizza, or one slice, with toppings."""
    rng = pen.rng
    sauce, dough = near(rng, (206, 66, 40), 0.1), near(rng, (232, 184, 112), 0.06)
    pen.soft(petals(0, 0, 0.46, 0.012, 11), dough, depth=0.2)
    pen.soft(petals(0, 0, 0.385, 0.02, 13), sauce, depth=0.1, strength=0.6)
    pen.soft(petals(0, 0, 0.36, 0.05, 9), near(rng, (246, 206, 110), 0.06), depth=0.1, strength=0.6)
    topping = any_colour(rng) if rng.random() < 0.4 else (186, 52, 44)
    for angle in np.linspace(0, 2 * np.pi, 8)[:-1] + rng.random():
        r = rng.uniform(0.2, 0.28)
        pen.soft(ellipse(r * np.cos(angle), r * np.sin(angle), 0.07), topping, depth=0.3, gloss=0.2)
    for _ in range(7):
        x, y = rng.uniform(-0.24, 0.24, 2)
        pen.flat(move(star(0, 0, 0.05, 0.03, 3), x, y), near(rng, LEAF, 0.1))
    for angle in (20, 80, 140):
        pen.flat(turn(thick([(0, -0.45), (0, 0.45)], 0.012), angle), darker(dough, 0.35))


@drawable("cupcake")
def cupcake(pen: Pen) -> None:
    """Cupcake in a fluted case with icing."""
    rng = pen.rng
    case, icing = any_colour(rng), lighter(any_colour(rng), 0.3)
    pen.soft([(-0.32, 0.02), (0.32, 0.02), (0.22, 0.46), (-0.22, 0.46)], case, depth=0.4)
    for i in range(-3, 4):
        pen.flat(
            [
                (i * 0.09 - 0.012, 0.04),
                (i * 0.09 + 0.012, 0.04),
                (i * 0.064 + 0.01, 0.45),
                (i * 0.064 - 0.01, 0.45),
            ],
            darker(case, 0.3),
        )
    for y, rx, ry in ((0.0, 0.41, 0.14), (-0.13, 0.33, 0.13), (-0.25, 0.23, 0.11), (-0.35, 0.12, 0.09)):
        pen.soft(ellipse(0, y, rx, ry), icing, depth=0.8)
    if rng.random() < 0.6:
        pen.ball(0, -0.43, 0.06, colour=(206, 36, 48), gloss=0.6)
    for _ in range(int(rng.integers(0, 14))):
        x, y = rng.uniform(-0.28, 0.28), rng.uniform(-0.28, 0.04)
        pen.flat(
            move(
                turn(rounded(-0.025, -0.008, 0.025, 0.008, 0.008), rng.uniform(0, 180)), x * (0.4 - y) * 2, y
            ),
            vivid(rng),
        )


@drawable("doughnut", pose="flat")
def doughnut(pen: Pen) -> None:
    """Ring with icing and sprinkles, its hole cut out."""
    rng = pen.rng
    dough, icing = near(rng, CRUST, 0.06), any_colour(rng)
    hole = rng.uniform(0.12, 0.16)
    pen.soft(ring(ellipse(0, 0, 0.46), ellipse(0, 0, hole)), dough, depth=0.35)
    pen.soft(
        ring(petals(0, 0, 0.4, 0.03, 9, 60), petals(0, 0, hole + 0.035, 0.06, 7, 60)),
        icing,
        depth=0.35,
        gloss=0.5,
    )
    for _ in range(int(rng.integers(0, 26))):
        angle, r = rng.uniform(0, 2 * np.pi), rng.uniform(hole + 0.08, 0.35)
        bit = turn(rounded(-0.03, -0.009, 0.03, 0.009, 0.009), rng.uniform(0, 180))
        pen.flat(move(bit, r * np.cos(angle), r * np.sin(angle)), vivid(rng))
