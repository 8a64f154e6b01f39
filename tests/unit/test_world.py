"""The drawn world as data: the held-out set ships, and the stream draws the same pictures."""

import itertools

import numpy as np
import pytest

from vitcourse import assets, drawn, models, world


def test_the_held_out_set_ships_whole():
    pictures = world.held_out()
    assert len(pictures) == 492
    assert all(image.size == (224, 224) and image.mode == "RGB" for image in pictures[:20]["image"])
    assert np.bincount(pictures["label"]).tolist() == [4] * 123


def test_a_seed_draws_the_shipped_picture_again():
    row = world.held_out()[232]
    again = drawn.render(drawn.WORLD_CLASSES[row["label"]], row["seed"], (224, 224)).image
    difference = np.abs(np.float32(again) - np.float32(row["image"]))
    assert difference.mean() < 4  # JPEG's loss, of 255


def test_the_class_names_are_those_of_the_checkpoints():
    model, _ = models.load("vit-micro")
    assert tuple(model.config.id2label.values()) == world.CLASSES


def test_the_stream_takes_the_classes_in_turn_and_never_meets_the_held_out_set():
    rows = list(itertools.islice(world.stream(125, first_seed=7, size=32), 125))
    assert [row["label"] for row in rows] == [*range(123), *range(2)]
    assert {row["seed"] for row in rows} == {7, 8}
    assert rows[3]["image"].size == (32, 32)
    assert max(row["seed"] for row in rows) < world.HELD_OUT_SEED


def test_a_lost_picture_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "demo_dir", lambda: tmp_path)
    with pytest.raises(assets.AssetError, match=r"aeroplane.0.jpg is missing.*make_world"):
        world.held_out()
