import numpy as np
import pyarrow as pa
import pytest

from seston import store
from seston.cluster.assign import assign
from seston.cluster.clustering import open_points
from seston.cluster.columns import read_columns
from seston.cluster.kmeans import kmeans
from seston.cluster.new_points import SpaceSettings, new_points
from seston.cluster.shards import EmbeddingShards
from seston.errors import SestonError
from seston.schemas import CROPS
from shards_by_hand import blobs, three_shards

SIZES = np.where(np.arange(60) % 7 == 0, np.nan, np.exp(np.arange(60) / 20))


@pytest.fixture
def measured(tmp_path):
    """Embeddings of 60 images, every seventh without a size, and their crops."""
    rows, _ = blobs(60, 3, 5, seed=1)
    names = three_shards(tmp_path, rows)
    for shard in names:
        embeddings = EmbeddingShards(tmp_path, [shard])
        places = [int(name.split("/")[1]) for name in embeddings.ids.to_pylist()]
        columns = {
            field.name: pa.nulls(len(places), field.type)
            for field in CROPS
            if field.name not in ("image_id", "esd_um", "x")
        }
        columns |= {
            "image_id": embeddings.ids,
            "esd_um": pa.array(SIZES[places], mask=np.isnan(SIZES[places])),
            "x": pa.array(np.zeros(len(places), np.int32)),
        }
        path = tmp_path / "segment" / shard / "crops.parquet"
        store.write_table(pa.table(columns), path, CROPS, "crops", "test")
    return tmp_path, names


def cluster(folder, names, **space):
    kmeans(
        embeddings_dir=folder, shards=names, k=3, iterations=10, sample_per_centroid=100, refine=1,
        space=SpaceSettings(**space), spherical=False, seed=1, segment_dir=folder / "segment",
        centroids=folder / "k" / "centroids.npy", space_file=folder / "k" / "space.npz",
        report=folder / "k" / "kmeans.json",
    )  # fmt: skip


def test_a_logarithm_is_taken_where_there_is_one(measured):
    folder, names = measured
    found = read_columns(
        EmbeddingShards(folder, names), folder / "segment", ["log_esd_um", "log_x"]
    )
    assert np.allclose(found[:, 0], np.log(SIZES), equal_nan=True)
    assert np.isnan(found[:, 1]).all()  # of 0


def test_blocks_and_rows_taken_are_the_same_in_every_space(measured):
    folder, names = measured
    settings = SpaceSettings(pca=3, whiten=True, columns={"log_esd_um": 1.0})
    points, facts = new_points(folder, names, settings, True, 1, folder / "segment")
    whole = np.concatenate([block.copy() for block in points.blocks()])
    assert whole.shape == (60, 4) == (len(points), points.dim)
    assert np.allclose(points.take(np.array([59, 0, 30])), whole[[59, 0, 30]], atol=1e-6)
    assert facts["missing"] == {"log_esd_um": 9}


def test_the_space_of_a_clustering_is_opened_again(measured):
    folder, names = measured
    cluster(folder, names, pca=4, columns={"log_esd_um": 0.5})
    points, facts, centroids = open_points(folder, names, folder / "k", folder / "segment")
    whole = np.concatenate([block.copy() for block in points.blocks()])
    assert facts["space"]["components"] == 4
    nearest = ((whole[:, None] - centroids) ** 2).sum(axis=2).min(axis=1)
    assert nearest.mean() == pytest.approx(facts["objective"], rel=1e-5)
    assign(
        embeddings=folder / "a.arrow", kmeans=folder / "k", clusters=folder / "a.parquet",
        segment_dir=folder / "segment",
    )  # fmt: skip
    table = store.read_table(folder / "a.parquet", "clusters")
    assert np.allclose(table["distance"].to_numpy() ** 2, nearest[:24], rtol=1e-3)
    with pytest.raises(SestonError, match="give --segment-dir"):
        open_points(folder, names, folder / "k")


def test_the_same_centroids_in_another_space_are_another_clustering(measured):
    folder, names = measured
    cluster(folder, names)
    first = open_points(folder, names, folder / "k")[1]["fingerprint"]
    cluster(folder, names, columns={"x": 1.0})  # always 0
    assert open_points(folder, names, folder / "k", folder / "segment")[1]["fingerprint"] != first


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"columns": {"log_size": 1.0}}, r"found 'log_size', expected a measurement.*esd_um"),
        ({"columns": {"mask": 1.0}}, "found 'mask', expected a measurement"),
        ({"columns": {"log_x": 1.0}}, "no image has a value of log_x"),
        ({"pca": 6}, r"cluster\.pca is 6, but an embedding has 5 numbers"),
    ],
)
def test_settings_that_cannot_be_are_told(measured, space, message):
    folder, names = measured
    with pytest.raises(SestonError, match=message):
        cluster(folder, names, **space)
