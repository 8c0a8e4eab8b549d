import json
from itertools import pairwise

import numpy as np
import pyarrow.parquet as pq
import pytest

from seston import store
from seston.cluster.kmeans import kmeans
from seston.cluster.reclusterings import recluster
from seston.errors import SestonError
from shards_by_hand import blobs, write_shard

SIZES = [40, 10, 100, 70, 30, 50]  # images of each sample


def write(folder, rows, sizes=SIZES, cuts=(0, 120, 300)):
    """Write samples s0, s1, … of these sizes, cut into shards."""
    ids = np.array([f"s{s}/{i:04d}" for s, size in enumerate(sizes) for i in range(size)], object)
    names = [f"shard{cut}" for cut in cuts[:-1]]
    for name, (start, stop) in zip(names, pairwise(cuts), strict=True):
        write_shard(folder, name, ids[start:stop], rows[start:stop])
    return names


def cluster(folder, names, k, **changes):
    settings = {"iterations": 20, "sample_per_centroid": 1000, "refine": 0, "spherical": False}
    made = folder / "kmeans"
    kmeans(
        embeddings_dir=folder, shards=names, k=k, seed=1, centroids=made / "centroids.npy",
        report=made / "kmeans.json", space_file=made / "space.npz", **(settings | changes),
    )  # fmt: skip


def run(folder, names, runs=6, seed=1, out="out", made=None):
    table, report = folder / out / "reclusterings.parquet", folder / out / "reclusterings.json"
    recluster(
        embeddings_dir=folder, shards=names, kmeans=made or folder / "kmeans", runs=runs,
        seed=seed, table=table, report=report,
    )  # fmt: skip
    return pq.read_table(table).to_pandas(), json.loads(report.read_text())


def present(folder, rows, sizes=SIZES):
    """Return the images of each sample in each cluster, by brute force."""
    centroids = np.load(folder / "kmeans" / "centroids.npy")
    label = ((rows[:, None].astype(float) - centroids) ** 2).sum(axis=2).argmin(axis=1)
    sample = np.repeat(np.arange(len(sizes)), sizes)
    counts = np.zeros((len(sizes), len(centroids)), int)
    np.add.at(counts, (sample, label), 1)
    return counts


def wide(table, runs, clusters, samples=6):
    counts = np.zeros((runs, samples, clusters), int)
    sample = table["sample"].str.removeprefix("s").astype(int)
    counts[table["run"], sample, table["cluster"]] = table["count"]
    return counts


def test_clusters_that_lie_apart_are_counted_alike_in_every_run(tmp_path):
    rows, _ = blobs(300, 4, 8, seed=1)
    names = write(tmp_path, rows)
    cluster(tmp_path, names, k=4)
    table, report = run(tmp_path, names)
    assert table.dtypes.astype(str).tolist() == ["int32", "str", "int32", "int64"]
    assert table["count"].min() > 0
    assert (wide(table, 6, 4) == present(tmp_path, rows)).all()
    assert report["same"] == [1.0] * 6
    assert report["found"] == [6] * 4
    assert (report["samples"], report["images"], report["notes"]) == (6, 300, [])


def test_rows_are_sorted_and_tell_of_which_clustering_they_are(tmp_path):
    rows, _ = blobs(300, 9, 6, seed=2, spread=2.0)
    names = write(tmp_path, rows)
    cluster(tmp_path, names, k=7)
    table, report = run(tmp_path, names)
    keys = list(table[["run", "sample", "cluster"]].itertuples(index=False, name=None))
    assert keys == sorted(set(keys))
    assert (table.groupby(["run", "sample"])["count"].sum().unstack() == SIZES).all(axis=None)
    facts = store.read_metadata(tmp_path / "out" / "reclusterings.parquet")
    made = json.loads((tmp_path / "kmeans" / "kmeans.json").read_text())
    assert (facts["fingerprint"], facts["runs"]) == (made["fingerprint"], "6")
    assert report["clustering"] == made["fingerprint"]
    assert report["settings"]["k"] == 7
    assert report["settings"]["balance"] == "none"


def test_a_kind_of_one_sample_is_lost_where_that_sample_is_not_drawn(tmp_path):
    rows, blob = blobs(300, 3, 8, seed=3)
    rows[250:] = rows[250:] - rows[250:].mean(axis=0) + 20  # all of s5, and nothing else
    rows[:250][blob[:250] == 2] = rows[:250][blob[:250] == 0][0]
    names = write(tmp_path, rows)
    cluster(tmp_path, names, k=3)
    alone = int(present(tmp_path, rows)[5].argmax())
    table, report = run(tmp_path, names, runs=20)
    held = wide(table, 20, 3)[:, 5, alone]
    drawn = [
        np.random.default_rng([1, one]).multinomial(6, np.full(6, 1 / 6))[5] for one in range(20)
    ]
    assert {0, 1, 2} <= set(drawn)
    assert held.tolist() == [50 if times else 0 for times in drawn]
    assert report["found"][alone] == np.count_nonzero(drawn)


