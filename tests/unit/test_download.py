"""Downloads over real HTTP, from a server on this machine that also misbehaves."""

import time

import pytest
import tiny
from loopback import drip, endless, hang_up, serve, stall, status, truncate
from processor_seconds import Stopwatch

from vitcourse import assets, registry, transfer
from vitcourse.assets import AssetError
from vitcourse.download import download

FIRST = "/official/fridgeObjects.zip"
SECOND = "/second/fridgeObjects.zip"
LABELS = "/official/multilabelFridgeObjects.zip"
GOOD = tiny.zipped(tiny.multiclass_members())

pytestmark = pytest.mark.usefixtures("tiny_registry")


# What goes right


def test_a_dataset_comes_from_its_official_address(server, data):
    server.routes[FIRST] = [serve(GOOD)]
    assert assets.resolve("fridge") == data / "real/fridgeObjects"
    assert tiny.tree(data / "real") == tiny.multiclass_members()
    assert [path.name for path in (data / "real").iterdir() if path.is_dir()] == ["fridgeObjects"]


def test_a_second_run_does_nothing(server, data, capsys):
    server.routes |= {FIRST: [serve(GOOD)], LABELS: [serve(tiny.zipped(tiny.multilabel_members()))]}
    download(["fridge", "fridge-multilabel", "fridge"])
    assert "To fetch: fridge (0 MB), fridge-multilabel (0 MB)" in capsys.readouterr().out
    before, asked = tiny.tree(data), list(server.requests)
    assert asked == [("GET", FIRST), ("GET", LABELS)]
    download(["fridge", "fridge-multilabel"])
    assert "Here already: fridge, fridge-multilabel." in capsys.readouterr().out
    assert server.requests == asked
    assert tiny.tree(data) == before


def test_without_names_exactly_the_core_set(server, data, monkeypatch):
    monkeypatch.setenv("VITCOURSE_MIRROR", tiny.serve_mirror(server))
    found = download()
    assert found == {
        "fridge": data / "real/fridgeObjects",
        "fridge-multilabel": data / "real/multilabelFridgeObjects",
        "vit-tiny": data / "real" / tiny.HUB_ID,
    }
    assert download("fridge") == {"fridge": data / "real/fridgeObjects"}


def test_the_mirror_is_asked_before_the_official_addresses(server, data, monkeypatch):
    server.routes[FIRST] = [serve(GOOD)]
    monkeypatch.setenv("VITCOURSE_MIRROR", tiny.serve_mirror(server))
    assets.resolve("fridge")
    assert server.requests == [("GET", "/m/datasets/fridgeObjects.zip")]


def test_a_mirror_folder_is_unpacked_and_not_touched(server, data, monkeypatch, tmp_path):
    folder = tiny.write(tmp_path / "mirror", {"datasets/fridgeObjects.zip": GOOD})
    monkeypatch.setenv("VITCOURSE_MIRROR", str(folder))
    assets.resolve("fridge")
    assert tiny.tree(data / "real") == tiny.multiclass_members()
    assert tiny.tree(folder) == {"datasets/fridgeObjects.zip": GOOD}
    assert server.requests == []


def test_a_zip_saved_by_hand_is_picked_up_and_kept(server, data):
    tiny.write(data / "real", {"fridgeObjects.zip": GOOD})
    assets.resolve("fridge")
    assert tiny.tree(data / "real") == {**tiny.multiclass_members(), "fridgeObjects.zip": GOOD}
    assert server.requests == []


def test_no_bar_where_stderr_is_no_terminal(server, capfd):
    server.routes[FIRST] = [serve(GOOD)]
    assets.resolve("fridge")
    assert capfd.readouterr().err == ""


def wait_little(monkeypatch, behaviour):
    """Give up soon on a server that is going to stall."""
    monkeypatch.setattr(transfer, "READ_SECONDS", getattr(behaviour, "read_seconds", 60.0))


# Addresses that misbehave: the next one is tried, and what is asked for comes out whole


FAILS = {  # how an address behaves, and how many requests it should get
    "404": (status(404), 1),
    "403": (status(403), 1),
    "500": (status(500), 3),
    "hangs up": (hang_up, 3),
    "stalls": (stall(GOOD), 3),
    "truncated": (truncate(GOOD), 3),
    "web page": (serve(b"<html>log in</html>"), 1),
    "cut zip": (serve(GOOD[:-30]), 1),
    "climbs out": (serve(tiny.zipped({**tiny.multiclass_members(), "../escaped.jpg": b"x"})), 1),
    "link": (serve(tiny.zipped({**tiny.multiclass_members(), tiny.link("fridgeObjects/link"): b"/etc"})), 1),
    "bomb": (serve(tiny.zipped({**tiny.multiclass_members(), "fridgeObjects/zeros": bytes(5_000_000)})), 1),
    "missing photo": (serve(tiny.zipped(dict(list(tiny.multiclass_members().items())[1:]))), 1),
    "bad photo": (serve(tiny.zipped({**tiny.multiclass_members(), "fridgeObjects/can/1.jpg": b"no"})), 1),
    "too large": (serve(b"0" * 3_000_000), 1),
}


@pytest.mark.parametrize(("behaviour", "requests"), FAILS.values(), ids=FAILS)
def test_the_next_address_when_one_fails(server, data, monkeypatch, behaviour, requests):
    wait_little(monkeypatch, behaviour)
    server.routes |= {FIRST: [behaviour], SECOND: [serve(GOOD)]}
    assets.resolve("fridge")
    assert tiny.tree(data / "real") == tiny.multiclass_members()
    assert server.count(FIRST) == requests
    assert not (data / "escaped.jpg").exists()


