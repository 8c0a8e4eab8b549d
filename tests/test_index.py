import json

import faiss
import numpy as np
import pytest
from scipy.spatial.distance import cdist

from seston.cluster.shards import EmbeddingShards
from seston.errors import SestonError
from seston.search import index as module
from seston.search.index import build, content, exact_neighbors, lists_to_read, make_index
from seston.search.lookup import Lookup
from shards_by_hand import blobs, three_shards, write_shard


def made(folder, rows, **changes):
    names = three_shards(folder, rows)
    run(folder, names, **changes)
    return Lookup(folder, folder)


def run(folder, names, out="index", seed=1):
    make_index(
        embeddings_dir=folder, shards=names, seed=seed, index=folder / f"{out}.faiss",
        report=folder / f"{out}.json",
    )  # fmt: skip


def test_the_nearest_are_found_in_the_order_of_their_exact_distances(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LIST", 100)
    rows, _ = blobs(2000, 10, 24, seed=1, apart=1.0)
    lookup = made(tmp_path, rows)
    facts = json.loads((tmp_path / "index.json").read_text())
    assert facts["index"] == "IVF20,SQ8" and facts["nprobe"] < 20
    distances = cdist(rows[:100].astype(float), rows.astype(float))
    hits = []
    for query in range(100):
        near = lookup.nearest(lookup.embedding(query), 50, (query, query + 1))
        assert query not in near.ranks and len(near.ranks) == 50
        assert np.allclose(near.distances, distances[query, near.ranks], rtol=1e-5)
        assert (np.diff(near.distances) >= 0).all()
        expected = np.argsort(distances[query])[1:51]
        hits.append(np.isin(expected, near.ranks).mean())
    assert np.mean(hits) >= 0.98


def test_in_few_images_all_are_found_exactly_with_their_cosine(tmp_path):
    rows, _ = blobs(300, 3, 8, seed=2)
    lookup = made(tmp_path, rows)
    query = rows[17].astype(np.float32) + 0.1
    near = lookup.nearest(query, 20)
    distances = np.linalg.norm(rows.astype(float) - query, axis=1)
    assert near.ranks.tolist() == np.argsort(distances, kind="stable")[:20].tolist()
    cosine = 1 - cdist(rows[near.ranks].astype(float), query[None].astype(float), "cosine")[:, 0]
    assert np.allclose(near.cosines, cosine, atol=1e-5)


def test_equal_images_are_in_the_order_of_their_ids(tmp_path):
    lookup = made(tmp_path, np.ones((30, 4)))
    assert lookup.nearest(np.ones(4, np.float32), 5, (1, 3)).ranks.tolist() == [0, 3, 4, 5, 6]


def test_what_is_left_out_makes_room_for_others(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LIST", 100)
    rows, blob = blobs(1000, 10, 8, seed=3)
    order = np.argsort(blob, kind="stable")
    lookup = made(tmp_path, rows[order])
    first, last = np.searchsorted(blob[order], [4, 5])
    # The whole neighbourhood of the query: what is asked for lies in lists that are not read first.
    near = lookup.nearest(lookup.embedding(int(first)), 400, (int(first), int(last)))
    assert len(near.ranks) == 400
    assert not ((near.ranks >= first) & (near.ranks < last)).any()
    all_of_them = lookup.nearest(lookup.embedding(0), 5000, (0, 1))
    assert sorted(all_of_them.ranks) == list(range(1, 1000))


@pytest.mark.parametrize("n", [0, 1, 2])
def test_small_runs(tmp_path, n):
    rows, _ = blobs(2, 2, 4, seed=1)
    lookup = made(tmp_path, rows[:n])
    assert len(lookup.nearest(rows[0].astype(np.float32), 50).ranks) == n
    assert len(lookup.nearest(rows[0].astype(np.float32), 50, (0, n)).ranks) == 0


def test_the_lists_that_are_read_are_the_first_power_of_two_with_enough_recall(tmp_path):
    rows, _ = blobs(2000, 1, 12, seed=1)
    stored = EmbeddingShards(tmp_path, three_shards(tmp_path, rows))
    index = faiss.index_factory(12, "IVF20,Flat")
    index.cp.seed = 1
    index.train(rows.astype(np.float32))
    index.add(rows.astype(np.float32))
    queries = rows[:50].astype(np.float32)
    truth = exact_neighbors(stored, queries, 10)
    expected = np.argsort(cdist(queries, rows.astype(float)), axis=1)[:, :10]
    assert np.mean([np.isin(a, b).mean() for a, b in zip(truth, expected, strict=True)]) == 1
    recall = lists_to_read(index, queries, truth, enough=0.9)
    assert [*recall] == [1, 2, 4, 8, 16, 20][: len(recall)]
    assert [share >= 0.9 for share in recall.values()] == [False] * (len(recall) - 1) + [True]
    index.nprobe = 1
    found = index.search(queries, 40)[1]
    by_hand = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(truth.tolist(), found.tolist(),
                                                                strict=True)])  # fmt: skip
    assert recall[1] == pytest.approx(by_hand)
    assert lists_to_read(index, queries, truth, enough=2)[20] == 1


