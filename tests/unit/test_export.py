"""ONNX, int8 and OpenVINO against torch, on other batch sizes than the exported one."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
import torch

import vitcourse as vc
from vitcourse import cost, export, pruning, variants


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return cost.random_model(variants.get("vit-micro"), num_classes=5)


@pytest.fixture(scope="module")
def file(model, tmp_path_factory):
    return export.to_onnx(model, tmp_path_factory.mktemp("onnx") / "model.onnx")


@pytest.mark.parametrize("batch", [1, 3])
def test_the_file_gives_the_same_logits_for_any_batch_size(model, file, batch):
    pixel_values = torch.randn(batch, 3, 224, 224)
    with torch.inference_mode():
        expected = model(pixel_values=pixel_values).logits.numpy()
    assert np.abs(export.logits(export.session(file), pixel_values) - expected).max() < 1e-4


def test_the_file_is_whole_and_says_what_it_takes(file):
    onnx.checker.check_model(file)
    inputs = export.session(file).get_inputs()
    assert [(i.name, i.shape[1:]) for i in inputs] == [("pixel_values", [3, 224, 224])]
    assert isinstance(inputs[0].shape[0], str)
    assert [path.name for path in file.parent.glob("*partial*")] == []


def test_eight_bits_are_small_and_near(model, file):
    small = export.to_int8(file, file.with_name("int8.onnx"))
    assert small.stat().st_size < 0.4 * file.stat().st_size
    types = {tensor.data_type for tensor in onnx.load(small).graph.initializer if len(tensor.dims) == 2}
    assert onnx.TensorProto.UINT8 in types
    pixel_values = torch.randn(2, 3, 224, 224)
    exact, rounded = (export.logits(export.session(path), pixel_values) for path in (file, small))
    assert 0 < np.abs(exact - rounded).max() < 0.25 * np.abs(exact).max()


def test_a_pruned_model_can_be_exported(model, tmp_path):
    smaller = pruning.prune(model, {0: [0, 1], 3: [2]})
    pixel_values = torch.randn(1, 3, 224, 224)
    with torch.inference_mode():
        expected = smaller(pixel_values=pixel_values).logits.numpy()
    found = export.logits(export.session(export.to_onnx(smaller, tmp_path / "m.onnx")), pixel_values)
    assert np.abs(found - expected).max() < 1e-4


@pytest.fixture(scope="module")
def compiled(model):
    return export.to_openvino(model)


@pytest.mark.parametrize("batch", [1, 5])
def test_the_compiled_model_gives_the_same_logits_for_any_batch_size(model, compiled, batch):
    pixel_values = torch.randn(batch, 3, 224, 224)
    with torch.inference_mode():
        expected = model(pixel_values=pixel_values).logits
    torch.testing.assert_close(compiled(pixel_values), expected, atol=1e-4, rtol=0)


def test_threads_may_share_a_compiled_model_and_each_image_is_on_its_own(compiled):
    images = torch.randn(8, 3, 224, 224)
    together = compiled(images)
    with ThreadPoolExecutor(4) as threads:
        alone = torch.cat(list(threads.map(compiled, images.split(1))))
    torch.testing.assert_close(alone, together, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["deit-micro-distilled", "convnet-micro"])
def test_a_classifier_says_the_same_when_compiled(name):
    classifier = vc.Classifier(name, precision="fp32")
    pictures = vc.world.held_out().select(range(3))["image"]
    before = classifier.predict(pictures, top_k=None)
    after = classifier.compile().predict(pictures, top_k=None)
    for old, new in zip(before, after, strict=True):
        assert [answer["label"] for answer in old[:3]] == [answer["label"] for answer in new[:3]]
        assert [answer["score"] for answer in old] == pytest.approx(
            [answer["score"] for answer in new], abs=1e-4
        )


def test_compiling_changes_nothing_in_fp16():
    classifier = vc.Classifier("vit-micro", precision="fp16")
    size = classifier.batch_size
    assert classifier.compile() is classifier and classifier.batch_size == size


def test_nothing_is_reported_to_the_makers_of_the_runtimes(tmp_path):
    code = "from vitcourse import export; import openvino, sys; print(sys.modules['openvino_telemetry'])"
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {
        "HOME": str(tmp_path)
    }
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "None"
    assert not [file for file in tmp_path.rglob("*") if "onnx" in str(file).lower()], "the id of this machine"
