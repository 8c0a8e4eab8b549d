import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import adjusted_rand_score

from seston.cluster.density import density_map
from seston.errors import SestonError
from seston.schemas import MAP
from shards_by_hand import blobs, three_shards, write_shard


def run(folder, shards, out="map", **changes):
    settings = {
        "fit": 10_000, "neighbors": 15, "min_dist": 0.0, "components": 10,
        "min_cluster_size": 0, "min_samples": 10, "seed": 1,
    }  # fmt: skip
    density_map(
        embeddings_dir=folder, shards=shards, map=folder / f"{out}.parquet",
        report=folder / f"{out}.json", **(settings | changes),
    )  # fmt: skip
    return pq.read_table(folder / f"{out}.parquet").to_pandas()


def test_three_blobs_are_three_dense_regions_also_for_images_placed_later(tmp_path):
    rows, blob = blobs(900, 3, 20, seed=1)
    names = three_shards(tmp_path, rows)
    table = run(tmp_path, names, fit=300)
    assert table["image_id"].tolist() == [f"s/{i:06d}" for i in range(900)]
    assert table["fitted"].sum() == 300
    kept = table["density_cluster"] >= 0
    assert kept.mean() > 0.98
    assert sorted(table["density_cluster"][kept].unique()) == [0, 1, 2]
    for fitted in (True, False):
        some = ((table["fitted"] == fitted) & kept).to_numpy()
        assert adjusted_rand_score(blob[some], table["density_cluster"][some]) == 1
    # On the map each placed image lies with its own blob.
    places = table[["x", "y"]].to_numpy()
    centres = np.stack([places[blob == b].mean(axis=0) for b in range(3)])
    nearest = np.linalg.norm(places[:, None] - centres, axis=2).argmin(axis=1)
    assert np.array_equal(nearest, blob)


def test_images_unlike_all_landmarks_are_noise(tmp_path):
    rows, _ = blobs(900, 3, 20, seed=1)
    names = three_shards(tmp_path, rows)
    before = run(tmp_path, names, fit=300)
    odd = ~before["fitted"].to_numpy()
    odd &= np.arange(900) % 10 == 0
    # The same number of images, so that the same ones are drawn; these lie where nothing lies.
    rows[odd] = 40
    table = run(tmp_path, three_shards(tmp_path, rows), fit=300)
    assert (table["fitted"] == before["fitted"]).all()
    assert (table["density_cluster"][odd] == -1).all()
    assert (table["density_cluster"][~odd] == before["density_cluster"][~odd]).all()


def test_the_report_counts_what_the_table_holds(tmp_path):
    rows, _ = blobs(900, 3, 20, seed=1)
    table = run(tmp_path, three_shards(tmp_path, rows), fit=300)
    facts = json.loads((tmp_path / "map.json").read_text())
    noise = table["density_cluster"] == -1
    assert (facts["n"], facts["fitted"], facts["clusters"]) == (900, 300, 3)
    assert facts["min_cluster_size"] == 10
    assert facts["noise_share"] == pytest.approx(noise.mean())
    assert facts["noise_share_fitted"] == pytest.approx(noise[table["fitted"]].mean())
    assert facts["noise_share_placed"] == pytest.approx(noise[~table["fitted"]].mean())
    assert list(facts["cpu_seconds"]) == ["hdbscan", "pca", "place", "umap"]
    assert facts["settings"]["neighbors"] == 15
    metadata = pq.read_schema(tmp_path / "map.parquet").metadata
    assert facts["fingerprint"] == metadata[b"seston.fingerprint"].decode()


def test_a_rerun_gives_the_same_bytes_in_any_order_of_shards(tmp_path):
    rows, _ = blobs(300, 3, 8, seed=2)
    names = three_shards(tmp_path, rows)
    run(tmp_path, names, "one", fit=200)
    run(tmp_path, sorted(names), "two", fit=200)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_other_shards_of_the_same_images_give_the_same_map(tmp_path):
    rows, _ = blobs(300, 3, 8, seed=2)
    (tmp_path / "x").mkdir()
    one = run(tmp_path, three_shards(tmp_path, rows), fit=200)
    ids = [f"s/{i:06d}" for i in range(300)]
    write_shard(tmp_path / "x", "all", ids, rows)
    two = run(tmp_path / "x", ["all"], fit=200)
    assert one.drop(columns=["x", "y"]).equals(two.drop(columns=["x", "y"]))
    assert np.allclose(one[["x", "y"]], two[["x", "y"]], atol=1e-3)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 9, 10, 12])
def test_few_images_make_a_small_map(tmp_path, n):
    rows, _ = blobs(max(n, 1), 2, 6, seed=3)
    table = run(tmp_path, three_shards(tmp_path, rows[:n]))
    assert len(table) == n
    assert list(table.columns) == MAP.names
    assert np.isfinite(table[["x", "y"]].to_numpy()).all()
    if n < 10:
        assert (table["density_cluster"] == -1).all()
    noise = json.loads((tmp_path / "map.json").read_text())["noise_share"]
    assert noise == ((table["density_cluster"] == -1).mean() if n else None)


@pytest.mark.parametrize("fit", [40, 15, 1])
def test_equal_embeddings_make_one_point(tmp_path, fit):
    table = run(tmp_path, three_shards(tmp_path, np.ones((40, 6))), fit=fit)
    assert (table[["x", "y"]] == 0).all(axis=None)


def test_many_equal_embeddings_beside_others_do_not_break_the_map(tmp_path):
    rows, _ = blobs(60, 2, 6, seed=3)
    rows[:30] = rows[0]
    assert np.isfinite(run(tmp_path, three_shards(tmp_path, rows))[["x", "y"]].to_numpy()).all()


def test_a_mix_of_models_is_refused(tmp_path):
    rows, _ = blobs(20, 2, 4, seed=1)
    names = three_shards(tmp_path, rows)
    write_shard(tmp_path, "b", ["z/1"], rows[:1], made_by="model-b")
    with pytest.raises(SestonError, match="different models"):
        run(tmp_path, names)
