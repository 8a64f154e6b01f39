"""Responses: the published forms, with top_k and threshold, from hand-made probabilities."""

import json

import numpy as np
import pytest
import serving

from vitcourse.endpoint.responses import respond

LABELS = ["a", "b", "c"]
PROBABILITIES = np.array([[0.25, 0.5, 0.25], [0.125, 0.75, 0.875]], np.float32)


def test_p1_keeps_the_order_of_the_model():
    assert respond(PROBABILITIES, LABELS, "P1") == [
        {"probs": [0.25, 0.5, 0.25], "labels": LABELS},
        {"probs": [0.125, 0.75, 0.875], "labels": LABELS},
    ]


def test_p2_is_sorted_and_equal_scores_stay_in_order():
    answer = respond(PROBABILITIES, LABELS, "P2")
    assert [[entry["label"] for entry in row] for row in answer] == [["b", "a", "c"], ["c", "b", "a"]]
    assert [entry["score"] for entry in answer[1]] == [0.875, 0.75, 0.125]


def test_p3_numbers_the_entries_of_p2():
    numbered, sorted_rows = respond(PROBABILITIES, LABELS, "P3"), respond(PROBABILITIES, LABELS, "P2")
    assert [list(row) for row in numbered] == [["0", "1", "2"]] * 2
    assert [list(row.values()) for row in numbered] == sorted_rows


def test_top_k_keeps_the_most_probable_in_each_form():
    assert respond(PROBABILITIES, LABELS, "P1", top_k=2)[1] == {"probs": [0.75, 0.875], "labels": ["b", "c"]}
    assert [entry["label"] for entry in respond(PROBABILITIES, LABELS, "P2", top_k=2)[0]] == ["b", "a"]
    assert list(respond(PROBABILITIES, LABELS, "P3", top_k=99)[0]) == ["0", "1", "2"]


@pytest.mark.parametrize(("threshold", "kept"), [(0.75, ["b", "c"]), (0.8, ["c"]), (0, LABELS), (1, [])])
def test_threshold_keeps_what_is_at_least_as_probable(threshold, kept):
    answer = respond(PROBABILITIES, LABELS, "P1", threshold=threshold)[1]
    assert answer["labels"] == kept
    assert len(respond(PROBABILITIES, LABELS, "P2", threshold=threshold)[1]) == len(kept)


def test_an_explanation_stands_beside_the_class_that_it_explains():
    explanations = [{"visualizations": name, "attributions": [[1.0]]} for name in ("AAAA", "BBBB")]
    p1, p2, p3 = (
        respond(PROBABILITIES, LABELS, form, threshold=0.5, explanations=explanations)
        for form in ("P1", "P2", "P3")
    )
    assert [row["visualizations"] for row in p1] == ["AAAA", "BBBB"]
    assert [entry.get("visualizations") for entry in p2[1]] == ["BBBB", None]
    assert p2[1][0]["label"] == "c"
    assert [list(row.values()) for row in p3] == p2
    none_left = respond(PROBABILITIES, LABELS, "P1", threshold=1, explanations=explanations)
    assert none_left == [{"probs": [], "labels": []}] * 2
    assert respond(PROBABILITIES, LABELS, "P2", threshold=1, explanations=explanations) == [[], []]
    for form, answer in (("P1", p1), ("P2", p2), ("P3", p3)):
        assert serving.is_valid(form, answer)
        assert not serving.is_valid(form, json.loads(json.dumps(answer).replace("attributions", "other")))


@pytest.mark.parametrize("form", ["P1", "P2", "P3"])
@pytest.mark.parametrize("options", [{}, {"top_k": 1}, {"threshold": 0.9}])
def test_every_answer_fits_its_schema(form, options):
    assert serving.is_valid(form, respond(PROBABILITIES, LABELS, form, **options))
    assert serving.is_valid(form, respond(PROBABILITIES[:0], LABELS, form, **options))


def test_a_thousand_classes_are_not_cut_short():
    probabilities = np.full((1, 1000), 0.001, np.float32)
    assert len(respond(probabilities, [str(index) for index in range(1000)], "P2")[0]) == 1000
