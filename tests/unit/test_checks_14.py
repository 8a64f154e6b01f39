"""What the checks of lesson 14 accept and refuse."""

import numpy as np
import pytest

from vitcourse import abstention
from vitcourse.checks import lesson_14
from vitcourse.exercises import Wrong

SILLY = [None, "", "149 photos", [], {}, True, np.zeros(3), object(), lambda: None, lambda *_: None]
SILLY += [lambda *_: "no", lambda *_: 1 / 0, lambda a, *_: a, lambda *_: np.nan, lambda *_: -1.0, np.nan, 7]


@pytest.mark.parametrize("answer", SILLY, ids=lambda answer: type(answer).__name__)
@pytest.mark.parametrize("check", [lesson_14.exercise_1, lesson_14.exercise_2, lesson_14.exercise_3])
def test_a_silly_answer_is_refused_and_nothing_breaks(check, answer):
    with pytest.raises(Wrong, match=r"got .*expected"):
        check(answer)


@pytest.mark.parametrize("answer", [149, 149.0, np.int64(149), np.array([149])])
def test_how_many_photos(answer):
    lesson_14.exercise_1(answer)
    assert abstention.error_bound(0, 149) <= 0.02 < abstention.error_bound(0, 148)


@pytest.mark.parametrize(("answer", "hint"), [(148, "above 5 %"), (150, "rule of thumb"), (59, "5 % errors")])
def test_another_number_gets_its_hint(answer, hint):
    with pytest.raises(Wrong, match=hint) as refused:
        lesson_14.exercise_1(answer)
    assert "149" not in str(refused.value)


def by_trying(confidence, right, wrong_cost, pass_cost):
    def cost(at):
        kept = confidence >= at
        return (kept & ~right).sum() * wrong_cost + (~kept).sum() * pass_cost

    return min([np.inf, *confidence], key=cost)


def a_little_lower(*answers):
    """Between two confidences every threshold is as good."""
    return by_trying(*answers) - 0.001


@pytest.mark.parametrize("answer", [by_trying, a_little_lower])
def test_every_cheapest_threshold_is_right(answer):
    lesson_14.exercise_2(answer)


def never_nothing(confidence, *answers):
    return min(by_trying(confidence, *answers), confidence.max())


def errors_alone(confidence, right, wrong_cost, pass_cost):
    return by_trying(confidence, right, wrong_cost, 0)


def of_answers_above(confidence, *answers):
    threshold = by_trying(confidence, *answers)
    return threshold + 1e-9 if np.isfinite(threshold) else threshold


@pytest.mark.parametrize("answer", [never_nothing, errors_alone, of_answers_above])
def test_dearer_thresholds_are_refused(answer):
    with pytest.raises(Wrong, match="expected a cost of"):
        lesson_14.exercise_2(answer)


def deals(distance, number=200, seed=0):
    def answer(before, today):
        rng = np.random.default_rng(seed)
        rows = np.concatenate([before, today])
        seen = distance(before, today)
        dealt = [rng.permutation(rows) for _ in range(number)]
        as_far = sum(distance(r[: len(before)], r[len(before) :]) >= seen for r in dealt)
        return (1 + as_far) / (1 + number)

    return answer


def of_means(a, b):
    return np.linalg.norm(a.mean(0) - b.mean(0))


def energy(a, b):
    """Energy distance, which sees more than the mean."""

    def mean_distance(x, y):
        return np.linalg.norm(x[:, None] - y[None], axis=-1).mean()

    return 2 * mean_distance(a, b) - mean_distance(a, a) - mean_distance(b, b)


@pytest.mark.parametrize("distance", [of_means, energy])
@pytest.mark.parametrize("seed", range(3))
def test_any_distance_and_seed(distance, seed):
    lesson_14.exercise_3(deals(distance, seed=seed))


def the_other_side(before, today):
    return 1 - deals(of_means)(before, today)


@pytest.mark.parametrize("answer", [the_other_side, lambda *_: 0.0, lambda *_: 0.5])
def test_no_p_value_is_refused(answer):
    with pytest.raises(Wrong, match="got p"):
        lesson_14.exercise_3(answer)