def test_a_rerun_gives_the_same_bytes(tmp_path):
    names = three_shards(tmp_path, blobs(3000, 5, 8, seed=2)[0])
    run(tmp_path, names, "one")
    run(tmp_path, sorted(names), "two")
    for ending in ("faiss", "json"):
        one, two = (tmp_path / f"{name}.{ending}" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_images_are_numbered_by_their_ids_whatever_the_shards(tmp_path):
    rows, _ = blobs(40, 2, 6, seed=2)
    write_shard(tmp_path, "a", ["s/2", "s/4"], rows[[2, 4]])
    write_shard(tmp_path, "b", ["s/1", "s/3"], rows[[1, 3]])
    index = build(EmbeddingShards(tmp_path, ["a", "b"]), seed=1)
    found = index.search(rows[1:5].astype(np.float32), 1)[1][:, 0]
    assert found.tolist() == [0, 1, 2, 3]


def test_an_index_of_other_embeddings_is_refused(tmp_path):
    rows, _ = blobs(50, 2, 6, seed=2)
    made(tmp_path, rows)
    three_shards(tmp_path, rows[:40])
    with pytest.raises(SestonError, match=r"50 images.*40 images"):
        Lookup(tmp_path, tmp_path)
    for name in "abc":
        write_shard(tmp_path, name, [f"s/{name}"], rows[:1], made_by="model-b")
    with pytest.raises(SestonError, match=r"model-a.*model-b"):
        Lookup(tmp_path, tmp_path)


def test_a_missing_or_damaged_index_is_named(tmp_path):
    rows, _ = blobs(50, 2, 6, seed=2)
    made(tmp_path, rows)
    (tmp_path / "index.faiss").write_bytes(b"nothing")
    with pytest.raises(SestonError, match="not readable as the index"):
        Lookup(tmp_path, tmp_path)
    (tmp_path / "index.faiss").unlink()
    with pytest.raises(SestonError, match="not readable as the index"):
        Lookup(tmp_path, tmp_path)
    (tmp_path / "index.json").unlink()
    with pytest.raises(SestonError, match="--results"):
        Lookup(tmp_path, tmp_path)


@pytest.mark.parametrize("other", [{"format": 0}, {"content": None}, {"nprobe": None}])
def test_an_index_of_another_version_is_told_with_the_package_that_reads_it(tmp_path, other):
    rows, _ = blobs(50, 2, 6, seed=2)
    made(tmp_path, rows)
    path = tmp_path / "index.json"
    facts = json.loads(path.read_text()) | other
    path.write_text(json.dumps({key: value for key, value in facts.items() if value is not None}))
    with pytest.raises(SestonError, match=r"another version of Seston than this one \(/.*seston\)"):
        Lookup(tmp_path, tmp_path)


def test_an_index_of_other_images_of_the_same_number_is_refused(tmp_path, monkeypatch):
    rows, _ = blobs(3000, 5, 8, seed=2)
    made(tmp_path, rows)
    for changed in (rows[::-1], np.where(np.arange(3000)[:, None] // 10 == 7, rows + 1, rows)):
        names = three_shards(tmp_path, changed)
        with pytest.raises(SestonError, match=r"of other images.*delete the folder"):
            Lookup(tmp_path, tmp_path)
    three_shards(tmp_path, rows)
    assert len(Lookup(tmp_path, tmp_path)) == 3000
    shards = EmbeddingShards(tmp_path, names)
    ids = np.array(shards.ids_by_shard().__next__()[1].to_pylist())
    held = shards.take(np.arange(len(ids)))
    write_shard(tmp_path, shards.names[0], [f"{name}-" for name in ids], held)
    with pytest.raises(SestonError, match=r"of other images"):
        Lookup(tmp_path, tmp_path)


def test_the_digest_of_content_knows_no_shards(tmp_path):
    rows, _ = blobs(40, 2, 6, seed=2)
    ids = [f"s/{i:02d}" for i in range(40)]
    write_shard(tmp_path, "a", ids, rows)
    write_shard(tmp_path, "b", ids[::2], rows[::2])
    write_shard(tmp_path, "c", ids[1::2], rows[1::2])
    assert content(EmbeddingShards(tmp_path, ["a"])) == content(
        EmbeddingShards(tmp_path, ["b", "c"])
    )
