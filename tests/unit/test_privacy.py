"""Positions in files, and files without them."""

import io

import numpy as np
import PIL.Image
import pytest
from PIL.ExifTags import GPS, IFD, Base

from vitcourse import images, privacy

SECRET = b"taken at home"


def picture(size=(40, 24)):
    """Red on the left, green on the right, so that a turn shows."""
    image = PIL.Image.new("RGB", size, "green")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    return image


def file(orientation=1, north="N", east="E", position=True, kind="JPEG", **options):
    exif = PIL.Image.Exif()
    exif[Base.Orientation], exif[Base.Model], exif[Base.DateTime] = (
        orientation,
        "Phone 9",
        "2026:05:01 12:00:00",
    )
    if position:
        exif[IFD.GPSInfo] = {
            GPS.GPSLatitudeRef: north,
            GPS.GPSLatitude: (52.0, 30.0, 36.0),
            GPS.GPSLongitudeRef: east,
            GPS.GPSLongitude: (13.0, 15.0, 18.0),
        }
    buffer = io.BytesIO()
    picture().save(buffer, kind, exif=exif, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("north", "east", "signs"), [("N", "E", (1, 1)), ("S", "W", (-1, -1)), ("S", "E", (-1, 1))]
)
def test_a_position_in_degrees(kind, north, east, signs):
    expected = (signs[0] * (52 + 30.6 / 60), signs[1] * (13 + 15.3 / 60))
    assert privacy.position(file(north=north, east=east, kind=kind)) == pytest.approx(expected)


def test_no_position():
    assert privacy.position(file(position=False)) is None
    assert privacy.position(privacy.strip(file())) is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_stripped_file_has_upright_pixels_and_nothing_else(orientation):
    data = file(orientation, comment=SECRET, xmp=b"<x:xmpmeta>position</x:xmpmeta>", icc_profile=b"profile")
    clean = privacy.strip(data)
    for secret in (SECRET, b"Phone 9", b"2026:05:01", b"xmpmeta", b"Exif", b"ICC_PROFILE"):
        assert secret not in clean
    with PIL.Image.open(io.BytesIO(clean)) as stored:
        assert stored.format == "JPEG" and not stored.getexif()
        assert not set(stored.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        upright = np.asarray(images.decode(data), dtype=int)
        assert np.asarray(stored).shape == upright.shape
        assert np.abs(np.asarray(stored, dtype=int) - upright).mean() < 4


def test_the_comment_of_another_format_is_gone_too():
    buffer = io.BytesIO()
    picture().save(buffer, "GIF", comment=SECRET)
    assert SECRET in buffer.getvalue() and SECRET not in privacy.strip(buffer.getvalue())


@pytest.mark.parametrize("data", [b"", b"no picture", file()[:200]])
def test_what_is_no_image_is_refused(data):
    with pytest.raises(images.ImageError):
        privacy.strip(data)


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_there_is_no_position_in_what_is_no_image(data):
    with pytest.raises(images.ImageError, match="is this an image file"):
        privacy.position(data)


def test_a_position_that_is_none_is_refused():
    exif = PIL.Image.Exif()
    exif[IFD.GPSInfo] = {GPS.GPSLatitude: (52.0,), GPS.GPSLongitude: (13.0,)}
    buffer = io.BytesIO()
    picture().save(buffer, "JPEG", exif=exif)
    with pytest.raises(images.ImageError, match="position cannot be read"):
        privacy.position(buffer.getvalue())
