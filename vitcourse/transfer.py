"""One file from one http(s) address: time-outs, retries with back-off, a progress bar.

The transfer is pooch's. It repeats neither a request that can't succeed, such as 404,
nor a host that can't be reached at all: the next address is the better bet.
"""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from vitcourse import storage

CONNECT_SECONDS = 6.0
READ_SECONDS = 15.0  # without a single byte arriving
ATTEMPTS = 3
PAUSE_SECONDS = 1.0  # before the second attempt, doubled before each further one
SLOWEST_BYTES_PER_SECOND = 2_000
CHUNK_BYTES = 32_768
BROKEN_OFF = "the connection broke off before the end"
PASSING_STATUSES = (408, 425, 429, 500, 502, 503, 504)


class TransferError(RuntimeError):
    """An address did not deliver; the message is what it answered.

    Attributes:
        passing: Whether the same request may well succeed a moment later.
    """

    def __init__(self, message: str, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


def fetch(address: str, path: Path, limit_bytes: float) -> None:
    """Download one file.

    Args:
        address: Its http(s) address.
        path: File to write; what is there is overwritten.
        limit_bytes: Size above which the transfer is broken off.

    Raises:
        TransferError: If the address does not deliver, after up to `ATTEMPTS` requests.
        StorageError: If the disk has no room for it.
    """
    pause = PAUSE_SECONDS
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _fetch_once(address, path, limit_bytes)
        except TransferError as error:
            if not error.passing:
                raise
            if attempt == ATTEMPTS:
                raise TransferError(f"{error} ({ATTEMPTS} attempts)") from error
        time.sleep(pause)
        pause *= 2
    raise ValueError(f"ATTEMPTS is {ATTEMPTS}, expected 1 or more")


def _fetch_once(address: str, path: Path, limit_bytes: float) -> None:
    import pooch
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    progress = _Progress(path, limit_bytes)
    downloader = pooch.HTTPDownloader(
        progressbar=progress, chunk_size=CHUNK_BYTES, timeout=(CONNECT_SECONDS, READ_SECONDS)
    )
    try:
        downloader(address, str(path), None)
    except (RequestException, HTTPError, ValueError) as error:  # ValueError: a header that is no number
        raise _as_transfer_error(error) from error
    finally:
        progress.close()
    if path.stat().st_size < progress.total:
        raise TransferError(BROKEN_OFF, passing=True)


def exists(address: str) -> bool:
    """Whether an address answers a HEAD request with success; 404 and the like mean no.

    Raises:
        TransferError: If the host does not answer, or answers with an error of its own (5xx).
    """
    import requests

    try:
        answer = requests.head(address, timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=True)
        if answer.status_code >= 500:
            answer.raise_for_status()
    except requests.RequestException as error:
        raise TransferError(f"{redacted(address)}: {_as_transfer_error(error)}") from error
    return answer.ok


def redacted(address: str) -> str:
    """An address without user name, password and query, fit for an error message."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


class _Progress:
    """What pooch reports to: draws the bar and breaks off what is too large or too slow."""

    def __init__(self, path: Path, limit_bytes: float) -> None:
        self._path = path
        self._limit_bytes = limit_bytes
        self._started = time.monotonic()
        self._received = 0
        self._total = 0
        self._bar = None

    @property
    def total(self) -> int:
        return self._total

    @total.setter
    def total(self, announced_bytes: int) -> None:
        """Called by pooch with the announced size, or 0, before the body is read."""
        from tqdm.auto import tqdm

        self._total = announced_bytes
        self._refuse_above_limit(announced_bytes)
        storage.ensure_space(self._path.parent, announced_bytes)
        self._bar = tqdm(
            desc=self._path.name,
            total=announced_bytes or None,
            unit="B",
            unit_scale=True,
            disable=None,  # no bar where stderr is neither a terminal nor a notebook
        )

    def _refuse_above_limit(self, size_bytes: int) -> None:
        if size_bytes > self._limit_bytes:
            limit = f"{self._limit_bytes / 1e6:.0f} MB"
            raise TransferError(
                f"sends {size_bytes / 1e6:.0f} MB or more, which is above the limit of {limit}"
            )

    def update(self, size_bytes: int) -> None:
        self._received += size_bytes
        self._refuse_above_limit(self._received - CHUNK_BYTES)
        self._bar.update(size_bytes)
        seconds = time.monotonic() - self._started
        if seconds > READ_SECONDS and self._received / seconds < SLOWEST_BYTES_PER_SECOND:
            raise TransferError(f"sends only {self._received / seconds:.0f} bytes a second", passing=True)

    def reset(self) -> None:
        """Called by pooch when the body has ended, before it reports the total once more."""
        self._received = 0
        self._bar.n = 0  # the bar's own reset would also forget when it began

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _as_transfer_error(error: Exception) -> TransferError:
    """Say in plain words what went wrong, and whether it may pass."""
    from requests import exceptions
    from urllib3.exceptions import NewConnectionError, ReadTimeoutError

    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", None)
    if isinstance(error, exceptions.HTTPError):
        status = error.response.status_code
        return TransferError(f"HTTP {status} {error.response.reason}", passing=status in PASSING_STATUSES)
    if isinstance(error, exceptions.ConnectTimeout):
        return TransferError(f"no connection within {CONNECT_SECONDS:.0f} s")
    if isinstance(error, exceptions.ReadTimeout) or isinstance(cause, ReadTimeoutError):
        return TransferError(f"nothing arrived for {READ_SECONDS:g} s", passing=True)
    if isinstance(error, exceptions.SSLError):
        return TransferError(f"no secure connection: {reason or error}")
    if isinstance(error, exceptions.ProxyError):
        return TransferError(f"the proxy did not answer: {reason or error}")
    if type(reason).__name__ == "NameResolutionError":
        return TransferError("host name not found (is there a network?)")
    if isinstance(reason, NewConnectionError):
        return TransferError("the host refuses connections or can't be reached")
    if isinstance(error, exceptions.ConnectionError | exceptions.ChunkedEncodingError):
        return TransferError(BROKEN_OFF, passing=True)
    return TransferError(f"{type(error).__name__}: {error}")
