"""Nothing that was there is lost, and nothing half-done looks whole."""

import contextlib
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import tiny
from loopback import serve, slow, stall

from vitcourse import archive, assets, storage
from vitcourse.assets import AssetError

FIRST = "/official/fridgeObjects.zip"
SECOND = "/second/fridgeObjects.zip"
GOOD = tiny.zipped(tiny.multiclass_members())

pytestmark = pytest.mark.usefixtures("tiny_registry")


def test_what_was_there_is_kept_when_the_download_fails(server, data):
    members = tiny.multiclass_members()
    del members["fridgeObjects/can/1.jpg"]
    tiny.write(
        data / "real", {**members, "fridgeObjects.zip": b"damaged", "fridgeObjects/notes.txt": b"mine"}
    )
    before = tiny.tree(data)
    server.routes[FIRST] = [serve(GOOD[:-9])]
    with pytest.raises(AssetError) as caught:
        assets.resolve("fridge")
    assert "'can' has 1 photos, expected 2" in str(caught.value)
    assert "fridgeObjects.zip: is no whole zip archive" in str(caught.value)
    assert tiny.tree(data) == before


def test_what_was_there_is_set_aside_when_the_download_succeeds(server, data):
    tiny.write(
        data / "real", {"fridgeObjects/notes.txt": b"mine", "fridgeObjects.set-aside-1/older.txt": b"too"}
    )
    server.routes[FIRST] = [serve(GOOD)]
    assets.resolve("fridge")
    assert tiny.tree(data / "real") == {
        **tiny.multiclass_members(),
        "fridgeObjects.set-aside-1/older.txt": b"too",
        "fridgeObjects.set-aside-2/notes.txt": b"mine",
    }


def test_a_full_disk_is_seen_before_anything_is_asked_for(server, data, monkeypatch):
    free = shutil._ntuple_diskusage(total=10**9, used=10**9 - 10**6, free=10**6)
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda path: free)
    with pytest.raises(AssetError, match=r"not enough disk space.*1 MB are free.*VITCOURSE_DATA"):
        assets.resolve("fridge")
    assert server.requests == []
    assert tiny.tree(data) == {}


def test_a_disk_that_fills_up_half_way(server, data, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.shutil, "copyfileobj", full)
    server.routes |= {FIRST: [serve(GOOD)], SECOND: [serve(GOOD)]}
    with pytest.raises(AssetError, match="the disk is full"):
        assets.resolve("fridge")
    assert server.count(SECOND) == 0  # another address would not help
    assert tiny.tree(data) == {}


def test_a_folder_that_can_not_be_written(server, data, monkeypatch):
    data.write_text("a file where the data folder should be")
    with pytest.raises(AssetError, match="VITCOURSE_DATA"):
        assets.resolve("fridge")
    data.unlink()
    data.mkdir()
    data.chmod(0o500)
    with contextlib.ExitStack() as stack:
        stack.callback(data.chmod, 0o700)
        if os.access(data, os.W_OK):  # root and Windows ignore the mode
            refuse = PermissionError(13, "Permission denied")
            monkeypatch.setattr(Path, "mkdir", lambda *args, **kwargs: (_ for _ in ()).throw(refuse))
        with pytest.raises(AssetError, match=r"can't be written to.*VITCOURSE_DATA"):
            assets.resolve("fridge")
    assert server.requests == []


PROGRAM = """
import sys
from pathlib import Path
from vitcourse import archive, assets, registry, storage
registry.REGISTRY_FILE = Path(sys.argv[1])
{change}
assets.resolve("fridge")
"""
HALT = "print('halted', flush=True); sys.stdin.read()"
IN_TRANSFER = ""
IN_UNPACKING = f"""
original, seen = archive._extract, []
def halting(*arguments):
    original(*arguments)
    seen.append(1)
    if len(seen) == 2:
        {HALT}
archive._extract = halting
"""
BEFORE_RENAMING = f"""
def halting(*arguments):
    {HALT}
storage.put_in_place = halting
"""


def start(tiny_registry, data, change=""):
    command = [sys.executable, "-c", PROGRAM.format(change=change), str(tiny_registry)]
    environment = {**os.environ, "VITCOURSE_DATA": str(data)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.parametrize(
    "where", [IN_TRANSFER, IN_UNPACKING, BEFORE_RENAMING], ids=["transfer", "unpack", "rename"]
)
def test_killed_in_the_middle_and_run_again(tiny_registry, server, data, where):
    long = tiny.zipped({**tiny.multiclass_members(), "fridgeObjects/long.bin": random.randbytes(400_000)})
    server.routes[FIRST] = [stall(long)] if where == IN_TRANSFER else [serve(GOOD)]
    process = start(tiny_registry, data, where)
    if where == IN_TRANSFER:
        deadline = time.monotonic() + 900
        while not any(path.stat().st_size for path in data.rglob("*.zip")):
            assert time.monotonic() < deadline, "nothing arrived"
            time.sleep(0.02)
    else:
        assert process.stdout.readline() == "halted\n"
    process.kill()  # SIGKILL
    process.communicate()
    assert tiny.tree(data), "the kill came too early to leave anything behind"
    assert assets.find("fridge") is None
    assert assets.mode() == "demo"

    server.routes[FIRST] = [serve(GOOD)]
    assets.resolve("fridge")
    assert tiny.tree(data / "real") == tiny.multiclass_members()


def test_two_processes_at_once_fetch_it_once(tiny_registry, server, data):
    server.routes[FIRST] = [slow(GOOD, 0.35)]
    processes = [start(tiny_registry, data) for _ in range(2)]
    outputs = [process.communicate(timeout=900) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert server.requests == [("GET", FIRST)]
    assert tiny.tree(data / "real") == tiny.multiclass_members()


def test_waiting_for_another_process_ends(tiny_registry, server, data, monkeypatch):
    monkeypatch.setattr(storage, "LOCK_SECONDS", 0.2)
    entered, leave = threading.Event(), threading.Event()

    def hold():
        with storage.locked(data / "real/fridgeObjects"):
            entered.set()
            leave.wait(900)

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait(900)
    with pytest.raises(AssetError, match="another process has been busy"):
        assets.resolve("fridge")
    leave.set()
    holder.join()
