import time
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from seston.collection import Tiles, choose_images
from small_training import SHARDS, make_run
from synthetic_tiles import write_tiles


def test_max_images_is_shared_evenly_by_the_samples() -> None:
    samples = np.array(["bloom"] * 1000 + ["b"] * 30 + ["c"] * 4)
    chosen = choose_images(samples, 60, np.random.default_rng(0))
    assert len(set(chosen.tolist())) == 60
    assert Counter(samples[chosen].tolist()) == {"bloom": 28, "b": 28, "c": 4}
    other = choose_images(samples, 60, np.random.default_rng(1))
    assert set(other.tolist()) != set(chosen.tolist())
    everything = choose_images(samples, 5000, np.random.default_rng(0))
    assert sorted(everything.tolist()) == list(range(1034))


def test_what_does_not_divide_goes_to_some_samples() -> None:
    samples = np.repeat(["a", "b", "c", "d"], 50)
    counts = Counter(samples[choose_images(samples, 10, np.random.default_rng(3))].tolist())
    assert sorted(counts.values()) == [2, 2, 3, 3]


def test_numbers_of_samples_choose_as_their_names_do() -> None:
    names = np.random.default_rng(0).choice(["a", "b", "c"], 200, p=[0.8, 0.15, 0.05])
    codes = np.unique(names, return_inverse=True)[1].astype(np.int32)
    by_name = choose_images(names, 40, np.random.default_rng(5))
    assert by_name.tolist() == choose_images(codes, 40, np.random.default_rng(5)).tolist()


def test_every_image_of_a_sample_is_as_likely() -> None:
    samples = np.repeat([0, 1], [40, 10])
    seen = Counter[int]()
    for seed in range(2000):
        seen.update(choose_images(samples, 10, np.random.default_rng(seed)).tolist())
    # 5 of 40 and 5 of 10 images: 250 and 1000 times, within 5 standard deviations
    rare, common = [seen[i] for i in range(40)], [seen[i] for i in range(40, 50)]
    assert max(abs(count - 250) for count in rare) < 5 * np.sqrt(2000 * 0.125 * 0.875)
    assert max(abs(count - 1000) for count in common) < 5 * np.sqrt(2000 * 0.5 * 0.5)


def test_a_million_images_are_chosen_in_a_moment_and_little_memory() -> None:
    sizes = np.random.default_rng(0).pareto(1.0, 161) + 0.1
    samples = np.random.default_rng(1).choice(161, 1_200_000, p=sizes / sizes.sum())
    start = time.process_time()
    chosen = choose_images(samples.astype(np.int32), 400_000, np.random.default_rng(0))
    assert time.process_time() - start < 2
    assert len(np.unique(chosen)) == 400_000
    tracemalloc.start()
    choose_images(samples.astype(np.int32), 400_000, np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * len(samples)  # bytes


def test_tiles_of_all_shards_are_one_sequence(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    write_tiles(run / "tiles" / "empty.arrow", {})
    tiles = Tiles(run / "tiles", ["2018-06", "empty", "2018-05"])
    expected = [f"a/{n:05d}" for n in range(20)] + [f"b/{n:05d}" for n in range(3)]
    expected += [f"c/{n:05d}" for n in range(9)]
    assert tiles.ids.tolist() == expected and len(tiles) == 32
    assert tiles.samples.tolist() == [name[0] for name in expected]
    assert tiles.sample_names[tiles.sample_codes].tolist() == tiles.samples.tolist()
    places = np.array([31, 0, 22, 23])
    assert tiles.ids_at(places) == [expected[place] for place in places]
    taken = tiles.take(places)
    for place, tile in zip(places, taken, strict=True):
        file = tiles.files[0] if place < 23 else tiles.files[1]
        assert (tile == file.array()[place if place < 23 else place - 23]).all()


def test_tiles_are_found_by_their_ids(tmp_path: Path) -> None:
    write_tiles(tmp_path / "x.arrow", {"a": 3}, seed=1)
    write_tiles(tmp_path / "y.arrow", {"b": 2, "c": 2}, seed=2)
    tiles = Tiles(tmp_path, ["y", "x"])
    found = tiles.positions(pa.array(["b/00001", "a/00002", "b/00009", "c/00000"]))
    assert found.tolist() == [4, 2, -1, 5]
    assert tiles.ids_at(found[[0, 1, 3]]) == ["b/00001", "a/00002", "c/00000"]


def test_digest_knows_ids_and_making(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    whole = Tiles(run / "tiles", SHARDS).digest
    assert whole == Tiles(run / "tiles", SHARDS[::-1]).digest
    assert whole != Tiles(run / "tiles", SHARDS[:1]).digest
    write_tiles(run / "tiles" / "2018-06.arrow", {"c": 8, "d": 1}, seed=2)
    assert whole != Tiles(run / "tiles", SHARDS).digest


@pytest.mark.parametrize("roi", ["x", "a/b"])
def test_sample_ends_at_the_first_slash(tmp_path: Path, roi: str) -> None:
    from seston.arrays import ArrayWriter

    path = tmp_path / "odd.arrow"
    with ArrayWriter(path, "tiles", "tile", (2, 2, 3), np.uint8, "t") as writer:
        writer.write([f"2019 bag-1/{roi}"], np.zeros((1, 2, 2, 3), np.uint8))
    assert Tiles(tmp_path, ["odd"]).samples.tolist() == ["2019 bag-1"]
