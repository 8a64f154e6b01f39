"""Dynamic batching: images that arrive together share a forward pass, and the queue is bounded.

The model runs on threads of its own. While it computes, what arrives waits; all that waits is the next batch.
If more images are being decoded just then, the batch waits a few milliseconds for them.

Taught in lesson 13.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch

from vitcourse.endpoint.schema import RequestError

OVERLOADED = 503


class Places:
    """A bounded number of places for images that are accepted and not answered yet."""

    def __init__(self, size: int) -> None:
        """Start with all places free."""
        self.size, self.taken = size, 0

    @contextlib.contextmanager
    def take(self, count: int) -> Iterator[None]:
        """Hold places for as long as the block runs.

        Raises:
            RequestError: Status 503, if so many are not free.
        """
        if self.taken + count > self.size:
            raise RequestError(
                OVERLOADED,
                f"{self.taken} of {self.size} places are taken; try again when Retry-After has passed",
            )
        self.taken += count
        try:
            yield
        finally:
            self.taken -= count


class Batcher:
    """Runs a model on images of several requests at once; each gets its own row back.

    Attributes:
        coming: How many images are being decoded, and will be here soon; whoever decodes keeps it up to date.

    Taught in lesson 13.
    """

    def __init__(
        self,
        forward: Callable[[torch.Tensor], torch.Tensor],
        max_batch: int,
        linger_seconds: float,
        observe: Callable[[int], object] = int,
        workers: int = 1,
    ) -> None:
        """Start the tasks that make batches; needs a running event loop.

        Args:
            forward: From `pixel_values` (B, 3, H, W) to logits (B, C).
            max_batch: The most images a forward pass.
            linger_seconds: The longest time that a batch waits for images that are being decoded.
            observe: Called with the size of each batch.
            workers: Forward passes at the same time. One alone computes on all cores, several share them.
        """
        self._forward, self._observe = forward, observe
        self._max_batch, self._linger = max_batch, linger_seconds
        self._queue: asyncio.Queue[tuple[torch.Tensor, asyncio.Future]] = asyncio.Queue()
        self._threads = ThreadPoolExecutor(workers, "model")
        self._cores, self._workers, self._running = torch.get_num_threads(), workers, 0
        self.coming = 0
        self._tasks = [asyncio.create_task(self._work()) for _ in range(workers)]

    async def run(self, images: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Return the logits of images, each (1, C) for a (1, 3, H, W), in their order."""
        loop = asyncio.get_running_loop()
        futures = []
        for image in images:
            futures.append(loop.create_future())
            self._queue.put_nowait((image, futures[-1]))
        return await asyncio.gather(*futures)

    async def close(self) -> None:
        """Stop; call it when nothing is asked any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown()

    async def _work(self) -> None:
        while True:
            images, futures = zip(*await self._next_batch(), strict=True)
            self._observe(len(images))
            try:
                logits = await self._compute(torch.cat(images))
            except Exception as error:  # noqa: BLE001 - each request that waits gets it
                _settle(futures, lambda future, _, error=error: future.set_exception(error))
            else:
                _settle(futures, lambda future, row, logits=logits: future.set_result(logits[row : row + 1]))

    async def _compute(self, pixel_values: torch.Tensor) -> torch.Tensor:
        self._running += 1
        cores = self._cores if self._running == 1 else max(1, self._cores // self._workers)
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, _on_cores, cores, self._forward, pixel_values
            )
        finally:
            self._running -= 1

    async def _next_batch(self) -> list[tuple[torch.Tensor, asyncio.Future]]:
        batch = [await self._queue.get()]
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._linger
        while len(batch) < self._max_batch:
            left = deadline - loop.time()
            if not self._queue.empty():
                batch.append(self._queue.get_nowait())
            elif not self.coming or left <= 0:
                break
            else:
                with contextlib.suppress(asyncio.TimeoutError):
                    batch.append(await asyncio.wait_for(self._queue.get(), left))
        return batch


def _on_cores(
    cores: int, forward: Callable[[torch.Tensor], torch.Tensor], pixel_values: torch.Tensor
) -> torch.Tensor:
    torch.set_num_threads(cores)  # PyTorch keeps this number per thread
    return forward(pixel_values)


def _settle(futures: Sequence[asyncio.Future], settle: Callable[[asyncio.Future, int], None]) -> None:
    for row, future in enumerate(futures):
        if not future.done():  # else its request was cancelled
            settle(future, row)
