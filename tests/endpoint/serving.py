"""What the tests of the endpoint share: a tiny classifier, pictures, schemas, a server on the loopback."""

import base64
import contextlib
import io
import json
import threading
import time

import numpy as np
import torch
import uvicorn
from jsonschema import Draft202012Validator
from PIL import Image
from referencing import Registry, Resource
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

import vitcourse as vc
from vitcourse.endpoint import app, openapi
from vitcourse.endpoint.settings import Settings

LABELS = ["can", "carton", "milk_bottle", "water_bottle"]
SCHEMAS = openapi.schemas()
TINY = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 48,
    "image_size": 32,
    "patch_size": 16,
    "id2label": dict(enumerate(LABELS)),
    "initializer_range": 0.5,
}
_REGISTRY = Registry().with_resources(
    (f"{name}.json", Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)


def is_valid(name, value):
    return Draft202012Validator(SCHEMAS[name], registry=_REGISTRY).is_valid(value)


def classifier(multi_label=False, precision="fp32"):
    torch.manual_seed(0)
    config = ViTConfig(
        **TINY,
        problem_type="multi_label_classification" if multi_label else "single_label_classification",
    )
    processor = ViTImageProcessor(size={"height": 32, "width": 32}, do_center_crop=False)
    return vc.Classifier((ViTForImageClassification(config).eval(), processor), precision)


def picture(seed, size=(40, 30)):
    generator = np.random.default_rng(seed)
    return Image.fromarray(generator.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8))


def encoded(image, file_format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def text(data):
    return base64.b64encode(data).decode()


FILES = [encoded(picture(seed)) for seed in range(6)]
TEXTS = [text(data) for data in FILES]


def with_images(sample, images):
    """A sample of the cards with real images in the place of "image1" and "image2"."""
    return json.loads(
        json.dumps(sample)
        .replace('"image1"', json.dumps(images[0]))
        .replace('"image2"', json.dumps(images[1]))
    )


def scores(row):
    """What one entry of P1, P2 or P3 says of each class."""
    if isinstance(row, dict) and "probs" in row:
        return dict(zip(row["labels"], row["probs"], strict=True))
    entries = row.values() if isinstance(row, dict) else row
    return {entry["label"]: entry["score"] for entry in entries}


def until(condition):
    deadline = time.monotonic() + 900
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


@contextlib.contextmanager
def running(model, key=None, **settings):
    """Serve a classifier from a thread; yields the address."""
    application = app.create(model, Settings(model="tiny", **settings), key)
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 900
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the server did not stop"
