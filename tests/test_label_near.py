"""Those that look most like a cluster, by hand: embeddings on a line."""

import numpy as np
import pytest

from seston.cluster.shards import EmbeddingShards
from seston.label.near import STAND, near, near_each
from seston.search.index import make_index
from seston.search.lookup import Lookup
from shards_by_hand import write_shard


@pytest.fixture(scope="module")
def lookup(tmp_path_factory):
    """Images s/00 to s/59 at 0, 1, …, 59, in two shards."""
    folder = tmp_path_factory.mktemp("line")
    ids = [f"s/{number:02}" for number in range(60)]
    rows = [[number, 1.0] for number in range(60)]
    for shard, part in (("a", slice(0, 25)), ("b", slice(25, 60))):
        write_shard(folder, shard, ids[part], rows[part])
    index = folder / "index"
    make_index(
        embeddings_dir=folder, shards=["a", "b"], seed=1, index=index / "index.faiss",
        report=index / "index.json",
    )  # fmt: skip
    return Lookup(folder, index)


def mask(*rows):
    left_out = np.zeros(60, bool)
    left_out[list(rows)] = True
    return left_out


def test_the_nearest_to_the_mean_of_the_typical_ones(lookup):
    found = near(lookup, np.array([10, 12, 14]), 4, mask(10, 12, 14))  # their mean is 12
    assert sorted(found[:2]) == [11, 13] and sorted(found[2:]) == [9, 15]


def test_those_left_out_make_room_for_others(lookup):
    left_out = mask(*range(5, 20))
    assert near(lookup, np.array([11]), 2, left_out).tolist() == [4, 3]
    assert not set(near(lookup, np.array([11]), 45, left_out)) & set(range(5, 20))


def test_no_more_than_there_are(lookup):
    assert len(near(lookup, np.array([1]), 100, mask(1))) == 59
    assert len(near(lookup, np.array([1]), 5, np.ones(60, bool))) == 0
    assert len(near(lookup, np.empty(0, np.int64), 5, mask())) == 0


def test_only_the_most_typical_stand_for_a_cluster(lookup, monkeypatch):
    assert STAND >= 8
    monkeypatch.setattr("seston.label.near.STAND", 1)
    assert sorted(near(lookup, np.array([30, 59]), 2, mask(30))) == [29, 31]


def test_where_the_lists_read_first_are_mostly_left_out_the_nearest_are_found(tmp_path):
    rng = np.random.default_rng(1)
    rows = rng.normal(0, 1, (6000, 8)).astype(np.float16)
    write_shard(tmp_path, "a", [f"s/{number:04}" for number in range(6000)], rows)
    index = tmp_path / "index"
    make_index(
        embeddings_dir=tmp_path, shards=["a"], seed=1, index=index / "index.faiss",
        report=index / "index.json",
    )  # fmt: skip
    lookup = Lookup(tmp_path, index)
    lookup._read = 2  # of 6: where what is near would be, had nothing been left out
    rows = rows.astype(np.float32)
    typical = np.argsort(np.linalg.norm(rows, axis=1))[:3000]
    mine = np.zeros(6000, bool)
    mine[typical] = True
    far = np.linalg.norm(rows - rows[typical[:STAND]].mean(axis=0), axis=1)
    far[mine] = np.inf
    assert near(lookup, typical, 50, mine).tolist() == np.argsort(far)[:50].tolist()


def test_one_pass_finds_for_each_cluster_what_lies_nearest_outside_of_it(tmp_path):
    rng = np.random.default_rng(2)
    rows = rng.normal(5, 1, (9000, 6)).astype(np.float16)  # far from 0: squares are large
    ids = [f"s/{number:04}" for number in range(9000)]
    write_shard(tmp_path, "b", ids[:4500], rows[:4500])
    write_shard(tmp_path, "a", ids[4500:], rows[4500:])
    cluster = rng.integers(0, 4, 9000)
    cluster[cluster == 2] = 5  # cluster 2 has no images; nobody asks about 5
    typical = [np.flatnonzero(cluster == number)[::-1] for number in (3, 2, 0)]
    found = near_each(EmbeddingShards(tmp_path, ["a", "b"]), cluster, [3, 2, 0], typical, 40)
    assert len(found[1]) == 0
    for place, number in ((0, 3), (2, 0)):
        middle = rows[typical[place][:STAND]].astype(np.float32).mean(axis=0)
        far = np.linalg.norm(rows.astype(np.float32) - middle, axis=1)
        far[cluster == number] = np.inf
        assert found[place].tolist() == np.argsort(far, kind="stable")[:40].tolist()


def test_one_pass_finds_no_more_than_there_are(tmp_path):
    write_shard(tmp_path, "a", ["s/0", "s/1", "s/2"], [[0.0, 1], [1, 1], [5, 1]])
    rows = EmbeddingShards(tmp_path, ["a"])
    cluster = np.array([0, 1, 1])
    found = near_each(rows, cluster, [0, 1], [np.array([0]), np.array([1, 2])], 30)
    assert [one.tolist() for one in found] == [[1, 2], [0]]
    assert [len(one) for one in near_each(rows, cluster, [0], [np.array([0])], 0)] == [0]
