import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from seston.classify.calibration import fit
from seston.classify.calibration_error import classwise_ece, ece, nll
from seston.classify.prior import em, one_versus_rest, shift, smooth
from seston.classify.scores import confusion, log_count_error, macro, micro

#: Images of each class in Schanz et al. (2023): training and test.
TRAIN = np.array(
    [59, 125299, 4416, 56, 1691, 100, 88, 77, 5755, 95, 288, 664, 12, 207, 4536]
)  # fmt: skip
TEST = np.array([18, 35801, 1263, 16, 484, 29, 27, 23, 1648, 29, 83, 191, 5, 61, 1296])
CLASSES = len(TRAIN)
EVEN = np.full(CLASSES, 1 / CLASSES)


def world(counts, seed=1, size=0.9):
    """Log-likelihoods of images drawn from Gaussians at random places, and their classes."""
    centres = size * np.random.default_rng(0).normal(size=(len(counts), 10))
    truth = np.repeat(np.arange(len(counts)), counts)
    images = centres[truth] + np.random.default_rng(seed).normal(size=(len(truth), 10))
    far = ((images[:, None] - centres) ** 2).sum(axis=2)
    return -far / 2, truth


class Judged:
    """Everything that section 6.2 of the reference tells of posteriors."""

    def __init__(self, posterior, truth):
        votes = np.eye(CLASSES)[truth]
        matrix = confusion(truth, posterior.argmax(axis=1), CLASSES)
        right = posterior.argmax(axis=1) == truth
        self.micro, self.macro = micro(matrix), macro(matrix)
        self.nll = nll(np.log(posterior), votes)
        self.ece = ece(posterior.max(axis=1), right)
        self.classwise = classwise_ece(posterior, votes).mean()
        self.counts = log_count_error(posterior.sum(axis=0), votes.sum(axis=0))


@pytest.fixture(scope="module")
def natural():
    return world(TEST)


def test_the_correction_recovers_the_ideal_classifier_exactly(natural):
    likelihood, _ = natural
    for target in (TRAIN / TRAIN.sum(), np.linspace(1, 15, 15) / 120):
        ideal = softmax(likelihood + np.log(target), axis=1)
        found = np.exp(shift(log_softmax(likelihood, axis=1), EVEN, target))
        np.testing.assert_allclose(found, ideal, atol=1e-10, rtol=0)
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-12)


def test_correcting_to_the_same_prior_changes_nothing(natural):
    log_posterior = log_softmax(natural[0][:100], axis=1)
    prior = TRAIN / TRAIN.sum()
    np.testing.assert_allclose(shift(log_posterior, prior, prior), log_posterior, atol=1e-12)


def test_a_class_can_be_ruled_out_but_not_brought_back():
    log_posterior = np.log([[0.5, 0.3, 0.2]])
    found = np.exp(shift(log_posterior, np.full(3, 1 / 3), np.array([0.5, 0.5, 0])))
    np.testing.assert_allclose(found, [[0.625, 0.375, 0]])
    with pytest.raises(ValueError, match="cannot come back"):
        shift(log_posterior, np.array([0.5, 0.5, 0]), np.full(3, 1 / 3))


def test_the_one_versus_rest_form_is_right_for_two_classes_only(natural):
    two = np.array([[0.9, 0.1], [0.3, 0.7]])
    source, target = np.array([0.5, 0.5]), np.array([0.8, 0.2])
    exact = np.exp(shift(np.log(two), source, target))
    np.testing.assert_allclose(one_versus_rest(two, source, target), exact)
    posterior = softmax(natural[0], axis=1)
    scores = one_versus_rest(posterior, EVEN, TRAIN / TRAIN.sum())
    sums = scores.sum(axis=1)
    assert sums.min() < 0.3
    assert sums.max() > 1.3
    # For one row by hand: (pi/b) p / [(pi/b) p + (1-pi)/(1-b) (1-p)].
    a = TRAIN[4] / TRAIN.sum() * 15
    b = (1 - TRAIN[4] / TRAIN.sum()) / (14 / 15)
    p = posterior[7, 4]
    assert scores[7, 4] == pytest.approx(a * p / (a * p + b * (1 - p)))


