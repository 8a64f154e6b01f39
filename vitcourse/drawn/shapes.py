"""Outlines as arrays of points (n, 2): x to the right, y down, in units of the object's size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Points = Sequence[Sequence[float]] | np.ndarray


def ellipse(x: float, y: float, rx: float, ry: float | None = None, n: int = 36) -> np.ndarray:
    """Ellipse around (x, y); a circle when `ry` is left out."""
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.stack([x + rx * np.cos(angle), y + (rx if ry is None else ry) * np.sin(angle)], axis=1)


def arc(x: float, y: float, rx: float, ry: float, start: float, stop: float, n: int = 24) -> np.ndarray:
    """Open piece of an ellipse between two angles in degrees (0 is right, 90 is down)."""
    angle = np.radians(np.linspace(start, stop, n))
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)


def rectangle(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """Rectangle between two corners."""
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], float)


def rounded(x0: float, y0: float, x1: float, y1: float, radius: float) -> np.ndarray:
    """Rectangle with round corners."""
    radius = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
    corners = [
        (x1 - radius, y0 + radius, -90),
        (x1 - radius, y1 - radius, 0),
        (x0 + radius, y1 - radius, 90),
        (x0 + radius, y0 + radius, 180),
    ]
    return np.concatenate([arc(x, y, radius, radius, start, start + 90, 7) for x, y, start in corners])


def smooth(points: Points, closed: bool = True, per_edge: int = 6) -> np.ndarray:
    """Catmull-Rom curve through the points, which stay on the curve."""
    p = np.asarray(points, float)
    if closed:
        before, after, beyond = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    else:
        padded = np.concatenate([[2 * p[0] - p[1]], p, [2 * p[-1] - p[-2]]])
        before, p, after, beyond = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = np.linspace(0, 1, per_edge, endpoint=False)[None, :, None]
    before, middle, after, beyond = (a[:, None, :] for a in (before, p, after, beyond))
    curve = 0.5 * (
        2 * middle
        + (after - before) * t
        + (2 * before - 5 * middle + 4 * after - beyond) * t**2
        + (3 * middle - before - 3 * after + beyond) * t**3
    )
    curve = curve.reshape(-1, 2)
    return curve if closed else np.concatenate([curve, after[-1]])


def thick(points: Points, width: float | Sequence[float]) -> np.ndarray:
    """Outline of a line of the given width; several widths are spread along the line."""
    p = np.asarray(points, float)
    widths = np.interp(np.linspace(0, 1, len(p)), np.linspace(0, 1, np.size(width)), np.atleast_1d(width))
    along = np.gradient(p, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    side = np.stack([-along[:, 1], along[:, 0]], axis=1) * widths[:, None] / 2
    start, stop = (np.degrees(np.arctan2(*along[i][::-1])) for i in (0, -1))
    cap_end = arc(*p[-1], widths[-1] / 2, widths[-1] / 2, stop + 90, stop - 90, 7)
    cap_start = arc(*p[0], widths[0] / 2, widths[0] / 2, start - 90, start - 270, 7)
    return np.concatenate([p + side, cap_end, (p - side)[::-1], cap_start])


def turn(points: Points, degrees: float, about: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """The points turned clockwise (as seen on the screen) around a point."""
    angle = np.radians(degrees)
    matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return (np.asarray(points, float) - about) @ matrix + about


def move(points: Points, dx: float = 0.0, dy: float = 0.0, zoom: float = 1.0) -> np.ndarray:
    """The points scaled around the origin, then shifted."""
    return np.asarray(points, float) * zoom + (dx, dy)


def mirror(points: Points) -> np.ndarray:
    """The points on the other side of the vertical axis."""
    return np.asarray(points, float)[::-1] * (-1, 1)


def both_sides(right_half: Points, sharp: bool = False) -> np.ndarray:
    """Closed symmetric outline from its right half, given from top to bottom."""
    half = np.asarray(right_half, float)
    outline = np.concatenate([half, mirror(half)])
    return outline if sharp else smooth(outline)


def star(x: float, y: float, outer: float, inner: float, tips: int = 5) -> np.ndarray:
    """Star with the given number of tips, the first one on top."""
    angle = np.arange(2 * tips) * np.pi / tips - np.pi / 2
    radius = np.where(np.arange(2 * tips) % 2, inner, outer)
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1)


def petals(x: float, y: float, radius: float, depth: float, count: int, n: int = 72) -> np.ndarray:
    """Closed wavy outline: a circle with `count` bumps of relative height `depth`."""
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    r = radius * (1 + depth * np.cos(count * angle))
    return np.stack([x + r * np.cos(angle), y + r * np.sin(angle)], axis=1)


def ring(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """One closed outline around a ring, with a seam."""
    return np.concatenate([outer, outer[:1], inner[:1], inner[::-1]])
