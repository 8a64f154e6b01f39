"""Images of a request: every way to write one, and a defined answer for every odd file."""

import base64
import io
import struct
import time
import zlib

import numpy as np
import pytest
import serving
from PIL import Image, ImageSequence
from serving import encoded, picture, text

from vitcourse.endpoint import decoding, schema, scoring
from vitcourse.endpoint.decoding import Limits
from vitcourse.endpoint.schema import Params, Request, RequestError
from vitcourse.images import ImageError

DATA = serving.FILES[0]
LIMITS = Limits()


@pytest.mark.parametrize(
    "written",
    [
        base64.b64encode(DATA).decode(),
        base64.encodebytes(DATA).decode(),
        base64.encodebytes(DATA).decode().replace("\n", "\r\n"),
        "data:image/png;base64," + text(DATA),
        "DATA:image/png;name=x.png;BASE64," + text(DATA),
        "data:;base64," + base64.encodebytes(DATA).decode(),
    ],
    ids=["b64encode", "encodebytes", "CRLF", "data URL", "capitals", "data URL in lines"],
)
def test_every_way_to_write_a_file_gives_its_bytes(written):
    assert decoding.read_text(written, LIMITS) == DATA


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "empty"),
        ("\n", "empty"),
        ("data:image/png;base64,", "empty"),
        ("photo.jpg", "no base64"),
        ("/etc/passwd", "no base64"),
        (text(DATA)[:-1], "no base64"),
        (text(DATA) + "=", "no base64"),
        (text(DATA) + "!", "no base64"),
        ("*" + text(DATA), "no base64"),
        (text(DATA).replace("i", "é", 1), "no base64"),
        ("\ud800", "no base64"),
        (base64.urlsafe_b64encode(b"\xff\xfe\xfd\xfb" * 30).decode(), "no base64"),
        ("data:image/png," + text(DATA), "not base64"),
        ("data:text/plain;base64", "not base64"),
        ("https://example.org/a.png", "fetches none"),
        ("HTTP://host/img", "fetches none"),
        ("file:///etc/passwd", "fetches none"),
    ],
)
def test_rubbish_is_refused_with_its_reason(written, reason):
    with pytest.raises(ImageError, match=reason):
        decoding.read_text(written, LIMITS)


def test_a_file_that_is_too_large_is_refused_before_it_is_decoded():
    assert decoding.read_text(text(b"x" * 1000), Limits(file_bytes=1000)) == b"x" * 1000
    for length in (1001, 5000):
        with pytest.raises(ImageError, match="expected at most 1000"):
            decoding.read_image(decoding.read_text(text(b"x" * length), Limits(1000)), Limits(1000))


def png(width, height, rows=b"", colour=2):
    """A PNG by hand: a header that says what it likes, and rows that need not be there."""

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def svg():
    return b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


def floating():
    return encoded(Image.fromarray(np.full((4, 4), 0.5, np.float32)), "TIFF")


