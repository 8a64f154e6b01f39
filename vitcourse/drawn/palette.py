"""Colours: one wide palette for every class, and the ramps that turn a colour into light and shadow."""

from __future__ import annotations

import colorsys
from functools import lru_cache

import numpy as np

Colour = tuple[int, int, int]

WHITE: Colour = (244, 243, 238)
BLACK: Colour = (38, 38, 44)
STEEL: Colour = (176, 181, 188)
GOLD: Colour = (212, 168, 66)
WOOD: Colour = (170, 116, 66)
LEAF: Colour = (92, 148, 62)
SKIN_TONES: tuple[Colour, ...] = (
    (236, 196, 168),
    (214, 164, 128),
    (176, 124, 88),
    (126, 84, 60),
    (92, 62, 48),
)


def from_hsv(hue: float, saturation: float, value: float) -> Colour:
    """Colour from hue, saturation and value, each between 0 and 1."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, min(max(saturation, 0), 1), min(max(value, 0), 1))
    return round(red * 255), round(green * 255), round(blue * 255)


def any_colour(rng: np.random.Generator) -> Colour:
    """A colour from the palette that every class shares: mostly vivid, some pastel, dark or neutral."""
    kind = rng.random()
    hue = rng.random()
    if kind < 0.55:
        return from_hsv(hue, rng.uniform(0.6, 0.92), rng.uniform(0.6, 0.95))
    if kind < 0.72:
        return from_hsv(hue, rng.uniform(0.22, 0.45), rng.uniform(0.82, 0.97))
    if kind < 0.84:
        return from_hsv(hue, rng.uniform(0.4, 0.75), rng.uniform(0.24, 0.45))
    return from_hsv(hue, rng.uniform(0.0, 0.08), rng.uniform(0.3, 0.97))


def vivid(rng: np.random.Generator) -> Colour:
    """A saturated colour of any hue."""
    return from_hsv(rng.random(), rng.uniform(0.6, 0.9), rng.uniform(0.65, 0.95))


def muted(rng: np.random.Generator) -> Colour:
    """A quiet colour for walls, tables and floors."""
    return from_hsv(rng.random(), rng.uniform(0.03, 0.38), rng.uniform(0.35, 0.93))


def near(rng: np.random.Generator, colour: Colour, spread: float = 0.06) -> Colour:
    """A colour a little away from `colour` in hue, saturation and value."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in colour))
    return from_hsv(
        hue + rng.normal(0, spread / 3),
        saturation * (1 + rng.normal(0, spread)),
        value * (1 + rng.normal(0, spread)),
    )


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with `share` (0 to 1) of `second` mixed in."""
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second, strict=True))


def darker(colour: Colour, share: float = 0.3) -> Colour:
    """The colour in shadow: darker and a little cooler."""
    return mix(colour, (28, 24, 48), share)


def lighter(colour: Colour, share: float = 0.3) -> Colour:
    """The colour in light: lighter and a little warmer."""
    return mix(colour, (255, 252, 240), share)


def contrast(rng: np.random.Generator, colour: Colour, least: int = 150) -> Colour:
    """A colour of the shared palette that can be told from `colour`."""
    candidate = WHITE
    for _ in range(6):
        candidate = any_colour(rng)
        if sum(abs(a - b) for a, b in zip(candidate, colour, strict=True)) >= least:
            return candidate
    return WHITE if sum(colour) < 420 else BLACK


@lru_cache(maxsize=4096)
def ramp(colour: Colour, gloss: float = 0.0) -> np.ndarray:
    """Shading table of a colour.

    Args:
        colour: The colour in even light.
        gloss: How far the brightest end turns to white, 0 (matt) to 1 (polished).

    Returns:
        Array (256, 3) of uint8: row 0 is deep shadow, row 128 the colour itself, row 255 full light.
    """
    dark = np.array(darker(colour, 0.62), np.float32)
    light = np.array(lighter(colour, 0.42 + 0.5 * gloss), np.float32)
    middle = np.array(colour, np.float32)
    position = np.linspace(0, 2, 256, dtype=np.float32)[:, None]
    low = dark + (middle - dark) * np.minimum(position, 1)
    table = low + (light - middle) * np.maximum(position - 1, 0) ** 1.3
    return np.clip(table, 0, 255).astype(np.uint8)


@lru_cache(maxsize=1024)
def duotone(dark: Colour, light: Colour) -> np.ndarray:
    """Table (256, 3) of uint8 from `dark` at grey 0 to `light` at grey 255."""
    share = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    table = np.array(dark, np.float32) * (1 - share) + np.array(light, np.float32) * share
    return table.astype(np.uint8)
