import numpy as np
import pytest
from statsmodels.discrete.discrete_model import NegativeBinomial

from seston.change.glm import fit, likeliest_scatter

# Ten samples of two bags: images and mL.
COUNTS = np.array([4, 1, 6, 0, 3, 10, 14, 9, 20, 7], float)
VOLUME = np.array([1, 0.5, 2, 0.5, 1, 1, 2, 1, 2, 1], float)
BAG = np.repeat([0, 1], 5)


def test_rates_of_two_bags_are_their_images_over_their_water():
    """By hand: (14 + 1/2) / 5 mL and (60 + 1/2) / 7 mL, half an image for each coefficient."""
    design = np.column_stack([BAG == 0, BAG == 1]).astype(float)
    found = fit(COUNTS, VOLUME, design)
    np.testing.assert_allclose(
        found.expected, VOLUME * np.where(BAG == 0, 14.5 / 5, 60.5 / 7), rtol=1e-6
    )
    assert found.scatter == 0
    assert found.converged


def test_without_more_scatter_than_counting_the_ratio_is_about_1():
    counts = np.random.default_rng(1).poisson(8.0, 400).astype(float)
    found = fit(counts, np.ones(400), np.ones((400, 1)))
    assert found.poisson_ratio == pytest.approx(1, abs=0.15)
    assert found.scatter < 0.02


def test_scatter_is_that_of_greatest_likelihood():
    random = np.random.default_rng(2)
    expected = np.repeat([2.0, 30.0], 150)
    counts = random.poisson(expected * random.gamma(2.5, 1 / 2.5, 300))
    design = np.column_stack([np.ones(300), np.arange(300) >= 150])
    reference = NegativeBinomial(counts, design).fit(disp=0)
    mu = np.exp(design @ reference.params[:2])
    assert likeliest_scatter(counts, mu) == pytest.approx(reference.params[2], rel=1e-3)


def test_a_negative_binomial_takes_up_the_scatter_that_poisson_leaves():
    random = np.random.default_rng(3)
    counts = random.poisson(20 * random.gamma(4, 1 / 4, 300)).astype(float)
    found = fit(counts, np.ones(300), np.ones((300, 1)))
    assert found.poisson_ratio == pytest.approx(1 + 20 / 4, rel=0.25)
    assert found.ratio == pytest.approx(1, abs=0.2)
    assert found.scatter == pytest.approx(1 / 4, rel=0.25)


def test_a_class_missing_from_a_bag_has_a_low_level_there():
    counts = np.where(BAG == 0, 0.0, COUNTS)
    found = fit(counts, VOLUME, np.column_stack([BAG == 0, BAG == 1]).astype(float))
    assert found.converged
    assert found.expected[BAG == 0].sum() == pytest.approx(0.5)


def test_a_class_missing_for_months_before_its_bloom_is_fitted():
    """Plain steps of the library diverge here."""
    time = np.linspace(-1, 1, 40)
    counts = np.where(time < 0.2, 0.0, np.round(300 * np.exp(-((time - 0.5) ** 2) * 30)))
    design = np.column_stack([time**power for power in range(6)])
    found = fit(counts, np.ones(40), design)
    assert found.converged
    assert found.expected[0] < 0.5 and found.expected.max() > 100


def test_steps_that_diverge_are_told(monkeypatch):
    """The library raises where its weights overflow."""

    class Diverging:
        def __init__(self, *given, **named):
            pass

        def fit(self, **named):
            raise ValueError("NaN, inf or invalid value detected in weights")

    monkeypatch.setattr("seston.change.glm.GLM", Diverging)
    found = fit(COUNTS, VOLUME, np.ones((10, 1)))
    assert not found.converged
    assert np.isfinite(found.expected).all()
