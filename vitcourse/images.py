"""From whatever holds a picture to an upright RGB image in memory: the first step of inference.

Taught in lesson 04.
"""

import functools
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import PIL.ExifTags
import PIL.Image
from PIL import ImageOps

ImageLike: TypeAlias = str | os.PathLike | bytes | bytearray | memoryview | PIL.Image.Image | np.ndarray
PIL.Image.core.set_blocks_max(8)  # keep the memory of pictures: fresh pages took a third of the time
PIL.Image.core.set_block_size(2**26)  # bytes: 16 megapixels in one piece, which `pixels` need not copy
_SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N", "I")
_EXPECTED = (
    "expected a path, the bytes of a file, a PIL image or a uint8 array (H, W), (H, W, 3) or (H, W, 4)"
)


class ImageError(ValueError):
    """Something that was given as an image cannot be read as one; the message names it."""


def each(images: ImageLike | Iterable[ImageLike]) -> Iterable[ImageLike]:
    """Return images to go through one by one; a single one becomes a list of one.

    Raises:
        ImageError: If this is neither an image nor something that holds images.
    """
    if isinstance(images, ImageLike):
        return [images]
    if isinstance(images, Iterable) and not isinstance(images, io.IOBase):
        return images
    hint = "; pass file.read()" if isinstance(images, io.IOBase) else ""
    raise ImageError(f"got a {type(images).__name__}; {_EXPECTED}, or a list or generator of them{hint}")


def decodings(images: ImageLike | Iterable[ImageLike]) -> Iterator[Callable[[], PIL.Image.Image]]:
    """Yield a call for each image that decodes it, in any thread.

    What its owner may change meanwhile (arrays, PIL images, buffers) is copied at once, before its call is
    yielded; a file is read by the call.

    Raises:
        ImageError: From the call, if it is no image; the message has its path, or its position from 0.

    Taught in lesson 12.
    """
    for position, image in enumerate(each(images)):
        name = f"images[{position}]"
        if isinstance(image, str | os.PathLike | bytes):
            yield functools.partial(decode, image, name)
        else:
            yield functools.partial(_as_it_is, decode(image, name))


def _as_it_is(picture: PIL.Image.Image) -> PIL.Image.Image:
    return picture


def decode(
    image: ImageLike,
    name: str = "the image",
    formats: Sequence[str] | None = None,
    max_pixels: int | None = None,
) -> PIL.Image.Image:
    """Return an upright RGB picture with 8 bits a channel.

    The camera's orientation (EXIF) is applied, transparent parts are laid on white, 16-bit grey is scaled
    to 8 bits, palettes, CMYK and the other modes are converted. Of an animation this is the first frame.

    Args:
        image: A path, the bytes of an image file, a PIL image (left as it is), or a uint8 array: grey (H, W),
            RGB (H, W, 3) or RGBA (H, W, 4).
        name: What to call it in an error; a path is called by its path.
        formats: The formats of files to read ("PNG"); by default all that Pillow knows.
        max_pixels: The largest width times height, checked before pixels are decoded.

    Raises:
        ImageError: If it is no image, damaged, too large, or of a kind that has no one meaning as 8-bit
            colour.

    Taught in lesson 04.
    """
    if isinstance(image, str | os.PathLike):
        name = os.fspath(image)
    try:
        opened = _open(image, formats)
        if max_pixels is not None and opened.width * opened.height > max_pixels:
            raise ValueError(
                f"got {opened.width}x{opened.height} pixels; expected at most {max_pixels} in all"
            )
        return _to_rgb(opened, keep=opened is image)
    except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise ImageError(f"{name}: {_reason(error)}") from error


def _open(image: ImageLike, formats: Sequence[str] | None) -> PIL.Image.Image:
    """Return a PIL image, its pixels not necessarily read yet."""
    if isinstance(image, PIL.Image.Image):
        return image
    if isinstance(image, np.ndarray):
        return _from_array(image)
    if isinstance(image, bytes | bytearray | memoryview):
        return PIL.Image.open(io.BytesIO(image), formats=formats)
    if isinstance(image, str) and image.startswith(("http://", "https://", "data:")):
        raise ValueError("this is an address, and nothing is fetched here; download it and pass its bytes")
    if isinstance(image, str | os.PathLike):
        return PIL.Image.open(io.BytesIO(Path(image).read_bytes()), formats=formats)
    raise ValueError(f"got a {type(image).__name__}; {_EXPECTED}")


def _from_array(array: np.ndarray) -> PIL.Image.Image:
    fits = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if array.dtype != np.uint8 or not fits or array.size == 0:
        raise ValueError(
            f"got an array of {array.dtype} with shape {array.shape}; expected uint8 (0 to 255) and "
            "(H, W), (H, W, 3) or (H, W, 4); several arrays go in a list"
        )
    return PIL.Image.fromarray(array)


def _to_rgb(image: PIL.Image.Image, keep: bool) -> PIL.Image.Image:
    """Return an upright RGB picture: another one, if the image is its owner's to keep."""
    if 0 in image.size:
        raise ValueError(f"got a picture of {image.width}x{image.height} pixels; expected at least one pixel")
    if keep or image.getexif().get(PIL.ExifTags.Base.Orientation, 1) != 1:
        image = ImageOps.exif_transpose(image)  # a copy, also of what is upright
    image.load()
    if image.mode in _SIXTEEN_BIT:
        image = _eight_bit(image)
    if image.mode == "F":
        raise ValueError(
            "got a picture in floating point (mode F), which has no fixed white; scale it to uint8"
        )
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    white = PIL.Image.new("RGBA", image.size, "white")
    return PIL.Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")


def _eight_bit(image: PIL.Image.Image) -> PIL.Image.Image:
    """Scale 16-bit grey, 0 to 65535, to 8 bits; `convert` alone would clip it, nearly all to white."""
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 65535:
        raise ValueError(f"got values from {values.min()} to {values.max()}; expected 16 bits, 0 to 65535")
    return PIL.Image.fromarray(np.round(values / 257).astype(np.uint8))


def _reason(error: Exception) -> str:
    """Say what is wrong; PIL's own text names a buffer in memory, not the file."""
    if isinstance(error, PIL.UnidentifiedImageError):
        return "this is no image that can be read; is it an image file, and whole?"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}; {_EXPECTED}"
    if isinstance(error, OSError | SyntaxError):
        return f"this image file is damaged ({error}); get it again"
    return str(error)
