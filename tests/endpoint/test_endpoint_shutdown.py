"""`vitcourse serve` as a process: it answers what it accepted before it ends."""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import serving
from PIL import Image

from vitcourse.endpoint import local


@pytest.fixture
def served(tmp_path):
    """A process that serves a tiny model from a folder, with a key."""
    model = serving.classifier()
    model.model.save_pretrained(tmp_path / "model")
    model.processor.save_pretrained(tmp_path / "model")
    (tmp_path / "key").write_text("secret")
    (tmp_path / "endpoint.yaml").write_text(
        f"model: {tmp_path / 'model'}\nport: 0\napi_key_file: {tmp_path / 'key'}\ndecoders: 1\n"
    )
    command = [sys.executable, "-m", "vitcourse", "serve", "--config", str(tmp_path / "endpoint.yaml")]
    with local.Server(command, {**os.environ, "OMP_NUM_THREADS": "1"}) as server:
        yield server


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
def test_what_was_accepted_is_answered_after_sigterm(served):
    process, address = served.process, served.address
    large = serving.text(serving.encoded(Image.new("RGB", (4500, 4500))))  # small to send, slow to decode
    headers = {"Authorization": "Bearer secret"}

    def ask(_):
        body = {"input_data": [large] * 10}
        return requests.post(f"{address}/score", json=body, headers=headers, timeout=60)

    assert requests.post(f"{address}/score", json={"input_data": []}, timeout=30).status_code == 401
    with ThreadPoolExecutor(6) as clients:
        futures = [clients.submit(ask, number) for number in range(6)]
        wait_for_images(address, 60)
        process.send_signal(signal.SIGTERM)
        answers = [future.result() for future in futures]
    assert [answer.status_code for answer in answers] == [200] * 6
    assert all(len(answer.json()) == 10 for answer in answers)
    assert process.wait(30) in (0, -signal.SIGTERM)
    served.stop()
    assert "Traceback" not in served.log
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=5)


def wait_for_images(address, number):
    """Wait until so many images are accepted, and none is answered."""
    for _ in range(1000):
        lines = requests.get(f"{address}/metrics", timeout=30).text.splitlines()
        if f"vitcourse_queue_images {number}.0" in lines:
            return
        time.sleep(0.01)
    raise AssertionError(f"{number} images were never waiting at the same time")
