from itertools import product

import numpy as np
import pytest
from statsmodels.stats.inter_rater import fleiss_kappa as kappa_of_statsmodels

from seston.labels.agreement import (
    SHARED,
    any_annotator,
    dawid_skene,
    expected_agreement,
    fleiss_kappa,
    krippendorff_alpha,
    vote_counts,
    vote_shares,
    weighted_accuracy,
)

#: Four coders and twelve units: Krippendorff's own example, nominal alpha 0.743.
CODERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
).T - 1  # fmt: skip


def draw_said(images=400, seed=0):
    """What three annotators of different skill say; one is wrong most of the time."""
    rng = np.random.default_rng(seed)
    confused = np.stack(
        [
            0.8 * np.eye(4) + 0.05,
            0.72 * np.eye(4) + 0.07,
            0.1 * np.eye(4) + 0.15 + 0.3 * np.roll(np.eye(4), 1, axis=1),
        ]
    )
    confused /= confused.sum(axis=2, keepdims=True)
    truth = rng.choice(4, p=[0.4, 0.3, 0.2, 0.1], size=images)
    said = np.stack(
        [(one[truth].cumsum(axis=1) < rng.random((images, 1))).sum(axis=1) for one in confused],
        axis=1,
    )
    said[rng.random(said.shape) < 0.1] = -1
    return truth, said, confused


def test_votes_are_counted_by_image_and_class():
    said = np.array([[0, 0, 2], [1, -1, -1], [-1, -1, -1]])
    assert vote_counts(said, 3).tolist() == [[2, 0, 1], [0, 1, 0], [0, 0, 0]]
    np.testing.assert_allclose(vote_shares(said, 3), [[2 / 3, 0, 1 / 3], [0, 1, 0], [0, 0, 0]])


@pytest.mark.parametrize(
    ("said", "predicted", "weighted", "expected", "anybody"),
    [
        ([0, 0, 0], 0, 1, 1, 1),
        ([0, 0, 0], 1, 0, 0, 0),
        ([0, 0, 1], 0, 1, 2 / 3, 1),
        ([0, 0, 1], 1, 0.5, 1 / 3, 1),
        ([0, 0, 1], 2, 0, 0, 0),
        ([0, 1, 2], 0, 1, 1 / 3, 1),
        ([0, 1, 2], 2, 1, 1 / 3, 1),
    ],
)
def test_accuracies_of_divided_votes(said, predicted, weighted, expected, anybody):
    """Section 8.2 of the reference: 3-0, 2-1 and 1-1-1."""
    said, predicted = np.array([said]), np.array([predicted])
    votes = vote_shares(said, 3)
    assert weighted_accuracy(votes, predicted) == pytest.approx(weighted)
    assert expected_agreement(votes, predicted) == pytest.approx(expected)
    assert any_annotator(said, predicted) == anybody


def test_the_expected_agreement_is_the_mean_accuracy_against_each_annotator():
    truth, said, _ = draw_said()
    whole = said[(said >= 0).all(axis=1)]
    predicted = truth[(said >= 0).all(axis=1)]
    each = (whole == predicted[:, None]).mean(axis=0)
    votes = vote_shares(whole, 4)
    assert expected_agreement(votes, predicted) == pytest.approx(each.mean())
    assert weighted_accuracy(votes, predicted) > each.mean() + 0.1


def test_fleiss_kappa_is_that_of_statsmodels():
    _, said, _ = draw_said()
    whole = said[(said >= 0).all(axis=1)]
    assert fleiss_kappa(whole, 4) == pytest.approx(kappa_of_statsmodels(vote_counts(whole, 4)))
    single = np.vstack([whole, np.tile([2, -1, -1], (50, 1))])  # nobody to agree with
    assert fleiss_kappa(single, 4) == pytest.approx(fleiss_kappa(whole, 4))


def test_alpha_is_that_of_krippendorffs_example():
    assert krippendorff_alpha(CODERS, 5) == pytest.approx(0.743, abs=5e-4)


def test_alpha_is_one_less_observed_over_expected_disagreement():
    """By its definition, pair by pair."""
    _, said, _ = draw_said(60)
    values = [row[row >= 0] for row in said]
    values = [row for row in values if len(row) > 1]
    pooled = np.concatenate(values)
    observed = sum(
        sum(a != b for i, a in enumerate(row) for j, b in enumerate(row) if i != j) / (len(row) - 1)
        for row in values
    ) / len(pooled)
    expected = np.mean(
        [a != b for i, a in enumerate(pooled) for j, b in enumerate(pooled) if i != j]
    )
    assert krippendorff_alpha(said, 4) == pytest.approx(1 - observed / expected)


def test_agreement_is_unknown_where_nobody_can_agree_or_all_say_the_same():
    alone = np.array([[0, -1], [1, -1]])
    same = np.zeros((3, 2), dtype=np.int64)
    for measure in (fleiss_kappa, krippendorff_alpha):
        assert np.isnan(measure(alone, 2))
        assert np.isnan(measure(same, 2))
        assert measure(np.array([[0, 0], [1, 1]]), 2) == 1


def brute_force(said, classes, rounds):
    """Dawid & Skene's steps, one image, annotator and class at a time."""
    images, people = said.shape
    truth = vote_shares(said, classes)
    for _ in range(rounds):
        frequency = truth.mean(axis=0)
        counts = np.zeros((people, classes, classes))
        for i, a in product(range(images), range(people)):
            if said[i, a] >= 0:
                counts[a, :, said[i, a]] += truth[i]
        together = counts.sum(axis=0)
        new = np.zeros_like(truth)
        for i, k in product(range(images), range(classes)):
            chance = frequency[k]
            for a in range(people):
                if said[i, a] >= 0:
                    row = counts[a, k] + SHARED * together[k] / together[k].sum()
                    chance *= row[said[i, a]] / row.sum()
            new[i, k] = chance
        truth = new / new.sum(axis=1, keepdims=True)
    return truth


def test_dawid_and_skene_are_followed_step_by_step():
    _, said, _ = draw_said(60, seed=1)
    said = said[(said >= 0).any(axis=1)]
    np.testing.assert_allclose(
        dawid_skene(said, 4, tolerance=0, most=12), brute_force(said, 4, 12), atol=1e-7
    )


def test_dawid_and_skene_learn_whom_to_believe():
    """Nearly as good as knowing how each annotator is confused, and better than most votes."""
    truth, said, confused = draw_said(3000)
    truth, said = truth[(said >= 0).any(axis=1)], said[(said >= 0).any(axis=1)]
    found = dawid_skene(said, 4)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    known = np.log([0.4, 0.3, 0.2, 0.1]) + np.zeros((len(truth), 4))
    for person in range(3):
        there = said[:, person] >= 0
        known[there] += np.log(confused[person][:, said[there, person]].T)
    best = (known.argmax(axis=1) == truth).mean()
    majority = (vote_shares(said, 4).argmax(axis=1) == truth).mean()
    ours = (found.argmax(axis=1) == truth).mean()
    assert majority + 0.03 < ours
    assert ours > best - 0.025
    # And it knows how sure it may be.
    assert found.max(axis=1).mean() == pytest.approx(ours, abs=0.02)


def test_a_single_annotator_is_believed():
    said = np.array([[0], [2], [1], [-1]])
    found = dawid_skene(said, 3)
    np.testing.assert_allclose(found[:3], np.eye(3)[[0, 2, 1]], atol=1e-6)
    np.testing.assert_allclose(found[3].sum(), 1)
