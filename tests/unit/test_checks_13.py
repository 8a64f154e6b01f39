"""What the checks of lesson 13 accept and refuse."""

import numpy as np
import pytest

from vitcourse.checks import lesson_13
from vitcourse.exercises import Wrong

SILLY = [None, "", "23", [], {}, True, np.zeros(3), object(), lambda: None, lambda *_: None, lambda *_: "no"]
SILLY += [lambda *_: 1 / 0, lambda a, *_: a, lambda *_: np.nan, lambda *_: np.zeros(2), float("nan")]


@pytest.mark.parametrize("answer", SILLY, ids=lambda answer: type(answer).__name__)
@pytest.mark.parametrize("check", [lesson_13.exercise_1, lesson_13.exercise_2, lesson_13.exercise_3])
def test_a_silly_answer_is_refused_and_nothing_breaks(check, answer):
    with pytest.raises(Wrong, match=r"got .*expected"):
        check(answer)


@pytest.mark.parametrize("answer", [23, 23.0, np.int64(23)])
def test_the_photos_that_fit(answer):
    lesson_13.exercise_1(answer)


@pytest.mark.parametrize(
    ("answer", "hint"), [(32, "as bytes"), (24, "nearly"), (23.99, "whole"), (42, "four")]
)
def test_what_was_computed_instead(answer, hint):
    with pytest.raises(Wrong, match=hint):
        lesson_13.exercise_1(answer)


def best(entry):
    if "probs" in entry:
        return max(zip(entry["probs"], entry["labels"], strict=True))[1]
    entries = entry.values() if isinstance(entry, dict) else entry
    return max(entries, key=lambda one: one["score"])["label"]


def test_one_client_for_three_forms():
    lesson_13.exercise_2(best)


@pytest.mark.parametrize(
    ("answer", "form"),
    [
        (lambda entry: entry["labels"][0], "P1"),
        (lambda entry: entry["labels"][np.argmax(entry["probs"])], "TypeError"),
        (lambda entry: best(entry) if "probs" in entry else entry[0]["label"], "P2"),
        (lambda entry: best(entry) if "0" not in entry else entry["0"]["label"], "P3"),
    ],
)
def test_other_clients_are_refused(answer, form):
    with pytest.raises(Wrong, match=form):
        lesson_13.exercise_2(answer)


def patient(attempts=5, again=(503,), seconds=lambda reply: reply.headers["Retry-After"], last=False):
    def answer(send, sleep):
        for attempt in range(attempts):
            reply = send()
            if reply.status_code == 200:
                return reply.json()
            if reply.status_code not in again:
                break
            if last or attempt < attempts - 1:
                sleep(float(seconds(reply)))
        raise RuntimeError(f"status {reply.status_code}")

    return answer


def test_a_client_with_manners():
    lesson_13.exercise_3(patient())


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (patient(attempts=4), "got RuntimeError"),
        (patient(attempts=6), "5 times in all"),
        (patient(again=(503, 400), seconds=lambda reply: reply.headers.get("Retry-After", 1)), "503 only"),
        (patient(seconds=lambda reply: 1), "Retry-After"),
        (patient(last=True), "nothing is sent afterwards"),
        (lambda send, sleep: send().json(), "another number|expected"),
        (lambda send, sleep: send(), "expected what json"),
    ],
)
def test_other_clients_have_none(answer, hint):
    with pytest.raises(Wrong, match=hint):
        lesson_13.exercise_3(answer)
