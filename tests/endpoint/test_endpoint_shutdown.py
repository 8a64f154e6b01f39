"""`vitcourse serve` as a process: it answers what it accepted before it ends."""

import os
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import serving
from loopback import Loopback, hold

from vitcourse.endpoint import local

SECONDS = 900  # more than any step takes


@pytest.fixture
def host():
    """A host of one picture, which is given when the test says so."""
    host = Loopback()
    host.asked, host.given = threading.Semaphore(0), threading.Event()
    host.routes["/a.png"] = [hold(serving.FILES[0], host.asked, host.given)]
    yield host
    host.given.set()
    host.close()


@pytest.fixture
def served(tmp_path, host):
    """A process that serves a tiny model from a folder, with a key, and fetches from one host."""
    model = serving.classifier()
    model.model.save_pretrained(tmp_path / "model")
    model.processor.save_pretrained(tmp_path / "model")
    (tmp_path / "key").write_text("secret")
    (tmp_path / "endpoint.yaml").write_text(
        f"model: {tmp_path / 'model'}\nport: 0\napi_key_file: {tmp_path / 'key'}\ndecoders: 1\n"
        f"allow_urls: true\nfetch_seconds: {SECONDS}\n"
        f"allow_hosts: ['{host.address.removeprefix('http://')}']\n"
    )
    command = [sys.executable, "-m", "vitcourse", "serve", "--config", str(tmp_path / "endpoint.yaml")]
    with local.Server(command, {**os.environ, "OMP_NUM_THREADS": "1"}) as server:
        yield server


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
def test_what_was_accepted_is_answered_after_sigterm(served, host):
    process, address = served.process, served.address
    body = {"input_data": [f"{host.address}/a.png", serving.TEXTS[1]]}
    headers = {"Authorization": "Bearer secret"}

    def ask(_):
        return requests.post(f"{address}/score", json=body, headers=headers, timeout=SECONDS)

    assert requests.post(f"{address}/score", json={"input_data": []}, timeout=900).status_code == 401
    with ThreadPoolExecutor(6) as clients:
        futures = [clients.submit(ask, number) for number in range(6)]
        assert all(host.asked.acquire(timeout=SECONDS) for _ in futures)
        process.send_signal(signal.SIGTERM)
        wait_until_closed(address)
        assert not any(future.done() for future in futures)
        host.given.set()
        answers = [future.result() for future in futures]
    assert [answer.status_code for answer in answers] == [200] * 6
    assert all(len(answer.json()) == 2 for answer in answers)
    assert process.wait(900) in (0, -signal.SIGTERM)
    served.stop()
    assert "Traceback" not in served.log
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=5)


def wait_until_closed(address):
    """Wait until nothing new is accepted."""
    host, port = address.removeprefix("http://").split(":")
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, int(port)), timeout=5).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)
    raise AssertionError(f"{address} still accepts connections {SECONDS} s after SIGTERM")
