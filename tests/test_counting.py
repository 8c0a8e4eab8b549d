import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator

from seston.classify.calibration import Calibrator
from seston.classify.counting import (
    adjusted,
    classify_and_count,
    estimate,
    expectation_maximisation,
    most_likely,
    probabilistic,
    unbounded,
    under,
)
from seston.classify.prior import em
from seston.classify.quantifier import Quantifier, transfer

SOURCE = np.array([0.4, 0.3, 0.2, 0.1])


def draw(counts, seed, spread=1.3):
    """Posteriors under `SOURCE` of images of Gaussian classes, and their classes."""
    truth = np.repeat(np.arange(4), counts)
    centres = spread * np.random.default_rng(0).normal(size=(4, 3))
    images = centres[truth] + np.random.default_rng(seed).normal(size=(len(truth), 3))
    likelihood = images @ centres.T - (centres**2).sum(axis=1) / 2
    return softmax(likelihood + np.log(SOURCE), axis=1), truth


def known(held_out, truth, prior=SOURCE):
    """What is learned without calibration, and without any draws."""
    classes = len(prior)
    votes = np.eye(classes)[truth]
    return Quantifier(
        SOURCE, prior, Calibrator("none", np.ones(classes), np.zeros(classes)),
        transfer(held_out, votes), (), np.zeros((0, classes, classes)), np.zeros((0, classes)),
        np.log(held_out), np.bincount(truth, minlength=classes),
    )  # fmt: skip


class Fitted(BaseEstimator):
    """As much of a classifier as quapy asks for."""

    classes_ = np.arange(4)

    def __sklearn_is_fitted__(self):
        return True

    def fit(self, *_):
        return self

    def predict_proba(self, posterior):
        return posterior


def test_all_methods_count_as_quapy_does():
    from quapy.method.aggregative import CC, EMQ, PACC, PCC

    held_out, said = draw([400, 300, 200, 100], 1)
    posterior, _ = draw([100, 400, 50, 450], 2)
    quantifier = known(held_out, said)
    logits = np.log(posterior)
    theirs = CC(Fitted(), fit_classifier=False).aggregate(posterior.argmax(axis=1))
    np.testing.assert_allclose(classify_and_count(posterior), theirs)
    np.testing.assert_allclose(estimate("count", logits, quantifier), theirs)
    theirs = PCC(Fitted(), fit_classifier=False).aggregate(posterior)
    np.testing.assert_allclose(probabilistic(posterior), theirs)
    np.testing.assert_allclose(estimate("probabilistic", logits, quantifier), theirs)
    theirs = EMQ.EM(SOURCE, posterior, epsilon=1e-8)[0]
    # quapy stops after a thousand steps.
    found = expectation_maximisation(posterior, SOURCE)
    np.testing.assert_allclose(found, theirs, atol=1e-3)
    assert np.log(posterior / SOURCE @ found).sum() >= np.log(posterior / SOURCE @ theirs).sum()
    np.testing.assert_allclose(estimate("em", logits, quantifier), found)
    pacc = PACC(Fitted(), fit_classifier=False, solver="minimize")
    pacc.aggregation_fit(held_out, said)
    np.testing.assert_allclose(transfer(held_out, np.eye(4)[said]), pacc.Pte_cond_estim_)
    theirs = pacc.aggregate(posterior)
    np.testing.assert_allclose(estimate("pacc", logits, quantifier), theirs, atol=2e-3)


def test_methods_take_for_granted_what_they_say():
    """Labelled as SOURCE, found otherwise: only two methods follow."""
    held_out, said = draw([4000, 3000, 2000, 1000], 3)
    true = np.array([200, 2200, 1000, 3600])
    posterior, _ = draw(true, 4)
    quantifier = known(held_out, said)
    errors = {
        method: np.abs(estimate(method, np.log(posterior), quantifier) - true / 7000).max()
        for method in ("em", "pacc", "probabilistic", "count")
    }
    assert errors["em"] < 0.02
    assert errors["pacc"] < 0.03
    assert errors["probabilistic"] > 0.1
    assert errors["count"] > 0.05
    # Counting goes by the frequencies of the labels, under which the classifier need not be.
    even = known(held_out, said, np.full(4, 0.25))
    moved = probabilistic(under(posterior, SOURCE, np.full(4, 0.25)))
    np.testing.assert_allclose(estimate("probabilistic", np.log(posterior), even), moved)


