"""A finished run as small as can be, whose images can be told from their colours and numbers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from seston import store
from seston.arrays import ArrayWriter
from seston.schemas import IMAGES
from seston.search.index import make_index
from seston.tsv import write_tsv

CLUSTERING = "c1" * 32
#: Images of each cluster; those of the last one outnumber a page.
SIZES = (5, 9, 130)
SHARDS = {"day1": ("s1", "s2"), "day2": ("s3",)}


def write_run(results: Path) -> pd.DataFrame:
    """Write what `label` reads of a run, and return its table of images.

    Cluster c stands at 10 c on a line, and each image of it up to 1 to the right: `place` is
    its own, and `distance` that from 10 c. Its tile is of one `grey`.
    """
    rng = np.random.default_rng(5)
    samples = [name for names in SHARDS.values() for name in names]
    cluster = rng.permutation(np.repeat(np.arange(len(SIZES)), SIZES))
    sample = np.sort(np.resize(samples, len(cluster)))
    distance = rng.permutation(len(cluster)).astype(np.float32) / 1000
    images = pd.DataFrame(
        {
            "sample": sample,
            "cluster": cluster,
            "distance": distance,
            "margin": rng.random(len(cluster)).astype(np.float32),
            "place": 10 * cluster + distance,
            "grey": 40 + rng.permutation(len(cluster)),
            "datetime": pd.Timestamp("2026-05-22 14:30:00"),
            "esd_um": [None, *np.linspace(5, 90, len(cluster) - 1)],
        }
    )
    roi = images.groupby("sample").cumcount()
    images["image_id"] = [f"{name}/{n:04d}" for name, n in zip(sample, roi, strict=True)]
    columns = {field.name: images.get(field.name) for field in IMAGES}
    table = pa.table(
        {n: pa.nulls(len(images)) if c is None else pa.array(c) for n, c in columns.items()}
    )
    path = results / "tables" / "images.parquet"
    store.write_table(table, path, IMAGES, "images", "i" * 64)
    for shard, names in SHARDS.items():
        mine = images[images["sample"].isin(names)]
        ids = mine["image_id"].tolist()
        tiles = np.tile(mine["grey"].to_numpy(np.uint8)[:, None, None, None], (1, 64, 64, 3))
        vectors = np.column_stack([mine["place"], np.ones(len(mine))]).astype(np.float16)
        path = results / "tiles" / f"{shard}.arrow"
        with ArrayWriter(path, "tiles", "tile", (64, 64, 3), np.uint8, "t") as writer:
            writer.write(ids, tiles)
        path = results / "pretrained" / "embeddings" / f"{shard}.arrow"
        with ArrayWriter(path, "embeddings", "embedding", (2,), np.float16, "e") as writer:
            writer.write(ids, vectors)
    store.write_text("pretrained\n", results / "chosen_model.txt")
    store.write_text('{"seed": 3}\n', results / "settings.yaml")
    store.write_text("<title>label</title>\n", results / "report" / "label.html")
    store.write_text("a\n1\n", results / "report" / "data" / "a.csv")
    write_names(results / "tables" / "cluster_names.tsv")
    index = results / "index"
    make_index(
        embeddings_dir=results / "pretrained" / "embeddings", shards=list(SHARDS), seed=1,
        index=index / "index.faiss", report=index / "index.json",
    )  # fmt: skip
    assert json.loads((index / "index.json").read_text())["n"] == len(images)
    return images


def write_names(path: Path, names: dict[int, str] | None = None) -> Path:
    """Write a table of names as a run does, with these names."""
    given = names or {}
    clusters = range(len(SIZES))
    columns = {
        "clustering": [CLUSTERING] * len(SIZES),
        "cluster": clusters,
        "coarse": [0] * len(SIZES),
        "name": [given.get(cluster, "") for cluster in clusters],
        "aphia_id": [""] * len(SIZES),
        "status": ["validated" if cluster in given else "" for cluster in clusters],
        "annotator": ["AB" if cluster in given else "" for cluster in clusters],
        "time": ["2026-05-22" if cluster in given else "" for cluster in clusters],
    }
    write_tsv(columns, path)
    return path
