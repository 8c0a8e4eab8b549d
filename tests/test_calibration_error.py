from itertools import pairwise

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import brier_score_loss, log_loss

from seston.classify.calibration_error import (
    RELIABILITY,
    adaptive_ece,
    brier,
    classwise_ece,
    debiased_ece,
    ece,
    nll,
    reliability,
)


def perfect(images, classes=6, seed=0):
    """Posteriors, and classes drawn from exactly these."""
    rng = np.random.default_rng(seed)
    posterior = softmax(rng.normal(size=(images, classes)) * 1.5, axis=1)
    drawn = (posterior.cumsum(axis=1) < rng.random((images, 1))).sum(axis=1)
    return posterior, np.minimum(drawn, classes - 1)


def by_hand(confidence, right, edges):
    error = 0.0
    for low, high in pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return error


def test_errors_are_the_weighted_gaps_of_bins():
    rng = np.random.default_rng(1)
    confidence, right = rng.random(700), rng.integers(0, 2, 700)
    assert ece(confidence, right, 12) == pytest.approx(
        by_hand(confidence, right, np.linspace(0, 1, 13))
    )
    edges = np.append(0, np.sort(confidence)[np.arange(70, 701, 70) - 1])
    assert adaptive_ece(confidence, right, 10) == pytest.approx(by_hand(confidence, right, edges))
    # On the edge of a bin an image is of the lower one; 0 is in the first.
    assert ece(np.array([0.5, 0.0, 1.0]), np.array([0, 0, 1]), 2) == pytest.approx(0.5 / 3)


def test_images_of_one_confidence_stay_in_one_bin():
    confidence = np.array([0.2] * 5 + [0.9] * 95)
    right = np.r_[np.zeros(4), 1, np.zeros(10), np.ones(85)]
    assert adaptive_ece(confidence, right, 10) == pytest.approx(0.95 * abs(85 / 95 - 0.9))


def test_only_the_debiased_error_of_a_perfect_classifier_is_none_with_few_images():
    plain, debiased = [], []
    for seed in range(30):
        posterior, truth = perfect(150, seed=seed)
        confidence, right = posterior.max(axis=1), posterior.argmax(axis=1) == truth
        plain.append(ece(confidence, right))
        debiased.append(debiased_ece(confidence, right))
    assert np.mean(plain) > 0.06
    assert np.min(plain) > 0.02
    assert np.mean(np.array(debiased) == 0) > 0.3  # as often below what chance makes as above it
    assert np.isnan(debiased_ece(np.array([0.5]), np.array([1])))


def test_the_debiased_error_finds_an_error_that_is_there():
    rng = np.random.default_rng(2)
    confidence = rng.uniform(0.3, 0.9, 40_000)
    right = rng.random(40_000) < confidence - 0.1
    assert debiased_ece(confidence, right) == pytest.approx(0.1, abs=0.01)
    assert ece(confidence, right) == pytest.approx(0.1, abs=0.01)


def test_nll_and_brier_are_those_of_scikit_learn():
    posterior, truth = perfect(300)
    votes = np.eye(6)[truth]
    assert nll(np.log(posterior), votes) == pytest.approx(log_loss(truth, posterior))
    of_two = np.stack([1 - posterior[:, 0], posterior[:, 0]], axis=1)
    first = truth == 0
    assert brier(of_two, np.eye(2)[first.astype(int)]) == pytest.approx(
        2 * brier_score_loss(first, posterior[:, 0])
    )
    with np.errstate(divide="ignore"):
        assert nll(np.log([[1.0, 0.0]]), np.array([[1.0, 0.0]])) == 0
        assert nll(np.log([[1.0, 0.0]]), np.array([[0.5, 0.5]])) == np.inf


def test_shared_votes_are_the_mean_over_annotators():
    posterior, _ = perfect(50)
    said = np.random.default_rng(3).integers(0, 6, (50, 3))
    votes = np.stack([(said == k).mean(axis=1) for k in range(6)], axis=1)
    each = np.mean([nll(np.log(posterior), np.eye(6)[said[:, a]]) for a in range(3)])
    assert nll(np.log(posterior), votes) == pytest.approx(each)


