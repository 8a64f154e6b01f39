"""Places under the sky."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .backdrop import Backdrop, tinted
from .engine import noise_tile
from .palette import Colour, from_hsv, lighter, mix

GROUND_HUES: tuple[tuple[float, float], ...] = ((0.22, 0.34), (0.09, 0.14), (0.05, 0.1), (0.0, 1.0))


def sky(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Sky with soft clouds: day, evening or overcast."""
    hue = rng.choice([0.55, 0.58, 0.6, 0.06, 0.95, 0.7])
    high = from_hsv(hue + rng.normal(0, 0.02), rng.uniform(0.12, 0.6), rng.uniform(0.6, 0.95))
    low = mix(high, from_hsv(rng.uniform(0.06, 0.14), 0.2, 0.98), rng.uniform(0.4, 0.9))
    column = np.linspace(0, 255, height, dtype=np.float32)[:, None]
    image = tinted(Image.fromarray(np.broadcast_to(column, (height, width)).astype(np.uint8)), high, low)
    if rng.random() < 0.75:
        cloud_mask(image, rng, lighter(low, 0.6))
    return image


def cloud_mask(image: Image.Image, rng: np.random.Generator, colour: Colour) -> None:
    """Lay soft clouds over a sky."""
    width, height = image.size
    tile = noise_tile(int(rng.integers(20, 24)), 70, 34)
    x, y = (int(v) for v in rng.integers(0, (512 - min(width, 500), 512 - min(height, 500))))
    crop = Image.fromarray(tile[y : y + height, x : x + width]).resize((width, height))
    least = int(rng.integers(120, 170))
    image.paste(colour, (0, 0), crop.point([max(0, min(255, (v - least) * 3)) for v in range(256)]))


def open_sky(rng: np.random.Generator, width: int, height: int) -> Backdrop:
    """Nothing but sky."""
    return Backdrop(sky(rng, width, height), height * 0.95)


def landscape(rng: np.random.Generator, width: int, height: int) -> Backdrop:
    """Meadow, sand, street or snow under the sky, with far hills or houses."""
    horizon = int(height * rng.uniform(0.45, 0.68))
    image = sky(rng, width, height)
    _far_things(image, rng, horizon)
    low, high = GROUND_HUES[int(rng.integers(len(GROUND_HUES)))]
    colour = from_hsv(rng.uniform(low, high), rng.uniform(0.12, 0.55), rng.uniform(0.42, 0.9))
    if low == 0.0:
        colour = mix(colour, (140, 140, 144), 0.85)
    rows = height - horizon
    tile = noise_tile(30, 5, 3)[:rows, :width].astype(np.float32)
    grey = np.clip(90 + 0.3 * tile + np.linspace(60, 0, rows)[:, None], 0, 255).astype(np.uint8)
    if grey.shape != (rows, width):
        grey = np.asarray(Image.fromarray(grey).resize((width, rows)))
    image.paste(
        tinted(Image.fromarray(grey), mix(colour, (20, 24, 40), 0.5), lighter(colour, 0.3)), (0, horizon)
    )
    return Backdrop(image, horizon)


def water(rng: np.random.Generator, width: int, height: int) -> Backdrop:
    """Sea or lake under the sky."""
    horizon = int(height * rng.uniform(0.4, 0.62))
    image = sky(rng, width, height)
    if rng.random() < 0.5:
        _far_things(image, rng, horizon)
    colour = from_hsv(rng.uniform(0.46, 0.62), rng.uniform(0.3, 0.7), rng.uniform(0.4, 0.85))
    rows = height - horizon
    tile = Image.fromarray(noise_tile(31, 40, 4)).crop((0, 0, min(512, width), min(512, rows)))
    grey = tile.resize((width, rows), Image.Resampling.BILINEAR)
    image.paste(tinted(grey, mix(colour, (10, 20, 60), 0.35), lighter(colour, 0.35)), (0, horizon))
    return Backdrop(image, horizon)


def _far_things(image: Image.Image, rng: np.random.Generator, horizon: int) -> None:
    """Blurred hills, woods or houses along the horizon."""
    kind = rng.random()
    if kind < 0.15:
        return
    width, height = image.size
    x = np.linspace(-0.05, 1.05, 40)
    for layer in range(int(rng.integers(1, 3))):
        rise = rng.uniform(0.05, 0.22) * height
        if kind < 0.7:
            y = 0.6 + 0.4 * np.sin(x * rng.uniform(3, 9) + rng.uniform(0, 6)) * np.sin(
                x * rng.uniform(2, 5) + 1
            )
        else:
            y = np.repeat(rng.uniform(0.3, 1, 10), 4)
        tone = mix(from_hsv(rng.uniform(0.2, 0.7), 0.25, 0.6), (200, 214, 226), 0.5 - 0.3 * layer)
        outline = [(0, horizon + 2), *zip((x * width).tolist(), (horizon - y * rise).tolist(), strict=True)]
        ImageDraw.Draw(image).polygon([*outline, (width, horizon + 2)], fill=tone)
    top = max(0, horizon - height // 3)
    band = image.crop((0, top, width, horizon + 2)).filter(ImageFilter.BoxBlur(1.5))
    image.paste(band, (0, top))
