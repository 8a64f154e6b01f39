"""What the first line of every lesson prints and returns."""

import random

import numpy as np
import pytest
import torch

import vitcourse as vc


def test_demo_assets_are_announced(monkeypatch, capsys):
    monkeypatch.setenv("VITCOURSE_ASSETS", "demo")
    run = vc.setup(seed=3)
    printed = capsys.readouterr().out
    assert (run.assets, run.model, run.seed) == ("demo", "vit-micro", 3)
    assert "DEMO" in printed
    assert "vitcourse download" in printed
    assert torch.__version__.split("+")[0] in printed


def test_real_assets_are_announced(monkeypatch, capsys):
    monkeypatch.setenv("VITCOURSE_ASSETS", "real")
    assert vc.setup().model == "vit-tiny"
    assert "DEMO" not in capsys.readouterr().out


def test_everything_is_seeded(monkeypatch):
    monkeypatch.setenv("VITCOURSE_ASSETS", "demo")

    def draws(seed):
        vc.setup(seed)
        return random.random(), np.random.rand(), torch.rand(1).item()

    assert draws(1) == draws(1)
    assert all(a != b for a, b in zip(draws(1), draws(2), strict=True))


def test_a_wrong_choice_of_assets_is_an_error(monkeypatch):
    monkeypatch.setenv("VITCOURSE_ASSETS", "reel")
    with pytest.raises(ValueError, match="demo, real, auto"):
        vc.setup()


def test_the_package_says_what_it_has():
    assert "setup" in dir(vc)
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        _ = vc.lode