ODD = {
    "bomb": (png(7000, 8000, bytes(8000 * 7001), colour=0), "7000x8000 pixels; expected at most 50000000"),
    "100-megapixel header": (png(10_000, 10_000), "10000x10000 pixels"),
    "a gigapixel header": (png(60_000, 60_000), "decompression bomb"),
    "a thread": (encoded(Image.new("RGB", (10_000, 9))), "10000x9 pixels; expected one side at most 100"),
    "truncated JPEG": (encoded(picture(0, (200, 200)), "JPEG")[:-4000], "damaged"),
    "truncated PNG": (DATA[: len(DATA) // 2], "damaged"),
    "header only": (png(40, 30), "damaged"),
    "SVG": (svg(), "SVG"),
    "text": (b"hello, world", "no image that can be read"),
    "one byte": (b"\x00", "no image that can be read"),
    "PDF": (b"%PDF-1.7\n%%EOF", "no image that can be read"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no image that can be read"),
    "ICO": (encoded(picture(0), "ICO"), "no image that can be read"),
    "no width": (png(0, 9), "damaged|no image|at least one pixel"),
    "floating point": (floating(), "floating point"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_is_refused_at_once_with_its_reason(name):
    data, reason = ODD[name]
    began = time.process_time()
    with pytest.raises(ImageError, match=reason):
        decoding.read_image(data, LIMITS)
    assert time.process_time() - began < 1


def frames(file_format):
    """Three frames or pages; the first is picture 0."""
    others = [picture(seed) for seed in (1, 2)]
    return encoded(picture(0), file_format, save_all=True, append_images=others, lossless=True)


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "TIFF", "PNG"])
def test_of_several_frames_or_pages_the_first_counts(file_format):
    data = frames(file_format)
    with Image.open(io.BytesIO(data)) as opened:
        assert len(list(ImageSequence.Iterator(opened))) == 3
    tolerance = 60 if file_format == "GIF" else 0  # a palette
    assert_same(decoding.read_image(data, LIMITS), picture(0), tolerance)


def assert_same(image, expected, tolerance=0):
    assert (image.mode, image.size) == ("RGB", expected.size)
    difference = np.abs(np.asarray(image, int) - np.asarray(expected.convert("RGB"), int))
    assert difference.mean() <= tolerance


def test_cmyk_becomes_rgb():
    plain = Image.new("RGB", (40, 30), (200, 60, 20))
    assert_same(decoding.read_image(encoded(plain.convert("CMYK"), "JPEG", quality=95), LIMITS), plain, 3)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled(file_format):
    grey = np.linspace(0, 65535, 40 * 30).reshape(30, 40).astype(np.uint16)
    expected = Image.fromarray(np.round(grey / 257).astype(np.uint8))
    assert_same(decoding.read_image(encoded(Image.fromarray(grey), file_format), LIMITS), expected)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1"])
def test_every_mode_becomes_rgb(mode):
    image = picture(0).convert(mode)
    assert_same(decoding.read_image(encoded(image), LIMITS), image)


def test_the_orientation_of_the_camera_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    image = decoding.read_image(encoded(picture(0), "PNG", exif=exif), LIMITS)
    assert_same(image, picture(0).transpose(Image.Transpose.ROTATE_270))


def test_all_bad_images_are_reported_at_once(classifier):
    images = [serving.TEXTS[0], "photo.jpg", text(svg()), serving.TEXTS[1], ""]
    with pytest.raises(RequestError) as caught:
        scoring.score(Request(images, "R1", [9, "b", 9, 4, 4]), classifier)
    error = caught.value.as_dict()
    assert caught.value.status == 400
    assert error["error"].startswith("3 of 5 images")
    assert [(bad["position"], bad["index"]) for bad in error["images"]] == [(1, "b"), (2, 9), (4, 4)]
    assert serving.is_valid("error", error)


def test_score_gives_the_probabilities_of_predict(classifier):
    answers = scoring.score(Request(serving.TEXTS, "R2"), classifier)
    expected = classifier.predict(serving.FILES, top_k=None)
    for answer, row in zip(answers, expected, strict=True):
        assert [entry["label"] for entry in answer] == [entry["label"] for entry in row]
        assert [entry["score"] for entry in answer] == pytest.approx([e["score"] for e in row], abs=1e-3)


def test_a_multi_label_model_scores_each_class_on_its_own(multi_label):
    answer = scoring.score(Request(serving.TEXTS[:1], "R1"), multi_label)[0]
    expected = {entry["label"]: entry["score"] for entry in multi_label.predict(serving.FILES[0])[0]}
    assert dict(zip(answer["labels"], answer["probs"], strict=True)) == pytest.approx(expected, abs=1e-3)
    kept = scoring.score(Request(serving.TEXTS[:1], "R1", params=Params(threshold=0.5)), multi_label)[0]
    assert kept["labels"] == [label for label in serving.LABELS if expected[label] >= 0.5]


def test_a_threshold_does_not_go_with_one_label_an_image(classifier):
    with pytest.raises(RequestError, match="use top_k") as caught:
        scoring.score(Request(["not even looked at"], "R1", params=Params(threshold=0.5)), classifier)
    assert caught.value.status == schema.MALFORMED
