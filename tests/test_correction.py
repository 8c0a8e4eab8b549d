"""Class frequencies by which the images of a sample are corrected."""

import numpy as np
import pytest

from seston.classify.correction import corrected, corrected_by_unit, sample_prior
from seston.classify.prior import em

SOURCE, LABELS = np.full(3, 1 / 3), np.array([0.8, 0.15, 0.05])


def simulated(share, images, seed=0):
    """Return exact posteriors of images under `SOURCE`."""
    rng = np.random.default_rng(seed)
    centres = 3 * np.eye(3)
    x = centres[rng.choice(3, images, p=share)] + rng.normal(size=(images, 3))
    odds = np.exp(-((x[:, None] - centres) ** 2).sum(axis=2) / 2)
    return odds / odds.sum(axis=1, keepdims=True)


def test_a_large_sample_tells_its_own_frequencies():
    share = np.array([0.1, 0.2, 0.7])
    found = sample_prior("em", simulated(share, 20_000), SOURCE, LABELS)
    np.testing.assert_allclose(found, share, atol=0.015)


def test_a_sample_without_images_has_those_of_the_labels():
    np.testing.assert_allclose(sample_prior("em", np.empty((0, 3)), SOURCE, LABELS), LABELS)


def test_one_image_is_not_made_certain_by_itself():
    posterior = np.array([[0.1, 0.3, 0.6]])
    prior = sample_prior("em", posterior, SOURCE, LABELS)
    # The frequencies that six images in the proportions of the labels, and this one, make likely:
    # a fixed point of expectation maximisation.
    again = posterior * prior / (posterior * prior).sum()
    np.testing.assert_allclose(prior, (6 * LABELS + again[0]) / 7, atol=1e-6)
    assert corrected(posterior, SOURCE, prior).max() < 0.95


def test_the_other_priors_are_what_they_are_called():
    posterior = simulated(LABELS, 5)
    np.testing.assert_array_equal(sample_prior("training", posterior, SOURCE, LABELS), LABELS)
    np.testing.assert_allclose(sample_prior("uniform", posterior, SOURCE, LABELS), SOURCE)


def test_units_are_corrected_each_by_itself():
    posterior = np.vstack([simulated([0.9, 0.1, 0], 300, 1), simulated([0, 0.1, 0.9], 300, 2)])
    units = np.repeat([7, 3], 300)
    found = corrected_by_unit("em", posterior, units, SOURCE, LABELS)
    for unit in (3, 7):
        there = units == unit
        prior = sample_prior("em", posterior[there], SOURCE, LABELS)
        np.testing.assert_allclose(found[there], corrected(posterior[there], SOURCE, prior))
    assert found[:300, 0].mean() == pytest.approx(0.9, abs=0.04)
    assert found[300:, 2].mean() == pytest.approx(0.9, abs=0.04)


def test_a_class_that_was_never_learned_does_not_win_what_fits_no_other():
    rng = np.random.default_rng(3)
    posterior = np.column_stack([simulated([0.7, 0.3, 0], 400, 4)[:, :2], rng.uniform(0, 2, 400)])
    posterior /= posterior.sum(axis=1, keepdims=True)
    assert sample_prior("em", posterior, SOURCE, LABELS)[2] > 0.15  # it would
    prior = sample_prior("em", posterior, SOURCE, LABELS, np.array([True, True, False]))
    assert prior[2] == pytest.approx(LABELS[2]) and prior.sum() == pytest.approx(1)
    among = posterior[:, :2] / posterior[:, :2].sum(axis=1, keepdims=True)
    source, labels = SOURCE[:2] / SOURCE[:2].sum(), LABELS[:2]
    alone = em(among, source, alpha=1 + 2 * 3 * labels).prior
    np.testing.assert_allclose(prior[:2], alone * (1 - LABELS[2]))
    units, learned = np.zeros(400, int), np.tile([True, True, False], (400, 1))
    found = corrected_by_unit("em", posterior, units, SOURCE, LABELS, learned)
    np.testing.assert_allclose(found, corrected(posterior, SOURCE, prior))
