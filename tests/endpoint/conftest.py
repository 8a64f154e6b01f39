"""Endpoints that answer, one for each kind of model."""

import pytest
import serving


@pytest.fixture(scope="session")
def classifier():
    return serving.classifier()


@pytest.fixture(scope="session")
def multi_label():
    return serving.classifier(multi_label=True)


@pytest.fixture(scope="module")
def address(classifier):
    with serving.running(classifier, max_body_mb=1, max_images=20, queue_size=64) as address:
        yield address