def test_the_class_wise_error_sees_what_the_predicted_class_hides():
    """Always 0.6 for the first class, right 6 times in 10; the other two are mixed up."""
    posterior = np.tile([0.6, 0.4, 0.0], (1000, 1))
    votes = np.eye(3)[np.r_[np.zeros(600, int), np.full(400, 2)]]
    assert ece(posterior.max(axis=1), votes[:, 0]) == pytest.approx(0)
    np.testing.assert_allclose(classwise_ece(posterior, votes), [0, 0.4, 0.4], atol=1e-12)


def test_dividing_by_the_largest_share_rewards_false_confidence():
    """Section 8.2 of the reference: a perfect predictor of vote shares seems badly calibrated."""
    rng = np.random.default_rng(4)
    posterior = rng.dirichlet([0.35] * 8, size=60_000)
    drawn = (posterior.cumsum(axis=1)[:, None, :] < rng.random((60_000, 3, 1))).sum(axis=2)
    said = np.minimum(drawn, 7)
    votes = np.stack([(said == k).mean(axis=1) for k in range(8)], axis=1)

    def errors(power):
        sharp = posterior**power
        sharp /= sharp.sum(axis=1, keepdims=True)
        own = votes[np.arange(len(votes)), sharp.argmax(axis=1)]
        confidence = sharp.max(axis=1)
        return ece(confidence, own / votes.max(axis=1)), ece(confidence, own)

    weighted, agreement = errors(1)
    assert weighted > 0.04  # 0.056 in the reference
    assert agreement < 0.004  # 0.002
    sharper_weighted, sharper_agreement = errors(2)
    assert sharper_weighted < weighted - 0.02
    assert sharper_agreement > agreement + 0.02


def test_reliability_tells_each_bin_with_images():
    confidence = np.array([0.05, 0.62, 0.68, 0.95, 0.99, 1.0])
    right = np.array([0, 1, 0, 1, 1, 0.5])
    table = reliability(confidence, right, 10)
    assert list(table) == RELIABILITY
    assert table["bin"].tolist() == [1, 7, 10]
    assert table["images"].tolist() == [1, 2, 3]
    assert table["confidence"].tolist() == pytest.approx([0.05, 0.65, 0.98])
    assert table["right"].tolist() == pytest.approx([0, 0.5, 2.5 / 3])
    # Wilson's interval of 1 in 2: (p + z²/2n ± z sqrt(p q / n + z²/4n²)) / (1 + z²/n)
    z = 1.959964
    centre, half = 0.5 + z**2 / 4, z * np.sqrt(0.125 + z**2 / 16)
    assert table["low"][1] == pytest.approx((centre - half) / (1 + z**2 / 2), abs=1e-5)
    assert table["high"][1] == pytest.approx((centre + half) / (1 + z**2 / 2), abs=1e-5)
    assert table["low"][0] == 0


def test_reliability_intervals_cover_where_images_of_a_day_are_alike():
    rng = np.random.default_rng(5)
    covered = {"images": [], "days": []}
    for _ in range(150):
        days = np.repeat(np.arange(25), 12)
        chance = np.clip(0.75 + rng.normal(0, 0.15, 25), 0, 1)[days]
        right = rng.random(300) < chance
        for name, units in (("images", None), ("days", days)):
            row = reliability(np.full(300, 0.75), right, 10, units=units).iloc[0]
            covered[name].append(row["low"] <= 0.745 <= row["high"])
    assert np.mean(covered["images"]) < 0.89
    assert 0.91 < np.mean(covered["days"]) < 0.98


def test_without_images_there_is_no_error():
    nothing = np.zeros(0)
    assert np.isnan([ece(nothing, nothing), adaptive_ece(nothing, nothing)]).all()
    assert np.isnan([nll(np.zeros((0, 2)), np.zeros((0, 2))), debiased_ece(nothing, nothing)]).all()
    assert len(reliability(nothing, nothing, units=np.zeros(0, dtype=np.int64))) == 0
