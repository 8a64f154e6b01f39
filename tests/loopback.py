"""A server on 127.0.0.1 that behaves as told: well, or in the ways real ones misbehave."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Loopback:
    """`routes[path]` is a list of behaviours: one a GET, the last one for good. Else 404."""

    def __init__(self):
        self.routes = {}
        self.requests = []
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def close(self):
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    def count(self, path):
        return sum(requested == path for _, requested in self.requests)

    def _take(self, method, path):
        with self._lock:
            self.requests.append((method, path))
            behaviours = self.routes.get(path, [status(404)])
            return behaviours.pop(0) if len(behaviours) > 1 and method == "GET" else behaviours[0]

    def _handler(self):
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                path = self.path.partition("?")[0]
                loopback._take("GET", path)(self, loopback)

            def do_HEAD(self):
                loopback._take("HEAD", self.path.partition("?")[0])(self, loopback)

            def log_message(self, *arguments):
                """Keep the test's output clean."""

        return Handler


def _head(handler, code, length, headers=()):
    handler.send_response(code)
    handler.send_header("Content-Length", str(length))
    for name, value in dict(headers).items():
        handler.send_header(name, value)
    handler.end_headers()


def _write(handler, body):
    if handler.command != "HEAD":
        handler.wfile.write(body)
        handler.wfile.flush()


def serve(body, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def behave(handler, loopback):
        _head(handler, 200, len(body), headers)
        _write(handler, body)

    return behave


def status(code):
    def behave(handler, loopback):
        _head(handler, code, 0)

    return behave


def slow(body, seconds):
    def behave(handler, loopback):
        loopback.over.wait(seconds)
        serve(body)(handler, loopback)

    return behave


def hold(body, asked, given):
    """Release the semaphore `asked`, and answer once the event `given` is set."""

    def behave(handler, loopback):
        asked.release()
        given.wait()
        serve(body)(handler, loopback)

    return behave


def stall(body):
    """Half of the body, then silence with the connection open."""

    def behave(handler, loopback):
        _head(handler, 200, len(body))
        _write(handler, body[: len(body) // 2])
        loopback.over.wait(30)

    behave.read_seconds = 0.4  # how long a test's client should wait before it gives up
    return behave


def drip(body, pieces, pause):
    """The body in pieces with a pause after each: never silent, never fast."""

    def behave(handler, loopback):
        _head(handler, 200, len(body))
        step = len(body) // pieces
        for start in range(0, len(body), step):
            _write(handler, body[start : start + step])
            if loopback.over.wait(pause):
                return

    return behave


def truncate(body):
    """Half of the body, then the connection is closed."""

    def behave(handler, loopback):
        _head(handler, 200, len(body))
        _write(handler, body[: len(body) // 2])

    return behave


def hang_up(handler, loopback):
    """Close the connection without an answer."""


def endless(handler, loopback):
    """A body of unknown length that does not end."""
    handler.send_response(200)
    handler.end_headers()
    while not loopback.over.is_set():
        try:
            handler.wfile.write(bytes(100_000))
        except OSError:  # the client had enough
            return
