"""What the checks of lesson 12 accept and refuse."""

import copy
import statistics

import numpy as np
import pytest
from torch import nn

from vitcourse.checks import lesson_12
from vitcourse.exercises import Wrong

SILLY = [
    None,
    "",
    "6.09",
    [],
    {},
    True,
    np.zeros(3),
    object(),
    lambda: None,
    lambda *_: None,
    lambda *_: "no",
]
SILLY += [lambda *_: 1 / 0, lambda a, *_: a, lambda *_: np.nan, lambda *_: nn.Linear(6, 4)]


@pytest.mark.parametrize("answer", SILLY, ids=lambda answer: type(answer).__name__)
@pytest.mark.parametrize("check", [lesson_12.exercise_1, lesson_12.exercise_2, lesson_12.exercise_3])
def test_a_silly_answer_is_refused_and_nothing_breaks(check, answer):
    with pytest.raises(Wrong, match=r"got .*expected"):
        check(answer)


@pytest.mark.parametrize("answer", [6.09, np.float32(6.0937), 6.1])
def test_the_ratio_with_two_decimals(answer):
    lesson_12.exercise_1(answer)


@pytest.mark.parametrize(
    ("answer", "hint"), [(1025 / 197, "square"), (27.07, "only attention"), (0.164, "over"), (8, "tokens")]
)
def test_what_was_computed_instead(answer, hint):
    with pytest.raises(Wrong, match=hint) as refused:
        lesson_12.exercise_1(answer)
    assert "6.09" not in str(refused.value)


def stopwatch(before=True, after=True, average=statistics.median, warm_up=3):
    def answer(call, synchronize, clock):
        for _ in range(warm_up):
            call()
        taken = []
        for _ in range(10):
            if before:
                synchronize()
            began = clock()
            call()
            if after:
                synchronize()
            taken.append(clock() - began)
        return average(taken)

    return answer


def test_a_stopwatch_that_waits():
    lesson_12.exercise_2(stopwatch())


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (stopwatch(after=False), "synchronize first"),
        (stopwatch(average=statistics.mean), "the mean"),
        (stopwatch(average=max), "expected another number"),
        (stopwatch(before=False, average=lambda taken: taken[0]), "warm-up has leaked"),
        (stopwatch(warm_up=0), "13"),
    ],
)
def test_other_stopwatches_are_refused(answer, hint):
    with pytest.raises(Wrong, match=hint):
        lesson_12.exercise_2(answer)


def without_neurons(columns=True, copied=True, order=list):
    def answer(mlp, keep):
        kept = order(keep)
        smaller = copy.deepcopy(mlp) if copied else mlp
        weights = mlp.fc1.weight[keep], mlp.fc1.bias[keep], mlp.fc2.weight[:, kept], mlp.fc2.bias
        smaller.fc1, smaller.fc2 = nn.Linear(6, len(keep)), nn.Linear(len(keep), 6)
        smaller.fc1.load_state_dict({"weight": weights[0], "bias": weights[1]})
        if columns:
            smaller.fc2.load_state_dict({"weight": weights[2], "bias": weights[3]})
        return smaller

    return answer


def test_neurons_that_really_go():
    lesson_12.exercise_3(without_neurons())


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (without_neurons(columns=False), "differ by"),
        (without_neurons(order=lambda keep: keep[::-1]), "differ by"),
        (without_neurons(copied=False), "copy"),
        (lambda mlp, keep: copy.deepcopy(mlp), "really smaller"),
    ],
)
def test_other_prunings_are_refused(answer, hint):
    with pytest.raises(Wrong, match=hint):
        lesson_12.exercise_3(answer)
