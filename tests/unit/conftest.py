"""Fixtures of the asset tests: a loopback server, a registry of tiny assets, a data folder."""

import pytest
import tiny
from loopback import Loopback

from vitcourse import assets, registry, transfer


@pytest.fixture
def server():
    loopback = Loopback()
    yield loopback
    loopback.close()


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An empty data folder; no mirror, mode auto, the Hub not asked."""
    from huggingface_hub import constants

    for name in ("VITCOURSE_ASSETS", "VITCOURSE_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VITCOURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    assets._http_mirror_has.cache_clear()
    return tmp_path / "data"


@pytest.fixture
def tiny_registry(tmp_path, monkeypatch, data, server):
    """The tiny assets in place of the real ones, with official addresses on the loopback server."""
    file = tmp_path / "assets.yaml"
    file.write_text(tiny.registry_text(server.address, server.address), encoding="utf-8")
    monkeypatch.setattr(registry, "REGISTRY_FILE", file)
    monkeypatch.setattr(assets, "CHECKOUT", tmp_path / "checkout")
    monkeypatch.setattr(transfer, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(transfer, "READ_SECONDS", 60.0)
    monkeypatch.setattr(transfer, "CONNECT_SECONDS", 60.0)
    registry.entries.cache_clear()
    yield file
    registry.entries.cache_clear()
