from pathlib import Path

import numpy as np
import pytest

from seston.cluster import shards
from seston.cluster.shards import EmbeddingShards
from seston.errors import SestonError
from shards_by_hand import blobs, three_shards, write_shard


def test_blocks_hold_all_rows_in_file_order_whatever_their_size(tmp_path, monkeypatch):
    rows, _ = blobs(2500, 3, 5, seed=1)
    names = three_shards(tmp_path, rows)
    for size in (7, 1024, 5000):
        monkeypatch.setattr(shards, "BLOCK", size)
        blocks = [block.copy() for block in EmbeddingShards(tmp_path, names).blocks()]
        assert max(map(len, blocks)) <= size
        assert np.array_equal(np.concatenate(blocks), rows.astype(np.float32))


def test_float16_of_all_kinds_is_decoded_bit_by_bit(tmp_path):
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)  # normal, subnormal, both zeros
    rows = halves[np.isfinite(halves)].reshape(-1, 16)
    names = three_shards(tmp_path, rows)
    decoded = np.concatenate([b.copy() for b in EmbeddingShards(tmp_path, names).blocks()])
    assert np.array_equal(decoded.view(np.uint32), rows.astype(np.float32).view(np.uint32))


def test_one_shard_is_mapped_at_a_time_also_while_others_are_read(tmp_path):
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("/proc tells what is mapped on Linux only")
    rows, _ = blobs(3000, 3, 5, seed=1)
    embeddings = EmbeddingShards(tmp_path, three_shards(tmp_path, rows))
    for _ in embeddings.blocks():
        embeddings.take(np.array([2999, 0, 1500]))
        mapped = {line.split()[-1] for line in maps.read_text().splitlines()}
        assert len({name for name in mapped if str(tmp_path) in name}) <= 2  # its own, take's
    embeddings.require_usable()
    mapped = {line.split()[-1] for line in maps.read_text().splitlines()}
    assert {name for name in mapped if str(tmp_path) in name} == {str(tmp_path / "c.arrow")}


def test_the_same_images_are_drawn_however_they_are_cut_into_shards(tmp_path):
    rows, _ = blobs(300, 3, 5, seed=2)
    ids = np.array([f"{i * 7919 % 300:03d}" for i in range(300)])  # not in order of the rows
    (tmp_path / "one").mkdir()
    write_shard(tmp_path / "one", "all", ids, rows)
    for name, part in (("x", slice(200, 300)), ("y", slice(0, 200))):
        write_shard(tmp_path / "two", name, ids[part], rows[part])
    drawn = []
    for folder, names in (("one", ["all"]), ("two", ["y", "x"])):
        embeddings = EmbeddingShards(tmp_path / folder, names)
        drawn.append(embeddings.take(embeddings.draw(50, np.random.default_rng(3))))
        assert embeddings.ids.to_pylist() == sorted(ids)
    assert len(np.unique(drawn[0], axis=0)) == 50
    assert np.array_equal(drawn[0], drawn[1])


@pytest.mark.parametrize("fault", [np.nan, np.inf, 0.0])
def test_rows_without_a_direction_are_named_with_their_shard(tmp_path, fault):
    rows, _ = blobs(100, 3, 5, seed=3)
    rows[70] = fault
    embeddings = EmbeddingShards(tmp_path, three_shards(tmp_path, rows))
    with pytest.raises(SestonError, match="s/000070 in shard c"):
        embeddings.require_usable()


def test_an_id_in_two_shards_is_refused(tmp_path):
    rows, _ = blobs(6, 2, 4, seed=3)
    write_shard(tmp_path, "may", ["s/1", "s/2", "s/3"], rows[:3])
    write_shard(tmp_path, "june", ["s/3", "s/4", "s/5"], rows[3:])
    with pytest.raises(SestonError, match=r"s/3 occurs twice.*shards (june and may|may and june)"):
        EmbeddingShards(tmp_path, ["may", "june"])


def test_embeddings_of_another_model_or_length_are_refused(tmp_path):
    rows, _ = blobs(6, 2, 4, seed=3)
    write_shard(tmp_path, "a", ["s/1", "s/2", "s/3"], rows[:3])
    write_shard(tmp_path, "b", ["s/4", "s/5", "s/6"], rows[3:], made_by="model-b")
    with pytest.raises(SestonError, match="different models"):
        EmbeddingShards(tmp_path, ["a", "b"])
    write_shard(tmp_path, "c", ["s/4", "s/5", "s/6"], rows[3:, :3])
    with pytest.raises(SestonError, match=r"c\.arrow.*\(3,\).*\(4,\)"):
        EmbeddingShards(tmp_path, ["a", "c"])


def test_a_stale_shard_beside_the_others_is_not_read(tmp_path):
    rows, _ = blobs(100, 3, 5, seed=3)
    names = three_shards(tmp_path, rows)
    write_shard(tmp_path, "old", ["s/000001"], rows[:1], made_by="long ago")
    assert len(EmbeddingShards(tmp_path, names)) == 100
