"""What a photo file says besides its pixels, and how to take that away.

Taught in lesson 14.
"""

import io

import PIL.Image
from PIL.ExifTags import GPS, IFD

from vitcourse import images

QUALITY = 95  # of the JPEG file that is written anew; at 95 the eye sees no difference


def position(data: bytes) -> tuple[float, float] | None:
    """Return where a photo was taken, latitude and longitude in degrees, or None if the file does not say.

    Exif 2.32 (CIPA DC-008), section 4.6.6: degrees, minutes and seconds, and a letter for the hemisphere.

    Raises:
        ImageError: If this is no image file, or its position is no position.

    Taught in lesson 14.
    """
    try:
        with PIL.Image.open(io.BytesIO(data)) as photo:
            tags = photo.getexif().get_ifd(IFD.GPSInfo)
        if GPS.GPSLatitude not in tags or GPS.GPSLongitude not in tags:
            return None
        return _degrees(tags, GPS.GPSLatitude, "S"), _degrees(tags, GPS.GPSLongitude, "W")
    except (OSError, SyntaxError, ValueError, TypeError, ZeroDivisionError) as error:
        raise images.ImageError(
            f"the position cannot be read ({error}); is this an image file, and whole?"
        ) from error


def _degrees(tags: dict, tag: GPS, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in tags[tag])
    sign = -1 if tags.get(tag - 1) == negative else 1  # the letter's tag comes before its angle's
    return sign * (degrees + minutes / 60 + seconds / 3600)


def strip(data: bytes) -> bytes:
    """Return a photo as a new JPEG file with its pixels, upright, and nothing else.

    Position, time, camera, thumbnail, comments, XMP and colour profile are gone; the orientation that was a
    tag has become pixels. Faces, screens and labels *in* the picture stay.

    Raises:
        ImageError: If this is no image file.

    Taught in lesson 14.
    """
    upright = images.decode(data)
    upright.info.clear()  # or Pillow writes the old file's comment and XMP into the new one
    buffer = io.BytesIO()
    upright.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
