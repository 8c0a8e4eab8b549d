"""Parts and folds that share no unit, with all classes in training where that can be."""

import itertools
import warnings

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from seston.labels.manifest import TEST, TRAIN, VALIDATION
from seston.labels.splits import folds_of, parts_of, ranks_of


def rng(seed=0):
    return np.random.default_rng(seed)


def season(seed, units=40, n=1500, classes=8):
    """Return units and votes where classes bloom at times of their own, some very rare."""
    draw = rng(seed)
    unit = np.sort(np.r_[np.arange(units), draw.integers(0, units, n - units)])
    peak, width = draw.uniform(0, units, classes), draw.uniform(1, 8, classes)
    frequency = np.geomspace(1, 0.005, classes)
    weight = frequency * np.exp(-0.5 * ((unit[:, None] - peak) / width) ** 2) + 1e-9
    kind = (weight / weight.sum(axis=1, keepdims=True)).cumsum(axis=1)
    codes = (draw.random(n)[:, None] > kind).sum(axis=1).clip(0, classes - 1)
    used = np.unique(codes)
    return unit, np.eye(len(used))[np.searchsorted(used, codes)]


def homes(units, votes):
    return np.array([len(np.unique(units[votes[:, k] > 0])) for k in range(votes.shape[1])])


def missing(folds, votes):
    """Return how many times a class is in one fold only."""
    held = np.stack([votes[folds == fold].sum(axis=0) > 0 for fold in range(folds.max() + 1)])
    return (held.sum(axis=0) == 1).sum()


@pytest.mark.parametrize("seed", range(12))
def test_no_unit_is_divided_and_every_class_is_learned_without_each_fold(seed):
    units, votes = season(seed)
    folds = folds_of(units, votes, 5, rng(seed))
    for unit in np.unique(units):
        assert len(np.unique(folds[units == unit])) == 1
    assert set(folds) == set(range(5))
    # What cannot be: classes of one unit.
    assert missing(folds, votes) == (homes(units, votes) == 1).sum()


@pytest.mark.parametrize("seed", range(12))
def test_every_class_is_in_training_and_in_the_test_if_it_has_two_units(seed):
    units, votes = season(seed)
    parts = parts_of(units, votes, 0.25, 0.15, rng(seed))
    for unit in np.unique(units):
        assert len(np.unique(parts[units == unit])) == 1
    where = homes(units, votes)
    assert (votes[parts == TRAIN].sum(axis=0) > 0).all()
    assert (votes[parts == TEST].sum(axis=0) > 0)[where > 1].all()
    assert abs((parts == TEST).mean() - 0.25) < 0.1
    assert abs((parts == VALIDATION).mean() - 0.15) < 0.1


def tangled(seed, units=6, classes=9):
    """Return units and votes where each class is on two or three days: few ways are good."""
    draw = rng(seed)
    pairs = [(unit, 0) for unit in range(units)]  # one class is everywhere
    for kind in range(1, classes):
        pairs += [(unit, kind) for unit in draw.choice(units, draw.integers(2, 4), replace=False)]
    unit, kind = np.repeat(np.array(pairs), draw.integers(1, 30, len(pairs)), axis=0).T
    return unit, np.eye(classes)[kind]


def by_trying_all(units, votes, parts, lacking):
    """Return the least that `lacking` gives over all ways to deal the units to parts."""
    shares = np.stack([votes[units == unit].sum(axis=0) for unit in range(units.max() + 1)])
    ways = itertools.product(range(parts), repeat=len(shares))
    return min(lacking(np.eye(parts)[list(way)].T @ shares > 0) for way in ways)


@pytest.mark.parametrize("seed", range(10))
def test_no_way_to_deal_the_units_leaves_fewer_classes_out(seed):
    units, votes = tangled(seed)

    def in_one_fold(held):
        return (held.sum(axis=0) == 1).sum()

    folds = folds_of(units, votes, 2, rng(seed))
    assert missing(folds, votes) == by_trying_all(units, votes, 2, in_one_fold)

    def not_learned_then_not_tested(held):
        return (~held[TRAIN]).sum(), (~held[TEST]).sum()

    parts = parts_of(units, votes, 0.25, 0.15, rng(seed))
    held = np.stack([votes[parts == part].sum(axis=0) > 0 for part in range(3)])
    best = by_trying_all(units, votes, 3, not_learned_then_not_tested)
    assert not_learned_then_not_tested(held) == best


def test_classes_are_divided_more_evenly_than_by_scikit_learn():
    ours, theirs = [], []
    for seed in range(6):
        units, votes = season(seed)
        codes = votes.argmax(axis=1)
        split = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # classes of fewer images than folds
            found = np.empty(len(units), int)
            for fold, (_, test) in enumerate(split.split(votes, codes, units)):
                found[test] = fold
        for folds, uneven in ((folds_of(units, votes, 5, rng(seed)), ours), (found, theirs)):
            held = np.stack([votes[folds == fold].mean(axis=0) * (folds == fold).mean()
                             for fold in range(5)])  # fmt: skip
            uneven.append(np.abs(held / votes.mean(axis=0) - 0.2).mean())
    assert np.mean(ours) < np.mean(theirs)


def test_as_many_folds_as_units_and_parts_of_two_units():
    units = np.repeat([0, 1, 2], 4)
    votes = np.tile(np.eye(2), (6, 1))
    assert sorted(np.unique(folds_of(units, votes, 3, rng()), return_counts=True)[1]) == [4, 4, 4]
    two = units < 2
    assert set(parts_of(units[two], votes[two], 0.25, 0.15, rng())) == {TRAIN, TEST}


def test_a_class_of_one_unit_goes_to_training():
    for seed in range(20):
        units = np.repeat(np.arange(10), 6)
        votes = np.eye(3)[np.tile([0, 1], 30)]
        votes[units == 7] = [0, 0, 1]
        assert set(parts_of(units, votes, 0.25, 0.15, rng(seed))[units == 7]) == {TRAIN}


def test_the_seed_decides_and_nothing_else():
    units, votes = season(3)
    assert np.array_equal(folds_of(units, votes, 5, rng(1)), folds_of(units, votes, 5, rng(1)))
    seen = {parts_of(units, votes, 0.25, 0.15, rng(seed)).tobytes() for seed in range(4)}
    assert len(seen) == 4


def test_ranks_are_an_order_of_each_class_in_each_part():
    draw = rng(2)
    parts = draw.integers(0, 3, 300).astype(np.int8)
    codes = draw.integers(-1, 4, 300)
    ranks = ranks_of(parts, codes, rng(1))
    assert (ranks[parts == TEST] == -1).all()
    for part in (TRAIN, VALIDATION):
        for code in range(-1, 4):
            here = ranks[(parts == part) & (codes == code)]
            assert sorted(here) == list(range(len(here)))
            assert list(here) != sorted(here)
