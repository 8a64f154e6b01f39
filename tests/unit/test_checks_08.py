"""What the checks of lesson 08 accept and refuse."""

import numpy as np
import pytest
from scipy.special import log_softmax

from vitcourse.checks import lesson_08
from vitcourse.exercises import Wrong

SILLY = [None, "", "0.7", [], {}, True, np.zeros(3), object(), lambda: None, lambda *_: None, lambda *_: "no"]
SILLY += [lambda *_: [[1], [1, 2]], lambda *_: 1 / 0, lambda a, *_: a, lambda *_: np.nan, lambda *_: -1.0]


@pytest.mark.parametrize("answer", SILLY, ids=lambda answer: type(answer).__name__)
@pytest.mark.parametrize("check", [lesson_08.exercise_1, lesson_08.exercise_2, lesson_08.exercise_3])
def test_a_silly_answer_is_refused_and_nothing_breaks(check, answer):
    with pytest.raises(Wrong, match=r"got .*expected"):
        check(answer)


@pytest.mark.parametrize("answer", [0.725, np.float32(0.725), (0.95 + 0.5) / 2, np.array([0.725])])
def test_macro_recall(answer):
    lesson_08.exercise_1(answer)


@pytest.mark.parametrize(("answer", "hint"), [(0.86, "accuracy"), (0.799, "precision"), (72.5, "share")])
def test_what_was_computed_instead(answer, hint):
    with pytest.raises(Wrong, match=hint) as refused:
        lesson_08.exercise_1(answer)
    assert "0.725" not in str(refused.value)


def intervals_of(draw, seed):
    def answer(right, groups):
        rng = np.random.default_rng(seed)
        scores = [right[draw(rng, groups)].mean() for _ in range(1000)]
        return tuple(np.quantile(scores, [0.025, 0.975]))

    return answer


def whole_groups(rng, groups):
    names = np.unique(groups)
    return np.concatenate([np.flatnonzero(groups == name) for name in rng.choice(names, len(names))])


def single_photos(rng, groups):
    return rng.integers(len(groups), size=len(groups))


def half_of_the_groups(rng, groups):
    names = np.unique(groups)
    return np.concatenate([np.flatnonzero(groups == name) for name in rng.choice(names, len(names) // 4)])


@pytest.mark.parametrize("seed", range(5))
def test_groups_drawn_with_any_seed(seed):
    lesson_08.exercise_2(intervals_of(whole_groups, seed))


@pytest.mark.parametrize(("draw", "hint"), [(single_photos, "whole groups"), (half_of_the_groups, "as many")])
def test_other_draws_are_refused(draw, hint):
    with pytest.raises(Wrong, match=hint):
        lesson_08.exercise_2(intervals_of(draw, 0))


def test_a_temperature_from_a_grid_is_good_enough():
    def grid(logits, labels):
        tries = np.geomspace(0.05, 20, 400)
        losses = [-log_softmax(logits / t, axis=1)[np.arange(len(labels)), labels].mean() for t in tries]
        return tries[np.argmin(losses)]

    lesson_08.exercise_3(grid)


@pytest.mark.parametrize("answer", [lambda *_: 1.0, lambda *_: 3.0, lambda logits, _: logits.std()])
def test_other_temperatures_are_refused(answer):
    with pytest.raises(Wrong, match="nats above the lowest loss"):
        lesson_08.exercise_3(answer)
