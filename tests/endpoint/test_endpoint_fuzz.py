"""Whatever is sent, the endpoint answers in one of the ways that the contract names, and goes on."""

import json

import pytest
import requests
import serving
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import TEXTS, encoded, picture, text

from vitcourse.endpoint import decoding, openapi
from vitcourse.images import ImageError

EXPECTED = {200, 400, 413, 422}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
images = st.sampled_from([*TEXTS[:2], "data:,", "http://127.0.0.1/", "ftp://x"]) | st.text(max_size=40)
images |= st.binary(max_size=60).map(text)
params = st.fixed_dictionaries(
    {}, optional={"top_k": st.integers(-1, 9), "response": st.sampled_from(["P1", "P2", "P3", "x"])}
)
index = st.lists(st.integers() | st.text(max_size=3), max_size=3)
tables = st.fixed_dictionaries(
    {"columns": st.just(["image"]), "data": st.lists(images | st.lists(images, max_size=2), max_size=3)},
    optional={"index": index},
)
near = st.one_of(
    st.fixed_dictionaries({"input_data": tables}, optional={"params": params}),
    st.fixed_dictionaries({"input_data": st.lists(images, max_size=3)}, optional={"params": params}),
    st.fixed_dictionaries({"inputs": st.fixed_dictionaries({"image": st.lists(images, max_size=3)})}),
)
bodies = st.binary(max_size=200) | json_values.map(lambda v: json.dumps(v).encode())
bodies |= near.map(lambda v: json.dumps(v).encode())
GOOD = {
    "PNG": encoded(picture(0)),
    "JPEG": encoded(picture(0), "JPEG"),
    "GIF": encoded(picture(0), "GIF"),
    "WEBP": encoded(picture(0), "WEBP"),
    "TIFF": encoded(picture(0), "TIFF", compression="tiff_lzw"),
    "BMP": encoded(picture(0), "BMP"),
}
mutations = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=12
)
quick = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


def mutated(data, changes, keep=1.0):
    data = bytearray(data)
    for place, value in changes:
        data[int(place * min(len(data), 400))] = value  # headers are where decoders go wrong
    return bytes(data[: max(1, int(keep * len(data)))])


@pytest.fixture(scope="module")
def post(address):
    with requests.Session() as session:
        yield lambda body: session.post(f"{address}/score", data=body, timeout=30)


def assert_defined(response):
    assert response.status_code in EXPECTED, response.text
    if response.status_code != 200:
        assert serving.is_valid("error", response.json())
        return
    assert any(serving.is_valid(form, response.json()) for form in openapi.RESPONSES)


@quick
@given(body=bodies)
def test_no_body_brings_it_down(post, body):
    assert_defined(post(body))


@quick
@given(name=st.sampled_from(sorted(GOOD)), changes=mutations, keep=st.floats(0.05, 1))
def test_no_damaged_image_brings_it_down(post, name, changes, keep):
    image = text(mutated(GOOD[name], changes, keep))
    assert_defined(post(json.dumps({"input_data": [image]}).encode()))


@settings(max_examples=500, deadline=None)
@given(name=st.sampled_from(sorted(GOOD)), changes=mutations, keep=st.floats(0.05, 1))
def test_a_damaged_image_is_a_picture_or_an_image_error(name, changes, keep):
    try:
        picture = decoding.read_image(mutated(GOOD[name], changes, keep), decoding.Limits(pixels=1_000_000))
    except ImageError as error:
        assert str(error)
    else:
        assert picture.mode == "RGB"


def test_it_still_answers(post):
    assert post(json.dumps({"input_data": TEXTS}).encode()).status_code == 200
