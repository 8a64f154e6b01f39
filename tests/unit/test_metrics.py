"""Scores of multi-class and multi-label predictions, against scikit-learn and against numbers by hand."""

import warnings

import numpy as np
import pytest
import torch
from sklearn import metrics as reference

from vitcourse import metrics

PERFECT = ["accuracy", "precision_macro", "recall_weighted", "f1_micro", "iou_macro", "mcc", "auc_macro"]
PERFECT += ["average_precision_macro"]


def random_multiclass(photos=200, classes=6, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.r_[np.arange(classes), rng.integers(classes, size=photos - classes)]
    logits = rng.normal(size=(photos, classes)) + 1.5 * np.eye(classes)[labels]
    return np.exp(logits) / np.exp(logits).sum(1, keepdims=True), labels


def random_multilabel(photos=100, classes=4, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.random((photos, classes)) < [0.1, 0.3, 0.6, 0.8]
    labels[:10] = False  # photos with none of them
    return 1 / (1 + np.exp(-rng.normal(size=labels.shape) - 1.5 * labels + 0.7)), labels.astype(float)


def averages_of_sklearn(truth, said):
    scores = {}
    for average in ("micro", "macro", "weighted"):
        precision, recall, f1, _ = reference.precision_recall_fscore_support(truth, said, average=average)
        scores |= {f"precision_{average}": precision, f"recall_{average}": recall, f"f1_{average}": f1}
        scores[f"iou_{average}"] = reference.jaccard_score(truth, said, average=average)
    return scores


def test_multiclass_agrees_with_scikit_learn():
    probabilities, labels = random_multiclass()
    said = probabilities.argmax(1)
    expected = averages_of_sklearn(labels, said) | {
        "accuracy": reference.accuracy_score(labels, said),
        "top_2_accuracy": reference.top_k_accuracy_score(labels, probabilities, k=2),
        "top_5_accuracy": reference.top_k_accuracy_score(labels, probabilities, k=5),
        "mcc": reference.matthews_corrcoef(labels, said),
        "auc_macro": reference.roc_auc_score(labels, probabilities, multi_class="ovr"),
        "average_precision_macro": reference.average_precision_score(np.eye(6)[labels], probabilities),
    }
    scores = metrics.multiclass(probabilities, labels)
    assert scores.pop("ece") > 0
    assert scores == pytest.approx(expected)


@pytest.mark.parametrize("thresholds", [0.5, [0.3, 0.5, 0.6, 0.7]])
def test_multilabel_agrees_with_scikit_learn(thresholds):
    probabilities, labels = random_multilabel()
    said = (probabilities >= thresholds).astype(float)
    exact = reference.accuracy_score(labels, said)
    expected = averages_of_sklearn(labels, said) | {
        "accuracy": exact,
        "exact_match": exact,
        "hamming_loss": reference.hamming_loss(labels, said),
        "auc_macro": reference.roc_auc_score(labels, probabilities),
        "average_precision_macro": reference.average_precision_score(labels, probabilities),
    }
    scores = metrics.multilabel(probabilities, labels, thresholds)
    assert scores.pop("ece") > 0
    assert scores == pytest.approx(expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_tensors_are_as_good_as_arrays(dtype):
    probabilities, labels = random_multiclass()
    tensor = torch.tensor(probabilities, dtype=dtype, requires_grad=True)
    rounded = tensor.detach().double().numpy()
    assert metrics.multiclass(tensor, torch.tensor(labels)) == metrics.multiclass(rounded, labels.tolist())
    several, truth = (torch.tensor(values) for values in random_multilabel())
    assert metrics.multilabel(several, truth) == metrics.multilabel(several.numpy(), truth.numpy())


def test_perfect_answers():
    labels = np.array([0, 1, 2, 2])
    scores = metrics.multiclass(np.eye(3)[labels], labels)
    assert [scores[name] for name in PERFECT] == [1] * len(PERFECT)
    assert scores["ece"] == 0
    truth = np.array([[1, 0], [0, 1], [1, 1], [0, 0]])
    scores = metrics.multilabel(truth, truth)
    assert (scores["exact_match"], scores["iou_macro"], scores["hamming_loss"], scores["ece"]) == (1, 1, 0, 0)


def test_all_wrong():
    labels = np.array([0, 1, 0, 1])
    scores = metrics.multiclass(np.eye(2)[1 - labels], labels)
    assert (scores["accuracy"], scores["f1_macro"], scores["iou_micro"], scores["auc_macro"]) == (0, 0, 0, 0)
    assert (scores["mcc"], scores["ece"]) == (-1, 1)
    scores = metrics.multilabel(1 - np.eye(3), np.eye(3))
    assert (scores["exact_match"], scores["hamming_loss"], scores["f1_micro"]) == (0, 1, 0)


def test_averages_by_hand():
    """Nine cans and one carton, all called can."""
    labels = np.array([0] * 9 + [1])
    said = np.tile([0.9, 0.1], (10, 1))
    with pytest.warns(metrics.UndefinedWarning, match=r"precision_macro, .*mcc: .*classes \[1\] never said"):
        scores = metrics.multiclass(said, labels)
    assert scores["accuracy"] == scores["recall_micro"] == 0.9
    assert scores["recall_macro"] == 0.5
    assert scores["f1_macro"] == pytest.approx(18 / 19 / 2)
    assert scores["iou_weighted"] == pytest.approx(0.9 * 0.9)
    assert scores["auc_macro"] == 0.5
    assert scores["ece"] == pytest.approx(0)
    assert np.isnan([scores["precision_macro"], scores["precision_weighted"], scores["mcc"]]).all()


def test_a_class_without_a_photo_is_named_and_has_no_score():
    probabilities, labels = np.eye(4)[[0, 1, 2, 3]], np.array([0, 1, 2, 2])
    with pytest.warns(metrics.UndefinedWarning, match=r"recall_macro, auc_macro, .*\[3\] without a photo"):
        scores = metrics.multiclass(probabilities, labels)
    undefined = {name for name, score in scores.items() if np.isnan(score)}
    assert undefined == {"recall_macro", "auc_macro", "average_precision_macro"}
    assert scores["recall_weighted"] == 0.75
    assert scores["f1_macro"] == pytest.approx((1 + 1 + 2 / 3 + 0) / 4)


def test_nothing_said_and_nothing_there():
    with pytest.warns(metrics.UndefinedWarning, match=r"\[0, 1\] without a photo, \[0, 1\] never said"):
        scores = metrics.multilabel(np.zeros((3, 2)), np.zeros((3, 2)))
    assert (scores["exact_match"], scores["hamming_loss"]) == (1, 0)
    assert np.isnan([scores["f1_micro"], scores["precision_weighted"], scores["iou_macro"]]).all()


def test_the_first_of_equals_is_the_answer_for_every_k():
    probabilities, labels = np.full((4, 4), 0.25), np.arange(4)
    with pytest.warns(metrics.UndefinedWarning):
        scores = metrics.multiclass(probabilities, labels, top_k=(1, 2, 3, 4))
    assert [scores[f"top_{k}_accuracy"] for k in (1, 2, 3)] == [0.25, 0.5, 0.75]
    assert scores["accuracy"] == 0.25
    assert "top_4_accuracy" not in scores
    assert scores["auc_macro"] == 0.5


def test_a_label_is_said_at_its_threshold():
    assert metrics.multilabel([[0.5, 0.4], [0.2, 0.9]], [[1, 0], [0, 1]])["exact_match"] == 1
    with pytest.warns(metrics.UndefinedWarning, match=r"precision_macro, .*\[0\] never said"):
        assert metrics.multilabel([[0.5, 0.4], [0.2, 0.9]], [[1, 0], [0, 1]], 0.51)["exact_match"] == 0.5


def test_one_label_alone():
    scores = metrics.multilabel([[0.9], [0.2], [0.7]], [[1], [0], [0]])
    assert (scores["exact_match"], scores["precision_macro"]) == (pytest.approx(2 / 3), 0.5)
    assert (scores["recall_micro"], scores["auc_macro"]) == (1, 1)


def test_no_warning_where_all_is_defined():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metrics.multiclass(*random_multiclass())
        metrics.multilabel(*random_multilabel())


def test_each_class():
    truth = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0]], dtype=bool)
    said = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0]], dtype=bool)
    found = metrics.per_class(truth, said)
    np.testing.assert_allclose(found["precision"], [1, 2 / 3, np.nan])
    np.testing.assert_allclose(found["recall"], [0.5, 1, np.nan])
    np.testing.assert_allclose(found["iou"], [0.5, 2 / 3, np.nan])
    assert found["photos"].tolist() == [2, 2, 0]
    np.testing.assert_equal(metrics.per_class(torch.tensor(truth).float(), said.astype(int)), found)
    with pytest.raises(ValueError, match=r"truth \(4, 3\) and said \(3,\)"):
        metrics.per_class(truth, said[0])


