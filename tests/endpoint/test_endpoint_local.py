"""A server of one's own: it starts, tells its address, and never stays behind."""

import subprocess
import sys
import textwrap

import psutil
import pytest
import requests
import serving

from vitcourse.endpoint import local

TALKS = "print('INFO: Uvicorn running on http://127.0.0.1:1 (Press CTRL+C to quit)', flush=True)"
SLEEPS = "import time; time.sleep(3000)"


def python(*lines):
    return [sys.executable, "-c", "\n".join(lines)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    made = serving.classifier()
    made.model.save_pretrained(folder)
    made.processor.save_pretrained(folder)
    return folder


@pytest.mark.slow
def test_a_model_is_served_with_a_key_until_the_block_ends(folder, monkeypatch):
    monkeypatch.setenv("VITCOURSE_API_KEY", "another")
    body = {"input_data": serving.TEXTS[:1], "params": {"top_k": 1}}
    with local.start(folder, key="secret", decoders=1, allow_urls=True, allow_hosts=["a.example"]) as server:
        assert requests.post(f"{server.address}/score", json=body, timeout=900).status_code == 401
        headers = {"Authorization": "Bearer secret"}
        answer = requests.post(f"{server.address}/score", json=body, headers=headers, timeout=900)
        assert len(answer.json()[0]) == 1
    assert server.process.poll() is not None
    with pytest.raises(requests.ConnectionError):
        requests.get(server.address, timeout=5)


@pytest.mark.slow
def test_what_does_not_start_says_why(tmp_path):
    with pytest.raises(local.ServerError, match=r"ended before it answered.*\n.*no checkpoint"):
        local.start(tmp_path / "nothing")


def test_a_failing_block_ends_the_server():
    with pytest.raises(ZeroDivisionError), local.Server(python(TALKS, SLEEPS)) as server:
        assert server.address == "http://127.0.0.1:1"
        1 / 0  # noqa: B018
    assert server.process.poll() is not None
    server.stop()


def test_a_server_that_nobody_holds_any_more_ends():
    process = local.Server(python(TALKS, SLEEPS)).process
    assert process.wait(900) is not None


def test_a_server_that_does_not_answer_in_time_is_stopped():
    ready = "print('thinking', flush=True)"
    with pytest.raises(local.ServerError, match=r"within 2 s; what it said last:\nthinking"):
        local.Server(python(ready, SLEEPS), start_seconds=2)


def test_a_server_that_talks_much_is_not_held_up():
    with local.Server(python(TALKS, "for n in range(50_000): print(n)", SLEEPS)) as server:
        serving.until(lambda: server.log.endswith("49999\n"))
        assert server.log.count("\n") == 200


def test_it_ends_with_the_process_that_started_it():
    program = f"""
        import sys
        from vitcourse.endpoint import local
        server = local.Server([sys.executable, "-c", {chr(10).join([TALKS, SLEEPS])!r}])
        print(server.process.pid)
        raise RuntimeError("a cell fails")
    """
    ended = subprocess.run(python(textwrap.dedent(program)), capture_output=True, text=True, timeout=900)
    assert "a cell fails" in ended.stderr
    assert not psutil.pid_exists(int(ended.stdout))
