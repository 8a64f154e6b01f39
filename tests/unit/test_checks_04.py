"""The checks of lesson 04 accept what is right, and refuse what is wrong or silly, with a hint."""

import numpy as np
import pytest
import torch
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from transformers import DeiTImageProcessor, DeiTImageProcessorPil, ViTImageProcessor

from vitcourse.checks import lesson_04
from vitcourse.exercises import Wrong

IMAGENET = {"image_mean": IMAGENET_DEFAULT_MEAN, "image_std": IMAGENET_DEFAULT_STD, "resample": 3}
SILLY = [None, "text", [], {}, object(), float("nan"), True, np.zeros(3), torch.zeros(2, 2), print]


def both(one, other, dim=-1):
    return (one.softmax(dim) + other.softmax(dim)) / 2


RIGHT = [
    (lesson_04.exercise_1, 578),
    (lesson_04.exercise_1, 578.0),
    (lesson_04.exercise_1, np.int64(578)),
    (lesson_04.exercise_2, DeiTImageProcessor(size={"shortest_edge": 288}, **IMAGENET)),
    (lesson_04.exercise_2, DeiTImageProcessorPil(size={"shortest_edge": 288}, **IMAGENET)),
    (lesson_04.exercise_3, both),
    (lesson_04.exercise_3, lambda one, other: both(one, other).numpy()),
]
WRONG = [
    (lesson_04.exercise_1, 576),
    (lesson_04.exercise_1, 577),
    (lesson_04.exercise_1, -1),
    (lesson_04.exercise_2, DeiTImageProcessor(**IMAGENET)),
    (lesson_04.exercise_2, DeiTImageProcessor(size={"shortest_edge": 256}, **IMAGENET)),
    (lesson_04.exercise_2, DeiTImageProcessor(size={"shortest_edge": 288})),
    (lesson_04.exercise_2, DeiTImageProcessor(size={"height": 288, "width": 288}, **IMAGENET)),
    (lesson_04.exercise_2, ViTImageProcessor()),
    (lesson_04.exercise_2, lambda picture, return_tensors: {"pixel_values": [1]}),
    (lesson_04.exercise_2, lambda picture, return_tensors: {"pixel_values": [["a"]]}),
    (lesson_04.exercise_3, lambda one, other: ((one + other) / 2).softmax(-1)),
    (lesson_04.exercise_3, lambda one, other: one.softmax(-1) + other.softmax(-1)),
    (lesson_04.exercise_3, lambda one, other: both(one, other, dim=0)),
    (lesson_04.exercise_3, lambda one, other: one.softmax(-1)),
]
CHECKS = [lesson_04.exercise_1, lesson_04.exercise_2, lesson_04.exercise_3]


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers(check, answer):
    assert check(answer) is None


@pytest.mark.parametrize(("check", "answer"), WRONG + [(check, silly) for check in CHECKS for silly in SILLY])
def test_wrong_and_silly_answers(check, answer):
    with pytest.raises(Wrong, match=r"got .*expected"):
        check(answer)