HALF = np.full((2, 2), 0.5)


@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        (HALF[0], [0, 1], r"\(2,\); expected \(N, C\)"),
        (np.zeros((0, 2)), [], r"\(0, 2\); expected \(N, C\)"),
        ([[np.nan, 0.5], [0.5, 0.5]], [0, 1], "1 of 4 probabilities that are nan"),
        (np.array([[3.0, -1], [0, 1]]), [0, 1], "2 of 4 .* expected softmax"),
        (HALF * 1.5, [0, 1], "2 classes, rows adding up to 1.5 to 1.5"),
        (np.ones((2, 1)), [0, 0], "1 classes"),
        (HALF, [0, 1, 1], r"labels \(3,\) of int64; expected \(2,\)"),
        (HALF, [0.0, 1.0], "of float64; expected"),
        (HALF, [0, 2], "labels from 0 to 2; expected 0 to 1"),
        (HALF, [-1, 1], "labels from -1 to 1"),
    ],
)
def test_bad_input_of_a_multiclass_task_is_one_clear_error(probabilities, labels, message):
    with pytest.raises(ValueError, match=message):
        metrics.multiclass(probabilities, labels)


@pytest.mark.parametrize(
    ("labels", "thresholds", "message"),
    [
        ([0, 1], 0.5, r"labels \(2,\) for probabilities \(2, 2\)"),
        ([[0, 2], [1, 0]], 0.5, r"the labels \[0 1 2\]; expected 0 and 1"),
        ([[0, np.nan], [1, 0]], 0.5, "expected 0 and 1"),
        ([[0, 1], [1, 0]], [0.5] * 3, "expected a number from 0 to 1, or 2 of them"),
        ([[0, 1], [1, 0]], np.nan, "got thresholds nan"),
    ],
)
def test_bad_input_of_a_multilabel_task_is_one_clear_error(labels, thresholds, message):
    with pytest.raises(ValueError, match=message):
        metrics.multilabel(HALF, labels, thresholds)
