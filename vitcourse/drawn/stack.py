"""Bodies of revolution on top of each other: bottles, tins, flasks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .engine import Pen
from .palette import Colour, darker
from .shapes import ellipse
from .solids import Profile, disc, turned


def _flattened(pen: Pen, profile: Profile) -> Profile:
    """A profile as it looks when the camera looks down on it."""
    up = np.sqrt(1 - pen.elevation**2)
    return [(y * up, radius) for y, radius in profile]


def standing(pen: Pen, parts: list[Callable[[], None]], base: tuple[float, float, Colour]) -> None:
    """Draw parts from the lowest up; seen from below, from the highest down, and then the base."""
    for part in parts if pen.elevation >= 0 else parts[::-1]:
        part()
    if pen.elevation < 0:
        y, radius, colour = base
        y *= np.sqrt(1 - pen.elevation**2)
        disc(pen, y, radius, colour)
        pen.flat(ellipse(0, y, radius * 0.6, radius * 0.6 * abs(pen.elevation)), darker(colour, 0.3), 0.5)


def part(pen: Pen, profile: Profile, colour: Colour, lid: Colour | None = None, **style: object) -> None:
    """Draw one body of revolution and, seen from above, the lid on its top."""
    profile = _flattened(pen, profile)
    turned(pen, profile, colour, **style)
    if lid is not None and pen.elevation >= 0:
        disc(pen, *profile[0], lid, gloss=style.get("gloss", 0.3))
