"""Held-out answers know nothing of what they are asked about."""

import numpy as np
import pytest

from seston.classify.crossfit import cross_fit
from seston.classify.linear import path
from seston.classify.prior import smooth
from seston.classify.search import Losses, best, losses


def learn(x, votes, weights, offset):
    return path(x, votes, weights, (100.0, 10.0, 1.0), offset=offset)


@pytest.fixture
def labels():
    rng = np.random.default_rng(5)
    codes = rng.choice(3, 240, p=[0.7, 0.2, 0.1])
    folds = np.arange(240) % 4
    x = (rng.normal(size=(240, 6)) + 1.5 * np.eye(6)[codes]).astype(np.float32)
    return x, np.eye(3)[codes], folds


def test_the_answers_of_a_fold_do_not_depend_on_its_labels(labels):
    x, votes, folds = labels
    before = cross_fit(x, votes, folds, learn, "balanced")
    for fold in range(4):
        there = folds == fold
        other = votes.copy()
        other[there] = np.roll(votes[there], 1, axis=1)
        after = cross_fit(x, other, folds, learn, "balanced")
        np.testing.assert_array_equal(after.logits[there], before.logits[there])
        assert after.chosen[fold] == before.chosen[fold]
        assert not np.array_equal(after.logits[~there], before.logits[~there])


def test_the_answers_of_a_fold_are_those_of_a_head_for_the_others(labels):
    x, votes, folds = labels
    found = cross_fit(x, votes, folds, learn, "natural")
    there = folds == 2
    heads = list(learn(x[~there], votes[~there], np.ones((~there).sum()), None))
    # Under the class frequencies of all labels, not of the three folds.
    moved = np.log(votes.mean(axis=0)) - np.log(votes[~there].mean(axis=0))
    expected = heads[found.chosen[2]](x[there]) + moved
    np.testing.assert_allclose(found.logits[there], expected, atol=1e-10)
    everything = list(learn(x, votes, np.ones(240), None))[found.final]
    np.testing.assert_array_equal(found.head.w, everything.w)


def test_all_settings_are_scored_on_all_organisms(labels):
    x, votes, folds = labels
    found = cross_fit(x, votes, folds, learn, "balanced")
    assert [one.organisms for one in found.tried] == [240] * 3
    assert found.final == int(np.argmin([one.nll for one in found.tried]))


def test_two_folds_are_enough(labels):
    x, votes, folds = labels
    found = cross_fit(x, votes, folds % 2, learn, "balanced")
    assert np.isfinite(found.logits).all() and found.chosen == (found.final,) * 2


def test_a_class_of_one_fold_only_is_asked_about_all_the_same(labels):
    x, votes, folds = labels
    votes = np.where((folds == 1)[:, None] & (votes[:, 2:] == 1), [[0, 0, 1.0]], votes)
    votes[(folds != 1) & (votes[:, 2] == 1)] = [0, 1, 0]
    for sampling in ("balanced", "natural", "sqrt", "logit_adjusted"):
        found = cross_fit(x, votes, folds, learn, sampling)
        assert np.isfinite(found.logits).all(), sampling
        assert np.isfinite([one.nll for one in found.tried]).all()


def test_costs_are_told_at_the_class_frequencies_of_the_labels():
    # A head that is right but learned from balanced classes costs nothing more once corrected.
    natural, truth = np.array([0.9, 0.1]), np.eye(2)[[0] * 9 + [1]]
    chance = np.tile(natural, (10, 1))
    balanced = np.log(chance / natural)
    same = losses(balanced, truth, np.array([0.5, 0.5]), natural)
    assert same.score("nll") == pytest.approx(-(0.9 * np.log(0.9) + 0.1 * np.log(0.1)))
    assert same.score("macro_recall") == pytest.approx(0.5)
    assert losses(balanced, truth, natural, natural).score("nll") == pytest.approx(np.log(2))


def test_losses_of_parts_add_up(labels):
    x, votes, _ = labels
    logits, prior = x[:, :3].astype(float), smooth(votes.sum(axis=0))
    whole = losses(logits, votes, prior, prior)
    parts = losses(logits[:100], votes[:100], prior, prior).plus(
        losses(logits[100:], votes[100:], prior, prior)
    )
    for criterion in ("nll", "macro_recall"):
        assert parts.score(criterion) == pytest.approx(whole.score(criterion))


def test_of_equal_settings_the_first_is_taken():
    one = Losses(3.0, 4.0, np.array([1.0]), np.array([2.0]))
    assert best([one, one]) == 0
