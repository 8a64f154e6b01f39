"""Many requests in a row, as benchmarks/endpoint.py sends them: none fails, and memory stays."""

import json

import endpoint
import pytest
import serving

from vitcourse.endpoint import local

REQUESTS, SETTLED = 1500, 500


@pytest.mark.slow
def test_memory_stays_over_many_requests(record_property):
    payloads = [json.dumps({"input_data": [text]}).encode() for text in serving.TEXTS]
    with local.start("vit-micro", compile=False) as server:
        found = endpoint.soak(
            endpoint.Server(f"{server.address}/score", server.process), payloads, REQUESTS, SETTLED
        )
    record_property("measured", str(found))
    assert found["ratio"] <= 1.05
