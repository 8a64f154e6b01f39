"""The text that stands for an image in a request: base64, a data URL or an address; and limits for each.

Taught in lesson 13.
"""

import base64
import logging
import re
from dataclasses import dataclass

import PIL.Image

from vitcourse import images
from vitcourse.images import ImageError

THINNEST = 100  # times as long as it is wide, or the other way round
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_DATA_URL = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)
_WHITESPACE = str.maketrans("", "", " \t\r\n")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """How large an image may be, and how many a request.

    Attributes:
        file_bytes: Of the encoded file.
        pixels: Width times height, known before anything is decoded.
        images: In one request.
        explained: In one request that asks for explanations.
    """

    file_bytes: int = 16_000_000
    pixels: int = 50_000_000
    images: int = 128
    explained: int = 8


def is_address(text: str) -> bool:
    """Tell whether an image is given by an address of any scheme, to be fetched or refused."""
    return _SCHEME.match(text.strip()) is not None


def read_text(text: str, limits: Limits) -> bytes:
    """Decode strict base64, with or without line breaks, or a data URL that holds it.

    Raises:
        ImageError: If it is neither, empty or too large.

    Taught in lesson 13.
    """
    text = text.translate(_WHITESPACE)
    if is_address(text):
        raise ImageError("this is an address, and this endpoint fetches none; send base64")
    if text[:5].lower() == "data:":
        header = _DATA_URL.match(text)
        if not header:
            raise ImageError("this data URL is not base64; expected data:image/png;base64,...")
        text = text[header.end() :]
    if not text:
        raise ImageError("this is empty; expected base64 of an image file")
    if len(text) * 3 // 4 > limits.file_bytes + 2:
        raise ImageError(f"the file is too large; expected at most {limits.file_bytes} bytes")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ImageError(
            f"this is no base64 ({error}); expected base64 of an image file, a data URL or an http(s) address"
        ) from error


def read_image(data: bytes, limits: Limits) -> PIL.Image.Image:
    """Decode an image file to upright RGB, as `Classifier` does; of several frames or pages, the first.

    Raises:
        ImageError: If it is none of the formats that an endpoint reads, damaged, too large, or so thin that
            preprocessing, which may scale its short side to 256 pixels, would take gigabytes.

    Taught in lesson 13.
    """
    if len(data) > limits.file_bytes:
        raise ImageError(f"the file has {len(data)} bytes; expected at most {limits.file_bytes}")
    if data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" and b"<svg" in data[:1000].lower():
        raise ImageError(f"this is SVG, a drawing without pixels; expected {', '.join(FORMATS)}")
    try:
        image = images.decode(data, formats=FORMATS, max_pixels=limits.pixels)
    except ImageError as error:
        raise ImageError(str(error).removeprefix("the image: ")) from error
    except Exception as error:  # a decoder that meets hostile bytes can raise anything
        _log.exception("an image file made its decoder fail")
        raise ImageError("this image file is damaged; get it again") from error
    if max(image.size) > THINNEST * min(image.size):
        raise ImageError(
            f"got {image.width}x{image.height} pixels; expected one side at most {THINNEST} times the other"
        )
    return image
