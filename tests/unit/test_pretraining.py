"""The program behind the demo family: its batches, its networks, and that it goes on where it was stopped."""

import argparse
import dataclasses
import json

import drawn_pictures
import family
import members
import numpy as np
import pretrain
import pytest
import torch
from family import FAMILY, IMAGENET, Member, Phase, Start

from vitcourse import models, training

RECIPE = training.Recipe(label_smoothing=0.0)
TINY = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}


@pytest.fixture
def pictures():
    """Twelve pictures whose object is the left half, two of each of six classes."""
    images = np.random.default_rng(0).integers(0, 255, (12, 224, 224, 4), np.uint8)
    images[..., 3] = 0
    images[:, :, :112, 3] = 255
    return {"images": images, "labels": np.arange(12) // 2}


@pytest.fixture
def tiny(monkeypatch, tmp_path, pictures):
    """A family of tiny networks trained on twelve pictures, kept under a temporary folder."""
    phases = (Phase(32, 8, 1e-3, batch_size=4), Phase(48, 8, 1e-3, batch_size=4))
    small = {
        "vit-micro": Member(IMAGENET, phases),
        "convnet-micro": Member(IMAGENET, phases[:1]),
        "deit-micro-distilled": Member(IMAGENET, phases[1:], Start("vit-micro", 1), "convnet-micro"),
    }
    monkeypatch.setattr(members, "ARCHITECTURE", {**TINY, "patch_size": 16})
    monkeypatch.setattr(pretrain, "FAMILY", small)
    monkeypatch.setattr(pretrain, "DATA", tmp_path)
    monkeypatch.setattr(drawn_pictures, "draw_all", lambda *_: pictures)
    (tmp_path / ".cache").mkdir()
    return argparse.Namespace(seed=0)


def test_pictures_are_drawn_once_with_their_masks(monkeypatch, tmp_path):
    monkeypatch.setattr(drawn_pictures, "CACHE", tmp_path)
    monkeypatch.setattr(drawn_pictures.drawn, "WORLD_CLASSES", ("apple", "mug"))
    first = drawn_pictures.draw_all(2, first_seed=5)
    assert first["images"].shape == (4, 224, 224, 4) and first["labels"].tolist() == [0, 0, 1, 1]
    masks = first["images"][..., 3]
    assert set(np.unique(masks)) == {0, 255} and ((masks > 0).mean((1, 2)) > 0.02).all()
    monkeypatch.setattr(drawn_pictures, "draw", None)
    assert np.array_equal(drawn_pictures.draw_all(2, first_seed=5)["images"], first["images"])


def test_picture_and_mask_are_cropped_alike(pictures):
    geometry = drawn_pictures.evaluation_geometry(112, 1.0)
    batch = drawn_pictures.Batches(pictures, geometry, (0.5,) * 3, (0.5,) * 3).__getitems__([3, 1, 8])
    assert batch["pixel_values"].shape == (3, 3, 112, 112)
    assert sorted(batch["labels"].tolist()) == [0, 1, 4]
    grid = batch["coverage"].view(3, 7, 7)
    assert (grid[..., :3] > 0.99).all() and (grid[..., 4:] < 0.01).all()


def test_a_training_pass_has_as_many_pictures_as_asked_and_a_held_out_one_has_all(pictures):
    batches = drawn_pictures.Batches(
        pictures, drawn_pictures.training_geometry(32, 0.5), (0.5,) * 3, (0.5,) * 3
    )
    assert [len(batch["labels"]) for batch in drawn_pictures.loader(batches, 5, pictures=10)] == [5, 5]
    assert [len(batch["labels"]) for batch in drawn_pictures.loader(batches, 5)] == [5, 5, 2]


def test_deit_s_batches_have_soft_labels_and_no_coverage(pictures):
    torch.manual_seed(0)
    geometry = drawn_pictures.training_geometry(32, 0.5)
    batch = drawn_pictures.DeiTBatches(pictures, geometry, (0.5,) * 3, (0.5,) * 3).__getitems__([0, 2, 4, 6])
    assert set(batch) == {"pixel_values", "labels"}
    assert batch["pixel_values"].shape == (4, 3, 32, 32) and batch["labels"].shape == (4, 6)
    assert torch.allclose(batch["labels"].sum(1), torch.ones(4)) and (batch["labels"] > 0).all()


def test_factors_multiply_to_what_was_asked():
    torch.manual_seed(0)
    left, right = members.factors(0.7, 0.0, width=8, rank=8)
    assert torch.allclose(left @ right, 0.7 * torch.eye(8), atol=1e-5)


def test_a_distilled_student_begins_with_the_answers_of_its_start(monkeypatch):
    monkeypatch.setattr(members, "ARCHITECTURE", {**TINY, "patch_size": 16})
    plain, distilled = members.build("vit-micro", 32), members.build("deit-micro-distilled", 32)
    members.begin_with(distilled, plain)
    state = distilled.state_dict()
    assert torch.equal(state["model.cls_classifier.weight"], plain.model.classifier.weight)
    assert torch.equal(state["model.distillation_classifier.weight"], plain.model.classifier.weight)
    assert state["model.deit.embeddings.position_embeddings"].shape == (1, 2 + 4, 16)
    output = distilled.eval()(torch.randn(2, 3, 32, 32))
    assert torch.allclose(output.class_logits, output.distillation_logits, atol=1e-5)
    assert output.patch_logits.shape == (2, 4, len(members.CLASSES) + 1)


def test_the_patch_loss_by_hand():
    logits = torch.tensor([[[2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]])  # one picture, two patches, two classes
    batch = {"labels": torch.tensor([0]), "coverage": torch.tensor([[1.0, 0.25]])}
    logs = logits[0].log_softmax(-1)
    expected = -(logs[0, 0] + 0.25 * logs[1, 0] + 0.75 * logs[1, 2]) / 2
    found = members.patch_loss(members.Output(patch_logits=logits), batch)
    assert found.item() == pytest.approx(expected.item(), abs=1e-6)


def test_hard_distillation_by_hand():
    by_class, by_distillation = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 3.0]])
    teacher = torch.nn.Module()
    teacher.forward = lambda _: members.Output(torch.tensor([[0.0, 9.0]]))
    output = members.Output(by_class, by_class, by_distillation)
    batch = {"labels": torch.tensor([0]), "pixel_values": None}
    expected = -(by_class.log_softmax(-1)[0, 0] + by_distillation.log_softmax(-1)[0, 1]) / 2
    assert members.distillation_loss(output, batch, RECIPE, teacher).item() == pytest.approx(expected.item())


