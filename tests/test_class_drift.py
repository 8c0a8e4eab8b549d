import numpy as np
import pytest

from seston.classify.drift import LEAST_UNITS, unlike, unsureness, usual

PRIOR = np.array([0.5, 0.25, 0.15, 0.07, 0.03])


class Labelled:
    """Strangeness of images of five classes, by day; days differ by `scatter`."""

    def __init__(self, seed, days=15, images=40, scatter=0.3):
        self.rng = np.random.default_rng(seed)
        self.scatter = scatter
        self.units = np.repeat(np.arange(days), images)
        truth = self.rng.choice(5, p=PRIOR, size=days * images)
        self.votes = np.eye(5)[truth]
        own = scatter * self.rng.normal(size=days)[self.units]
        self.strangeness = 0.5 * truth + own + self.rng.normal(size=len(truth))
        self.usual = usual(self.strangeness, self.votes, self.units)

    def sample(self, images, prior, new=0.0):
        """Strangeness of a new day, a share of which is of a kind that nobody labelled."""
        truth = self.rng.choice(5, p=prior, size=images)
        found = 0.5 * truth + self.scatter * self.rng.normal() + self.rng.normal(size=images)
        found[self.rng.random(images) < new] += 3
        return found, np.bincount(truth, minlength=5) / images


@pytest.mark.parametrize(("scatter", "days", "images"), [(0, 30, 30), (0.3, 15, 1000), (1, 8, 200)])
def test_alarms_are_no_more_often_false_than_told(scatter, days, images):
    """Of samples with quite another mixture of the classes, and days that differ."""
    chances = []
    for seed in range(250):
        labelled = Labelled(seed, days=days, scatter=scatter)
        found, share = labelled.sample(images, labelled.rng.dirichlet(np.ones(5)))
        chances.append(unlike(labelled.usual, found, share).p)
    assert np.mean(np.array(chances) < 0.05) < 0.08
    assert 0.2 < np.mean(np.array(chances) < 0.5) < 0.65


def test_a_new_kind_of_images_raises_an_alarm():
    chances = []
    for seed in range(60):
        labelled = Labelled(seed, days=25, images=60, scatter=0.1)
        found, share = labelled.sample(400, PRIOR, new=0.3)
        told = unlike(labelled.usual, found, share)
        assert told.excess > 0.05
        chances.append(told.p)
    assert np.mean(np.array(chances) < 0.05) > 0.9


def test_another_mixture_is_expected_but_only_if_it_is_told():
    labelled = Labelled(1, days=30, images=100, scatter=0.05)
    rare = np.array([0, 0, 0, 0, 1.0])
    found, share = labelled.sample(2000, rare)
    assert unlike(labelled.usual, found, share).p > 0.02
    assert unlike(labelled.usual, found, PRIOR).p < 1e-3


def test_scatter_between_days_is_found():
    quiet, restless = (
        np.mean([Labelled(s, days=40, scatter=scatter).usual.between for s in range(20)])
        for scatter in (0, 0.6)
    )
    # Ranks of normal values of variance v within a standard deviation s of the whole have
    # a slope of about 1 / (sqrt(12) s): 0.6 of 1.3 is 0.13 of rank.
    assert quiet < 0.001
    assert np.sqrt(restless) == pytest.approx(0.6 / 1.3 / np.sqrt(12), rel=0.2)


def test_few_units_and_no_images_say_nothing():
    few = Labelled(0, days=LEAST_UNITS - 1).usual
    assert np.isnan(unlike(few, np.array([5.0, 6.0]), PRIOR).p)
    assert np.isnan(unlike(Labelled(0).usual, np.zeros(0), PRIOR)).all()


def test_a_class_of_one_unit_tells_nothing_of_how_units_differ():
    """Its images cannot be held against others of their class."""
    rng = np.random.default_rng(2)
    units = np.repeat(np.arange(10), 20)
    truth = np.where(units == 9, 1, 0)
    strangeness = rng.normal(size=200) + 5 * truth
    known = usual(strangeness, np.eye(2)[truth], units)
    assert known.units == 9
    assert known.between < 0.01


def test_the_same_images_are_not_strange():
    constant = np.full(60, 0.2)
    known = usual(constant, np.eye(2)[np.arange(60) % 2], np.arange(60) // 6)
    assert unlike(known, np.full(5, 0.2), np.array([0.5, 0.5])).p == 1
    assert unlike(known, np.full(5, 0.9), np.array([0.5, 0.5])).p == 0


def test_unsureness_is_what_the_likeliest_class_leaves():
    np.testing.assert_allclose(unsureness(np.array([[0.7, 0.3], [0.5, 0.5]])), [0.3, 0.5])
