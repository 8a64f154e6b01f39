"""The online endpoint without its HTTP: from the bytes of a body to the bytes of an answer.

Reading, decoding and writing run on threads, the model on a thread of its own; the event loop only waits.

Taught in lesson 13.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import torch
from pydantic_core import to_json

from vitcourse.classifier import Classifier
from vitcourse.endpoint import decoding, schema, scoring
from vitcourse.endpoint.addresses import MAX_CONNECTIONS, Fetcher
from vitcourse.endpoint.batching import Batcher, Places
from vitcourse.endpoint.metrics import Metrics
from vitcourse.endpoint.schema import Request
from vitcourse.endpoint.settings import Settings
from vitcourse.images import ImageError

EXPLAINED_REQUESTS = 4  # of the largest that may be; more are told to come back


class Service:
    """A classifier behind a queue.

    Attributes:
        places: The bounded queue.

    Taught in lesson 13.
    """

    def __init__(self, classifier: Classifier, settings: Settings, metrics: Metrics) -> None:
        """Start the threads; needs a running event loop."""
        self._classifier, self._settings = classifier, settings
        # One core for each thread that decodes (PyTorch keeps this number per thread), all for the model.
        self._threads = ThreadPoolExecutor(
            settings.decoders or os.cpu_count(), "decode", torch.set_num_threads, (1,)
        )
        self._batcher = Batcher(
            classifier.forward,
            settings.max_batch or classifier.batch_size,
            settings.linger_ms / 1000,
            metrics.batch_sizes.observe,
            settings.workers,
        )
        self.places = Places(settings.queue_size)
        # One after the other, on one core and with few places: explanations shall hold up nobody else.
        self._explaining = ThreadPoolExecutor(1, "explain", torch.set_num_threads, (1,))
        self._to_explain = Places(EXPLAINED_REQUESTS * settings.max_explained)
        self._fetcher, self._fetches = None, asyncio.Semaphore(MAX_CONNECTIONS)
        if settings.allow_urls:
            self._fetcher = Fetcher(settings.limits, settings.allow_hosts, settings.fetch_seconds)

    async def close(self) -> None:
        """Stop the threads, when nothing is asked any more."""
        if self._fetcher:
            await self._fetcher.close()
        await self._batcher.close()
        self._threads.shutdown()
        self._explaining.shutdown()

    async def answer(self, body: bytes) -> bytes:
        """Answer the body of a request that holds one place already.

        Raises:
            RequestError: With the status that fits; see `schema` and `scoring`.
        """
        request = await self._on_thread(schema.parse, body)
        scoring.check(request, self._classifier, self._settings.limits)
        number, explain = len(request.images), request.params.explain
        with self.places.take(max(number - 1, 0)), self._to_explain.take(number if explain else 0):
            prepared = await self._prepare(request)
            logits = await self._batcher.run(prepared)
            explanations = await self._explain(prepared, logits) if explain else None
            return await self._on_thread(_write, request, logits, self._classifier, explanations)

    async def _explain(self, prepared: list[torch.Tensor], logits: list[torch.Tensor]) -> list[dict]:
        return await asyncio.get_running_loop().run_in_executor(
            self._explaining, scoring.explain, prepared, logits, self._classifier
        )

    async def _prepare(self, request: Request) -> list[torch.Tensor]:
        self._batcher.coming += len(request.images)
        try:
            results = await asyncio.gather(*map(self._prepare_one, request.images))
        finally:
            self._batcher.coming -= len(request.images)
        return scoring.collect(request, results)

    async def _prepare_one(self, image: str) -> torch.Tensor | ImageError:
        if not (self._fetcher and decoding.is_address(image)):
            return await self._decode(image)
        async with self._fetches:  # until it is decoded: that many files are in memory, and no more
            try:
                return await self._decode(await self._fetcher.fetch(image))
            except ImageError as error:
                return error

    async def _decode(self, image: str | bytes) -> torch.Tensor | ImageError:
        return await self._on_thread(scoring.try_prepare, image, self._classifier, self._settings.limits)

    async def _on_thread(self, function: object, *arguments: object) -> object:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


def _write(
    request: Request,
    logits: list[torch.Tensor],
    classifier: Classifier,
    explanations: list[dict] | None,
) -> bytes:
    return to_json(scoring.answer(request, logits, classifier, explanations))