PASSES = {"500": status(500), "503": status(503), "hangs up": hang_up, "truncated": truncate(GOOD)}


@pytest.mark.parametrize("behaviour", [*PASSES.values(), stall(GOOD)], ids=[*PASSES, "stalls"])
def test_what_may_pass_is_tried_again(server, data, monkeypatch, behaviour):
    wait_little(monkeypatch, behaviour)
    server.routes[FIRST] = [behaviour, serve(GOOD)]
    assets.resolve("fridge")
    assert server.requests == [("GET", FIRST)] * 2
    assert tiny.tree(data / "real") == tiny.multiclass_members()


@pytest.mark.parametrize(
    ("behaviour", "answer"),
    [
        (status(404), r"HTTP 404 Not Found"),
        (stall(GOOD), r"nothing arrived for 0.4 s \(3 attempts\)"),
        (truncate(GOOD), r"broke off before the end \(3 attempts\)"),
        (hang_up, r"broke off before the end \(3 attempts\)"),
        (serve(bytes(3_000_000)), r"sends 3 MB or more, .*limit of 1 MB"),
        (endless, r"sends 1 MB or more, .*limit of 1 MB"),
    ],
    ids=["404", "stalls", "truncated", "hangs up", "too large", "endless"],
)
def test_what_an_address_answered_in_plain_words(server, tmp_path, monkeypatch, behaviour, answer):
    wait_little(monkeypatch, behaviour)
    server.routes["/file"] = [behaviour]
    watch, started = Stopwatch(), time.monotonic()
    with pytest.raises(transfer.TransferError, match=answer):
        transfer.fetch(f"{server.address}/file", tmp_path / "file", limit_bytes=1e6)
    assert watch.disturbed() or time.monotonic() - started < 8


def test_pauses_grow(server, monkeypatch):
    pauses = []
    monkeypatch.setattr(transfer.time, "sleep", pauses.append)
    server.routes[FIRST] = [status(500)]
    with pytest.raises(AssetError, match=r"HTTP 500 Internal Server Error \(3 attempts\)"):
        assets.resolve("fridge")
    assert pauses == [0.01, 0.02]


def test_a_transfer_that_only_drips_is_broken_off(server, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "ATTEMPTS", 1)
    monkeypatch.setattr(transfer, "CHUNK_BYTES", 10)
    monkeypatch.setattr(transfer, "READ_SECONDS", 1.0)
    server.routes["/drip"] = [drip(b"x" * 1000, pieces=100, pause=0.1)]
    watch, started = Stopwatch(), time.monotonic()
    with pytest.raises(transfer.TransferError, match="bytes a second"):
        transfer.fetch(f"{server.address}/drip", tmp_path / "drip", limit_bytes=1e6)
    assert watch.disturbed() or time.monotonic() - started < 8


def test_a_first_address_that_is_down(tiny_registry, server, data):
    tiny_registry.write_text(tiny.registry_text("http://127.0.0.1:9", server.address), encoding="utf-8")
    registry.entries.cache_clear()
    server.routes[SECOND] = [serve(GOOD)]
    assets.resolve("fridge")
    assert tiny.tree(data / "real") == tiny.multiclass_members()


def test_a_broken_http_mirror_checkpoint_is_not_kept(server, data, monkeypatch):
    monkeypatch.setenv("VITCOURSE_MIRROR", tiny.serve_mirror(server))
    weights = tiny.checkpoint_files()["model.safetensors"]
    server.routes[f"/m/models/{tiny.HUB_ID}/model.safetensors"] = [serve(weights[:-3])]
    with pytest.raises(AssetError, match="its header says"):
        assets.resolve("vit-tiny")
    assert tiny.tree(data) == {}


# One clear error


def test_the_error_says_what_was_tried_what_it_answered_and_what_to_do(server, data, monkeypatch):
    server.routes |= {SECOND: [status(500)], LABELS: [truncate(GOOD)]}
    monkeypatch.setenv("VITCOURSE_MIRROR", f"{server.address.replace('//', '//user:secret@')}/m")
    with pytest.raises(AssetError) as caught:
        download()
    text = str(caught.value)
    tried = text[: text.index("What to do")]
    for line in (
        f"{server.address}/m/datasets/fridgeObjects.zip: HTTP 404 Not Found",
        f"{server.address}{FIRST}: HTTP 404 Not Found",
        f"{server.address}{SECOND}: HTTP 500 Internal Server Error (3 attempts)",
        f"{server.address}{LABELS}: the connection broke off before the end (3 attempts)",
        f"{server.address}/m/models/{tiny.HUB_ID}: config.json: HTTP 404 Not Found",
        "HF_HUB_OFFLINE is set",
    ):
        assert line in tried
    assert "secret" not in text
    assert f"save {server.address}{FIRST} as {data / 'real/fridgeObjects.zip'}" in text
    assert f"/tree/main in the folder {data / 'real' / tiny.HUB_ID}" in text
    assert "vitcourse mirror DIR" in text and "unset HF_HUB_OFFLINE" in text


def test_following_the_advice_by_hand_works(data):
    tiny.write(data / "real", {"fridgeObjects.zip": GOOD})
    tiny.write(data / "real" / tiny.HUB_ID, tiny.checkpoint_files())
    assert set(download(["fridge", "vit-tiny"])) == {"fridge", "vit-tiny"}


def test_one_failure_does_not_keep_the_others_from_coming(server, data):
    server.routes[LABELS] = [serve(tiny.zipped(tiny.multilabel_members()))]
    with pytest.raises(AssetError, match="can't get fridge, vit-tiny"):
        download()
    assert assets.find("fridge-multilabel") == data / "real/multilabelFridgeObjects"