def test_corrections_compare_as_in_the_reference_table(natural):
    """Section 6.2 of the reference: which correction gives which accuracy and which counts."""
    likelihood, truth = natural
    prior = TRAIN / TRAIN.sum()
    balanced = log_softmax(likelihood, axis=1)
    ideal = Judged(softmax(likelihood + np.log(prior), axis=1), truth)
    uncorrected = Judged(np.exp(balanced), truth)
    assert ideal.micro > uncorrected.micro + 0.1
    assert uncorrected.macro > ideal.macro + 0.1
    assert uncorrected.counts > 1.5
    assert ideal.counts < 0.15
    assert ideal.classwise < 0.001

    paper = Judged(one_versus_rest(np.exp(balanced), EVEN, prior), truth)
    exact = Judged(np.exp(shift(balanced, EVEN, prior)), truth)
    assert (exact.micro, exact.macro) == (ideal.micro, ideal.macro)
    assert exact.counts < paper.counts / 2
    assert exact.nll < paper.nll - 0.02
    assert exact.classwise < paper.classwise / 3

    # Too sure of itself by 1.8: counts go wrong, with EM most of all.
    sure = 1.8 * balanced
    tilted = Judged(np.exp(shift(sure, EVEN, prior)), truth)
    astray = Judged(em(softmax(sure, axis=1), EVEN, tolerance=1e-6).posterior, truth)
    assert ideal.counts + 0.3 < tilted.counts < astray.counts
    assert astray.classwise > 3 * ideal.classwise

    # A temperature that is fitted through the correction, on other images, mends both.
    other, said = world(TEST, seed=2)
    other = 1.8 * log_softmax(other, axis=1)
    votes = np.eye(CLASSES)[said]
    through = fit("temperature", other, votes, log_ratio=np.log(prior / EVEN))
    assert 1 / through.scale[0] == pytest.approx(1.8, rel=0.03)
    mended = Judged(np.exp(shift(through(sure), EVEN, prior)), truth)
    assert mended.counts < ideal.counts + 0.05
    assert mended.nll == pytest.approx(ideal.nll, abs=0.002)
    with_em = Judged(em(softmax(through(sure), axis=1), EVEN, tolerance=1e-6).posterior, truth)
    assert with_em.micro == pytest.approx(ideal.micro, abs=0.003)
    assert with_em.counts < astray.counts / 2


def test_only_em_follows_classes_that_became_more_frequent():
    """The shifted test set of section 6.2: Copepods x 10, Blurry / 3, Bubbles x 5."""
    counts = TEST.copy()
    counts[4] *= 10
    counts[1] //= 3
    counts[2] *= 5
    likelihood, truth = world(counts, seed=3)
    balanced = log_softmax(likelihood, axis=1)
    prior = TRAIN / TRAIN.sum()
    fixed = Judged(np.exp(shift(balanced, EVEN, prior)), truth)
    paper = Judged(one_versus_rest(np.exp(balanced), EVEN, prior), truth)
    followed = Judged(em(np.exp(balanced), EVEN, tolerance=1e-6).posterior, truth)
    assert paper.micro < fixed.micro < followed.micro - 0.02
    assert followed.ece < 0.006 < 0.02 < fixed.ece
    assert followed.classwise < 0.002


def test_em_finds_a_shifted_prior_within_sampling_error():
    rng = np.random.default_rng(4)
    for target in (np.array([0.7, 0.2, 0.06, 0.03, 0.01]), np.array([0.02, 0.08, 0.1, 0.2, 0.6])):
        counts = rng.multinomial(20_000, target)
        likelihood, truth = world(counts, seed=5)
        source = np.array([0.1, 0.3, 0.2, 0.3, 0.1])
        found = em(softmax(likelihood + np.log(source), axis=1), source)
        assert found.converged
        assert np.all(np.diff(found.log_likelihood) >= -1e-9)
        assert len(found.log_likelihood) > 3
        # No image is drawn twice, so the error is below the binomial one of single images.
        allowed = 3 * np.sqrt(target * (1 - target) / len(truth)) + 1e-3
        assert np.all(np.abs(found.prior - counts / len(truth)) < allowed)
        np.testing.assert_allclose(found.posterior.mean(axis=0), found.prior, atol=1e-6)


def test_em_ends_where_any_search_for_the_greatest_density_would():
    rng = np.random.default_rng(6)
    posterior = rng.dirichlet([2, 1, 1, 0.5], size=40)
    source = np.array([0.4, 0.3, 0.2, 0.1])
    for alpha in (None, np.array([3.0, 1.0, 2.0, 1.5])):
        extra = np.zeros(4) if alpha is None else alpha - 1

        def loss(free, extra=extra):
            log_prior = log_softmax(np.append(free, 0.0))
            chance = (posterior / source) @ np.exp(log_prior)
            return -(np.log(chance).sum() + extra @ log_prior)

        best = minimize(loss, np.zeros(3), tol=1e-12)
        found = em(posterior, source, alpha=alpha, tolerance=1e-10)
        np.testing.assert_allclose(found.prior, softmax(np.append(best.x, 0)), atol=1e-5)
        assert np.all(np.diff(found.log_likelihood) >= -1e-9)


def test_em_without_images_keeps_what_was_known():
    source = np.array([0.25, 0.75])
    np.testing.assert_array_equal(em(np.zeros((0, 2)), source).prior, source)
    np.testing.assert_allclose(
        em(np.zeros((0, 2)), source, alpha=np.array([2.0, 4.0])).prior, [0.25, 0.75]
    )
    with pytest.raises(ValueError, match="below 1"):
        em(np.full((1, 2), 0.5), source, alpha=0.5)


def test_smoothed_frequencies_are_the_mean_of_a_dirichlet_posterior():
    np.testing.assert_allclose(smooth([0, 3, 7]), [1 / 33, 10 / 33, 22 / 33])
    np.testing.assert_allclose(smooth([1, 3], strength=0), [0.25, 0.75])
    assert smooth(np.zeros(4)).tolist() == [0.25] * 4
    with pytest.raises(ValueError, match="no image"):
        smooth(np.zeros(4), strength=0)
