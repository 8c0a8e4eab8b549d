"""Principal coordinates, and the mean path of groups."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from seston.community.compositions import Compositions
from seston.community.ordination import COLUMNS, MEAN, ordination


def placed(group, place):
    period = np.datetime64("2024-05-01") + np.array(place)
    return Compositions(
        np.array(group), period.astype(str), np.array(place, float), np.array(place),
        np.ones((len(place), 2), np.int64), ["a", "b"],
    )  # fmt: skip


AXES = ["axis1", "axis2", "axis3"]


def test_distances_come_back_and_time_runs_to_the_right():
    rng = np.random.default_rng(1)
    points = rng.normal(size=(12, 3)) * [5, 2, 1] - np.arange(12)[:, None] * [1, 0.1, 0]
    far = squareform(pdist(points))
    table, explained = ordination("lake", "aitchison", placed([""] * 12, range(12)), far)
    assert list(table) == COLUMNS
    places = table[AXES].to_numpy()
    assert squareform(pdist(places)) == pytest.approx(far)
    variance = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) ** 2
    assert explained == pytest.approx(variance / variance.sum())
    assert (np.arange(12) - 5.5) @ places == pytest.approx(np.abs((np.arange(12) - 5.5) @ places))
    again, _ = ordination("lake", "aitchison", placed([""] * 12, range(12)), far)
    assert again.equals(table)


def test_the_mean_of_groups_is_not_pulled_by_a_missing_one():
    # Two groups 4 apart in one course; of b, the second day was not sampled.
    x = np.array([0, 1, 5, 4, 9], float)
    found = placed(["a", "a", "a", "b", "b"], [0, 1, 2, 0, 2])
    far = squareform(pdist(x[:, None]))
    table, _ = ordination("lake", "bray_curtis", found, far)
    mean = table[table["group"] == MEAN]
    assert mean["period"].tolist() == ["2024-05-01", "2024-05-02", "2024-05-03"]
    assert mean["day_number"].tolist() == [0, 1, 2]
    steps = np.diff(mean["axis1"])
    assert steps == pytest.approx([1, 4])  # not -1 and 6, as of the means of those present
    both = table[table["period"] == "2024-05-01"]["axis1"].to_numpy()
    assert both[2] == pytest.approx(both[:2].mean())


def test_groups_of_different_weeks_have_no_mean():
    rng = np.random.default_rng(1)
    far = squareform(pdist(rng.normal(size=(8, 3))))
    table, _ = ordination("lake", "aitchison", placed([*"aaaabbbb"], range(8)), far)
    assert set(table["group"]) == {"a", "b"}


def test_few_or_equal_compositions():
    three, explained = ordination("lake", "bray_curtis", placed([""] * 3, range(3)), 1 - np.eye(3))
    assert np.isfinite(three[AXES[:2]]).all(axis=None) and three["axis3"].isna().all()
    assert len(explained) == 2 and MEAN not in three["group"].tolist()
    same, explained = ordination(
        "lake", "bray_curtis", placed([""] * 4, range(4)), np.zeros((4, 4))
    )
    assert same[AXES].to_numpy() == pytest.approx(0, abs=1e-9)
