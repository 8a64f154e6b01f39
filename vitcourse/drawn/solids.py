"""Solid shapes for the pen: bodies of revolution, discs, and flat faces in perspective."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image

from .engine import Light, Pen
from .palette import Colour, ramp
from .shapes import ellipse, smooth

Profile = list[tuple[float, float]]
Triple = tuple[float, float, float]
Space = Sequence[Triple] | np.ndarray
COLUMNS = 255


def profile_curve(profile: Profile, rows: int = 160, curved: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Heights (rows,) and radii (rows,) of a profile given as (y, radius) from top to bottom."""
    points = smooth(np.asarray(profile, float), closed=False) if curved else np.asarray(profile, float)
    order = np.maximum.accumulate(points[:, 0])
    y = np.linspace(order[0], order[-1], rows)
    return y, np.maximum(np.interp(y, order, points[:, 1]), 1e-4)


@lru_cache(maxsize=256)
def _round_shading(light_x: float, light_z: float, gloss: float, metal: bool) -> np.ndarray:
    """Shading (256,) of int16 around 128 across a cylinder from its left to its right edge."""
    u = np.linspace(-1, 1, COLUMNS + 1)
    depth = np.sqrt(1 - u**2)
    length = np.hypot(light_x, light_z)
    facing = (u * light_x + depth * light_z) / length
    shade = 128 + 105 * (facing - 0.62) - 34 * (1 - depth) ** 2
    if metal:
        shade += 46 * np.cos(np.arcsin(u) * 5 + 2.2 * light_x) * depth
    peak = np.clip(facing, 0, 1) ** (18 + 30 * gloss)
    shade += 150 * gloss * peak
    shade += 50 * gloss * np.exp(-(((u + np.sign(light_x) * 0.82) / 0.07) ** 2))
    return shade.astype(np.int16)


def turned(
    pen: Pen,
    profile: Profile,
    colour: Colour,
    x: float = 0.0,
    art: np.ndarray | None = None,
    rotation: float = 0.0,
    gloss: float = 0.3,
    opacity: float = 1.0,
    edge_opacity: float | None = None,
    metal: bool = False,
    curved: bool = True,
    relief: np.ndarray | None = None,
) -> None:
    """Draw a body of revolution around a vertical axis, with its label wrapped around it.

    Args:
        pen: Where to draw; its elevation bends every ring into an ellipse.
        profile: (y, radius) from top to bottom.
        colour: Colour where there is no label.
        x: Where the axis is.
        art: Label (rows, columns, 3) of uint8 around the whole body; replaces `colour`.
        rotation: Turn of the label, in shares of a full turn.
        gloss: 0 (matt) to 1 (polished).
        opacity: Opacity of the middle of the body.
        edge_opacity: Opacity at its left and right edges, higher for glass.
        metal: Adds the dark and light bands of polished metal.
        curved: Smooth the profile; otherwise join its points with straight lines.
        relief: Shading to add from top to bottom (rows,), for ridges.
    """
    heights, radii = profile_curve(profile, curved=curved)
    rows = len(heights)
    lift = pen.elevation
    top = heights[0] - max(-lift, 0) * radii[0]
    bottom = heights[-1] + max(lift, 0) * radii[-1]
    widest = radii.max()
    left_px, top_px = (int(v) for v in np.floor(pen.pixels((x - widest, top))) - 1)
    right_px, bottom_px = (int(v) for v in np.ceil(pen.pixels((x + widest, bottom))) + 2)
    left_px, top_px = max(left_px, 0), max(top_px, 0)
    right_px, bottom_px = min(right_px, pen.side), min(bottom_px, pen.side)
    across = ((np.arange(left_px, right_px) + 0.5 - pen.origin) / pen.scale - x).astype(np.float32)[None, :]
    down = ((np.arange(top_px, bottom_px) + 0.5 - pen.origin) / pen.scale).astype(np.float32)[:, None]
    row_scale = (rows - 1) / (heights[-1] - heights[0])
    radii32 = radii.astype(np.float32)
    row = _ring_row(across, down, radii32, heights[0], row_scale, lift)
    inside = (row >= -0.5) & (row <= rows - 0.5)
    row = np.clip(row, 0, rows - 1).astype(np.int16)
    u = across / radii32[row]
    inside &= np.abs(u) <= 1
    column = np.clip((u + 1) * (COLUMNS / 2), 0, COLUMNS).astype(np.uint8)
    shade = _round_shading(round(pen.light.x, 2), round(pen.light.z, 2), gloss, metal)[column]
    slope = np.gradient(radii, heights)
    tilt = np.clip(slope, -3, 3) / np.sqrt(1 + np.clip(slope, -3, 3) ** 2)
    by_row = 62 * tilt * -pen.light.y
    if relief is not None:
        by_row = by_row + np.interp(np.linspace(0, 1, rows), np.linspace(0, 1, len(relief)), relief)
    shade = np.clip(shade + by_row.astype(np.int16)[row], 0, 255).astype(np.uint8)
    if art is None:
        rgb = ramp(colour, gloss)[shade]
    else:
        rgb = _lit(art[_art_rows(rows, art)[row], _art_columns(art, rotation)[column]], shade)
    alpha = _alpha(column, inside, opacity, edge_opacity)
    pen.paste(Image.fromarray(np.dstack([rgb, alpha])), left_px, top_px)