def test_the_seed_decides_and_not_how_images_are_cut_into_shards(tmp_path):
    rows, _ = blobs(300, 9, 6, seed=4, spread=2.0)
    names = write(tmp_path, rows)
    cluster(tmp_path, names, k=6)
    (one, _), (other, _) = run(tmp_path, names), run(tmp_path, names, seed=2, out="other")
    run(tmp_path, names, out="again")
    written = [(tmp_path / out / "reclusterings.parquet").read_bytes() for out in ("out", "again")]
    assert written[0] == written[1]
    assert not one.equals(other)
    (tmp_path / "cut").mkdir()
    names = write(tmp_path / "cut", rows, cuts=(0, 30, 90, 300))
    assert run(tmp_path / "cut", names, made=tmp_path / "kmeans")[0].equals(one)


def test_one_sample_differs_by_its_first_centroids_only(tmp_path):
    rows, _ = blobs(300, 9, 6, seed=5, spread=2.0)
    names = write(tmp_path, rows, sizes=[300])
    cluster(tmp_path, names, k=6)
    table, report = run(tmp_path, names)
    assert table.groupby("run")["count"].sum().tolist() == [300] * 6
    assert report["learnt_from"] == [300] * 6
    assert "one sample" in report["notes"][0]


def test_samples_weigh_the_same_where_the_clustering_was_balanced(tmp_path):
    # 290 images of one broad kind, 10 of five others: unbalanced, two centroids see one kind only.
    random = np.random.default_rng(6)
    rows = random.normal(0, 1, (300, 8))
    rows[:, 0] += np.repeat([0, 9], [290, 10])
    rows[290:, 1] += np.repeat([-6, 6], 5)
    sizes = [145, 145, 5, 5]
    shares = {}
    for balance in ("none", "sample"):
        folder = tmp_path / balance
        folder.mkdir()
        names = write(folder, rows, sizes=sizes)
        cluster(folder, names, k=3, balance=balance)
        report = run(folder, names, runs=20)[1]
        assert report["settings"]["balance"] == balance
        shares[balance] = np.mean(report["same"])
    assert shares["sample"] > shares["none"] + 0.05


def test_other_images_than_those_of_the_clustering_and_none_at_all(tmp_path):
    rows, _ = blobs(300, 4, 8, seed=7)
    cluster(tmp_path, write(tmp_path, rows), k=4)
    new = tmp_path / "new"
    new.mkdir()
    write_shard(new, "x", ["n/1", "n/2"], rows[:2])
    table, report = run(new, ["x"], made=tmp_path / "kmeans")
    assert table.groupby("run")["count"].sum().tolist() == [2] * 6
    assert "other images" in report["notes"][1]
    write_shard(new, "y", [], rows[:0])
    table, report = run(new, ["y"], made=tmp_path / "kmeans")
    assert len(table) == 0
    assert (report["runs"], report["same"], report["found"]) == (6, [], [0] * 4)
    metadata = store.read_metadata(new / "out" / "reclusterings.parquet")
    assert metadata["runs"] == "6"


def test_what_cannot_be_done_is_told(tmp_path):
    rows, _ = blobs(300, 4, 8, seed=8)
    names = write(tmp_path, rows)
    cluster(tmp_path, names, k=4)
    with pytest.raises(SestonError, match=r"trends.reclusterings is 0: expected 1 or more"):
        run(tmp_path, names, runs=0)
    path = tmp_path / "kmeans" / "kmeans.json"
    facts = json.loads(path.read_text())
    del facts["starts"]
    path.write_text(json.dumps(facts))
    with pytest.raises(SestonError, match=r"kmeans.json does not tell starts: .*make it again"):
        run(tmp_path, names)


def test_learning_as_a_stream_is_told_to_be_done_otherwise(tmp_path):
    rows, _ = blobs(300, 4, 8, seed=9)
    names = write(tmp_path, rows)
    cluster(tmp_path, names, k=4, sample_per_centroid=0)
    table, report = run(tmp_path, names, runs=2)
    assert (wide(table, 2, 4) == present(tmp_path, rows)).all()
    assert report["notes"] == [
        "learnt on at most 512 MB of images in memory, not on all as a stream"
    ]
