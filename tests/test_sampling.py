"""How often classes are seen in training, and what a head comes to expect."""

import numpy as np
import pytest

from seston.classify.linear import fit_linear
from seston.classify.sampling import adjustment, class_shares, draws, reweighted, training_prior

COUNTS = np.array([90, 9, 1])
CODES = np.repeat([0, 1, 2], COUNTS)


@pytest.mark.parametrize(
    ("kind", "shares"),
    [
        ("natural", [0.9, 0.09, 0.01]),
        ("balanced", [1 / 3, 1 / 3, 1 / 3]),
        ("sqrt", np.sqrt(COUNTS) / np.sqrt(COUNTS).sum()),
        ("logit_adjusted", [0.9, 0.09, 0.01]),
    ],
)
def test_shares_of_classes(kind, shares):
    np.testing.assert_allclose(class_shares(COUNTS, kind), shares)
    if kind != "logit_adjusted":
        np.testing.assert_allclose(training_prior(COUNTS, kind), shares)


def test_a_class_without_labels_is_never_seen():
    np.testing.assert_allclose(class_shares([4, 0, 1], "balanced"), [0.5, 0, 0.5])
    assert training_prior([4, 0, 1], "logit_adjusted")[1] == 0


@pytest.mark.parametrize("kind", ["natural", "balanced", "sqrt"])
def test_weights_stand_for_draws(kind):
    votes = np.eye(3)[CODES]
    targets, weights = reweighted(votes, kind)
    np.testing.assert_array_equal(targets, votes)
    np.testing.assert_allclose(weights.mean(), 1)
    np.testing.assert_allclose(
        (targets * weights[:, None]).mean(axis=0), class_shares(COUNTS, kind)
    )


def test_divided_votes_lean_to_the_rare_class_and_count_by_both():
    votes = np.vstack([np.eye(2)[[0] * 8 + [1]], [[0.5, 0.5]]])
    targets, weights = reweighted(votes, "balanced")
    # 8.5 votes and 1.5: each of the rare class weighs 8.5 / 1.5 times as much.
    np.testing.assert_allclose(targets[-1], np.array([1.5, 8.5]) / 10)
    np.testing.assert_allclose((targets * weights[:, None]).sum(axis=0), [5, 5])


@pytest.mark.parametrize("kind", ["natural", "balanced", "sqrt"])
@pytest.mark.parametrize("size", [100, 301])
def test_an_epoch_has_exact_counts(kind, size):
    drawn = draws(CODES, kind, size, np.random.default_rng(1))
    assert len(drawn) == size
    found = np.bincount(CODES[drawn])
    assert np.abs(found - class_shares(COUNTS, kind) * size).max() < 1
    for code in range(3):  # each organism of a class as often as the others, but for one
        often = np.bincount(drawn, minlength=100)[code == CODES]
        assert np.ptp(often) <= 1


def test_organisms_of_divided_class_are_not_drawn():
    drawn = draws(np.array([-1, 0, 0, 1]), "balanced", 40, np.random.default_rng(1))
    assert 0 not in drawn and sorted(np.bincount(drawn)[1:]) == [10, 10, 20]


def test_adjusted_logits_are_those_of_natural_sampling_without_the_prior():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(100, 4)).astype(np.float32) + CODES[:, None]
    votes, ones = np.eye(3)[CODES], np.ones(100)
    natural = fit_linear(x, votes, ones, 1.0)
    adjusted = fit_linear(x, votes, ones, 1.0, offset=adjustment(COUNTS, "logit_adjusted"))
    moved = natural(x) - np.log(COUNTS / 100)
    np.testing.assert_allclose(adjusted(x) - adjusted(x)[:, :1], moved - moved[:, :1], atol=2e-2)
