"""Images with an almost identical twin."""

import numpy as np
import pytest

from seston.cluster.shards import EmbeddingShards
from seston.trust.duplicates import near_duplicates
from shards_by_hand import write_shard

ASKED = 300


@pytest.fixture
def made(tmp_path):
    """Cluster 0: one in two images twice; cluster 1: none; cluster 2: a single image."""
    rng = np.random.default_rng(1)
    alone, first = rng.normal(0, 1, (40, 32)), rng.normal(0, 1, (20, 32))
    twins = first + rng.normal(0, 0.02, first.shape)
    far = rng.normal(0, 1, (51, 32)) + 30
    rows = np.concatenate([alone, first, twins, far])
    cluster = np.r_[np.zeros(80, int), np.ones(50, int), 2]
    ids = [f"s/{i:03d}" for i in rng.permutation(131)]
    order = np.argsort(ids)
    ids, rows, cluster = [ids[i] for i in order], rows[order], cluster[order]
    # Shard "a" holds every other image, so that file order is not that of the ids.
    for name, part in (("a", slice(1, None, 2)), ("b", slice(0, None, 2))):
        write_shard(tmp_path, name, ids[part], rows[part])
    shards = EmbeddingShards(tmp_path, ["a", "b"])
    by_file = np.empty(131, int)
    by_file[shards.order] = cluster
    return shards, by_file


def test_share_of_images_with_a_twin(made):
    shards, cluster = made
    found = near_duplicates(shards, cluster, 4, np.sqrt(32), ASKED, seed=1)
    assert found[:3].tolist() == [0.5, 0, 0]
    assert np.isnan(found[3])


def test_a_sample_of_queries_finds_twins_outside_the_sample(made):
    shards, cluster = made
    found = near_duplicates(shards, cluster, 3, np.sqrt(32), 30, seed=1)
    assert found[0] == pytest.approx(0.5, abs=0.2)
    assert found[1] == 0


def test_equal_images_are_twins(tmp_path):
    write_shard(tmp_path, "a", ["s/1", "s/2"], np.ones((2, 4)))
    shards = EmbeddingShards(tmp_path, ["a"])
    assert near_duplicates(shards, np.zeros(2, int), 1, 0.0, ASKED, seed=1).tolist() == [1]
