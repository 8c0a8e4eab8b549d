import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import adjusted_rand_score

from seston.cluster.density import Landmarks, dense_regions, density_map, place
from seston.cluster.density import _search_index as search_index
from seston.cluster.layout import lay_out, nearest_neighbors
from seston.errors import SestonError
from seston.schemas import MAP
from shards_by_hand import blobs, three_shards, write_shard


def run(folder, shards, out="map.parquet", **changes):
    settings = {
        "fit": 10_000, "neighbors": 15, "min_dist": 0.0, "components": 10,
        "min_cluster_size": 0, "min_samples": 10, "seed": 1,
    }  # fmt: skip
    density_map(embeddings_dir=folder, shards=shards, map=folder / out, **(settings | changes))
    return pq.read_table(folder / out).to_pandas()


def test_three_blobs_are_three_dense_regions_also_for_images_placed_later(tmp_path):
    rows, blob = blobs(900, 3, 20, seed=1)
    names = three_shards(tmp_path, rows)
    table = run(tmp_path, names, fit=300)
    assert table["image_id"].tolist() == [f"s/{i:06d}" for i in range(900)]
    assert table["fitted"].sum() == 300
    assert sorted(table["density_cluster"].unique()) == [0, 1, 2]
    for fitted in (True, False):
        some = (table["fitted"] == fitted).to_numpy()
        assert adjusted_rand_score(blob[some], table["density_cluster"][some]) == 1
    # On the map each placed image lies with its own blob.
    places = table[["x", "y"]].to_numpy()
    centres = np.stack([places[blob == b].mean(axis=0) for b in range(3)])
    nearest = np.linalg.norm(places[:, None] - centres, axis=2).argmin(axis=1)
    assert np.array_equal(nearest, blob)


def test_a_rerun_gives_the_same_bytes_in_any_order_of_shards(tmp_path):
    rows, _ = blobs(300, 3, 8, seed=2)
    names = three_shards(tmp_path, rows)
    run(tmp_path, names, "one.parquet", fit=200)
    run(tmp_path, sorted(names), "two.parquet", fit=200)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


@pytest.mark.parametrize("n", [0, 1, 2, 3, 9, 10, 12])
def test_few_images_make_a_small_map(tmp_path, n):
    rows, _ = blobs(max(n, 1), 2, 6, seed=3)
    table = run(tmp_path, three_shards(tmp_path, rows[:n]))
    assert len(table) == n
    assert list(table.columns) == MAP.names
    assert np.isfinite(table[["x", "y"]].to_numpy()).all()
    if n < 10:
        assert (table["density_cluster"] == -1).all()


def test_equal_embeddings_make_one_point(tmp_path):
    table = run(tmp_path, three_shards(tmp_path, np.ones((40, 6))))
    assert (table[["x", "y"]] == 0).all(axis=None)


def test_many_equal_embeddings_beside_others_do_not_break_the_map(tmp_path):
    rows, _ = blobs(60, 2, 6, seed=3)
    rows[:30] = rows[0]
    assert np.isfinite(run(tmp_path, three_shards(tmp_path, rows))[["x", "y"]].to_numpy()).all()


def test_few_images_lie_by_their_principal_components():
    features = np.array([[3, 1, 5], [-3, 2, 5]], np.float32)
    assert lay_out(features, 15, 0.0, 1).tolist() == [[3, 1], [-3, 2]]
    assert lay_out(features[:, :1], 15, 0.0, 1).tolist() == [[3, 0], [-3, 0]]


def test_neighbours_are_the_nearest_and_one_is_no_distance_from_oneself():
    features = np.random.default_rng(1).normal(30, 1, (300, 20)).astype(np.float32)
    rows, distances = nearest_neighbors(features, 8)
    expected = np.sort(cdist(features, features), axis=1)[:, :8]
    assert np.allclose(distances, expected, atol=1e-2)
    assert rows[:, 0].tolist() == list(range(300))
    assert (distances[:, 0] == 0).all()


def test_an_image_is_placed_by_inverse_distance():
    # Landmarks at 0 and 3 on a line: an image at 1 has weights 1 and 1/2.
    landmarks = Landmarks(
        np.array([[0.0], [3.0]], np.float32),
        np.array([[0.0, 0.0], [6.0, 3.0]], np.float32),
        np.array([4, 7], np.int32),
    )
    images = np.array([[1.0], [2.9], [3.0]], np.float32)
    places, labels = place(images, landmarks, search_index(landmarks.features, seed=1))
    assert np.allclose(places[0], [2, 1], atol=1e-5)
    assert np.allclose(places[2], [6, 3], atol=1e-4)  # on a landmark: its place
    assert labels.tolist() == [4, 7, 7]


def test_the_approximate_search_finds_nearly_the_same_places(monkeypatch):
    generator = np.random.default_rng(1)
    features = generator.normal(size=(5000, 4)).astype(np.float32)
    landmarks = Landmarks(features, features[:, :2], np.zeros(5000, np.int32))
    images = generator.normal(size=(500, 4)).astype(np.float32)
    exact = place(images, landmarks, search_index(features, seed=1))[0]
    monkeypatch.setattr("seston.cluster.density.EXACT", 1000)
    near = place(images, landmarks, search_index(features, seed=1))[0]
    assert np.mean(np.abs(near - exact) < 0.01) > 0.9


def test_dense_regions_are_numbered_by_size_and_scattered_points_are_noise():
    generator = np.random.default_rng(1)
    small, large = generator.normal(0, 0.1, (40, 2)), generator.normal(10, 0.1, (80, 2))
    lone = np.array([[5.0, -20.0], [-30.0, 5.0]])
    labels = dense_regions(np.concatenate([small, lone, large]).astype(np.float32), 20, 5)
    assert labels[40:42].tolist() == [-1, -1]
    assert np.mean(labels[:40] == 1) > 0.9
    assert np.mean(labels[42:] == 0) > 0.9


def test_a_mix_of_models_is_refused(tmp_path):
    rows, _ = blobs(20, 2, 4, seed=1)
    names = three_shards(tmp_path, rows)
    write_shard(tmp_path, "b", ["z/1"], rows[:1], made_by="model-b")
    with pytest.raises(SestonError, match="different models"):
        run(tmp_path, names)
