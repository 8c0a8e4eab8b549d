"""Slopes of embeddings with a measurement: real ones and those of noise."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from seston.cluster.shards import EmbeddingShards
from seston.trust.slope import FEWEST, LEAST, beyond_chance, typical
from shards_by_hand import write_shard

N, K, DIM = 900, 10, 16


def made(folder, seed, strength, clusters=K):
    """Clusters along long axes; light moves images along a short one, by `strength`."""
    rng = np.random.default_rng(seed)
    scale = (np.arange(DIM) + 1.0) ** -1.5
    cluster = rng.integers(0, clusters, N)
    light = rng.normal(size=clusters)[cluster] + rng.normal(size=N)
    rows = rng.normal(size=(clusters, DIM))[cluster] * 2 * scale + rng.normal(size=(N, DIM)) * scale
    rows[:, -1] += strength * light
    # Shard "a" holds every other image, so that file order is not that of the ids.
    for name, part in (("a", slice(1, None, 2)), ("b", slice(0, None, 2))):
        write_shard(folder, name, [f"s/{i:04d}" for i in range(N)][part], rows[part])
    return EmbeddingShards(folder, ["a", "b"]), cluster, light


def test_noise_has_no_slope_and_light_has_one(tmp_path):
    told = []
    for seed in range(20):
        points, cluster, light = made(tmp_path, seed, 0.3)
        noise = np.random.default_rng(seed).normal(size=N)
        told.append(beyond_chance(points, cluster, K, [light, noise], seed))
    real, chance = np.sum(told, axis=0)
    assert real == 20
    assert chance <= 4  # 1 in 20 by construction


def test_few_clusters_or_few_images_have_none(tmp_path):
    points, cluster, light = made(tmp_path, 1, 3.0, FEWEST)
    assert beyond_chance(points, cluster, FEWEST, [light], 1).tolist() == [True]
    without = np.where(cluster == 0, np.nan, light)  # one cluster is not measured
    assert beyond_chance(points, cluster, FEWEST, [without, light], 1).tolist() == [False, True]
    kept = np.concatenate([np.flatnonzero(cluster == c)[: LEAST - 1] for c in range(FEWEST)])
    few = np.full(N, np.nan)
    few[kept] = light[kept]
    assert beyond_chance(points, cluster, FEWEST, [few], 1).tolist() == [False]


def test_images_that_are_not_measured_do_not_count(tmp_path):
    points, cluster, light = made(tmp_path, 1, 0.3)
    light[::3] = np.nan
    assert beyond_chance(points, cluster, K, [light, np.full(N, np.nan)], 1).tolist() == [
        True,
        False,
    ]
    assert beyond_chance(points, cluster, K, [np.ones(N)], 1).tolist() == [False]


def test_the_typical_slope_is_the_median_of_regressions():
    rng = np.random.default_rng(1)
    parts = [(rng.normal(size=30), rng.normal(size=(30, 3))) for _ in range(FEWEST)]
    centred = [(light - light.mean(), rows) for light, rows in parts]
    products = np.array([light @ rows for light, rows in centred])
    squares = np.array([light @ light for light, _ in centred])
    fitted = [LinearRegression().fit(light[:, None], rows).coef_[:, 0] for light, rows in parts]
    sizes = np.full(FEWEST, 30)
    assert typical(products, squares, sizes) == pytest.approx(np.median(fitted, axis=0))
    both = typical(np.stack([products, 2 * products]), squares, sizes)
    assert both[1] == pytest.approx(2 * np.median(fitted, axis=0))
    sizes[0] = LEAST - 1
    assert not typical(products, squares, sizes).any()
