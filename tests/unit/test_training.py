"""The loop learns, follows its recipe, and gives the same result twice."""

import math
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from vitcourse import devices, models, training
from vitcourse.training import Recipe

FP32 = {"mixed_precision": "no"}


class Network(nn.Module):
    """A linear layer on a 2x2 picture, with a normalisation and a position embedding beside it."""

    def __init__(self, num_classes=3):
        super().__init__()
        self.position_embeddings = nn.Parameter(torch.zeros(1, 4, 3))
        self.norm = nn.LayerNorm(12)
        self.head = nn.Linear(12, num_classes)

    def forward(self, pixel_values):
        tokens = pixel_values.flatten(2).transpose(1, 2) + self.position_embeddings  # (B, 4, 3)
        return SimpleNamespace(logits=self.head(self.norm(tokens.flatten(1))))


def examples(number=96, num_classes=3, multi_label=False, seed=0):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(number, 3, 2, 2, generator=generator)
    scores = images.flatten(1)[:, :num_classes]
    labels = (scores > 0).float() if multi_label else scores.argmax(-1)
    return [{"pixel_values": image, "labels": label} for image, label in zip(images, labels, strict=True)]


def fit(recipe, multi_label=False, batch_size=8, model=None):
    torch.manual_seed(0)
    model = model or Network()
    generator = torch.Generator().manual_seed(recipe.seed)
    loaders = {
        "train": DataLoader(examples(multi_label=multi_label), batch_size, shuffle=True, generator=generator),
        "validation": DataLoader(examples(number=40, multi_label=multi_label, seed=1), batch_size),
    }
    return model, training.fit(model, loaders, recipe)


@pytest.mark.parametrize("multi_label", [False, True])
def test_it_learns(multi_label):
    _, history = fit(Recipe(epochs=30, learning_rate=0.05, label_smoothing=0, **FP32), multi_label)
    assert history[-1]["train_loss"] < 0.4 * history[0]["train_loss"]
    assert history[-1]["validation_accuracy"] >= (0.5 if multi_label else 0.8)  # by chance: 0.13 and 0.33
    assert [row["epoch"] for row in history] == list(range(1, 31))
    assert all(type(value) in (int, float) for row in history for value in row.values())


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    weights = [fit(Recipe(epochs=2, seed=seed, **FP32))[0].head.weight for seed in (0, 0, 1)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_only_weight_matrices_decay():
    groups = training.parameter_groups(Network(), Recipe(weight_decay=0.05))
    others, decayed = sorted(groups, key=lambda group: group["weight_decay"])
    assert [p.shape for p in decayed["params"]] == [(3, 12)]
    assert sorted(p.ndim for p in others["params"]) == [1, 1, 1, 3]
    assert (decayed["weight_decay"], others["weight_decay"]) == (0.05, 0.0)


def test_the_head_learns_faster_than_the_backbone():
    model, _ = models.load("vit-micro", labels=["a", "b"])
    groups = training.parameter_groups(model, Recipe(learning_rate=1e-3, head_factor=5))
    rates = {id(p): group["lr"] for group in groups for p in group["params"]}
    assert len(rates) == len(list(model.parameters()))
    assert {rates[id(p)] for p in model.classifier.parameters()} == {5e-3}
    assert {rates[id(p)] for p in model.vit.parameters()} == {1e-3}


def test_frozen_parameters_are_left_out_and_do_not_move():
    model = Network()
    model.norm.requires_grad_(False)
    before = model.norm.weight.clone()
    fit(Recipe(epochs=1, learning_rate=0.1, **FP32), model=model)
    assert torch.equal(model.norm.weight, before)


def test_learning_rate_warms_up_and_falls_to_zero():
    recipe = Recipe(epochs=10, learning_rate=1.0, warmup=0.2)
    optimizer, scheduler = training.optimizer_and_schedule(Network(), 5, recipe)
    rates = []
    for _ in range(50):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert rates[:3] == pytest.approx([0, 0.1, 0.2])
    assert max(rates) == rates[10] == 1.0
    assert rates[30] == pytest.approx(0.5 * (1 + math.cos(math.pi * 20 / 40)))
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0, abs=1e-9)


def test_the_schedule_ends_with_the_last_epoch():
    _, history = fit(Recipe(epochs=3, gradient_accumulation_steps=2, **FP32))
    assert history[-1]["learning_rate"] == pytest.approx(0, abs=1e-9)
    assert history[0]["learning_rate"] > 0


def test_accumulating_two_batches_equals_one_batch_of_both():
    settings = {"epochs": 2, "learning_rate": 0.01, **FP32}
    whole, _ = fit(Recipe(**settings), batch_size=8)
    halves, _ = fit(Recipe(gradient_accumulation_steps=2, **settings), batch_size=4)
    torch.testing.assert_close(whole.head.weight, halves.head.weight)


def test_gradients_are_clipped():
    recipe = Recipe(epochs=1, learning_rate=0.01, max_grad_norm=1e-9, weight_decay=0, **FP32)
    torch.manual_seed(0)
    before = Network().head.weight.clone()
    model, _ = fit(recipe)
    # Adam divides by the gradient plus 1e-8: a gradient of 1e-9 moves a weight by a tenth of its usual step.
    assert (model.head.weight - before).abs().max() < 0.1 * 0.01 * 3


