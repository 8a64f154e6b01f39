"""`vc.Classifier`: one answer an image, the same whatever holds the picture, by softmax or sigmoid."""

import json
import threading
import time

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    DeiTConfig,
    DeiTForImageClassification,
    DeiTForImageClassificationWithTeacher,
    DeiTImageProcessor,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
)

import vitcourse as vc
from vitcourse import devices, pixels
from vitcourse.classifier import NEAR_TIE
from vitcourse.images import ImageError
from vitcourse.models import CheckpointError

SMALL = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 48,
    "image_size": 32,
    "patch_size": 16,
    "id2label": dict(enumerate(["ant", "bee", "cat", "dog", "elk", "fox", "gnu"])),
    "initializer_range": 0.5,
}
FAMILIES = {
    "vit": (ViTForImageClassification, ViTConfig, ViTImageProcessor),
    "deit": (DeiTForImageClassification, DeiTConfig, DeiTImageProcessor),
    "distilled": (DeiTForImageClassificationWithTeacher, DeiTConfig, DeiTImageProcessor),
}


@pytest.fixture
def make(tmp_path):
    def checkpoint(family="vit", **config):
        model_class, config_class, processor_class = FAMILIES[family]
        torch.manual_seed(0)
        model_class(config_class(**SMALL | config)).save_pretrained(tmp_path / family)
        processor_class(size={"height": 32, "width": 32}, do_center_crop=False).save_pretrained(
            tmp_path / family
        )
        return tmp_path / family

    return checkpoint


@pytest.fixture(scope="module")
def pictures():
    generator = np.random.default_rng(0)
    shapes = [(30, 40, 3), (50, 32, 3), (32, 32, 3), (64, 20, 3), (33, 33, 3)]
    return [Image.fromarray(generator.integers(0, 256, shape).astype(np.uint8)) for shape in shapes]


def scores(answer):
    return {row["label"]: row["score"] for row in answer}


