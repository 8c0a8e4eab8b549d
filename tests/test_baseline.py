"""What is usual in a cluster: order statistics, held to brute force and to simulation."""

import numpy as np
import pytest

from seston.frozen.baseline import (
    Scatter,
    baseline_table,
    beyond_the_others,
    expected_beyond,
    has_limit,
    left_out,
    limit_rank,
    mean_size,
    read_scatter,
    scatter_between,
    write_scatter,
)


def test_a_distance_is_to_the_mean_of_the_others():
    rows = np.random.default_rng(1).normal(size=(7, 3))
    away = np.linalg.norm(rows - rows.mean(axis=0), axis=1)
    expected = [
        np.linalg.norm(row - np.delete(rows, i, axis=0).mean(axis=0)) for i, row in enumerate(rows)
    ]
    assert np.allclose(left_out(away, np.full(7, 7)), expected)
    assert left_out(np.array([2.0]), np.array([1])).tolist() == [2.0]


@pytest.mark.parametrize("images", [1, 30, 99, 250, 1000])
def test_the_share_expected_beyond_the_limit_is_that_of_new_images(images):
    rng = np.random.default_rng(images)
    past = np.sort(rng.exponential(size=(4000, images)), axis=1)
    beyond = np.exp(-past[:, -limit_rank(images)])  # the true share beyond each limit
    assert beyond.mean() == pytest.approx(expected_beyond(images), rel=0.06)
    assert bool(has_limit(images)) == (expected_beyond(images) <= 0.01)


def test_a_baseline_has_a_row_per_cluster_also_of_none_or_one():
    cluster = np.repeat([0, 2], [200, 1])
    distance = np.r_[np.arange(200.0), 7]
    sample = np.r_[np.repeat([0, 1], [150, 50]), 0]
    table = baseline_table(cluster, distance, sample, 3)
    assert table["images"].tolist() == [200, 0, 1]
    assert table["share"].to_numpy() == pytest.approx([200 / 201, 0, 1 / 201])
    assert table["limit"].iloc[0] == 198  # (200 + 1) / 100 rounded down: the second largest
    assert table["expected"].to_numpy() == pytest.approx([2 / 201, 1, 1 / 2])
    assert table["distance_50"].iloc[0] == np.median(np.arange(200))
    assert table.iloc[1][["limit", "distance_05", "images_a_sample"]].isna().all()
    assert table["images_a_sample"].iloc[0] == (150**2 + 50**2) / 200
    assert np.isnan(mean_size(np.zeros(3, int)))


def test_each_sample_is_held_to_the_limits_of_all_others():
    rng = np.random.default_rng(3)
    n, k, m = 1500, 4, 6
    cluster = rng.choice(k, n, p=[0.5, 0.3, 0.15, 0.05])
    sample, distance = rng.integers(0, m, n), rng.normal(size=n).round(2)  # with ties
    images, beyond, expected = beyond_the_others(cluster, distance, sample, k)
    for one in range(m):
        for number in range(k):
            mine = distance[(cluster == number) & (sample == one)]
            others = np.sort(distance[(cluster == number) & (sample != one)])
            if len(others) < 99:
                assert (images[one, number], beyond[one, number]) == (0, 0)
                continue
            assert images[one, number] == len(mine)
            assert beyond[one, number] == (mine > others[-limit_rank(len(others))]).sum()
            assert expected[one, number] == pytest.approx(
                len(mine) * limit_rank(len(others)) / (len(others) + 1)
            )
    assert (images[:, 3] == 0).all() and (images[:, 0] > 0).all()


def test_the_scatter_between_samples_is_found():
    rng = np.random.default_rng(5)
    images, rho, p = rng.integers(50, 400, 3000), 0.03, 0.02
    shares = rng.beta(p * (1 / rho - 1), (1 - p) * (1 / rho - 1), 3000)
    beyond = rng.binomial(images, shares)
    found = scatter_between(images, beyond, images * 0.01)
    assert found.factor == pytest.approx(2, rel=0.05)
    assert found.rho == pytest.approx(rho, rel=0.15)
    assert found.freedom == 2999
    alike = scatter_between(images, rng.binomial(images, 0.01), images * 0.01)
    assert alike.rho < 0.001


def test_one_sample_tells_nothing_of_scatter():
    one = scatter_between(np.array([[90, 10]]), np.array([[1, 0]]), np.array([[0.9, 0.1]]))
    assert one.factor == 1 and np.isnan(one.rho) and one.freedom == 0
    assert write_scatter(one)["rho"] is None
    assert np.isnan(read_scatter(write_scatter(one)).rho)
    assert read_scatter(write_scatter(Scatter(1.5, 0.1, 7))) == Scatter(1.5, 0.1, 7)
