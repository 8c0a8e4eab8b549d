import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, precision_score, recall_score

from seston.classify.scores import (
    confusion,
    log_count_error,
    macro,
    micro,
    precisions,
    recalls,
    score,
)


def answers(images=500, classes=5, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.choice(classes, p=[0.5, 0.3, 0.1, 0.07, 0.03], size=images)
    predicted = np.where(rng.random(images) < 0.7, truth, rng.integers(0, classes, images))
    return truth, predicted


def test_figures_are_those_of_scikit_learn():
    truth, predicted = answers()
    matrix = confusion(truth, predicted, 5)
    np.testing.assert_array_equal(matrix, confusion_matrix(truth, predicted))
    np.testing.assert_allclose(recalls(matrix), recall_score(truth, predicted, average=None))
    np.testing.assert_allclose(precisions(matrix), precision_score(truth, predicted, average=None))
    assert micro(matrix) == pytest.approx((truth == predicted).mean())
    assert macro(matrix) == pytest.approx(balanced_accuracy_score(truth, predicted))


def test_classes_never_predicted_or_never_there_keep_their_places():
    matrix = confusion(np.array([0, 0, 3]), np.array([0, 3, 3]), 5)
    assert matrix.shape == (5, 5)
    assert matrix[0].tolist() == [1, 0, 0, 1, 0]
    assert matrix.sum(axis=0).tolist() == [1, 0, 0, 2, 0]
    np.testing.assert_array_equal(recalls(matrix), [0.5, np.nan, np.nan, 1, np.nan])
    np.testing.assert_array_equal(precisions(matrix), [1, np.nan, np.nan, 0.5, np.nan])
    assert macro(matrix) == 0.75
    assert np.isnan([micro(np.zeros((2, 2))), macro(np.zeros((2, 2)))]).all()


def test_images_without_a_class_or_an_answer_are_left_out():
    assert confusion(np.array([-1, 0, 1]), np.array([0, -1, 1]), 2).tolist() == [[0, 0], [0, 1]]


def test_the_error_of_counts_is_a_factor_whichever_way():
    assert log_count_error([20, 5, 7], [10, 10, 0]) == pytest.approx(np.log(2))
    assert log_count_error([10, 0.1], [10, 1]) == pytest.approx(np.log(2) / 2)
    assert np.isnan(log_count_error([1], [0]))


def test_intervals_are_percentiles_over_units_drawn_anew():
    """Against drawing units and counting their images anew, one draw after the other."""
    rng = np.random.default_rng(1)
    truth, predicted = answers()
    units = rng.integers(0, 12, len(truth)) * 7
    found = score(truth, predicted, units, 5, seed=3, confidence=0.9)
    matrix = confusion(truth, predicted, 5)
    assert found.micro.value == micro(matrix)
    assert found.macro.value == pytest.approx(macro(matrix))
    np.testing.assert_allclose(found.recall.value, recalls(matrix))
    np.testing.assert_allclose(found.precision.value, precisions(matrix))
    assert found.units == 12
    draws = []
    for _ in range(1000):
        drawn = np.concatenate(
            [np.flatnonzero(units == unit) for unit in rng.choice(np.unique(units), 12)]
        )
        draws.append(confusion(truth[drawn], predicted[drawn], 5))
    for ours, figure in ((found.micro, micro), (found.macro, macro)):
        low, high = np.quantile([figure(one) for one in draws], [0.05, 0.95])
        assert ours.low == pytest.approx(low, abs=0.012)
        assert ours.high == pytest.approx(high, abs=0.012)
    low, high = np.nanquantile([recalls(one) for one in draws], [0.05, 0.95], axis=0)
    np.testing.assert_allclose(found.recall.low, low, atol=0.05)
    np.testing.assert_allclose(found.recall.high, high, atol=0.05)


def test_intervals_cover_where_days_differ():
    rng = np.random.default_rng(2)
    covered = []
    for seed in range(120):
        days = np.repeat(np.arange(20), 30)
        chance = np.clip(rng.normal(0.8, 0.1, 20), 0, 1)[days]
        truth = rng.integers(0, 2, 600)
        predicted = np.where(rng.random(600) < chance, truth, 1 - truth)
        found = score(truth, predicted, days, 2, seed=seed)
        covered.append(found.micro.low <= 0.795 <= found.micro.high)
    assert 0.89 < np.mean(covered) < 0.98


def test_a_class_that_is_nowhere_and_too_few_units_have_no_interval():
    truth, predicted = np.array([0, 1, 0, 1, 0, 1]), np.array([0, 1, 1, 1, 0, 0])
    found = score(truth, predicted, np.arange(6), 3, seed=0)
    assert np.isnan([found.recall.value[2], found.recall.low[2], found.precision.high[2]]).all()
    assert found.recall.low[0] <= found.recall.value[0] <= found.recall.high[0]
    few = score(truth, predicted, np.array([0, 0, 0, 1, 1, 1]), 3, seed=0)
    assert few.micro.value == pytest.approx(4 / 6)
    assert np.isnan([few.micro.low, few.macro.high, *few.recall.low]).all()


def test_the_same_seed_gives_the_same_interval():
    truth, predicted = answers()
    units = np.arange(len(truth)) % 15
    first, again = (score(truth, predicted, units, 5, seed=4) for _ in range(2))
    np.testing.assert_array_equal(first.recall.low, again.recall.low)
    assert score(truth, predicted, units, 5, seed=5).micro.low != first.micro.low


def test_a_rare_class_that_is_never_found_does_not_lift_the_interval_of_macro():
    # Class 2 is on one of twelve days and never found: macro is 2/3 whichever days are drawn.
    truth = np.tile([0, 1], 24)
    units = np.repeat(np.arange(12), 4)
    truth, predicted = np.append(truth, [2, 2]), np.append(truth, [0, 0])
    macro = score(truth, predicted, np.append(units, [3, 3]), 3, seed=1).macro
    assert [float(one) for one in macro] == pytest.approx([2 / 3] * 3)
