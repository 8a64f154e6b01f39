"""The pen: fills outlines on a transparent canvas with light, shadow, gloss and texture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .palette import WHITE, Colour, ramp
from .shapes import Points, ellipse, thick

SUPERSAMPLING = 2


@dataclass(frozen=True)
class Light:
    """Direction towards the light on the screen (x right, y down, z to the viewer) and its colour."""

    x: float
    y: float
    z: float
    warmth: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def turned(self, degrees: float) -> Light:
        """The light as seen by an object that will be turned by `degrees` afterwards."""
        angle = np.radians(degrees)
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        return Light(self.x * cos - self.y * sin, self.x * sin + self.y * cos, self.z, self.warmth)


@lru_cache(maxsize=64)
def noise_tile(seed: int, cell_x: int, cell_y: int, size: int = 512) -> np.ndarray:
    """Smooth grey noise (size, size) of uint8 whose grains are about cell_x by cell_y pixels."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (max(2, size // cell_y), max(2, size // cell_x)), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC))


class Pen:
    """A transparent square canvas around the origin of the object's own coordinates.

    Args:
        rng: Source of every random choice in the drawing.
        scale: Pixels for one unit of length.
        light: Light in the object's frame.
        elevation: How far the camera looks down, as the sine of the angle (negative: from below).
        extent: Half the side of the canvas, in units.
        tilt: By how many degrees, clockwise, the finished drawing will be turned.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        scale: float,
        light: Light,
        elevation: float = 0.2,
        extent: float = 0.74,
        tilt: float = 0.0,
    ) -> None:
        self.rng = rng
        self.scale = scale
        self.light = light
        self.elevation = elevation
        self.tilt = tilt
        self.side = int(2 * extent * scale)
        self.origin = extent * scale
        self.image = Image.new("RGBA", (self.side, self.side))
        self._draw = ImageDraw.Draw(self.image)

    def pixels(self, points: Points) -> np.ndarray:
        """Points in canvas pixels."""
        return np.asarray(points, float) * self.scale + self.origin

    def flat(self, points: Points, colour: Colour, opacity: float = 1.0) -> None:
        """Fill an outline with one colour."""
        p = self.pixels(points)
        if opacity >= 1.0:
            self._draw.polygon([tuple(q) for q in p.tolist()], fill=(*colour, 255))
            return
        x, y, mask = self.coverage(p, margin=1)
        patch = Image.new("RGBA", mask.size, (*colour, 0))
        patch.putalpha(mask.point(_fade(opacity)))
        self.paste(patch, x, y)

    def line(self, points: Points, width: float, colour: Colour) -> None:
        """Thin even line without shading."""
        p = [tuple(q) for q in self.pixels(points).tolist()]
        self._draw.line(p, fill=(*colour, 255), width=max(1, round(width * self.scale)), joint="curve")

    def soft(
        self,
        points: Points,
        colour: Colour,
        depth: float = 0.5,
        gloss: float = 0.0,
        strength: float = 1.0,
        opacity: float = 1.0,
        texture: np.ndarray | None = None,
    ) -> None:
        """Fill an outline as if it bulged towards the viewer.

        Args:
            points: Closed outline.
            colour: Colour in even light.
            depth: Width of the rounding as a share of half the outline's smaller side.
            gloss: 0 (matt) to 1 (polished).
            strength: Contrast of the shading.
            opacity: 0 to 1.
            texture: Grey (h, w) uint8, added around 128 and cut or repeated to fit.
        """
        x, y, mask = self.coverage(self.pixels(points), margin=2)
        shade = self._bulge(mask, depth, strength)
        if texture is not None:
            shade = np.clip(shade.astype(np.int16) + _fit(texture, shade.shape) - 128, 0, 255).astype(
                np.uint8
            )
        self._blend(ramp(colour, gloss)[shade], mask, x, y, opacity)

    def rod(
        self,
        points: Points,
        width: float | list[float],
        colour: Colour,
        gloss: float = 0.0,
        depth: float = 0.9,
    ) -> None:
        """Rounded bar, wire or handle along a line."""
        self.soft(thick(points, width), colour, depth=depth, gloss=gloss)

    def ball(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float | None = None,
        colour: Colour = WHITE,
        gloss: float = 0.3,
    ) -> None:
        """Ball or egg with a highlight."""
        ry = rx if ry is None else ry
        self.soft(ellipse(x, y, rx, ry), colour, depth=1.0, gloss=gloss)
        if gloss > 0.1:
            self.glint(x + self.light.x * rx * 0.45, y + self.light.y * ry * 0.45, rx * 0.3, ry * 0.22, gloss)

    def glint(
        self, x: float, y: float, rx: float, ry: float, opacity: float = 0.6, angle: float = 0.0
    ) -> None:
        """Soft white highlight."""
        outline = ellipse(0, 0, rx, ry, 20)
        if angle:
            cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
            outline = outline @ np.array([[cos, sin], [-sin, cos]])
        self.blurred(outline + np.array([x, y]), WHITE, opacity, min(rx, ry) * 0.5)

    def blurred(self, points: Points, colour: Colour, opacity: float, radius: float) -> None:
        """Fill an outline with soft edges, inside what is already drawn."""
        radius_px = max(0.5, radius * self.scale)
        x, y, mask = self.coverage(self.pixels(points), margin=int(radius_px * 2) + 1)
        mask = mask.filter(ImageFilter.BoxBlur(radius_px))
        below = self.image.crop((x, y, x + mask.width, y + mask.height))
        patch = Image.new("RGBA", mask.size, (*colour, 255))
        blend = Image.composite(patch, below, mask.point(_fade(opacity)))
        blend.putalpha(below.getchannel("A"))
        self.image.paste(blend, (x, y))

    def paste(self, patch: Image.Image, x: int, y: int) -> None:
        """Lay an RGBA patch over the canvas with its corner at pixel (x, y)."""
        self.image.alpha_composite(patch, (x, y))

    def coverage(self, p: np.ndarray, margin: int) -> tuple[int, int, Image.Image]:
        """Corner and coverage (mode L) of an outline in pixels, with an empty margin inside the canvas."""
        low = np.maximum(np.floor(p.min(0)).astype(int) - margin, 0)
        high = np.minimum(np.ceil(p.max(0)).astype(int) + margin + 1, self.side)
        width, height = np.maximum(high - low, 2).tolist()
        left, top = np.minimum(low, self.side - 2).tolist()
        mask = Image.new("L", (width, height))
        ImageDraw.Draw(mask).polygon([tuple(q) for q in (p - (left, top)).tolist()], fill=255)
        return left, top, mask

    def _bulge(self, mask: Image.Image, depth: float, strength: float) -> np.ndarray:
        """Shading (h, w) of uint8, 128 where the surface faces the viewer."""
        width, height = mask.size
        step = max(1, min(width, height) // 24)
        margin = 6 * step
        padded = Image.new("L", (width + 2 * margin, height + 2 * margin))
        padded.paste(mask, (margin, margin))
        small = padded.reduce(step)
        radius = max(1.0, depth * min(width, height) / step / 5)
        blurred = small.filter(ImageFilter.BoxBlur(radius)).filter(ImageFilter.BoxBlur(radius * 0.6))
        surface = np.asarray(blurred, np.float32)
        slope_y, slope_x = np.gradient(surface)
        facing = -(slope_x * self.light.x + slope_y * self.light.y) * (radius * 0.95 * strength)
        facing += (surface - 200) * (0.12 * strength)
        shade = Image.fromarray(np.clip(facing + 128, 6, 250).astype(np.uint8))
        corner = margin / step
        box = (corner, corner, corner + width / step, corner + height / step)
        return np.asarray(shade.resize((width, height), Image.Resampling.BILINEAR, box=box))

    def _blend(self, rgb: np.ndarray, mask: Image.Image, x: int, y: int, opacity: float) -> None:
        patch = Image.fromarray(rgb)
        patch.putalpha(mask if opacity >= 1 else mask.point(_fade(opacity)))
        self.paste(patch, x, y)


@lru_cache(maxsize=256)
def _fade(opacity: float) -> list[int]:
    return [round(level * opacity) for level in range(256)]


def _fit(texture: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    rows = -(-shape[0] // texture.shape[0])
    columns = -(-shape[1] // texture.shape[1])
    if rows > 1 or columns > 1:
        texture = np.tile(texture, (rows, columns))
    return texture[: shape[0], : shape[1]].astype(np.int16)
