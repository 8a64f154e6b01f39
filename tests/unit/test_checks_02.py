"""The checks of lesson 02 accept equivalent answers, refuse near misses, and leave chance alone."""

import numpy as np
import pytest
import torch
from torch import nn

from vitcourse.checks import lesson_02
from vitcourse.exercises import Wrong
from vitcourse.vit import VisionTransformer

VIT_LARGE = 304_326_632  # timm 1.0.31, vit_large_patch16_224
DEIT = {"image_size": 384, "embed_dim": 768, "num_heads": 12, "distilled": True}


def fused(attention, order="query key value", bias=True):
    layers = [getattr(attention, name) for name in order.split()]
    layer = nn.Linear(layers[0].in_features, 3 * layers[0].out_features, bias=bias)
    layer.weight = nn.Parameter(torch.cat([part.weight for part in layers]))
    if bias:
        layer.bias = nn.Parameter(torch.cat([part.bias for part in layers]))
    return layer


@pytest.mark.parametrize(
    "answer", [VIT_LARGE, float(VIT_LARGE), np.int64(VIT_LARGE), torch.tensor(VIT_LARGE)]
)
def test_the_parameters_of_vit_large(answer):
    lesson_02.exercise_1(answer)


@pytest.mark.parametrize("answer", [VIT_LARGE + 1, VIT_LARGE / 1e6, 307e6])
def test_another_number_of_parameters_is_refused(answer):
    with pytest.raises(Wrong, match="expected some 304 million"):
        lesson_02.exercise_1(answer)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, ""),
        ({"distilled": False}, "parameters"),
        ({"image_size": 224}, "parameters"),
        ({"num_heads": 6}, "heads"),
    ],
)
def test_the_distilled_deit_at_384_pixels(change, message):
    with torch.device("meta"):
        model = VisionTransformer(**{**DEIT, **change})
    if not message:
        lesson_02.exercise_2(model)
        return
    with pytest.raises(Wrong, match=f"got .* {message}, expected"):
        lesson_02.exercise_2(model)


def test_one_layer_for_query_key_and_value():
    before = torch.random.get_rng_state()
    lesson_02.exercise_3(fused)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda attention: fused(attention, "key query value"), "other numbers"),
        (lambda attention: fused(attention, bias=False), "other numbers"),
        (lambda attention: attention.query, r"\(24, 24\) for D = 24, expected"),
        (lambda attention: attention, "returns Attention, expected"),
    ],
)
def test_another_layer_is_refused(answer, message):
    with pytest.raises(Wrong, match=message):
        lesson_02.exercise_3(answer)
