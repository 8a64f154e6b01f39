"""Dynamic batching: requests share forward passes, keep their order, and a full queue says so."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import serving
import torch
from serving import FILES, TEXTS

from vitcourse.endpoint.batching import Batcher, Places
from vitcourse.endpoint.schema import RequestError


class Slow:
    """A classifier whose model waits until it is let go, and counts its passes."""

    def __init__(self, classifier):
        self._classifier, self.sizes, self.go = classifier, [], threading.Event()

    def __getattr__(self, name):
        return getattr(self._classifier, name)

    def forward(self, pixel_values):
        self.sizes.append(len(pixel_values))
        assert self.go.wait(900)
        return self._classifier.forward(pixel_values)


@pytest.fixture
def slow(classifier):
    slow = Slow(classifier)
    yield slow
    slow.go.set()


def ask(address, image):
    return requests.post(f"{address}/score", json={"input_data": [image]}, timeout=900)


def queue(address):
    lines = requests.get(f"{address}/metrics", timeout=900).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("vitcourse_queue_images "))


@pytest.mark.parametrize("workers", [1, 2])
def test_requests_that_arrive_together_share_a_pass_and_get_their_own_answer(slow, classifier, workers):
    with serving.running(slow, max_batch=8, workers=workers) as address, ThreadPoolExecutor(12) as clients:
        order = [place % 6 for place in range(12)]
        futures = [clients.submit(ask, address, TEXTS[place]) for place in order]
        serving.until(lambda: queue(address) == 12)
        slow.go.set()
        answers = [future.result().json()[0] for future in futures]
    assert sum(slow.sizes) == 12
    assert len(slow.sizes) <= 4
    assert max(slow.sizes) <= 8
    expected = classifier.predict(FILES, top_k=None)
    for place, answer in zip(order, answers, strict=True):
        assert [entry["label"] for entry in answer] == [entry["label"] for entry in expected[place]]
        assert [e["score"] for e in answer] == pytest.approx([e["score"] for e in expected[place]], abs=1e-3)


def test_a_full_queue_answers_503_and_says_when_to_come_back(slow):
    settings = {"queue_size": 3, "max_images": 3, "max_batch": 1}
    with serving.running(slow, **settings) as address, ThreadPoolExecutor(3) as clients:
        futures = [clients.submit(ask, address, TEXTS[0]) for _ in range(3)]
        serving.until(lambda: queue(address) == 3)
        refused = ask(address, TEXTS[0])
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) >= 1
        assert serving.is_valid("error", refused.json())
        assert requests.get(f"{address}/health", timeout=900).status_code == 503
        assert requests.get(f"{address}/health/live", timeout=900).status_code == 200
        slow.go.set()
        assert [future.result().status_code for future in futures] == [200] * 3
        assert ask(address, TEXTS[0]).status_code == 200


def test_images_of_one_request_need_as_many_places(classifier):
    with serving.running(classifier, queue_size=4, max_images=4) as address:
        body = {"input_data": TEXTS[:4]}
        assert requests.post(f"{address}/score", json=body, timeout=900).status_code == 200
    places = Places(4)
    with places.take(3), pytest.raises(RequestError) as caught, places.take(2):
        pass
    assert caught.value.status == 503
    assert places.taken == 0


def test_a_batch_waits_only_for_images_that_are_coming():
    async def sizes(coming, linger):
        seen = []
        batcher = Batcher(lambda batch: batch.flatten(1), 8, linger, seen.append)
        batcher.coming = coming
        first = asyncio.create_task(batcher.run([torch.tensor([[1.0]])]))
        await asyncio.sleep(0.05)
        batcher.coming = 0
        second = asyncio.create_task(batcher.run([torch.tensor([[2.0]]), torch.tensor([[3.0]])]))
        rows = [row.item() for task in (first, second) for row in await task]
        await batcher.close()
        return seen, rows

    assert asyncio.run(sizes(coming=0, linger=5.0)) == ([1, 2], [1.0, 2.0, 3.0])
    waited, rows = asyncio.run(sizes(coming=2, linger=0.5))
    assert (waited, rows) == ([3], [1.0, 2.0, 3.0])


def test_a_failing_model_answers_500_without_a_trace_and_goes_on(classifier):
    class Failing(Slow):
        def forward(self, pixel_values):
            if not self.sizes:
                self.sizes.append(1)
                raise RuntimeError("out of memory at 0xdeadbeef")
            return self._classifier.forward(pixel_values)

    with serving.running(Failing(classifier)) as address:
        failed = ask(address, TEXTS[0])
        assert failed.status_code == 500
        assert serving.is_valid("error", failed.json())
        assert "deadbeef" not in failed.text
        assert ask(address, TEXTS[0]).status_code == 200


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_batch_does_not_change_the_probabilities(precision):
    model = serving.classifier(precision=precision)
    pixels = model.preprocess([serving.picture(seed) for seed in range(13)])
    alone = torch.cat([model.forward(pixels[place : place + 1]) for place in range(13)]).softmax(-1)
    for size in (2, 5, 13):
        together = torch.cat([model.forward(pixels[s : s + size]) for s in range(0, 13, size)]).softmax(-1)
        assert (together - alone).abs().max() < 1e-3