def test_adjusted_counts_are_the_nearest_that_are_possible():
    rng = np.random.default_rng(5)
    for _ in range(20):
        matrix = rng.dirichlet([1, 1, 1], size=3).T + 2 * np.eye(3)
        matrix /= matrix.sum(axis=0)
        mean = rng.dirichlet([0.3] * 3)
        found = adjusted(mean, matrix)
        assert found.min() >= 0
        assert found.sum() == pytest.approx(1)
        others = rng.dirichlet([0.5] * 3, size=4000)
        far = ((others @ matrix.T - mean) ** 2).sum(axis=1)
        assert ((matrix @ found - mean) ** 2).sum() <= far.min() + 1e-5
        np.testing.assert_allclose(matrix @ unbounded(mean, matrix), mean, atol=1e-9)


def test_adjusting_undoes_what_the_classifier_mixes_up():
    matrix = np.array([[0.9, 0.2, 0.0], [0.1, 0.7, 0.1], [0.0, 0.1, 0.9]])
    true = np.array([0.1, 0.3, 0.6])
    np.testing.assert_allclose(adjusted(matrix @ true, matrix), true, atol=1e-6)
    # Two classes that look the same to the classifier: neither is blown up.
    blind = np.array([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(unbounded(np.array([0.3, 0.3, 0.4]), blind), [0.3, 0.3, 0.4])


def test_the_short_way_to_the_greatest_likelihood_ends_where_em_does():
    rng = np.random.default_rng(6)
    for spread in (0.3, 2.0):
        posterior, _ = draw([30, 5, 80, 1], 7, spread)
        often = rng.integers(1, 4, len(posterior))
        for start in (SOURCE, np.array([1e-9, 0.5, 0.25, 0.25])):
            found = most_likely(posterior / SOURCE, often, start)
            wanted = em(posterior.repeat(often, axis=0), SOURCE, tolerance=1e-10, most=50_000)
            np.testing.assert_allclose(found, wanted.prior, atol=2e-4)
            likelihood = often @ np.log((posterior / SOURCE) @ found)
            assert likelihood >= wanted.log_likelihood[-1] - 1e-4


def test_posteriors_of_exactly_0_and_1_are_counted():
    certain = np.eye(4)[np.repeat([0, 1, 3], [5, 3, 2])]
    for found in (
        most_likely(certain / SOURCE, np.ones(10), SOURCE),
        expectation_maximisation(certain, SOURCE),
        probabilistic(under(certain, SOURCE, np.full(4, 0.25))),
    ):
        np.testing.assert_allclose(found, [0.5, 0.3, 0, 0.2], atol=1e-7)


def test_a_transfer_matrix_is_the_mean_over_images_of_a_class():
    posterior, truth = draw([3, 2, 0, 1], 8)
    votes = np.eye(4)[truth]
    matrix = transfer(posterior, votes)
    np.testing.assert_allclose(matrix[:, 0], posterior[:3].mean(axis=0))
    assert matrix[:, 2].tolist() == [0, 0, 1, 0]
    weighted = transfer(posterior, votes, np.array([1, 0, 3, 1, 1, 1]))
    np.testing.assert_allclose(weighted[:, 0], (posterior[0] + 3 * posterior[2]) / 4)
    halves = transfer(posterior, np.full((6, 4), 0.25))
    np.testing.assert_allclose(halves, np.tile(posterior.mean(axis=0)[:, None], 4))


def test_an_unknown_method_is_refused():
    held_out, said = draw([4, 3, 2, 1], 9)
    with pytest.raises(ValueError, match="there are em, pacc"):
        estimate("hdy", log_softmax(held_out, axis=1), known(held_out, said))


def test_images_that_can_be_of_one_class_only_do_not_end_the_search():
    """Far outside of what was learned answers are certain; a class of one of them began as rare."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        source = rng.dirichlet(np.full(19, 0.3)) + 1e-6
        source /= source.sum()
        codes = np.r_[np.zeros(300, int), rng.integers(0, 19, 12)]
        posterior = np.full((len(codes), 19), 1e-38)
        posterior[np.arange(len(codes)), codes] = 1
        found = most_likely(posterior / source, np.ones(len(codes)), source)
        expected = np.bincount(codes, minlength=19) / len(codes)
        np.testing.assert_allclose(found, expected, atol=1e-4)
