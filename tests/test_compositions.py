"""Samples added up to compositions, and the distances between them."""

import numpy as np
import pandas as pd
import pytest
from skbio.diversity import beta_diversity

from seston.community.compositions import (
    apart,
    compositions,
    coordinates,
    distances,
    equal_images,
)
from seston.trends.counted import Counted

ROWS = [
    ("a", "2024-05-01", [3, 1, 0, 9]), ("a", "2024-05-01", [1, 2, 0, 0]),
    ("a", "2024-05-04", [2, 8, 0, 1]), ("b", "2024-05-02", [4, 4, 0, 0]),
    ("b", "2024-05-04", [1, 0, 0, 0]),
]  # fmt: skip


def counted():
    effort = pd.DataFrame(ROWS, columns=["group", "period", "counts"])
    effort["day_number"] = pd.to_datetime(effort["period"]).dt.day - 2.0
    return Counted(effort, np.array(effort.pop("counts").tolist()), ["x", "y", "z", "unlabelled"],
                   None)  # fmt: skip


def test_samples_of_one_group_and_period_are_added_up():
    found = compositions(counted(), "day", "2024-05-02")
    assert list(zip(found.group, found.period, strict=True)) == [
        ("a", "2024-05-01"), ("a", "2024-05-04"), ("b", "2024-05-02"), ("b", "2024-05-04"),
    ]  # fmt: skip
    assert found.classes == ["x", "y"]  # z was never found, the rest has no label
    assert found.counts.tolist() == [[4, 3], [2, 8], [4, 4], [1, 0]]
    assert found.place.tolist() == [0, 3, 1, 3]  # days not sampled are counted
    assert found.day_number.tolist() == [-1, 2, 0, 2]
    enough = found.with_enough()
    assert enough.counts.tolist() == [[2, 8]] and len(enough) == 1


def test_bray_curtis_is_that_of_square_roots():
    counts = np.array([[16, 0, 9], [1, 4, 20], [5, 5, 0]])
    share = counts / counts.sum(axis=1, keepdims=True)
    found = distances(counts, "bray_curtis", 10)
    assert found == pytest.approx(beta_diversity("braycurtis", np.sqrt(share)).data)
    # By hand: roots 4/5, 0, 3/5 and 1/5, 2/5, sqrt(20)/5.
    top = 0.6 + 0.4 + abs(0.6 - np.sqrt(0.8))
    assert found[0, 1] == pytest.approx(top / (0.8 + 0.6 + 0.2 + 0.4 + np.sqrt(0.8)))


def test_aitchison_by_hand():
    counts = np.array([[6, 4, 0], [1, 1, 8]])
    logs = np.log(np.array([[0.65, 0.45, 0.05], [0.15, 0.15, 0.85]]))  # half of 1 / 10 added
    logs -= logs.mean(axis=1, keepdims=True)
    far = np.sqrt(((logs[0] - logs[1]) ** 2).sum())
    assert distances(counts, "aitchison", 10)[0, 1] == pytest.approx(far)


@pytest.mark.parametrize("method", ["bray_curtis", "aitchison"])
def test_effort_alone_makes_no_distance(method):
    counts = np.array([[6, 4, 0], [600, 400, 0]])
    assert distances(counts, method, 10)[0, 1] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("method", ["bray_curtis", "aitchison"])
def test_distances_of_pairs_are_those_of_the_matrix(method):
    counts = np.random.default_rng(1).poisson(4, (6, 5)) + 1
    places = coordinates(counts, method, 7)
    whole = distances(counts, method, 7)
    assert apart(places[:-1], places[1:], method) == pytest.approx(np.diag(whole, 1))


def test_equal_images_leave_out_the_poorest_tenth():
    assert equal_images(np.arange(10, 30)) == 11
    assert equal_images(np.array([3, 9, 50])) == 50  # fewer than ten images are no sample
    assert equal_images(np.array([3, 9])) == 0
