"""Whatever is sent, the endpoint answers in one of the ways that the contract names, and goes on."""

import pytest
import requests
import serving
from hostile_requests import GOOD, bodies, damaged, with_image
from hypothesis import HealthCheck, given, settings

from vitcourse.endpoint import decoding, openapi
from vitcourse.images import ImageError

EXPECTED = {200, 400, 413, 422}
quick = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def post(address):
    with requests.Session() as session:
        yield lambda body: session.post(f"{address}/score", data=body, timeout=900)


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
@given(data=damaged)
def test_no_damaged_image_brings_it_down(post, data):
    assert_defined(post(with_image(data)))


@settings(max_examples=500, deadline=None)
@given(data=damaged)
def test_a_damaged_image_is_a_picture_or_an_image_error(data):
    try:
        picture = decoding.read_image(data, decoding.Limits(pixels=1_000_000))
    except ImageError as error:
        assert str(error)
    else:
        assert picture.mode == "RGB"


def test_it_still_answers(post):
    for data in GOOD.values():
        assert post(with_image(data)).status_code == 200
