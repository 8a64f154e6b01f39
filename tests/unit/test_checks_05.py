"""The checks of lesson 05 accept equivalent answers, and refuse everything else with a reason."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

from vitcourse.checks import lesson_05
from vitcourse.exercises import Wrong

SILLY = [None, "", "3076", [], {}, True, np.zeros(3), object(), lambda: None, lambda *_: 3, lambda *_: "no"]
SILLY += [lambda *_: None, lambda *_: [[1], [1, 2]], lambda *_: 1 / 0, lambda a, *_: a]


@pytest.mark.parametrize("answer", SILLY, ids=lambda answer: type(answer).__name__)
@pytest.mark.parametrize("check", [lesson_05.exercise_1, lesson_05.exercise_2, lesson_05.exercise_3])
def test_a_silly_answer_is_refused_and_nothing_breaks(check, answer):
    with pytest.raises(Wrong, match=r"got .*expected"):
        check(answer)


@pytest.mark.parametrize("answer", [3076, 3076.0, np.int64(3076), np.array([3076])])
def test_the_number_of_weights(answer):
    lesson_05.exercise_1(answer)


@pytest.mark.parametrize("answer", [3072, 769, 768, 0, float("nan")])
def test_a_wrong_number_is_refused_without_telling_the_right_one(answer):
    with pytest.raises(Wrong) as refused:
        lesson_05.exercise_1(answer)
    assert "3076" not in str(refused.value)


def neighbours(metric, votes=None):
    def vote(vectors, labels, queries, k):
        classifier = KNeighborsClassifier(votes or k, metric=metric, algorithm="brute")
        return classifier.fit(vectors, labels).predict(queries)

    return vote


def by_dot_product(vectors, labels, queries, k):
    nearest = np.argsort(-queries @ vectors.T, axis=1)[:, :k]
    return np.array([np.bincount(row).argmax() for row in labels[nearest]])


def test_votes_by_another_way():
    lesson_05.exercise_2(neighbours("cosine"))
    lesson_05.exercise_2(lambda *arguments: neighbours("cosine")(*arguments).tolist())


WRONG_VOTES = [neighbours("cosine", 1), neighbours("euclidean"), by_dot_product]


@pytest.mark.parametrize("vote", WRONG_VOTES, ids=["one vote", "euclidean", "dot product"])
def test_other_votes_are_refused(vote):
    with pytest.raises(Wrong, match="labels that differ"):
        lesson_05.exercise_2(vote)


def learnt(model):
    def segment(patches, masks, new_patches):
        model.fit(patches.reshape(-1, patches.shape[-1]), masks.ravel())
        return model.predict(new_patches.reshape(-1, patches.shape[-1])).reshape(new_patches.shape[:-1])

    return segment


@pytest.mark.parametrize("model", [LogisticRegression(), NearestCentroid(), KNeighborsClassifier()])
def test_a_foreground_learnt_in_any_way(model):
    lesson_05.exercise_3(learnt(model))
    lesson_05.exercise_3(lambda *arguments: learnt(model)(*arguments).astype(int))


def scrambled(patches, masks, new_patches):
    return learnt(LogisticRegression())(patches.swapaxes(1, 2), masks, new_patches)


def more_like_the_middle(patches, masks, new_patches):
    middle = new_patches[:, 2:4, 3:6].mean((1, 2)) - new_patches[:, 0].mean(1)
    return (new_patches * middle[:, None, None]).sum(-1) > 0


@pytest.mark.parametrize("segment", [scrambled, more_like_the_middle, lambda p, m, new: new[..., 0] < 9])
def test_another_foreground_is_refused(segment):
    with pytest.raises(Wrong, match="IoU"):
        lesson_05.exercise_3(segment)


def test_probabilities_are_no_mask():
    with pytest.raises(Wrong, match="True and False"):
        lesson_05.exercise_3(lambda patches, masks, new: np.full(new.shape[:-1], 0.3))
