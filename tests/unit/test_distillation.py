"""Losses by hand, by the paper's formula and by timm; the teacher stays as it is; a second token."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import small_runs
import timm
import torch
from PIL import Image
from scipy.special import rel_entr, softmax
from timm.task import LogitDistillationTask, TokenDistillationTask
from torch import nn
from torch.nn import functional
from transformers import (
    DeiTConfig,
    DeiTForImageClassification,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
)

from vitcourse import cli, configuration, distillation, models, preprocessing
from vitcourse.recipe import Recipe

PLAIN = Recipe(label_smoothing=0.0)
TINY = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
TINY |= {"image_size": 32, "patch_size": 16, "num_labels": 3}
MICRO = {"embed_dim": 16, "depth": 1, "num_heads": 2, "img_size": 32, "num_classes": 3}
HALVES = ((0.5,) * 3, (0.5,) * 3)
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def processor(size=32, mean=HALVES[0], std=HALVES[1]):
    return ViTImageProcessor(size={"height": size, "width": size}, image_mean=mean, image_std=std)


def two_heads(seed=0):
    generator = torch.Generator().manual_seed(seed)
    by_class, by_teacher, said = (3 * torch.randn(4, 3, generator=generator) for _ in range(3))
    output = SimpleNamespace(
        logits=(by_class + by_teacher) / 2, cls_logits=by_class, distillation_logits=by_teacher
    )
    return output, {"labels": torch.tensor([0, 2, 1, 1]), "pixel_values": torch.zeros(4, 3, 32, 32)}, said


def test_soft_targets_counted_by_hand():
    # At temperature 2, logits 2 ln 3 and 0 are probabilities 3/4 and 1/4; the student says a half each.
    student, teacher = torch.zeros(1, 2), torch.tensor([[2 * math.log(3), 0.0]])
    expected = 4 * (0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5))
    assert distillation.soft_loss(student, teacher, 2.0).item() == pytest.approx(expected)


def test_hard_targets_counted_by_hand():
    student, teacher = torch.tensor([[0.0, math.log(3)]]), torch.tensor([[9.0, -1.0]])
    assert distillation.hard_loss(student, teacher).item() == pytest.approx(math.log(4))
    smoothed = distillation.hard_loss(student, teacher, label_smoothing=0.5).item()
    assert smoothed == pytest.approx(0.75 * math.log(4) + 0.25 * math.log(4 / 3))


def test_the_whole_loss_is_the_paper_s():
    output, batch, said = two_heads()
    by_class, by_teacher = output.cls_logits.numpy(), output.distillation_logits.numpy()
    of_label = -np.log(softmax(by_class, 1))[range(4), batch["labels"]].mean()
    divergence = rel_entr(softmax(said.numpy() / 3, 1), softmax(by_teacher / 3, 1)).sum(1).mean()
    soft = distillation.taught_by(lambda _: said, "soft")(output, batch, PLAIN)
    assert soft.item() == pytest.approx(0.9 * of_label + 0.1 * 3**2 * divergence, rel=1e-5)
    of_answer = -np.log(softmax(by_teacher, 1))[range(4), said.argmax(1)].mean()
    hard = distillation.taught_by(lambda _: said)(output, batch, PLAIN)
    assert hard.item() == pytest.approx((of_label + of_answer) / 2, rel=1e-5)


@pytest.mark.parametrize(("targets", "share"), [("soft", 0.1), ("hard", 0.5), ("soft", 0.7)])
@pytest.mark.parametrize("tokens", [1, 2])
def test_the_loss_is_that_of_timm(targets, share, tokens):
    if targets == "hard" and tokens == 1:
        pytest.skip("timm's task for logits has no hard targets")
    torch.manual_seed(0)
    name = "deit_tiny_distilled_patch16_224" if tokens == 2 else "deit_tiny_patch16_224"
    student, teacher = timm.create_model(name, **MICRO), timm.create_model("vit_tiny_patch16_224", **MICRO)
    for parameter in [*student.parameters(), *teacher.parameters()]:
        nn.init.normal_(parameter, std=0.3)
    kind = {"distill_type": targets} if tokens == 2 else {}
    task = (TokenDistillationTask if tokens == 2 else LogitDistillationTask)(
        student, teacher, nn.CrossEntropyLoss(), task_loss_weight=1 - share, temperature=3.0, **kind
    ).train()
    pixel_values, labels = torch.randn(5, 3, 32, 32), torch.tensor([0, 1, 2, 1, 0])
    expected = task(pixel_values, labels)["loss"]
    answer = student(pixel_values)
    output = SimpleNamespace(logits=answer)
    if tokens == 2:
        output = SimpleNamespace(cls_logits=answer[0], distillation_logits=answer[1])
    # timm's configurations differ as the published checkpoints do, and its task re-normalises, too.
    frozen = distillation.Teacher(Wrapped(teacher), processor(), processor(32, *IMAGENET))
    found = distillation.taught_by(frozen, targets, share)(
        output, {"pixel_values": pixel_values, "labels": labels}, PLAIN
    )
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)


class Wrapped(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        return SimpleNamespace(logits=self.model(pixel_values))


def test_mixed_labels_are_learnt_as_they_are():
    output, batch, said = two_heads()
    mixed = torch.tensor([[0.3, 0.7, 0.0]] * 4)
    found = distillation.taught_by(lambda _: said, share=0.0)(output, {**batch, "labels": mixed}, Recipe())
    logs = output.cls_logits.log_softmax(-1)
    assert found.item() == pytest.approx(-(0.3 * logs[:, 0] + 0.7 * logs[:, 1]).mean().item(), rel=1e-5)


def test_the_gradient_of_soft_targets_hardly_depends_on_the_temperature():
    torch.manual_seed(0)
    teacher, sizes = torch.randn(8, 10), []
    for temperature in (10.0, 20.0, 40.0):
        logits = torch.zeros(8, 10, requires_grad=True)
        distillation.soft_loss(logits, teacher, temperature).backward()
        sizes.append(logits.grad.norm().item())
    assert sizes == pytest.approx([sizes[0]] * 3, rel=0.1)


def convolutional():
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    return Wrapped(nn.Sequential(*layers))


def test_nothing_of_the_teacher_changes():
    model = convolutional().train()
    teacher = distillation.Teacher(model, processor(), processor())
    before = {name: value.clone() for name, value in model.state_dict().items()}
    student = distillation.two_tokens(ViTForImageClassification(ViTConfig(**TINY))).train()
    batch = {"pixel_values": torch.randn(4, 3, 32, 32), "labels": torch.tensor([0, 1, 2, 0])}
    for targets in ("hard", "soft"):
        loss = distillation.taught_by(teacher, targets)(
            student(pixel_values=batch["pixel_values"]), batch, PLAIN
        )
        loss.backward()
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(parameter.grad is not None for parameter in student.parameters() if parameter.requires_grad)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_the_teacher_sees_the_same_crop_in_its_own_statistics():
    other = processor(32, *IMAGENET)
    pixels = np.random.default_rng(0).integers(0, 255, (32, 32, 3), dtype=np.uint8)
    seen_by_student, seen_by_teacher = (
        preprocessing.evaluation_transform(each)(Image.fromarray(pixels)) for each in (processor(), other)
    )
    teacher = distillation.Teacher(convolutional(), other, processor())
    torch.testing.assert_close(
        teacher.as_own(seen_by_student[None])[0], seen_by_teacher, atol=1e-5, rtol=1e-5
    )
    same = torch.randn(2, 3, 32, 32)
    assert distillation.Teacher(convolutional(), other, other).as_own(same) is same
    assert distillation.Teacher(convolutional(), processor(48), other).as_own(same).shape == (2, 3, 48, 48)


def test_a_second_token_begins_as_a_copy_of_the_first(tmp_path):
    model = ViTForImageClassification(ViTConfig(**TINY))
    torch.manual_seed(0)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.2)
    student = distillation.two_tokens(model.eval())
    pixel_values = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        output, plain = student(pixel_values=pixel_values), model(pixel_values=pixel_values)
    torch.testing.assert_close(output.cls_logits, output.distillation_logits)
    assert not torch.allclose(output.logits, plain.logits, atol=1e-4), "one token more is attended to"
    embeddings, before = student.deit.embeddings, model.base_model.embeddings
    assert embeddings.position_embeddings.shape == (1, 2 + 4, 16)
    assert torch.equal(embeddings.position_embeddings[:, 1:], before.position_embeddings)
    assert torch.equal(embeddings.distillation_token, before.cls_token)
    assert embeddings.distillation_token.data_ptr() != embeddings.cls_token.data_ptr()
    student.save_pretrained(tmp_path)
    processor().save_pretrained(tmp_path)
    loaded, _ = models.load(tmp_path)
    with torch.inference_mode():
        torch.testing.assert_close(loaded(pixel_values=pixel_values).logits, output.logits)


def test_a_network_that_cannot_get_a_second_token_is_an_error():
    student = distillation.two_tokens(ViTForImageClassification(ViTConfig(**TINY)))
    for wrong in (student, DeiTForImageClassification(DeiTConfig(**TINY)), convolutional()):
        with pytest.raises(ValueError, match="expected a ViT or plain DeiT"):
            distillation.two_tokens(wrong)


def test_added_softmaxes_and_averaged_logits_can_decide_differently():
    # Head one is sure of class 0, head two rules it out: added, class 0 wins; multiplied, it has no chance.
    first, second = torch.tensor([[0.9, 0.1, 1e-6]]), torch.tensor([[1e-6, 0.45, 0.55]])
    output = SimpleNamespace(
        cls_logits=first.log(),
        distillation_logits=second.log(),
        logits=(first.log() + second.log()) / 2,
    )
    added = distillation.added_softmaxes(output)
    assert added[0].tolist() == pytest.approx([0.45, 0.275, 0.275], abs=1e-3)
    assert (added.argmax().item(), output.logits.argmax().item()) == (0, 1)
    one_head = SimpleNamespace(logits=torch.tensor([[1.0, 0.0]]))
    torch.testing.assert_close(distillation.added_softmaxes(one_head), functional.softmax(one_head.logits, 1))


def test_different_decisions_counted_by_hand():
    said = {"truth": [0, 1, 2, 3], "one": torch.tensor([0, 1, 2, 0]), "two": np.array([3, 1, 0, 0])}
    table = distillation.different_decisions(said)
    assert list(table.columns) == list(table.index) == list(said)
    assert table.to_numpy().tolist() == [[0, 0.25, 0.75], [0.25, 0, 0.5], [0.75, 0.5, 0]]


@pytest.mark.parametrize(
    ("do", "message"),
    [
        (lambda: distillation.soft_loss(torch.zeros(2, 3), torch.zeros(1, 3)), r"\(2, 3\) of the student"),
        (lambda: distillation.hard_loss(torch.zeros(2, 3), torch.zeros(2, 1000)), "the same classes"),
        (lambda: distillation.soft_loss(torch.zeros(2, 3), torch.zeros(2, 3), 0.0), "temperature is 0.0"),
        (lambda: distillation.taught_by(None, "warm"), "targets is 'warm'; expected hard or soft"),
        (lambda: distillation.taught_by(None, share=1.5), "share is 1.5; expected 0 to 1"),
        (lambda: distillation.label_loss(torch.zeros(1, 3), torch.ones(1, 3)), "rows sum to 3 to 3"),
        (lambda: distillation.different_decisions({"a": [1], "b": [1, 2]}), "the same photos"),
    ],
)
def test_wrong_input_is_one_clear_error(do, message):
    with pytest.raises(ValueError, match=message):
        do()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"distillation_token": True}, "teacher is empty"),
        ({"teacher": "x", "multi_label": True, "label_smoothing": 0}, "one label a photo"),
        ({"teacher": "x", "class_weights": "balanced"}, "classes of equal weight"),
        ({"teacher": "x", "temperature": 0.0}, "temperature is 0.0"),
        ({"teacher": "x", "distillation_share": 2.0}, "distillation_share is 2.0"),
    ],
)
def test_a_configuration_that_contradicts_itself_is_an_error(fields, message):
    with pytest.raises(ValueError, match=message):
        configuration.FineTuning(**fields)


def test_the_command_line_trains_the_teacher_and_then_the_student(tmp_path, capsys):
    photos, run, again = small_runs.photos(tmp_path / "photos"), tmp_path / "run", tmp_path / "again"
    for folder, teacher in ((run, "convnet-micro"), (again, run / "teacher")):
        fields = small_runs.fields(photos, folder, teacher=teacher, epochs=1)
        options = [f"--{name}={value}" for name, value in fields.items()]
        assert cli.main(["finetune", "--config", "distill.yaml", *options]) == 0
        assert "test" in capsys.readouterr().out
    teacher, _ = models.load(run / "teacher")
    student, _ = models.load(run)
    assert list(teacher.config.id2label.values()) == list(small_runs.COLOURS)
    assert set(models.heads(student)) == {"cls_classifier", "distillation_classifier"}
    assert "Taught by convnet-micro, with hard targets." in (run / "README.md").read_text(encoding="utf-8")
    assert not (again / "teacher").exists(), "a teacher that knows the classes needs no training"
    assert small_runs.result(run) == small_runs.result(again), "the same teacher, the same student"
