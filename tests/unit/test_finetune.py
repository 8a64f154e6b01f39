"""`vitcourse finetune` from configuration to folder."""

import csv
import dataclasses
import json

import numpy as np
import pytest
import small_runs
import torch
from PIL import Image
from timm.data import Mixup
from transformers import TimmWrapperConfig, TimmWrapperForImageClassification, pipeline

from vitcourse import (
    cli,
    configuration,
    evaluation,
    finetune,
    models,
    own_data,
    positions,
    preprocessing,
    training,
)
from vitcourse import progress as progress_module
from vitcourse.classifier import Classifier
from vitcourse.recipe import Recipe


@pytest.fixture(autouse=True)
def one_thread():
    """The same sums in the same order, here and in the processes that tests start."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return small_runs.photos(tmp_path_factory.mktemp("photos"))


def config_of(data, run, **others):
    return configuration.FineTuning(**small_runs.fields(data, run, **others))


@pytest.fixture(scope="module")
def finished(photos, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "multiclass"
    return run, finetune.run(config_of(photos, run, epochs=3))


def test_the_folder_has_the_model_its_card_and_its_numbers(finished):
    run, measured = finished
    assert json.loads((run / "metrics.json").read_text()) == measured
    assert measured["test"]["photos"] == small_runs.SPLITS["test"]
    card = (run / "README.md").read_text()
    for text in ("library_name: transformers", "blue, green, red", "| test | 5 |", "vit-micro", "3 epochs"):
        assert text in card
    assert "{" not in card.split("---")[2]
    with (run / "history.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1", "2", "3"]
    if hasattr(__import__("os"), "geteuid"):
        assert {path.stat().st_mode & 0o777 for path in run.iterdir()} == {0o644}


def test_the_folder_loads_everywhere_with_the_same_probabilities(finished, photos):
    run, measured = finished
    files = sorted((photos / "test").rglob("*.png"))
    ours = Classifier(models.load(run), precision="fp32").predict(files, top_k=None)
    theirs = pipeline("image-classification", model=str(run))([str(file) for file in files], top_k=None)
    for own, other in zip(ours, theirs, strict=True):
        assert {row["label"]: row["score"] for row in own} == pytest.approx(
            {row["label"]: row["score"] for row in other}, abs=1e-5
        )
    right = [answer[0]["label"] == file.parent.name for answer, file in zip(ours, files, strict=True)]
    assert np.mean(right) == pytest.approx(measured["test"]["accuracy"])


def test_several_labels_are_judged_by_the_threshold_of_the_folder(tmp_path, capsys):
    data, run = small_runs.several_labels(tmp_path / "set"), tmp_path / "run"
    fields = small_runs.fields(data, run, multi_label=True, label_smoothing=0, class_weights="balanced")
    measured = finetune.run(configuration.FineTuning(**fields))
    assert measured["threshold_chosen_on"] == "validation"
    file = run / "metrics.json"
    file.write_text(json.dumps({**measured, "threshold": 0.35}))
    by_default = evaluation.evaluate_checkpoint(run, data, resamples=0)
    assert by_default["threshold"] == 0.35
    assert by_default == evaluation.evaluate_checkpoint(run, data, resamples=0, threshold=0.35)
    options = ["--model", str(run), "--data", str(data), "--resamples", "0", "--json"]
    assert cli.main(["evaluate", *options]) == 0
    assert json.loads(capsys.readouterr().out)["threshold"] == 0.35


def test_workers_change_nothing(photos, tmp_path):
    settings = {"epochs": 1, "mixup": 0.8, "cutmix": 1.0, "rand_augment": "rand-m9-mstd0.5-inc1"}
    settings |= {"random_erasing": 0.5}
    weights = []
    for workers in (0, 2):
        run = tmp_path / str(workers)
        finetune.run(config_of(photos, run, num_workers=workers, **settings))
        weights.append((run / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]


def test_tensorboard_is_told_each_epoch(photos, tmp_path):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    pytest.importorskip("tensorboard")
    finetune.run(config_of(photos, tmp_path / "run", trackers=["tensorboard"]))
    events = reader.EventAccumulator(str(tmp_path / "run/logs/vitcourse"))
    events.Reload()
    assert [event.step for event in events.Scalars("validation_accuracy")] == [1, 2]


def test_a_tracker_that_is_missing_is_named_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(training.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="tracker mlflow is not installed; pip install mlflow"):
        finetune.run(config_of("no photos", tmp_path / "run", trackers=["mlflow"]))


class Scored:
    """A model of one weight, whose validation scores are told in advance."""

    def __init__(self, losses, **recipe):
        self.model = torch.nn.Linear(1, 1, bias=False)
        self.recipe = Recipe(epochs=len(losses), mixed_precision="no", **recipe)
        accelerator = training.start(self.recipe)
        optimizer = torch.optim.SGD(self.model.parameters(), lr=1.0)
        self.progress = progress_module.Progress(accelerator, self.model, optimizer, self.recipe)
        loader = torch.utils.data.DataLoader([0])
        for epoch in self.progress.epochs(loader):
            self.model.weight.data.fill_(epoch)
            optimizer.step()
            scores = {"validation_loss": losses[epoch - 1], "validation_accuracy": losses[epoch - 1]}
            self.progress.record({"epoch": epoch, "train_loss": losses[epoch - 1], **scores})
        self.progress.finish()
        self.kept, self.epochs = self.model.weight.item(), len(self.progress.history)


@pytest.mark.parametrize(
    ("recipe", "kept", "epochs"),
    [
        ({}, 5, 5),
        ({"metric_for_best_model": "loss"}, 2, 5),
        ({"metric_for_best_model": "accuracy"}, 4, 5),
        ({"patience": 1}, 2, 3),
        ({"patience": 2, "metric_for_best_model": "accuracy"}, 1, 3),
    ],
)
def test_the_best_epoch_is_kept_and_patience_ends(recipe, kept, epochs):
    run = Scored([0.5, 0.2, 0.4, 0.6, 0.3], **recipe)
    assert (run.kept, run.epochs) == (kept, epochs)


def test_weights_are_averaged():
    run = Scored([1.0] * 4, weight_averaging=0.5)
    assert run.kept not in (1, 2, 3, 4)
    assert 1 < run.kept < 4


def timm_network(name="resnet10t", **options):
    config = TimmWrapperConfig(architecture=name, num_labels=3, model_args=options)
    return TimmWrapperForImageClassification(config)


def distilled():
    from transformers import DeiTConfig, DeiTForImageClassificationWithTeacher

    size = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
    return DeiTForImageClassificationWithTeacher(DeiTConfig(**size, image_size=32))


def vit():
    return models.load("vit-micro", labels=["a", "b", "c"])[0]


@pytest.mark.parametrize("network", [vit, distilled, timm_network], ids=["vit", "distilled", "convnet"])
def test_lower_layers_learn_slower_and_heads_faster(network):
    model = network()
    recipe = Recipe(learning_rate=1.0, layer_decay=0.5, head_factor=10)
    groups = training.parameter_groups(model, recipe)
    rates = {id(p): group["lr"] for group in groups for p in group["params"]}
    assert rates.keys() == {id(p) for p in model.parameters()}
    heads = tuple(models.heads(model))
    below = models.layers_below_top(model)
    for name, parameter in model.named_parameters():
        expected = 10 if name.startswith(heads) else 0.5 ** below[name]
        assert rates[id(parameter)] == expected
    first = next(name for name, _ in model.named_parameters())
    assert below[first] == max(below.values()) >= 3


@pytest.mark.parametrize("network", [vit, distilled, timm_network], ids=["vit", "distilled", "convnet"])
def test_a_frozen_backbone_stays_as_it_is_in_training(network):
    model = network().train()
    models.freeze(model, "backbone")
    heads = tuple(models.heads(model))
    assert all(p.requires_grad == name.startswith(heads) for name, p in model.named_parameters())
    before = {name: value.clone() for name, value in model.state_dict().items()}
    size = 224 if network is vit else 32
    model(pixel_values=torch.randn(2, 3, size, size))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_freezing_some_blocks_leaves_the_later_ones():
    model = vit()
    models.freeze(model, 2)
    blocks = [{p.requires_grad for p in block.parameters()} for block in model.base_model.layers]
    assert blocks[:3] == [{False}, {False}, {True}]
    assert not any(p.requires_grad for p in model.base_model.embeddings.parameters())
    with pytest.raises(ValueError, match=r"freeze is 99; expected none, backbone, or a number of blocks"):
        models.freeze(model, 99)


def test_stochastic_depth_acts_in_training_alone():
    model, pixels = vit(), torch.randn(4, 3, 224, 224)
    torch.nn.init.normal_(model.classifier.weight)
    before = model(pixel_values=pixels).logits
    models.set_drop_path(model, 0.9)
    torch.testing.assert_close(model(pixel_values=pixels).logits, before)
    model.train()
    assert not torch.allclose(model(pixel_values=pixels).logits, model(pixel_values=pixels).logits)
    with pytest.raises(ValueError, match=r"drop_path is 0\.1, but the model is a TimmWrapper"):
        models.set_drop_path(timm_network(), 0.1)


@pytest.mark.parametrize("size", [32, 64])
def test_another_image_size_is_what_transformers_interpolates(size):
    model, processor = models.load("vit-micro")
    pixels = torch.randn(2, 3, size, size)
    with torch.inference_mode():
        expected = model(pixel_values=pixels, interpolate_pos_encoding=True).logits
        positions.resize(model, processor, size)
        torch.testing.assert_close(model(pixel_values=pixels).logits, expected, atol=1e-4, rtol=1e-4)
    assert processor(Image.new("RGB", (50, 40)), return_tensors="pt")["pixel_values"].shape[-1] == size
    with pytest.raises(ValueError, match="image_size is 33; expected a multiple of the patch size"):
        positions.resize(model, processor, 33)


def test_what_a_photo_looks_like_depends_on_seed_epoch_and_index_alone(photos):
    dataset = own_data.read(photos)["train"]
    _, processor = models.load("vit-micro")
    transform = preprocessing.training_transform(processor, 0.4, 0.5, "rand-m9-mstd0.5-inc1", 0.5)
    first, again = (preprocessing.Prepared(dataset, transform, seed=3) for _ in range(2))
    look = [first[index]["pixel_values"] for index in range(4)]
    torch.manual_seed(99)
    state = torch.get_rng_state()
    assert torch.equal(again[2]["pixel_values"], look[2])
    assert torch.equal(torch.get_rng_state(), state)
    again.set_epoch(1)
    assert not torch.equal(again[2]["pixel_values"], look[2])
    other = preprocessing.Prepared(dataset, transform, seed=4)
    assert not torch.equal(other[2]["pixel_values"], look[2])


def test_mixed_labels_add_up_to_one_and_odd_batches_find_partners(photos):
    splits = own_data.read(photos)
    _, processor = models.load("vit-micro")
    mixup = Mixup(0.8, 1.0, num_classes=3)
    loader = preprocessing.loaders(splits, processor, 7, mixup=mixup)["train"]
    batches = list(loader)
    assert [len(batch["labels"]) for batch in batches] == [8, 8, 8, 2]
    for batch in batches:
        torch.testing.assert_close(batch["labels"].sum(1), torch.ones(len(batch["labels"])))


def test_class_weights_reach_the_loss(photos, tmp_path):
    config = config_of(photos, tmp_path, class_weights="balanced", label_smoothing=0)
    splits = own_data.read(photos)
    _, processor = models.load("vit-micro")
    train = finetune.build_loaders(config, splits, processor)["train"]
    loss_of = finetune.build_loss(config, train, processor)
    counts = torch.bincount(torch.tensor(splits["train"]["label"][:]))
    logits, labels = torch.randn(5, 3), torch.tensor([0, 1, 2, 2, 0])
    weights = counts.sum() / (3 * counts)
    expected = torch.nn.functional.cross_entropy(logits, labels, weights)
    output = type("Output", (), {"logits": logits})
    assert loss_of(output, {"labels": labels}, config) == pytest.approx(expected.item())
    plain = dataclasses.replace(config, class_weights="none")
    assert finetune.build_loss(plain, None, processor) is training.classification_loss
