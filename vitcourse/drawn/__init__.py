"""A drawn world: pictures of fridge things and of everyday objects, made from a seed."""

from . import (  # noqa: F401
    bottles,
    clothes,
    food,
    fridge,
    fruit,
    furniture,
    home,
    household,
    kitchen,
    nature,
    packages,
    play,
    tools,
    vehicles,
    vessels,
)
from .compose import Drawn, render
from .group import DrawnScene, scene
from .registry import REGISTRY

FRIDGE_CLASSES: tuple[str, ...] = ("can", "carton", "milk_bottle", "water_bottle")
WORLD_CLASSES: tuple[str, ...] = tuple(sorted(set(REGISTRY) - set(FRIDGE_CLASSES)))

__all__ = ["FRIDGE_CLASSES", "WORLD_CLASSES", "Drawn", "DrawnScene", "render", "scene"]