def _ring_row(
    across: np.ndarray, down: np.ndarray, radii: np.ndarray, first: float, row_scale: float, lift: float
) -> np.ndarray:
    """Row of the profile that is seen at every pixel: its ring is drawn as an ellipse."""
    rows = len(radii)
    row = np.clip((down - first) * row_scale, 0, rows - 1).astype(np.int16)
    for _ in range(2):
        r = radii[row]
        bend = np.sqrt(np.maximum(r * r - across * across, 0))
        exact = (down - lift * bend - first) * row_scale
        row = np.clip(exact, 0, rows - 1).astype(np.int16)
    return exact


def _art_rows(rows: int, art: np.ndarray) -> np.ndarray:
    return np.linspace(0, art.shape[0] - 1, rows).astype(np.int16)


def _art_columns(art: np.ndarray, rotation: float) -> np.ndarray:
    angle = np.arcsin(np.linspace(-1, 1, COLUMNS + 1)) / (2 * np.pi)
    return (((angle + rotation) % 1.0) * (art.shape[1] - 1)).astype(np.int16)


@lru_cache(maxsize=1)
def _light_table() -> np.ndarray:
    """Table (256 shades, 256 levels) of uint8: how bright a level is under a shade."""
    shade = np.arange(256, dtype=np.float32)[:, None]
    level = np.arange(256, dtype=np.float32)[None, :]
    dark = level * (0.30 + 0.70 * np.minimum(shade, 128) / 128)
    table = dark + (255 - dark) * np.clip((shade - 128) / 127, 0, 1) ** 1.25 * 0.8
    return table.astype(np.uint8)


def _lit(rgb: np.ndarray, shade: np.ndarray) -> np.ndarray:
    return _light_table()[shade[..., None], rgb]


def _alpha(column: np.ndarray, inside: np.ndarray, opacity: float, edge_opacity: float | None) -> np.ndarray:
    edge = opacity if edge_opacity is None else edge_opacity
    u = np.linspace(-1, 1, COLUMNS + 1)
    across = 255 * (opacity + (edge - opacity) * np.abs(u) ** 5)
    return np.where(inside, across.astype(np.uint8)[column], 0).astype(np.uint8)


def disc(
    pen: Pen,
    y: float,
    radius: float,
    colour: Colour,
    x: float = 0.0,
    gloss: float = 0.0,
    opacity: float = 1.0,
) -> None:
    """Draw a horizontal disc, an ellipse under the pen's elevation."""
    outline = ellipse(x, y, radius, max(abs(pen.elevation) * radius, 0.004))
    if opacity < 1:
        pen.flat(outline, colour, opacity)
    else:
        pen.soft(outline, colour, depth=0.25, gloss=gloss, strength=0.5)


def on_disc(pen: Pen, y: float, points: np.ndarray, x: float = 0.0) -> np.ndarray:
    """Points of a horizontal plane at height y, as seen from the pen's elevation."""
    p = np.asarray(points, float)
    return np.stack([x + p[:, 0], y + p[:, 1] * pen.elevation], axis=1)


