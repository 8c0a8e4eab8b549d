import numpy as np
import pytest
from scipy.stats import binomtest

from seston.classify.risk import RISK, aurc, reject_below, risk_coverage


def test_the_curve_goes_from_the_surest_images_to_all():
    confidence = np.array([0.9, 0.4, 0.8, 0.8])
    right = np.array([1, 0, 0.5, 1])
    table = risk_coverage(confidence, right)
    assert list(table) == RISK
    assert table["threshold"].tolist() == [0.9, 0.8, 0.4]
    assert table["coverage"].tolist() == [0.25, 0.75, 1]
    assert table["error"].tolist() == pytest.approx([0, 0.5 / 3, 1.5 / 4])


def test_the_area_is_the_mean_error_over_all_numbers_of_images():
    rng = np.random.default_rng(0)
    confidence, right = rng.random(80), rng.integers(0, 2, 80)
    order = np.argsort(-confidence)
    errors = [1 - right[order[:k]].mean() for k in range(1, 81)]
    assert aurc(confidence, right) == pytest.approx(np.mean(errors))
    # Of the same confidence, the mean over all orders.
    tied = np.round(confidence, 1)
    areas = []
    for _ in range(1500):
        order = np.lexsort([rng.random(80), -tied])
        areas.append((np.cumsum(1 - right[order]) / np.arange(1, 81)).mean())
    assert aurc(tied, right) == pytest.approx(np.mean(areas), abs=0.003)
    assert aurc(confidence, np.ones(80)) == 0
    assert np.isnan(aurc(np.zeros(0), np.zeros(0)))


def test_the_threshold_keeps_most_images_that_may_be_kept():
    confidence = np.linspace(1, 0, 200, endpoint=False)
    right = np.ones(200)
    right[[100, 104, 120, 121, 122]] = 0
    right[160::2] = 0
    kept = reject_below(confidence, right, 0.04)
    # Of 160 images 5 are wrong, 6 / 161 with one more; of 161 images 7 / 162 is above 0.04.
    assert kept.threshold == pytest.approx(confidence[159])
    assert kept.coverage == pytest.approx(0.8)
    assert kept.error == pytest.approx(6 / 161)
    exact = binomtest(5, 160).proportion_ci(0.9, method="exact").high  # two-sided: 95 % one-sided
    assert kept.error_high == pytest.approx(exact)


def test_nothing_is_kept_where_nothing_is_sure_enough():
    kept = reject_below(np.array([0.9, 0.8]), np.array([0, 1]), 0.1)
    assert kept.threshold == np.inf
    assert kept.coverage == 0
    assert np.isnan([kept.error, kept.error_high]).all()
    # Three of three right say nothing of an error of 10 %.
    assert reject_below(np.full(3, 0.99), np.ones(3), 0.1).coverage == 0
    wrong = reject_below(np.array([0.9, 0.8]), np.zeros(2), 1.0)
    assert (wrong.coverage, wrong.error_high) == (1, 1)


def test_the_error_of_new_images_is_what_was_promised():
    """Calibrated confidences; the threshold from 200 images, the error on all others."""
    rng = np.random.default_rng(1)
    errors, above = [], []
    for _ in range(300):
        confidence = rng.beta(3, 1.2, size=200)
        right = rng.random(200) < confidence
        kept = reject_below(confidence, right, 0.15)
        new = rng.beta(3, 1.2, size=4000)
        chosen = new[new >= kept.threshold]
        errors.append(1 - chosen.mean() if len(chosen) else np.nan)
        above.append(errors[-1] > kept.error_high)
    assert 0.12 < np.nanmean(errors) < 0.16
    assert np.mean(above) < 0.12
