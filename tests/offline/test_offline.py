"""The network is blocked in tests, in what they start, and in the lessons that nbmake runs."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).parents[2]
PUBLIC = "192.0.2.1"  # reserved for documentation: nobody has it
REACH = f"""
import os, socket
def refused(call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        return type(error).__name__ == "NetworkBlockedError"
assert refused(socket.create_connection, ("{PUBLIC}", 80), 5)
assert refused(socket.getaddrinfo, "example.org", 443)
"""


def test_a_public_address_is_refused() -> None:
    with pytest.raises(OSError, match=r"network is blocked in tests: got \('192.0.2.1', 80\)"):
        socket.create_connection((PUBLIC, 80), timeout=5)
    with socket.socket() as plain, pytest.raises(OSError, match="network is blocked"):
        plain.connect_ex((PUBLIC, 80))


def test_a_name_is_not_looked_up() -> None:
    with pytest.raises(OSError, match=r"network is blocked in tests: got 'example\.org'"):
        socket.getaddrinfo("example.org", 443)
    with pytest.raises(OSError, match="network is blocked"):
        urllib.request.urlopen("http://example.org")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_works(host: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection((host, server.getsockname()[1]), timeout=5) as client,
    ):
        client.sendall(b"hello")
        connection, _ = server.accept()
        with connection:
            assert connection.recv(5) == b"hello"


def test_a_subprocess_is_refused() -> None:
    subprocess.run([sys.executable, "-c", REACH], check=True, timeout=900)


def test_a_lesson_under_nbmake_is_refused_and_has_the_demo_assets(tmp_path: Path) -> None:
    """The same as `pytest --nbmake notebooks` in the checkout, with a lesson that tries to get out."""
    shutil.copy(ROOT / "conftest.py", tmp_path)
    shutil.copytree(ROOT / "tests" / "offline", tmp_path / "tests" / "offline")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "notebooks").mkdir()
    demo = 'assert os.environ["VITCOURSE_ASSETS"] == "demo" and "VITCOURSE_MIRROR" not in os.environ'
    cells = [new_code_cell(REACH), new_code_cell(demo)]
    nbformat.write(new_notebook(cells=cells), tmp_path / "notebooks" / "00_reach_out.ipynb")
    env = {**os.environ, "VITCOURSE_ASSETS": "real", "VITCOURSE_MIRROR": "mirror"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbmake", "notebooks"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=900, env=env)
    assert run.returncode == 0, run.stdout
    assert "1 passed" in run.stdout