class View:
    """Turns points in space (x right, y down, z to the viewer) into drawing points.

    Args:
        yaw: Turn around the vertical axis in degrees.
        elevation: Sine of the angle by which the camera looks down.
        perspective: How much nearer things grow.
    """

    def __init__(self, yaw: float, elevation: float, perspective: float = 0.35) -> None:
        angle = np.radians(yaw)
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
        up = np.sqrt(1 - elevation**2)
        nod = np.array([[1, 0, 0], [0, up, elevation], [0, -elevation, up]])
        self.matrix = nod @ turn
        self.perspective = perspective

    def __call__(self, points: Space) -> np.ndarray:
        """Drawing points (n, 2) of points in space (n, 3)."""
        p = self.rotated(points)
        return p[:, :2] / (1 - self.perspective * p[:, 2:3] * 0.5)

    def rotated(self, points: Space) -> np.ndarray:
        """Points in space (n, 3) after the turn of the camera."""
        return np.atleast_2d(np.asarray(points, float)) @ self.matrix.T


def lambert(light: Light, normal: np.ndarray) -> int:
    """Shade (0 to 255, 128 in even light) of a flat face with a given normal."""
    direction = np.array([light.x, light.y, light.z])
    facing = float(normal @ direction) / (np.linalg.norm(normal) * np.linalg.norm(direction) + 1e-9)
    return int(np.clip(72 + 92 * facing, 20, 235))


def face(pen: Pen, view: View, corners: Space, paint: Colour | Image.Image, opacity: float = 1.0) -> bool:
    """Draw a flat face if it looks at the viewer.

    Args:
        pen: Where to draw.
        view: The camera.
        corners: Four points in space, clockwise from the top left as seen from outside.
        paint: One colour, or an RGB picture that is laid on the face.
        opacity: 0 to 1.

    Returns:
        Whether the face was visible.
    """
    flat = view(corners)
    edge_a, edge_b = flat[1] - flat[0], flat[2] - flat[0]
    if edge_a[0] * edge_b[1] - edge_a[1] * edge_b[0] <= 0:
        return False
    space = view.rotated(corners)
    normal = np.cross(space[1] - space[0], space[2] - space[0])
    shade = lambert(pen.light, normal)
    if isinstance(paint, tuple):
        pen.flat(flat, tuple(int(v) for v in ramp(paint)[shade]), opacity)
    else:
        _lay(pen, flat, paint, shade)
    return True


def _lay(pen: Pen, flat: np.ndarray, picture: Image.Image, shade: int) -> None:
    """Warp a picture onto a quadrilateral."""
    p = pen.pixels(flat)
    x, y, mask = pen.coverage(p, margin=1)
    # A little larger than the face, so that no pixel on its edge looks past the picture.
    target = p - (x, y) + 1.5 * np.sign(p - p.mean(0))
    width, height = picture.size
    source = [(0, 0), (width, 0), (width, height), (0, height)]
    rows, values = [], []
    for (tx, ty), (sx, sy) in zip(target[:4], source, strict=True):
        rows += [[tx, ty, 1, 0, 0, 0, -sx * tx, -sx * ty], [0, 0, 0, tx, ty, 1, -sy * tx, -sy * ty]]
        values += [sx, sy]
    coefficients = np.linalg.solve(np.array(rows), np.array(values))
    warped = picture.transform(
        mask.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR
    )
    lit = warped.point(_light_table()[shade].tolist() * 3)
    lit.putalpha(mask)
    pen.paste(lit, x, y)


def box(pen: Pen, view: View, low: Triple, high: Triple, paints: dict[str, Colour | Image.Image]) -> None:
    """Draw a box between two corners; `paints` names front, back, left, right, top, bottom, or all."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    faces = {"front": [(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)], "back": [(x1, y0, z0),
        (x0, y0, z0), (x0, y1, z0), (x1, y1, z0)], "left": [(x0, y0, z0), (x0, y0, z1), (x0, y1, z1),
        (x0, y1, z0)], "right": [(x1, y0, z1), (x1, y0, z0), (x1, y1, z0), (x1, y1, z1)], "top": [(x0,
        y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)], "bottom": [(x0, y1, z1), (x1, y1, z1), (x1,
        y1, z0), (x0, y1, z0)]}  # fmt: skip
    for name, corners in faces.items():
        face(pen, view, corners, paints.get(name, paints.get("all", (200, 200, 200))))
