"""Decoding: however a picture is held, the same upright RGB comes out; what is no picture is named."""

import io

import numpy as np
import pytest
from PIL import Image

from vitcourse.images import ImageError, decode, decodings

SIZE = (20, 12)  # width, height


@pytest.fixture(scope="module")
def colours():
    """A picture of 20x12 pixels with no two rows or columns alike."""
    x, y = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    return Image.fromarray(np.stack([12 * x, 20 * y, 5 * (x + y)], -1).astype(np.uint8))


@pytest.fixture(scope="module")
def grey(colours):
    return colours.convert("L")


def encoded(image, file_format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def decode_all(images):
    return [decoding() for decoding in decodings(images)]


def largest_difference(one, other):
    assert (one.mode, other.mode, one.size) == ("RGB", "RGB", other.size)
    return np.abs(np.asarray(one, int) - np.asarray(other, int)).max()


def test_paths_bytes_images_and_arrays_give_the_same_picture(colours, tmp_path):
    path = tmp_path / "colours.png"
    colours.save(path)
    data = path.read_bytes()
    held = [path, str(path), data, bytearray(data), memoryview(data), colours, np.asarray(colours)]
    pictures = decode_all(held)
    assert len(pictures) == len(held)
    assert all(largest_difference(picture, colours) == 0 for picture in pictures)


@pytest.mark.parametrize("mode", ["RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "HSV", "P"])
def test_colour_modes_give_the_rgb_picture(colours, mode):
    picture = decode(colours.quantize(240) if mode == "P" else _converted(colours, mode))
    assert largest_difference(picture, colours) <= {"YCbCr": 3, "HSV": 8, "P": 12}.get(mode, 0)


def _converted(image, mode):
    return image.convert("RGBA").convert("RGBa") if mode == "RGBa" else image.convert(mode)


@pytest.mark.parametrize("mode", ["L", "LA", "PA", "I", "I;16", "I;16B"])
def test_grey_modes_give_the_grey_picture(grey, mode):
    if mode.startswith("I"):
        values = np.asarray(grey, np.int32) * 257
        stored = values.astype({"I": "=i4", "I;16": "<u2", "I;16B": ">u2"}[mode])
        image = Image.frombytes(mode, SIZE, stored.tobytes())
        assert image.mode == mode
    elif mode == "PA":
        image = grey.convert("P").convert("PA")
    else:
        image = grey.convert(mode)
    assert largest_difference(decode(image), grey.convert("RGB")) == 0


def test_a_16_bit_png_is_scaled_and_not_clipped(grey):
    data = encoded(Image.fromarray(np.asarray(grey).astype(np.uint16) * 257))
    clipped = Image.open(io.BytesIO(data)).convert("RGB")
    assert largest_difference(decode(data), grey.convert("RGB")) == 0
    assert np.asarray(decode(data)).std() > 0
    assert clipped.size == SIZE


def test_black_and_white(colours):
    picture = decode(colours.convert("1"))
    assert {pixel for _, pixel in picture.getcolors()} == {(0, 0, 0), (255, 255, 255)}


def test_grey_and_rgba_arrays(colours, grey):
    assert largest_difference(decode(np.asarray(grey)), grey.convert("RGB")) == 0
    assert largest_difference(decode(np.asarray(colours.convert("RGBA"))), colours) == 0


@pytest.mark.parametrize("how", ["RGBA", "LA", "P", "RGB key", "L key"])
def test_transparent_parts_are_white(how):
    mode = {"RGB key": "RGB", "L key": "L"}.get(how, "RGBA")
    image = Image.new(mode, SIZE, {"RGB": (9, 9, 9), "L": 9}.get(mode, (9, 9, 9, 0)))
    if how in ("LA", "P"):
        image = image.convert(how)
    options = {"P": {"transparency": image.getpixel((0, 0))}}.get(how, {})
    options |= {"RGB key": {"transparency": (9, 9, 9)}, "L key": {"transparency": 9}}.get(how, {})
    picture = decode(encoded(image, **options))
    assert picture.getcolors() == [(SIZE[0] * SIZE[1], (255, 255, 255))]


def test_half_transparent_is_half_way_to_white():
    assert decode(Image.new("RGBA", SIZE, (0, 0, 0, 128))).getpixel((0, 0)) == (127, 127, 127)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_the_camera_is_applied(colours, orientation):
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = colours.transpose(undo[orientation]) if orientation > 1 else colours
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(stored, exif=exif)
    assert largest_difference(decode(data), colours) == 0
    assert largest_difference(decode(Image.open(io.BytesIO(data))), colours) == 0


def test_the_first_frame_of_an_animation():
    frames = [Image.new("RGB", SIZE, colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode(data).getpixel((0, 0)) == (255, 0, 0)


def test_the_image_given_is_left_as_it_is(colours):
    image = colours.convert("RGBA")
    before = image.tobytes()
    decode(image)
    assert (image.mode, image.tobytes()) == ("RGBA", before)


def test_a_file_that_is_no_image_is_named(tmp_path):
    text = tmp_path / "notes.jpg"
    text.write_text("no picture in sight")
    cut = tmp_path / "cut.jpg"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    cut.write_bytes(encoded(Image.fromarray(noise), "JPEG")[:600])
    with pytest.raises(ImageError, match=r"notes\.jpg: this is no image"):
        decode(text)
    with pytest.raises(ImageError, match=r"cut\.jpg: this image file is damaged"):
        decode(cut)
    with pytest.raises(ImageError, match=r"gone\.jpg: No such file.*expected a path"):
        decode(tmp_path / "gone.jpg")
    with pytest.raises(ImageError, match=str(tmp_path)):
        decode(tmp_path)


def test_bytes_that_are_no_image_are_named_by_their_place(colours):
    with pytest.raises(ImageError, match=r"images\[1\]: this is no image"):
        decode_all([encoded(colours), b"nothing"])
    with pytest.raises(ImageError, match=r"images\[0\]: this is no image"):
        decode_all(b"")


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4), np.uint16),
        np.zeros((4, 4), bool),
        np.zeros((3, 4, 5), np.uint8),
        np.zeros((4, 4, 1), np.uint8),
        np.zeros((2, 4, 4, 3), np.uint8),
        np.zeros(7, np.uint8),
        np.zeros((0, 4), np.uint8),
    ],
)
def test_other_arrays_are_refused(array):
    with pytest.raises(ImageError, match=rf"images\[0\]: got an array of {array.dtype} .*expected uint8"):
        decode_all(array)


@pytest.mark.parametrize("image", ["https://example.org/cat.jpg", "data:image/png;base64,iVBORw0"])
def test_addresses_are_not_fetched(image):
    with pytest.raises(ImageError, match="nothing is fetched"):
        decode(image)


@pytest.mark.parametrize("thing", [None, 7, {"image": 1}, object()])
def test_other_things_are_refused(thing):
    with pytest.raises(ImageError, match=r"expected a path|this is no image|No such file"):
        decode_all(thing)


def test_an_open_file_is_told_to_be_read():
    with pytest.raises(ImageError, match=r"file\.read\(\)"):
        decode_all(io.BytesIO(b"x"))


def test_what_has_no_one_meaning_as_8_bits_is_refused():
    with pytest.raises(ImageError, match="floating point"):
        decode(Image.new("F", SIZE))
    with pytest.raises(ImageError, match="expected 16 bits"):
        decode(Image.fromarray(np.full((4, 4), 70_000, np.int32)))
    with pytest.raises(ImageError, match="at least one pixel"):
        decode(Image.new("RGB", (0, 3)))


def test_a_bomb_is_an_error(monkeypatch, colours):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(ImageError, match="decompression bomb"):
        decode(encoded(colours))


def test_a_generator_is_read_as_it_is_asked_for(colours):
    read = []
    waiting = decodings(read.append(number) or colours for number in range(5))
    assert read == []
    next(waiting)
    assert read == [0]


def test_what_its_owner_changes_meanwhile_is_copied_first(colours):
    array, file = np.asarray(colours).copy(), bytearray(encoded(colours))
    picture = colours.copy()
    waiting = list(decodings([array, file, memoryview(file), picture]))
    array[:], file[:] = 0, bytes(len(file))
    picture.paste("black", (0, 0, *picture.size))
    assert all(largest_difference(decoding(), colours) == 0 for decoding in waiting)


def test_a_frame_that_is_read_again_and_again_is_each_time_another():
    frames = [np.full((8, 8, 3), shade, np.uint8) for shade in (10, 20, 30)]

    def camera():
        buffer = np.zeros((8, 8, 3), np.uint8)
        for frame in frames:
            buffer[:] = frame
            yield buffer

    waiting = list(decodings(camera()))  # all are read before the first is decoded
    assert [np.asarray(decoding())[0, 0, 0] for decoding in waiting] == [10, 20, 30]
