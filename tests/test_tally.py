"""Balanced accuracy and its bootstrap over units."""

import numpy as np
from sklearn.metrics import balanced_accuracy_score

from seston.evaluate.tally import accuracy_interval, balanced_accuracy, count, draw_units, interval


def tally_of(right, units, classes):
    units, classes = np.asarray(units), np.asarray(classes)
    return count(
        np.asarray(right, bool),
        units,
        classes,
        [f"u{i}" for i in range(units.max() + 1)],
        [f"c{i}" for i in range(classes.max() + 1)],
    )


def test_balanced_accuracy_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    truth = rng.choice(4, 500, p=[0.7, 0.2, 0.07, 0.03])
    answers = np.where(rng.random(500) < 0.5, truth, rng.integers(0, 4, 500))
    tally = tally_of(answers == truth, rng.integers(0, 9, 500), truth)
    assert np.isclose(tally.balanced, balanced_accuracy_score(truth, answers))
    assert tally.images == 500


def test_a_draw_counts_units_as_often_as_they_were_drawn():
    # unit 0: class 0 right, class 1 wrong; unit 1: class 0 wrong, class 1 right
    tally = tally_of([1, 0, 0, 1], [0, 0, 1, 1], [0, 1, 0, 1])
    drawn = np.array([[1, 1], [2, 0], [3, 1], [0, 0]])
    # by hand: 3 of 4 draws of class 0 right and 1 of 4 of class 1
    assert np.allclose(balanced_accuracy(tally, drawn), [0.5, 0.5, 0.5, np.nan], equal_nan=True)


def test_where_classes_are_units_the_interval_is_the_bootstrap_of_a_mean():
    rng = np.random.default_rng(2)
    units = np.repeat(np.arange(200), 10)
    recall = rng.random(200)
    tally = tally_of(rng.random(2000) < recall[units], units, units)
    low, high = accuracy_interval(tally, seed=3)
    hits = np.asarray(tally.right.sum(axis=1)) / 10
    error = hits.std() / np.sqrt(200)
    assert abs((high - low) / (2 * 1.96 * error) - 1) < 0.1
    assert low < tally.balanced < high


def test_the_interval_covers_the_truth_where_units_scatter():
    rng = np.random.default_rng(4)
    covered = 0
    for trial in range(100):
        # 40 days, each with its own share of right answers around 0.6
        share = np.clip(rng.normal(0.6, 0.15, 40), 0, 1)
        units = np.repeat(np.arange(40), 25)
        tally = tally_of(rng.random(1000) < share[units], units, np.zeros(1000, int))
        low, high = accuracy_interval(tally, seed=trial)
        covered += low <= 0.6 <= high
    assert covered >= 88  # of a binomial with 0.95: below 88 once in 1,000


def test_one_unit_has_no_interval():
    assert np.isnan(accuracy_interval(tally_of([1, 0], [0, 0], [0, 1]), seed=1)).all()
    assert np.isnan(interval(np.array([np.nan]))).all()


def test_condensed_leaves_out_what_nothing_was_asked_about():
    full = count(np.array([True]), np.array([2]), np.array([1]), ["a", "b", "c"], ["x", "y"])
    small = full.condensed()
    assert (small.units, small.classes) == (("c",), ("y",))
    assert small.asked.toarray().tolist() == [[1]]


def test_draws_are_those_of_the_seed():
    assert np.array_equal(draw_units(5, 1), draw_units(5, 1))
    assert not np.array_equal(draw_units(5, 1), draw_units(5, 2))
    assert (draw_units(5, 1).sum(axis=1) == 5).all()
