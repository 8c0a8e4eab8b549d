"""Days whose pictures differ kind for kind."""

import numpy as np
import pytest

from seston.trust.circumstances import Circumstance
from seston.trust.light import light, light_by_instrument


def lake(seed=1, days=30, clusters=6, images=40):
    """Clusters of different brightness in shares that change from day to day; days scatter by 3."""
    rng = np.random.default_rng(seed)
    level = np.repeat(np.arange(days), images)
    share = rng.dirichlet(np.ones(clusters), days)
    cluster = np.concatenate([rng.choice(clusters, images, p=p) for p in share])
    grey = 60 + 20 * cluster + rng.normal(0, 3, days)[level] + rng.normal(0, 10, len(level))
    return grey, cluster, Circumstance("day", level, tuple(f"d{i:02d}" for i in range(days)))


def test_other_kinds_are_no_other_light():
    for seed in range(10):
        grey, cluster, day = lake(seed)
        assert not light(grey, cluster, day, 6).odd.any()


def test_a_brightened_day_is_odd_and_measured():
    grey, cluster, day = lake()
    grey = grey + 30 * (day.level == 11)
    found = light(grey, cluster, day, 6)
    assert np.flatnonzero(found.odd).tolist() == [11]
    assert found.difference[11] == pytest.approx(30, abs=8)


def test_difference_by_hand():
    day = Circumstance("day", np.array([0] * 10 + [1] * 20), ("a", "b"))
    grey = np.r_[np.full(10, 50.0), np.full(20, 40.0)]
    found = light(grey, np.zeros(30, int), day, 1)
    # b holds most of the cluster: the images of a are too few to compare it with.
    assert found.difference[0] == 10
    assert np.isnan(found.difference[1])
    assert np.isnan(found.z).all()  # two days do not tell how far days scatter


def test_unknown_values_are_left_out():
    grey, cluster, day = lake()
    grey[day.level == 3] = np.nan
    found = light(grey, cluster, day, 6)
    assert np.isnan(found.difference[3])
    assert np.isfinite(np.delete(found.difference, 3)).all()
    assert np.isnan(light(np.full_like(grey, np.nan), cluster, day, 6).within)


def test_instruments_are_not_compared():
    grey, cluster, day = lake(days=20)
    second = day.level >= 17  # three days of another camera, much lighter
    grey = grey + 80 * second
    instrument = Circumstance("instrument", second.astype(int), ("x", "y"))
    assert light(grey, cluster, day, 6).odd.any()
    found = light_by_instrument(grey, cluster, day, instrument, 6)
    assert not found.odd.any()
    assert np.isnan(found.z[17:]).all()
    assert found.within == pytest.approx(10.4, rel=0.1)  # 10 of images, 3 of days
