"""Which function draws which class, and how its objects stand in the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .engine import Pen

Painter = Callable[[Pen], None]


@dataclass(frozen=True)
class Drawable:
    """A class that can be drawn.

    Attributes:
        name: The word that a person would use.
        paint: Draws one upright object of height or width about 1 around the origin.
        pose: "stand" (on its base), "flat" (lying, seen from above), "hang" (on a wall) or "sky".
        places: Families of backdrops that suit it: "indoors", "outdoors", "sky", "water" or "fridge".
        lying: How often it lies on its side; a thing that ever does is sometimes held in a hand, too.
    """

    name: str
    paint: Painter
    pose: str = "stand"
    places: tuple[str, ...] = ("indoors",)
    lying: float = 0.0


REGISTRY: dict[str, Drawable] = {}


def drawable(
    name: str, pose: str = "stand", places: tuple[str, ...] = ("indoors",), lying: float = 0.0
) -> Callable[[Painter], Painter]:
    """Register the decorated function as the painter of a class."""

    def register(paint: Painter) -> Painter:
        REGISTRY[name] = Drawable(name, paint, pose, places, lying)
        return paint

    return register
