"""Requests that no client should send: bodies near and far from the forms, good images with bytes changed.

For the benchmark of the endpoint, and for its tests.
"""

import base64
import io
import json

import numpy as np
from hypothesis import strategies as st
from PIL import Image

SIZE = (40, 30)


def encoded(file_format: str, **options: str) -> bytes:
    """Return a small picture of noise as a file."""
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
    Image.fromarray(noise).save(buffer, file_format, **options)
    return buffer.getvalue()


def text(data: bytes) -> str:
    """Return bytes in base64."""
    return base64.b64encode(data).decode()


GOOD = {name: encoded(name) for name in ("PNG", "JPEG", "GIF", "WEBP", "BMP")}
GOOD["TIFF"] = encoded("TIFF", compression="tiff_lzw")

_json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_images = st.sampled_from(
    [text(GOOD["PNG"]), text(GOOD["JPEG"]), "data:,", "http://127.0.0.1/", "ftp://x"]
) | st.text(max_size=40)
_images |= st.binary(max_size=60).map(text)
_params = st.fixed_dictionaries(
    {},
    optional={
        "top_k": st.integers(-1, 9),
        "response": st.sampled_from(["P1", "P2", "P3", "x"]),
        "explain": st.sampled_from([True, False, "true", None]),
    },
)
_index = st.lists(st.integers() | st.text(max_size=3), max_size=3)
_tables = st.fixed_dictionaries(
    {"columns": st.just(["image"]), "data": st.lists(_images | st.lists(_images, max_size=2), max_size=3)},
    optional={"index": _index},
)
_near = st.one_of(
    st.fixed_dictionaries({"input_data": _tables}, optional={"params": _params}),
    st.fixed_dictionaries({"input_data": st.lists(_images, max_size=3)}, optional={"params": _params}),
    st.fixed_dictionaries({"inputs": st.fixed_dictionaries({"image": st.lists(_images, max_size=3)})}),
)
bodies = st.binary(max_size=200) | _json_values.map(lambda v: json.dumps(v).encode())
bodies |= _near.map(lambda v: json.dumps(v).encode())
_changes = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=12
)
damaged = st.builds(
    lambda name, changes, keep: mutated(GOOD[name], changes, keep),
    st.sampled_from(sorted(GOOD)),
    _changes,
    st.floats(0.05, 1),
)


def mutated(data: bytes, changes: list[tuple[float, int]], keep: float = 1.0) -> bytes:
    """Change single bytes, most of them in the headers, where decoders go wrong, and cut off the end."""
    damaged = bytearray(data)
    for place, value in changes:
        damaged[int(place * min(len(damaged), 400))] = value
    return bytes(damaged[: max(1, int(keep * len(damaged)))])


def with_image(data: bytes) -> bytes:
    """Return the body of a request for one image."""
    return json.dumps({"input_data": [text(data)]}).encode()
