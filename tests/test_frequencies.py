from dataclasses import replace

import numpy as np
import pytest

from seston.classify.counting import estimate
from seston.classify.frequencies import frequencies
from seston.classify.quantifier import COUNTING, learn

NATURAL = np.array([0.6, 0.25, 0.1, 0.05])
SHIFTED = np.array([0.2, 0.15, 0.4, 0.25])
EVEN = np.full(4, 0.25)
METHODS = ("em", "pacc", "probabilistic", "count")


class World:
    """Classes as Gaussians, and a classifier that knows their means from the labels only."""

    def __init__(self, seed, labels=600, size=2.0):
        self.rng = np.random.default_rng(seed)
        self.centres = size * self.rng.normal(size=(4, 3))
        counts = np.maximum(self.rng.multinomial(labels, NATURAL), 20)
        images, self.truth = self.draw(counts)
        self.units = self.rng.integers(0, 20, len(self.truth))
        self.held_out = np.empty((len(images), 4))
        for fold in range(5):
            inside = self.units % 5 == fold
            means = self.means(images[~inside], self.truth[~inside])
            self.held_out[inside] = logits(images[inside], means)
        self.learned = self.means(images, self.truth)

    def draw(self, counts):
        truth = np.repeat(np.arange(4), counts)
        return self.centres[truth] + self.rng.normal(size=(len(truth), 3)), truth

    def means(self, images, truth):
        return np.array([images[truth == k].mean(axis=0) for k in range(4)])

    def quantifier(self, draws):
        return learn(COUNTING, self.held_out, np.eye(4)[self.truth], self.units, EVEN, draws=draws)

    def sample(self, prior, images=500):
        counts = self.rng.multinomial(images, prior)
        return logits(self.draw(counts)[0], self.learned), counts / images


def logits(images, means):
    return 1.7 * (images @ means.T - (means**2).sum(axis=1) / 2)  # too sure of itself


@pytest.fixture(scope="module")
def covered():
    """Share of intervals that held the truth, by mixture and method, in 24 worlds."""
    found = {(name, method): [] for name in ("natural", "shifted") for method in METHODS}
    for seed in range(24):
        world = World(seed, labels=400)
        known = world.quantifier(25)
        sure = replace(
            known,
            calibrators=(known.calibrator,) * 25,
            transfers=np.array([known.transfer] * 25),
            priors=np.array([known.prior] * 25),
        )
        for name, prior in (("natural", NATURAL), ("shifted", SHIFTED)):
            new, truth = world.sample(prior)
            for method in METHODS if name == "natural" else ("em", "pacc", "sure"):
                by = sure if method == "sure" else known
                told = frequencies("pacc" if method == "sure" else method, new, by, seed=seed)
                found.setdefault((name, method), []).append(
                    (told.low <= truth) & (truth <= told.high)
                )
    return {key: np.mean(values) for key, values in found.items() if values}


@pytest.mark.parametrize("name", ["natural", "shifted"])
@pytest.mark.parametrize("method", ["em", "pacc"])
def test_intervals_cover_true_counts(covered, name, method):
    """Of 96 intervals each; `benchmarks/quantification.py` tells it from more worlds."""
    assert covered[name, method] > 0.88


def test_intervals_would_not_cover_without_the_doubt_that_labels_leave(covered):
    assert covered["shifted", "sure"] < 0.8


def test_intervals_of_methods_that_lean_cover_where_they_need_not(covered):
    for method in ("probabilistic", "count"):
        assert covered["natural", method] > 0.75


def test_a_perfect_classifier_leaves_no_doubt():
    truth = np.repeat(np.arange(4), [60, 25, 10, 5])
    known = learn(
        "temperature", 40 * np.eye(4)[np.tile(truth, 40)], np.eye(4)[np.tile(truth, 40)],
        np.arange(4000) % 30, EVEN, draws=20,
    )  # fmt: skip
    sample = 40 * np.eye(4)[np.repeat([0, 1, 2], [700, 299, 1])]
    for method in METHODS:
        told = frequencies(method, sample, known, seed=0)
        np.testing.assert_allclose(told.share, [0.7, 0.299, 0.001, 0], atol=1e-6)
        assert (told.high - told.low).max() < 0.02
        assert told.low[3] == 0


def test_more_labels_leave_less_doubt():
    widths = {}
    for labels in (200, 3000):
        world = World(2, labels=labels)
        known = world.quantifier(40)
        new, _ = world.sample(NATURAL, 10_000)
        told = frequencies("em", new, known, seed=0)
        widths[labels] = (told.high - told.low).mean()
        assert told.draws.shape == (40, 4)
        # The draws are what the interval is of.
        assert told.draws.std(axis=0).mean() == pytest.approx(widths[labels] / 3.92, rel=0.5)
    assert widths[3000] < 0.7 * widths[200]


def test_intervals_include_their_estimate_and_stay_within_0_and_1():
    world = World(2, labels=100, size=0.6)
    known = world.quantifier(20)
    for images in (1, 7, 200):
        new, _ = world.sample(SHIFTED, images)
        for method in METHODS:
            told = frequencies(method, new, known, seed=0)
            np.testing.assert_allclose(told.share, estimate(method, new, known))
            assert told.share.sum() == pytest.approx(1)
            assert np.all((told.low >= 0) & (told.low <= told.share))
            assert np.all((told.high <= 1) & (told.share <= told.high))


def test_without_draws_there_are_no_intervals():
    world = World(3)
    new, _ = world.sample(NATURAL)
    told = frequencies("em", new, world.quantifier(0), seed=0)
    np.testing.assert_allclose(told.share, estimate("em", new, world.quantifier(0)))
    assert np.isnan([told.low, told.high]).all()
    assert told.draws.shape == (0, 4)


def test_draws_of_samples_go_together_as_their_labels_do():
    """The sum over two samples is less sure than if their doubts were apart."""
    world = World(4, labels=150)
    known = world.quantifier(120)
    first, second = (world.sample(SHIFTED, 5000)[0] for _ in range(2))
    one = frequencies("pacc", first, known, seed=1).draws
    two = frequencies("pacc", second, known, seed=2).draws
    together = [np.corrcoef(one[:, k], two[:, k])[0, 1] for k in range(4)]
    assert np.mean(together) > 0.5


def test_the_same_seed_gives_the_same_interval():
    world = World(5)
    known, (new, _) = world.quantifier(15), world.sample(NATURAL)
    first, again, other = (frequencies("em", new, known, seed=s) for s in (3, 3, 4))
    np.testing.assert_array_equal(first.draws, again.draws)
    assert not np.array_equal(first.draws, other.draws)