@pytest.mark.parametrize("name", ["vit-micro", "convnet-micro", "deit-micro-distilled"])
def test_stopped_and_started_again_it_goes_on_after_the_last_phase(name, tiny, monkeypatch, tmp_path):
    monkeypatch.setattr(members, "FAMILY", FAMILY)
    first = pretrain.trained(name, tiny)
    monkeypatch.setattr(training, "fit", None)  # nothing is left to train
    again = pretrain.trained(name, tiny)
    assert again["hours"] == first["hours"] > 0
    for key, value in first["network"].state_dict().items():
        assert torch.equal(again["network"].state_dict()[key], value)
    log = [json.loads(line) for line in (tmp_path / ".cache" / f"{name}.jsonl").read_text().splitlines()]
    assert {"name", "size", "train_loss", "validation_accuracy"} <= set(log[-1])


def test_another_plan_or_seed_is_another_file(tiny, monkeypatch):
    before = pretrain.fingerprint("deit-micro-distilled", 1, tiny)
    assert pretrain.fingerprint("deit-micro-distilled", 1, argparse.Namespace(seed=1)) != before
    changed = dataclasses.replace(pretrain.FAMILY["vit-micro"].phases[0], learning_rate=1e-2)
    monkeypatch.setitem(pretrain.FAMILY, "vit-micro", Member(IMAGENET, (changed,)))
    assert pretrain.fingerprint("deit-micro-distilled", 1, tiny) != before, "its start has changed"


@pytest.mark.parametrize("name", ["vit-micro", "convnet-micro", "deit-micro-distilled"])
def test_what_is_written_loads(name, monkeypatch, tmp_path):
    monkeypatch.setattr(members, "ARCHITECTURE", {**TINY, "patch_size": 16})
    network = members.build(name, family.SIZE).eval()
    members.save(name, network, tmp_path / name)
    model, processor = models.load(tmp_path / name)
    assert list(model.config.id2label.values())[:2] == ["aeroplane", "apple"]
    pixel_values = torch.randn(1, 3, 224, 224)
    with torch.inference_mode():
        found, expected = model(pixel_values=pixel_values).logits, network(pixel_values).logits
    assert (found - expected).abs().max() < 0.05 * expected.abs().max(), "half precision changes little"
    assert family.FAMILY[name].preprocessing.mean == tuple(
        getattr(processor, "image_mean", None) or processor.data_config["mean"]
    )
