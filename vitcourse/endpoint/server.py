"""`vitcourse serve`: load a model, then answer until told to stop.

Taught in lesson 13.
"""

import gc
import math

import PIL.Image
import uvicorn

from vitcourse.classifier import Classifier
from vitcourse.endpoint import access, app
from vitcourse.endpoint.settings import Settings


def serve(settings: Settings) -> None:
    """Serve a model until SIGINT or SIGTERM; what was accepted by then is answered.

    Raises:
        AccessError: If it would be open to the network without a key.
        CheckpointError: If there is no such model.

    Taught in lesson 13.
    """
    key = access.read_key(settings.api_key_file)
    access.check_binding(settings.host, key, settings.without_key, settings.open_to_network)
    classifier = Classifier(settings.model, settings.precision)
    if settings.compile:
        classifier.compile()
    warm_up(classifier)
    gc.freeze()  # the libraries' objects stay: to look through them again and again would hold up requests
    uvicorn.run(
        app.create(classifier, settings, key),
        host=settings.host,
        port=settings.port,
        log_level="info",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=math.ceil(settings.shutdown_seconds),
    )


def warm_up(classifier: Classifier) -> None:
    """Run the model once, so that the first request does not wait for it."""
    classifier.forward(classifier.preprocess([PIL.Image.new("RGB", (32, 32))]))
