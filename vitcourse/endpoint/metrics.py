"""What an endpoint counts, in the text format of Prometheus.

Taught in lesson 13.
"""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATHS = ("/", "/score", "/health", "/health/live", "/health/ready", "/metrics")
_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_SIZES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """The counters of one endpoint."""

    def __init__(self) -> None:
        """Start from zero, in a registry of their own."""
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "vitcourse_requests_total", "Requests answered.", ("path", "status"), registry=self._registry
        )
        self.seconds = Histogram(
            "vitcourse_request_seconds",
            "Time to answer.",
            ("path",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.batch_sizes = Histogram(
            "vitcourse_batch_images", "Images a forward pass.", buckets=_SIZES, registry=self._registry
        )
        self.queue = Gauge(
            "vitcourse_queue_images", "Images accepted and not answered.", registry=self._registry
        )

    def as_text(self) -> bytes:
        """Return all of them as text."""
        return generate_latest(self._registry)


class Measured:
    """Counts and times every request, whatever answers it (ASGI middleware)."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Stand before an application."""
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and watch its status."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500
        path = scope["path"] if scope["path"] in PATHS else "other"

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._metrics.requests.labels(path, status).inc()
            self._metrics.seconds.labels(path).observe(time.perf_counter() - start)
