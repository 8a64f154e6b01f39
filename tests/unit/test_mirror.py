"""Checkpoints from the Hub, and mirror folders."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import tiny
from loopback import serve

from vitcourse import assets
from vitcourse.assets import AssetError
from vitcourse.download import download, mirror

pytestmark = pytest.mark.usefixtures("tiny_registry")


# The Hub


def serve_hub(server, files):
    sha = "0123456789abcdef0123456789abcdef01234567"
    listing = [{"type": "file", "path": name, "size": len(body), "oid": sha} for name, body in files.items()]
    server.routes |= {
        f"/api/models/{tiny.HUB_ID}/revision/main": [serve_json({"id": tiny.HUB_ID, "sha": sha})],
        f"/api/models/{tiny.HUB_ID}": [serve_json({"id": tiny.HUB_ID, "sha": sha})],
        f"/api/models/{tiny.HUB_ID}/tree/{sha}": [serve_json(listing)],
    }
    for number, (name, body) in enumerate(files.items()):
        headers = {"ETag": f'"{number}"', "X-Repo-Commit": sha}
        server.routes[f"/{tiny.HUB_ID}/resolve/{sha}/{name}"] = [serve(body, **headers)]


def serve_json(value):
    return serve(json.dumps(value).encode(), Content_Type="application/json")


def hub_process(tiny_registry, server, tmp_path, code, **environment):
    program = f"import sys; from pathlib import Path; from vitcourse import assets, registry\n{code}"
    program = program.replace("\n", "\nregistry.REGISTRY_FILE = Path(sys.argv[1])\n", 1)
    names = {"HF_ENDPOINT": server.address, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1"}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    }
    command = [sys.executable, "-c", program, str(tiny_registry)]
    done = subprocess.run(
        command, env={**kept, **names, **environment}, capture_output=True, text=True, timeout=900
    )
    return done.stdout.strip(), done.stderr


def test_a_checkpoint_comes_from_the_hub_into_its_own_cache(tiny_registry, server, data, tmp_path):
    files = {**tiny.checkpoint_files(), "pytorch_model.bin": b"not asked for"}
    serve_hub(server, files)
    folder, errors = hub_process(tiny_registry, server, tmp_path, "print(assets.resolve('vit-tiny'))")
    assert folder.startswith(str(tmp_path / "hf")), errors
    assert tiny.tree(Path(folder)) == tiny.checkpoint_files()
    asked = list(server.requests)
    again = "assert assets.find('vit-tiny'); print(assets.resolve('vit-tiny'))"
    for offline in ({}, {"HF_HUB_OFFLINE": "1"}):
        assert hub_process(tiny_registry, server, tmp_path, again, **offline)[0] == folder
    assert server.requests == asked


def test_the_hub_is_not_asked_when_offline(tiny_registry, server, data, tmp_path):
    serve_hub(server, tiny.checkpoint_files())
    code = "assets.resolve('vit-tiny')"
    _, errors = hub_process(tiny_registry, server, tmp_path, code, HF_HUB_OFFLINE="1")
    assert "not asked, because HF_HUB_OFFLINE is set" in errors
    assert server.requests == []


def test_a_hub_without_the_repository_is_one_line_of_the_report(tiny_registry, server, data, tmp_path):
    _, errors = hub_process(tiny_registry, server, tmp_path, "assets.resolve('vit-tiny')")
    assert f"https://huggingface.co/{tiny.HUB_ID}: RepositoryNotFoundError: 404" in errors or "404" in errors
    assert "AssetError: can't get vit-tiny" in errors


# Mirrors


def test_a_mirror_is_one_that_is_accepted(server, data, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VITCOURSE_MIRROR", tiny.serve_mirror(server))
    folder = tmp_path / "usb stick"
    written = mirror(folder)
    assert written == [
        folder / "datasets/fridgeObjects.zip",
        folder / "datasets/multilabelFridgeObjects.zip",
        folder / "models" / tiny.HUB_ID,
    ]
    with zipfile.ZipFile(written[0]) as zipped:
        assert {name: zipped.read(name) for name in zipped.namelist()} == tiny.multiclass_members()
    monkeypatch.setenv("VITCOURSE_MIRROR", str(folder))
    monkeypatch.setenv("VITCOURSE_DATA", str(tmp_path / "another"))
    assert assets.mode() == "real"
    asked = len(server.requests)
    download()
    assert len(server.requests) == asked
    assert tiny.tree(assets.find("vit-tiny")) == tiny.checkpoint_files()


def test_a_second_mirror_run_does_nothing_and_a_damaged_one_is_mended(
    server, data, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("VITCOURSE_MIRROR", tiny.serve_mirror(server))
    mirror(tmp_path / "m")
    before = tiny.tree(tmp_path / "m")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "m").rglob("*") if path.suffix != ".lock"}
    capsys.readouterr()
    mirror(tmp_path / "m")
    assert capsys.readouterr().out.count("here already") == 3
    assert {path: path.stat().st_mtime_ns for path in times} == times
    zip_file = tmp_path / "m/datasets/fridgeObjects.zip"
    zip_file.write_bytes(b"damaged")
    mirror(tmp_path / "m", "fridge")
    assert tiny.tree(tmp_path / "m") == {**before, "datasets/fridgeObjects.zip.set-aside-1": b"damaged"}


def test_demo_assets_are_not_mirrored(tmp_path):
    with pytest.raises(AssetError, match="vit-micro can't be mirrored"):
        mirror(tmp_path / "m", ["vit-micro"])
    assert not (tmp_path / "m").exists()
