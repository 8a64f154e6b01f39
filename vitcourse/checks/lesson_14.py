"""Checks of lesson 14, responsible use."""

from typing import Any

import numpy as np

from vitcourse.exercises import Wrong, call, number

COSTS = ((10.0, 1.0), (1.0, 1.0), (2.0, 1.0), (1.0, 0.0))  # of a wrong answer, of passing a photo on
EXTRA_COST = 1e-6
SAME, CHANGED = 0.05, 0.02  # p-values: at least that where nothing changed, at most that where much did


def exercise_1(answer: Any) -> None:
    """If 2 % of all answers were wrong: after how many right ones in a row is their chance below 5 %?

    n right answers in a row then have the chance 0.98 ** n. Take the logarithm of 0.05 and divide it by
    that of 0.98; the next whole number is the answer.
    """
    got = number(answer)
    hints = {
        148: "0.98 to the 148th is still above 5 %",
        150: "3 / n is a rule of thumb; fewer are enough",
        59: "that is for 5 % errors",
        50: "one error is to be expected in 50, and none at all still happens in 36 % of cases",
    }
    if got != 149:
        hint = hints.get(got, "0.98 ** n has to fall to 0.05")
        raise Wrong(f"got {got:g}, expected another whole number; {hint}")


def exercise_2(answer: Any) -> None:
    """Try each threshold of `risk_coverage`, and infinity: errors times their cost, plus those passed on.

    For each candidate, the answers are those with `confidence >= threshold`. Its cost is `wrong_cost`
    times the wrong ones among them, and `pass_cost` times all that are not answered. `min` with a `key`
    finds the cheapest.
    """
    for seed, share in enumerate((0.9, 0.6, 0.0, 1.0)):
        confidence, right = _answers(seed, share)
        for wrong_cost, pass_cost in COSTS:
            got = number(call(answer, confidence.copy(), right.copy(), wrong_cost, pass_cost))
            if np.isnan(got):
                raise Wrong("got nan, expected a threshold; infinity answers nothing")
            tries = [*np.unique(confidence), np.inf]
            best = min(_cost(at, confidence, right, wrong_cost, pass_cost) for at in tries)
            cost = _cost(got, confidence, right, wrong_cost, pass_cost)
            if cost > best + EXTRA_COST:
                raise Wrong(
                    f"got the threshold {got:.3g}, which costs {cost:g} with errors at {wrong_cost:g} and "
                    f"photos passed on at {pass_cost:g}; expected a cost of {best:g}; answers are given from "
                    "the threshold on, and answering nothing is allowed"
                )


def exercise_3(answer: Any) -> None:
    """Join both sets, permute the rows, cut after N, and count the deals that lie at least as far apart.

    A distance that is easy: `np.linalg.norm` of the difference of the two means. Compute it for the sets
    as they are, then for 200 permutations of `np.concatenate` of both; the p-value is (1 + as far or
    farther) / 201.
    """
    rng = np.random.default_rng(0)
    before = rng.normal(size=(40, 12))
    far = before[:25] + 1.0
    p_value = _p_value(answer, before, far)
    if p_value > CHANGED:
        raise Wrong(
            f"got p = {p_value:.3g} where every vector has moved, expected at most {CHANGED}; count the "
            "deals that are as far apart, not those that are nearer, and deal 200 times or more"
        )
    same = [_p_value(answer, *_split(seed)) for seed in range(8)]
    if np.median(same) < SAME:
        raise Wrong(
            f"got p = {np.median(same):.3g} in the median where nothing has changed, expected about 0.5; "
            "deal the rows of both sets together, into sets as large as the two"
        )
    if np.median(same) > 1 - SAME or np.ptp(same) == 0:
        raise Wrong(f"got p = {np.median(same):.3g} where nothing changed, expected values all over 0 to 1")


def _answers(seed: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Confidences, some of them equal, and who was right, the surer the more often, (60,) each."""
    rng = np.random.default_rng(seed)
    confidence = np.round(rng.uniform(0.25, 1, size=60), 2)
    slope = 0.0 if share in (0, 1) else 1.0
    return confidence, rng.random(60) < share + slope * (confidence - 0.6)


def _cost(at: float, confidence: np.ndarray, right: np.ndarray, wrong_cost: float, pass_cost: float) -> float:
    kept = confidence >= at
    return wrong_cost * (kept & ~right).sum() + pass_cost * (~kept).sum()


def _p_value(answer: Any, before: np.ndarray, today: np.ndarray) -> float:
    got = number(call(answer, before.copy(), today.copy()))
    if not 0 <= got <= 1:
        raise Wrong(f"got {got:g}, expected a share of deals, from 0 to 1")
    return got


def _split(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two sets from one source, of unequal sizes."""
    vectors = np.random.default_rng(100 + seed).normal(size=(50, 12))
    return vectors[:30], vectors[30:]
