"""The stage `trust` from files to files."""

import csv
import json
import shutil
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from seston import schemas, store
from seston.cluster.clustering import clustering_fingerprint
from seston.cluster.space import embeddings_alone
from seston.errors import SestonError
from seston.trust.flags import ODD as CODES
from seston.trust.stage import trust
from shards_by_hand import write_shard

KINDS, DAYS, PER_DAY, DIM = 8, 20, 48, 32
ODD = 11


def results(folder, rows, cluster, centroids, changed=None):
    """Write what the stage reads; samples are days. Return the options of the stage."""
    n = len(rows)
    day = np.arange(n) * DAYS // max(1, n)
    ids = [f"day-{d:02d}/{i:05d}" for i, d in enumerate(day)]
    half = n // 2
    write_shard(folder, "b", ids[:half], rows[:half])
    write_shard(folder, "a", ids[half:], rows[half:])
    space = embeddings_alone(rows.shape[1])
    made = clustering_fingerprint("model-a", space, centroids)
    (folder / "kmeans").mkdir(parents=True, exist_ok=True)
    space.save(folder / "kmeans" / "space.npz")
    np.save(folder / "kmeans" / "centroids.npy", centroids)
    facts = {
        "embeddings": "model-a",
        "spherical": False,
        "fingerprint": made,
        "shards": {"a": n - half, "b": half},
        "balance": "none",
    }
    (folder / "kmeans" / "kmeans.json").write_text(json.dumps(facts))
    places = centroids[np.minimum(cluster, len(centroids) - 1)]
    distance = np.linalg.norm(rows - places, axis=1)
    columns = {
        "image_id": ids,
        "sample": [name.split("/")[0] for name in ids],
        "datetime": [datetime(2024, 5, 1) + timedelta(days=int(d)) for d in day],
        "instrument": ["images"] * n,
        "cluster": cluster,
        "distance": distance,
        "margin": distance / 2,
        "density_cluster": cluster // 2,
        "mean_grey": np.random.default_rng(3).normal(100, 10, n),
        "focus": np.random.default_rng(4).lognormal(4, 0.3, n),
        "esd_um": np.full(n, 20.0),
    } | (changed or {})
    table = pa.table(
        {
            field.name: pa.array(columns[field.name], field.type)
            if field.name in columns
            else pa.nulls(n, field.type)
            for field in schemas.IMAGES
        }
    )
    store.write_table(table, folder / "images.parquet", schemas.IMAGES, "images", "x")
    return {
        "embeddings_dir": folder,
        "shards": ["a", "b"],
        "kmeans": folder / "kmeans",
        "images": folder / "images.parquet",
        "bootstraps": 2,
        "seed": 1,
        "clusters": folder / "clusters.tsv",
        "report": folder / "clusters.json",
        "strangest_table": folder / "strangest.tsv",
        "kmeans_density_table": folder / "kmeans_density.tsv",
        "circumstances_table": folder / "circumstances.tsv",
    }


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Kinds on many days; all images of day 11 displaced and lighter, in a cluster of their own.

    The last cluster is empty.
    """
    folder = tmp_path_factory.mktemp("trust")
    rng = np.random.default_rng(1)
    n = DAYS * PER_DAY
    kind, day = rng.integers(0, KINDS, n), np.arange(n) // PER_DAY
    centres = rng.normal(0, 3, (KINDS, DIM))
    odd = day == ODD
    step = rng.normal(0, 6, DIM)
    rows = centres[kind] + rng.normal(0, 1, (n, DIM)) + odd[:, None] * step
    rows = rows.astype(np.float16).astype(np.float32)
    cluster = np.where(odd, KINDS, kind)
    means = [rows[cluster == c].mean(axis=0) for c in range(KINDS + 1)]
    centroids = np.stack([*means, np.full(DIM, 99)]).astype(np.float32)
    options = results(folder, rows, cluster, centroids)
    trust(**options)
    return options, cluster


def test_clusters_of_all_numbers_with_their_figures(run):
    options, cluster = run
    rows = read(options["clusters"])
    assert [int(row["images"]) for row in rows] == np.bincount(cluster, minlength=10).tolist()
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1, abs=1e-4)
    assert float(rows[0]["margin"]) == 0.5
    assert float(rows[0]["esd_um"]) == 20
    assert rows[-1]["flags"] == "empty"
    assert [
        value for name, value in rows[-1].items() if name not in ("cluster", "images", "share")
    ][:-1].count("") == len(rows[-1]) - 4


def test_the_displaced_day_is_told(run):
    options, _ = run
    rows = read(options["clusters"])
    codes = rows[KINDS]["flags"].split(";")
    assert {"one_day", "split_by_day"} <= set(codes)
    assert "one_sample" not in codes  # the day's only sample: it would say the same
    assert rows[KINDS]["day_top"] == "2024-05-12"
    assert float(rows[KINDS]["day_excess"]) == 1
    assert rows[KINDS]["twin"] in {str(kind) for kind in range(KINDS)}
    for row in rows[:KINDS]:
        assert not {"one_day", "split_by_day", "brightness"} & set(row["flags"].split(";"))
    odd = {code for row in read(options["circumstances_table"]) for code in row["flags"].split(";")}
    assert odd - {""} <= set(CODES)
    (day,) = [row for row in read(options["circumstances_table"]) if "displaced" in row["flags"]]
    assert (day["what"], day["level"], day["own_clusters"]) == ("day", "2024-05-12", "1")


def test_global_figures(run):
    options, cluster = run
    report = json.loads(options["report"].read_text())
    assert report["images"] == len(cluster)
    assert report["flagged"]["split_by_day"] == 0.1
    assert report["density"]["noise"] == 0
    assert -1 < report["silhouette"] < 1
    assert set(report["flagged"]) == set(report["sentences"])


def test_strangest_are_far_and_of_known_images(run):
    options, _ = run
    rows = read(options["strangest_table"])
    assert [int(row["rank"]) for row in rows] == list(range(1, len(rows) + 1))
    assert float(rows[0]["distance_percentile"]) > 95
    assert all(row["image_id"].startswith(row["sample"] + "/") for row in rows)
    overlap = read(options["kmeans_density_table"])
    assert sum(int(row["images"]) for row in overlap) == DAYS * PER_DAY


def test_two_runs_write_the_same_bytes(run, tmp_path):
    options, _ = run
    written = ("clusters", "report", "strangest_table", "kmeans_density_table")
    again = options | {name: tmp_path / name for name in written}
    trust(**again)
    for name in written:
        assert again[name].read_bytes() == options[name].read_bytes()


@pytest.mark.parametrize("images", [1, 2, 3])
def test_few_images_without_dates_or_measurements(tmp_path, images):
    nothing = dict.fromkeys(("datetime", "mean_grey", "focus", "esd_um", "margin"), [None] * images)
    rows = np.eye(images, 4, dtype=np.float32)
    changed = {name: pa.nulls(images, schemas.IMAGES.field(name).type) for name in nothing}
    options = results(
        tmp_path,
        rows,
        np.zeros(images, int),
        rows[:1].copy(),
        changed | {"margin": [None] * images},
    )
    trust(**options)
    (row,) = read(options["clusters"])
    assert row["images"] == str(images)
    assert "tiny" in row["flags"]
    assert row["day_p"] == ""
    assert len(read(options["strangest_table"])) == images


def test_other_images_than_those_clustered_have_no_stability(run, tmp_path):
    options, _ = run
    folder = tmp_path / "kmeans"
    shutil.copytree(options["kmeans"], folder)
    facts = json.loads((folder / "kmeans.json").read_text())
    facts["shards"] = {"last-year": 480}
    (folder / "kmeans.json").write_text(json.dumps(facts))
    written = ("clusters", "report", "strangest_table", "kmeans_density_table")
    again = options | {name: tmp_path / name for name in written} | {"kmeans": folder}
    trust(**again)
    for row in read(again["clusters"]):
        assert row["stability"] == row["stability_low"] == row["stability_high"] == ""
        assert "unstable" not in row["flags"]
    report = json.loads(again["report"].read_text())
    assert report["stability_of"] == report["bootstraps"] == 0
    assert "other images" in report["stability_why"]
    assert json.loads(options["report"].read_text())["stability_of"] == DAYS * PER_DAY


def test_identical_images(tmp_path):
    rows = np.ones((30, 4), np.float32)
    trust(**results(tmp_path, rows, np.zeros(30, int), rows[:1].copy()))
    (row,) = read(tmp_path / "clusters.tsv")
    assert row["near_duplicates"] == "1"
    assert "near_duplicates" in row["flags"]


def test_inputs_that_do_not_belong_together(tmp_path):
    rows = np.eye(6, 4, dtype=np.float32) + 1
    cluster = np.array([0, 1, 0, 1, 0, 5])
    options = results(tmp_path, rows, cluster, rows.copy())
    with pytest.raises(SestonError, match=r"6 images.*\(3\) do not hold the same images"):
        trust(**options | {"shards": ["a"]})
    fewer = results(tmp_path / "fewer", rows, cluster, rows[:2].copy())
    with pytest.raises(SestonError, match=r"\(2 clusters\) does not know"):
        trust(**fewer)