def test_losses():
    logits = torch.tensor([[2.0, 0.0, -1.0]])
    smooth = training.loss_function(logits, torch.tensor([0]), label_smoothing=0.3)
    log_p = logits.log_softmax(-1)[0]
    assert smooth == pytest.approx(-(0.8 * log_p[0] + 0.1 * log_p[1] + 0.1 * log_p[2]).item())
    multi = training.loss_function(logits, torch.tensor([[1.0, 1.0, 0.0]]))
    expected = -(math.log(1 / (1 + math.exp(-2))) + math.log(0.5) + math.log(1 - 1 / (1 + math.e))) / 3
    assert multi == pytest.approx(expected)


def test_scores():
    logits = torch.tensor([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]])
    assert training.score(logits, torch.tensor([0, 1, 1]))["accuracy"] == pytest.approx(2 / 3)
    exact = training.score(logits, torch.tensor([[1.0, 1.0], [1.0, 1.0], [1.0, 0.0]]))
    assert exact["accuracy"] == pytest.approx(2 / 3)


def test_prediction_keeps_the_order_and_leaves_evaluation_mode():
    accelerator = training.start(Recipe(**FP32))
    model = accelerator.prepare(Network())
    rows = examples(number=10)
    loader = accelerator.prepare(DataLoader(rows, 4))
    logits, labels = training.predict(accelerator, model, loader)
    assert labels.tolist() == [int(row["labels"]) for row in rows]
    assert logits.shape == (10, 3)
    assert logits.dtype == torch.float32
    assert not model.training


def test_training_leaves_no_precision_behind():
    class Spy(Network):
        def forward(self, pixel_values):
            self.autocast = torch.is_autocast_enabled(devices.name())
            return super().forward(pixel_values)

    torch.manual_seed(0)
    model, _ = fit(Recipe(epochs=1, mixed_precision="bf16"), model=Spy())
    assert model.autocast
    model(torch.zeros(1, 3, 2, 2, device=model.head.weight.device))
    assert not model.autocast
    fit(Recipe(epochs=1, **FP32), model=model)
    assert not model.autocast


@pytest.mark.parametrize("precisions", [("no", "bf16"), ("bf16", "bf16"), ("bf16", "no")])
def test_each_training_of_a_model_runs_in_its_own_precision(precisions):
    class Spy(Network):
        def forward(self, pixel_values):
            if self.training:
                found.append(torch.is_autocast_enabled(devices.name()))
            return super().forward(pixel_values)

    model, found = Spy(), []
    for precision in precisions:
        judge = training.start(Recipe(**FP32))
        training.predict(judge, *judge.prepare(model, DataLoader(examples(number=4), 4)))
        found.clear()
        fit(Recipe(epochs=1, mixed_precision=precision), model=model)
        assert set(found) == {precision == "bf16"}


def test_two_precisions_in_one_process():
    for precision in ("no", "bf16", "no"):
        accelerator = training.start(Recipe(mixed_precision=precision))
        assert accelerator.mixed_precision == precision


def test_an_unknown_precision_is_refused():
    with pytest.raises(ValueError, match="fp7"):
        training.start(Recipe(mixed_precision="fp7"))


@pytest.mark.parametrize(
    ("device", "supported", "expected"),
    [
        ("cuda", True, "bf16"),
        ("cuda", False, "fp16"),
        ("mps", True, "no"),
        ("cpu", True, "bf16"),
        ("cpu", False, "no"),
    ],
)
def test_precision_follows_the_device(monkeypatch, device, supported, expected):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: supported)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": supported})
    assert devices.mixed_precision(device) == expected


def test_another_optimizer_learns_too_and_an_unknown_one_is_an_error():
    recipe = Recipe(epochs=10, learning_rate=0.05, optimizer="muon", label_smoothing=0, **FP32)
    _, history = fit(recipe)
    assert history[-1]["train_loss"] < 0.6 * history[0]["train_loss"]
    with pytest.raises(ValueError, match="adamwww"):
        fit(Recipe(optimizer="adamwww", **FP32))


def test_another_loss_is_the_one_that_is_lowered():
    def to_class_two(output, batch, recipe):
        return training.loss_function(output.logits, torch.full_like(batch["labels"], 2))

    model, loaders = (
        Network(),
        {"train": DataLoader(examples(), 8), "validation": DataLoader(examples(40), 8)},
    )
    training.fit(model, loaders, Recipe(epochs=5, learning_rate=0.1, **FP32), to_class_two)
    said = model(torch.stack([row["pixel_values"] for row in examples(40)])).logits.argmax(-1)
    assert (said == 2).float().mean() > 0.9


def test_a_loss_that_is_no_number_ends_the_training_and_earlier_checkpoints_stay(tmp_path):
    def loss_of(output, batch, recipe):
        loss = training.classification_loss(output, batch, recipe)
        return loss * math.nan if len(list(tmp_path.iterdir())) else loss

    loaders = {name: DataLoader(examples(16), 8) for name in ("train", "validation")}
    with pytest.raises(FloatingPointError, match=r"nan in epoch 2; .*learning_rate \(0\.01\)"):
        training.fit(Network(), loaders, Recipe(epochs=3, learning_rate=0.01, **FP32), loss_of, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-0001"]
