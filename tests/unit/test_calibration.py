"""Bins of confidence and the expected calibration error, by hand."""

import numpy as np
import pytest
import torch

from vitcourse import calibration


def test_the_error_by_hand():
    confidence, right = [0.95, 0.95, 0.95, 0.95, 0.55], [1, 1, 1, 0, 1]
    expected = 4 / 5 * (0.95 - 0.75) + 1 / 5 * (1 - 0.55)
    assert calibration.expected_calibration_error(confidence, right, 10) == pytest.approx(expected)
    assert calibration.expected_calibration_error(torch.tensor(confidence), right, 10) == pytest.approx(
        expected
    )


def test_bins_hold_their_upper_edge_as_in_the_paper():
    found = calibration.bins([0, 0.25, 0.26, 0.5, 1], [0, 1, 1, 0, 1], num_bins=4)
    assert found.count.tolist() == [2, 2, 0, 1]
    np.testing.assert_allclose(found.confidence, [0.125, 0.38, np.nan, 1])
    np.testing.assert_allclose(found.accuracy, [0.5, 0.5, np.nan, 1])
    assert found.edges.tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_a_calibrated_model_has_a_small_error_on_many_answers_and_a_large_one_on_few():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.3, 1, 20_000)
    right = rng.random(20_000) < confidence
    assert calibration.expected_calibration_error(confidence, right) < 0.02
    assert calibration.expected_calibration_error(confidence[:27], right[:27]) > 0.05
    assert calibration.expected_calibration_error(confidence**0.25, right) > 0.1  # too sure


@pytest.mark.parametrize(
    ("confidence", "right", "num_bins", "message"),
    [
        ([0.5], [1, 0], 5, r"confidence \(1,\), right \(2,\)"),
        ([], [], 5, "at least one answer"),
        ([0.5], [1], 0, "at least one bin"),
        ([1.5], [1], 5, "1.5 to 1.5; expected probabilities"),
        ([np.nan], [1], 5, "nan"),
    ],
)
def test_bad_input_is_one_clear_error(confidence, right, num_bins, message):
    with pytest.raises(ValueError, match=message):
        calibration.bins(confidence, right, num_bins)