def same(one, other, tolerance=1e-5):
    return all(
        scores(one)[label] == pytest.approx(scores(other)[label], abs=tolerance) for label in scores(one)
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_answers_as_the_model_itself(make, pictures, family):
    classifier = vc.Classifier(make(family), precision="fp32")
    model, processor = vc.load(make(family))
    with torch.inference_mode():
        expected = model(**processor(pictures, return_tensors="pt")).logits.softmax(-1)
    answers = classifier.predict(pictures, top_k=None)
    assert len(answers) == len(pictures)
    for answer, row in zip(answers, expected, strict=True):
        assert [a["label"] for a in answer] == [
            model.config.id2label[i] for i in row.argsort(descending=True).tolist()
        ]
        assert [a["score"] for a in answer] == pytest.approx(
            row.sort(descending=True).values.tolist(), abs=1e-5
        )
        assert sum(a["score"] for a in answer) == pytest.approx(1, abs=1e-5)


def test_a_timm_network_takes_every_mode_too(tmp_path, pictures):
    import timm

    network = timm.create_model("mobilenetv2_035")
    timm.models.save_for_hf(network, str(tmp_path), safe_serialization=True)
    config = json.loads((tmp_path / "config.json").read_text()) | {"model_args": {}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    classifier = vc.Classifier(tmp_path, precision="fp32")
    answers = classifier.predict(
        [pictures[0], pictures[0].convert("RGBA"), pictures[0].convert("L")], top_k=3
    )
    assert same(answers[0], answers[1])
    assert [len(answer) for answer in answers] == [3, 3, 3]


@pytest.mark.parametrize("mode", ["RGBA", "CMYK", "RGBa"])
def test_other_modes_give_the_answer_of_the_rgb_picture(make, pictures, mode):
    classifier = vc.Classifier(make(), precision="fp32")
    other = pictures[0].convert("RGBA").convert(mode) if mode == "RGBa" else pictures[0].convert(mode)
    assert same(classifier.predict(other)[0], classifier.predict(pictures[0])[0])


@pytest.mark.parametrize("mode", ["L", "LA", "I;16", "grey array"])
def test_grey_modes_give_the_answer_of_the_grey_picture(make, pictures, mode):
    classifier = vc.Classifier(make(), precision="fp32")
    grey = pictures[0].convert("L")
    other = (
        {
            "I;16": Image.fromarray(np.asarray(grey).astype(np.uint16) * 257),
            "grey array": np.asarray(grey),
        }.get(mode)
        if mode not in ("L", "LA")
        else grey.convert(mode)
    )
    assert same(classifier.predict(other)[0], classifier.predict(grey.convert("RGB"))[0])


def test_one_image_is_a_list_of_one_answer(make, pictures, tmp_path):
    classifier = vc.Classifier(make())
    pictures[0].save(tmp_path / "one.png")
    held = [tmp_path / "one.png", (tmp_path / "one.png").read_bytes(), pictures[0], np.asarray(pictures[0])]
    for image in held:
        (answer,) = classifier.predict(image, top_k=2)
        assert same(answer, classifier.predict([pictures[0]], top_k=2)[0])


def test_lists_tuples_generators_and_batches_give_the_same(make, pictures):
    classifier = vc.Classifier(make(), precision="fp32")
    expected = classifier.predict(pictures)
    for images, batch_size in [(tuple(pictures), 1), ((p for p in pictures), 2), (iter(pictures), 100)]:
        answers = classifier.predict(images, batch_size=batch_size)
        assert len(answers) == 5
        assert all(same(one, other) for one, other in zip(answers, expected, strict=True))


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_generator_is_read_a_batch_ahead_for_each_thread(make, pictures, monkeypatch, workers):
    monkeypatch.setattr(torch, "get_num_threads", lambda: workers)
    read = []
    batches = vc.Classifier(make()).batch_logits((read.append(1) or p for p in pictures * 4), batch_size=2)
    assert read == []
    for number in range(1, 4):
        assert next(batches).shape == (2, 7)
        assert len(read) == 2 * (number + workers)
    batches.close()
    assert not threads()


def test_a_single_batch_is_computed_here_with_all_cores(make, pictures, monkeypatch):
    classifier = vc.Classifier(make(), precision="fp32")
    forward, seen = classifier.forward, []
    monkeypatch.setattr(
        classifier, "forward", lambda given: (seen.append(threading.current_thread()), forward(given))[1]
    )
    few = torch.cat(list(classifier.batch_logits(pictures, batch_size=5)))
    assert seen == [threading.main_thread()]
    many = torch.cat(list(classifier.batch_logits(pictures, batch_size=2)))
    assert threading.main_thread() not in seen[1:]
    torch.testing.assert_close(few, many, atol=1e-5, rtol=0)


def test_files_are_decoded_while_the_model_computes(make, pictures, tmp_path, monkeypatch):
    files = [tmp_path / f"{number}.png" for number in range(len(pictures))]
    for file, picture in zip(files, pictures, strict=True):
        picture.save(file)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    classifier = vc.Classifier(make(), precision="fp32")
    expected = torch.cat(list(classifier.batch_logits(pictures)))
    resized, forward = pixels.resized, classifier.forward
    prepared, seen = [], []

    def slow_forward(pixel_values):
        seen.append(len(pixel_values))
        until = time.monotonic() + 900
        while len(prepared) < 4 and time.monotonic() < until:
            time.sleep(0.01)
        return forward(pixel_values)

    monkeypatch.setattr(pixels, "resized", lambda *given: (prepared.append(1), resized(*given))[1])
    monkeypatch.setattr(classifier, "forward", slow_forward)
    began = time.monotonic()
    logits = torch.cat(list(classifier.batch_logits(files, batch_size=2)))
    assert time.monotonic() - began < 900
    assert sorted(seen) == [1, 2, 2]
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)
    assert not threads()


def test_an_error_comes_after_the_batches_before_it(make, pictures):
    def images():
        yield from pictures
        raise LookupError("the camera")

    classifier = vc.Classifier(make())
    for bad, error in [((*pictures[:4], b"no image"), ImageError), (images(), LookupError)]:
        batches = classifier.batch_logits(bad, batch_size=2)
        assert [len(next(batches)), len(next(batches))] == [2, 2]
        with pytest.raises(error, match=r"images\[4\]|the camera"):
            next(batches)
        assert not threads()


def test_an_error_of_the_model_leaves_no_thread(make, pictures, monkeypatch):
    def forward(pixel_values):
        raise KeyboardInterrupt

    classifier = vc.Classifier(make())
    monkeypatch.setattr(classifier, "forward", forward)
    with pytest.raises(KeyboardInterrupt):
        classifier.predict(pictures)
    assert not threads()


def test_no_images_no_answers(make):
    assert vc.Classifier(make()).predict([]) == []


def test_top_k(make, pictures):
    classifier = vc.Classifier(make())
    assert [len(classifier.predict(pictures[0], top_k=k)[0]) for k in (1, 5, 7, 100, None)] == [1, 5, 7, 7, 7]
    answer = classifier.predict(pictures[0], top_k=7)[0]
    assert [row["score"] for row in answer] == sorted((row["score"] for row in answer), reverse=True)


@pytest.mark.parametrize(
    "wrong", [{"top_k": 0}, {"top_k": -1}, {"top_k": 2.5}, {"top_k": True}, {"batch_size": 0}]
)
def test_wrong_numbers_are_refused(make, pictures, wrong):
    with pytest.raises(ValueError, match=r"(top_k|batch_size) is .*expected a positive whole number"):
        vc.Classifier(make()).predict(pictures, **wrong)


def test_sigmoid_where_several_labels_can_be_true(make, pictures):
    folder = make(problem_type="multi_label_classification")
    classifier = vc.Classifier(folder, precision="fp32")
    assert classifier.multi_label
    logits = torch.cat(list(classifier.batch_logits(pictures)))
    for answer, row in zip(classifier.predict(pictures, top_k=None), logits, strict=True):
        assert [a["score"] for a in answer] == pytest.approx(
            row.sigmoid().sort(descending=True).values.tolist()
        )


def test_a_pair_is_used_as_it_is(make, pictures):
    model, processor = vc.load(make(), labels=["a", "b"])
    model.train()
    classifier = vc.Classifier((model, processor), precision="bf16")
    assert classifier.model is model
    assert scores(classifier.predict(pictures[0])[0]) == pytest.approx(
        {"a": 0.5, "b": 0.5}
    )  # a head of zeros
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert not model.training


@pytest.mark.parametrize("precision", ["auto", "fp32", "bf16", "fp16"])
def test_precisions_agree(make, pictures, precision):
    folder = make(initializer_range=0.02)
    classifier = vc.Classifier(folder, precision=precision)
    assert classifier.precision in ("fp32", "bf16", "fp16")
    exact = vc.Classifier(folder, precision="fp32").predict(pictures, top_k=None)
    for one, other in zip(classifier.predict(pictures, top_k=None), exact, strict=True):
        assert same(one, other, tolerance=0.02)


def batches_seen(model):
    seen = []
    model.register_forward_hook(
        lambda _, inputs, kwargs, output: seen.append(kwargs["pixel_values"].shape[0]), with_kwargs=True
    )
    return seen


@pytest.mark.parametrize("multi_label", [False, True])
def test_a_near_tie_is_decided_in_fp32(make, pictures, multi_label):
    """Class 1 is a hair above the highest, or each label a hair above 0.5, for one picture of five."""
    problem = {"problem_type": "multi_label_classification"} if multi_label else {}
    model, processor = vc.load(make(initializer_range=0.02, **problem))
    exact = vc.Classifier((model, processor), precision="fp32")
    with torch.no_grad():
        model.classifier.bias += torch.tensor([9.0, 3, 3, 3, 3, 3, 3])
    logits = torch.cat(list(exact.batch_logits(pictures)))
    with torch.no_grad():
        if multi_label:
            model.classifier.bias[1] += 1e-4 - logits[3, 1]
        else:
            model.classifier.bias[1] += 1e-4 + logits[3, 0] - logits[3, 1]
    spread = logits[:, 1] - (0 if multi_label else logits[:, 0])
    near = ((spread - spread[3]).abs() < NEAR_TIE - 0.01).sum().item()
    expected = torch.cat(list(exact.batch_logits(pictures)))
    seen = batches_seen(model)
    found = torch.cat(list(vc.Classifier((model, processor), precision="bf16").batch_logits(pictures)))
    assert torch.equal(found[3], expected[3])
    assert seen == [5, near]


@pytest.mark.parametrize("family", FAMILIES)
def test_no_head_rounds_its_logits(make, pictures, family):
    model, processor = vc.load(make(family))
    classifier = vc.Classifier((model, processor), precision="bf16")
    logits = torch.cat(list(classifier.batch_logits(pictures)))
    assert (logits != logits.bfloat16()).float().mean() > 0.9
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize(("device", "chosen"), [("cpu", "fp32"), ("mps", "fp32"), ("cuda", "bf16")])
def test_auto_asks_the_device(make, monkeypatch, device, chosen):
    asked = []
    answer = {"fp32": "no"}.get(chosen, chosen)
    monkeypatch.setattr(devices, "mixed_precision", lambda name: asked.append(name) or answer)
    monkeypatch.setattr(ViTForImageClassification, "device", property(lambda self: torch.device(device)))
    assert vc.Classifier(vc.load(make())).precision == chosen
    assert asked == [device]


@pytest.mark.skipif(devices.name() == "cpu", reason="no accelerator here")
@pytest.mark.parametrize("precision", ["auto", "fp32", "fp16"])
def test_an_accelerator_agrees_with_the_cpu(make, pictures, precision):
    folder = make(initializer_range=0.02)
    fast = vc.Classifier(folder, precision=precision)
    assert fast.device.type == devices.name()
    slow = vc.Classifier(vc.load(folder), precision="fp32")
    pairs = zip(fast.predict(pictures, top_k=None), slow.predict(pictures, top_k=None), strict=True)
    assert all(same(one, other, tolerance=0.02) for one, other in pairs)


def test_what_is_no_image_is_named(make, pictures, tmp_path):
    classifier = vc.Classifier(make())
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ImageError, match=r"notes\.txt: this is no image"):
        classifier.predict([pictures[0], tmp_path / "notes.txt"])
    with pytest.raises(ImageError, match=r"images\[3\]"):
        classifier.predict([*pictures[:3], b"hello"], batch_size=2)


def test_wrong_models_and_precisions_are_refused(make):
    with pytest.raises(ValueError, match=r"precision is 'int8'; expected auto, fp32, bf16, fp16"):
        vc.Classifier(make(), precision="int8")
    with pytest.raises(ValueError, match=r"model is a int; expected .*vc\.load"):
        vc.Classifier(7)
    with pytest.raises(ValueError, match=r"expected .*the pair"):
        vc.Classifier((1, 2))
    with pytest.raises(CheckpointError, match="vit-tiny"):
        vc.Classifier("vit-enormous")
