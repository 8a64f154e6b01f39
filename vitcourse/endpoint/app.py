"""The endpoint as a FastAPI application: `POST /score`, `GET /`, `/health`, `/metrics`, `/docs`.

Taught in lesson 13.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request, Response
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from vitcourse import __version__
from vitcourse.classifier import Classifier
from vitcourse.endpoint import access, openapi
from vitcourse.endpoint.batching import OVERLOADED
from vitcourse.endpoint.metrics import Measured, Metrics
from vitcourse.endpoint.schema import MALFORMED, TOO_LARGE, RequestError
from vitcourse.endpoint.service import Service
from vitcourse.endpoint.settings import Settings

RETRY_SECONDS = 1
_NOT_IN_TIME = 408


def create(classifier: Classifier, settings: Settings, key: bytes | None = None) -> FastAPI:
    """Make the application.

    Args:
        classifier: The model to serve.
        settings: Limits, queue, addresses.
        key: What callers of `/score` must send; None for no key.

    Taught in lesson 13.
    """
    metrics = Metrics()

    @contextlib.asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = Service(classifier, settings, metrics)
        yield
        await app.state.service.close()

    app = FastAPIOffline(  # FastAPI, but the scripts of /docs come from this server
        title="vitcourse endpoint",
        version=__version__,
        lifespan=running,
        redoc_url=None,
        swagger_ui_parameters={"validatorUrl": None},  # else it asks a public service for a badge
    )
    app.add_middleware(Measured, metrics=metrics)
    _add_errors(app)
    _add_score(app, settings, key)
    _add_information(app, metrics, classifier)
    openapi.add_schemas(app, with_key=key is not None)
    return app


def _add_score(app: FastAPI, settings: Settings, key: bytes | None) -> None:
    @app.post("/score", openapi_extra=openapi.score_documentation(), summary="Classify images")
    async def score(request: Request) -> Response:
        access.check(key, request.headers.get("authorization"))
        service: Service = app.state.service
        with service.places.take(1):
            body = await _read(request, int(settings.max_body_mb * 1e6), settings.read_seconds)
            return Response(await service.answer(body), media_type="application/json")


def _add_information(app: FastAPI, metrics: Metrics, classifier: Classifier) -> None:
    @app.get("/", summary="What is served")
    async def root() -> dict:
        return {"healthy": True, "classes": len(classifier.labels), "multi_label": classifier.multi_label}

    @app.get("/health", summary="Live and ready?")
    @app.get("/health/ready", summary="Is there room for a request?", responses={OVERLOADED: {}})
    async def ready(response: Response) -> dict:
        places = app.state.service.places
        free = places.taken < places.size
        if not free:
            response.status_code = OVERLOADED
        return {"live": True, "ready": free}

    @app.get("/health/live", summary="Does the server answer?")
    async def live() -> dict:
        return {"live": True}

    @app.get("/metrics", summary="Counters, in Prometheus text", response_class=Response)
    async def counters() -> Response:
        metrics.queue.set(app.state.service.places.taken)
        return Response(metrics.as_text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _add_errors(app: FastAPI) -> None:
    """Answer every error in the form of schemas/error.json, never with a stack trace."""

    @app.exception_handler(RequestError)
    async def refused(_: Request, error: RequestError) -> Response:
        headers = {
            OVERLOADED: {"Retry-After": str(RETRY_SECONDS)},
            access.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
        }
        return _error(error.status, error.as_dict(), headers.get(error.status))

    @app.exception_handler(HTTPException)
    async def no_such_page(_: Request, error: HTTPException) -> Response:
        return _error(error.status_code, {"error": str(error.detail)}, error.headers)

    @app.exception_handler(Exception)
    async def unexpected(_: Request, __: Exception) -> Response:
        return _error(500, {"error": "the server failed; its log says why"})


def _error(status: int, content: dict, headers: dict | None = None) -> Response:
    return Response(json.dumps(content), status, headers, media_type="application/json")


async def _read(request: Request, limit: int, seconds: float) -> bytes:
    """Return the body of a request.

    Raises:
        RequestError: Status 413 if it is larger than the limit in bytes, 408 if it takes longer.
    """
    try:
        return await asyncio.wait_for(_read_up_to(request, limit), seconds)
    except asyncio.TimeoutError:
        raise RequestError(_NOT_IN_TIME, f"the body did not arrive within {seconds:g} s") from None
    except ClientDisconnect:
        raise RequestError(MALFORMED, "the connection ended before the body was whole") from None


async def _read_up_to(request: Request, limit: int) -> bytes:
    announced = request.headers.get("content-length", "0")
    size, parts = 0, []
    if announced.isdecimal() and int(announced) <= limit:
        async for part in request.stream():
            parts.append(part)
            size += len(part)
            if size > limit:
                break
        else:
            return b"".join(parts)
    raise RequestError(TOO_LARGE, f"the body is too large; expected at most {limit} bytes")
