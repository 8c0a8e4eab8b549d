"""Results folders made by hand: an earlier run to be frozen, and new images beside it."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from safetensors.numpy import save_file
from sklearn.cluster import KMeans

from seston import store
from seston.cluster.clustering import clustering_fingerprint
from seston.cluster.space import embeddings_alone
from seston.frozen.adopt import adopt
from seston.frozen.drift import drift
from seston.schemas import IMAGES
from seston.tiles import PADDING
from shards_by_hand import write_shard

SIZE, DIM = 64, 24
MODEL = "feed" * 16
MADE_BY = store.fingerprint("embeddings", MODEL, store.fingerprint("tiles", SIZE, PADDING))


def types(count: int, seed: int = 0):
    """Centres of so many types, as far apart as 6 of their spreads."""
    centres = np.random.default_rng(seed).normal(size=(count, DIM))
    return 6 * centres / np.linalg.norm(centres, axis=1, keepdims=True)


def photographs(centres, samples: int, a_sample: int, seed: int, even: float = 2.0):
    """Images of types in samples of differing composition: rows, type and sample of each."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(samples):
        shares = rng.dirichlet([even] * len(centres))
        parts.append(rng.choice(len(centres), a_sample, p=shares))
    kind = np.concatenate(parts)
    rows = centres[kind] + rng.normal(size=(len(kind), DIM)) / 2
    return rows.astype(np.float16), kind, np.repeat(np.arange(samples), a_sample)


@dataclass
class Results:
    """A results folder; shard `a` has the first 3 of 5 images, `b` the others."""

    folder: Path
    ids: np.ndarray
    samples: list[str]

    @property
    def kmeans(self) -> Path:
        return self.folder / "pretrained" / "kmeans"

    @property
    def embeddings(self) -> Path:
        return self.folder / "pretrained" / "embeddings"


def write_images(folder, rows, sample, prefix, cluster, distance, clustering, first_day):
    """Embeddings and tables of a run whose clusters are known."""
    names = [f"{prefix}{number:03d}" for number in range(int(sample.max()) + 1)]
    ids = np.array([f"{names[one]}/{i:05d}" for i, one in enumerate(sample)])
    cut = 3 * len(ids) // 5
    write_shard_in(folder, "a", ids[:cut], rows[:cut])
    write_shard_in(folder, "b", ids[cut:], rows[cut:])
    days = pd.Timestamp(first_day) + pd.to_timedelta(np.arange(len(names)), "D")
    table = {field.name: pa.nulls(len(ids), field.type) for field in IMAGES}
    table |= {
        "image_id": pa.array(ids),
        "sample": pa.array(np.array(names)[sample]),
        "datetime": pa.array(days[sample], pa.timestamp("us")),
        "cluster": pa.array(cluster, pa.int32()),
        "distance": pa.array(distance, pa.float32()),
    }
    path = folder / "tables" / "images.parquet"
    store.write_table(pa.table(table), path, IMAGES, "images", "x", clusters=clustering)
    sheet = pd.DataFrame({"sample": names, "datetime": days.strftime("%Y-%m-%dT%H:%M:%S")})
    sheet.to_csv(folder / "tables" / "samples.tsv", sep="\t", index=False)
    return Results(folder, ids, names)


def write_shard_in(folder, name, ids, rows):
    embeddings = folder / "pretrained" / "embeddings"
    embeddings.mkdir(parents=True, exist_ok=True)
    write_shard(embeddings, name, ids, rows, MADE_BY)


def nearest(rows, centroids):
    away = np.linalg.norm(rows.astype(np.float32)[:, None] - centroids[None], axis=2)
    return away.argmin(axis=1), away.min(axis=1)


def earlier_run(folder: Path, rows, sample, k: int) -> Results:
    """A finished run with k clusters."""
    fitted = KMeans(k, n_init=3, random_state=1).fit(rows.astype(np.float32))
    order = np.argsort(-np.bincount(fitted.labels_, minlength=k), kind="stable")
    centroids = fitted.cluster_centers_[order].astype(np.float32)
    space = embeddings_alone(DIM)
    clustering = clustering_fingerprint(MADE_BY, space, centroids)
    cluster, distance = nearest(rows, centroids)
    run = write_images(folder, rows, sample, "old", cluster, distance, clustering, "2024-05-01")
    run.kmeans.mkdir(parents=True)
    np.save(run.kmeans / "centroids.npy", centroids)
    space.save(run.kmeans / "space.npz")
    facts = {
        "fingerprint": clustering, "embeddings": MADE_BY, "k": k, "n": len(rows),
        "shards": {"a": 3 * len(rows) // 5, "b": len(rows) - 3 * len(rows) // 5},
    }  # fmt: skip
    (run.kmeans / "kmeans.json").write_text(json.dumps(facts))
    tree = folder / "pretrained" / "tree"
    tree.mkdir()
    lines = [f"{number}\t0" for number in range(k)]
    (tree / "coarse.tsv").write_text("\n".join(["cluster\tcoarse", *lines]) + "\n")
    for name in ("tree.tsv", "tree.nwk", "tree.json"):
        (tree / name).write_text(f"{name} of {folder.name}\n")
    tags = store.tags("model", MODEL, {"backbone": json.dumps({"image_size": SIZE})})
    weights = {"weight": np.arange(3, dtype=np.float32)}
    save_file(weights, folder / "pretrained" / "model.safetensors", tags)
    (folder / "chosen_model.txt").write_text("pretrained\n")
    write_called(folder, clustering, k)
    return run


def write_called(folder: Path, clustering: str, k: int) -> None:
    """What a run calls its k clusters: the first has a name."""
    rows = [f"{clustering}\t{one}\t0\t{'' if one else 'Ceratium'}\t" for one in range(k)]
    text = "\n".join(["clustering\tcluster\tcoarse\tname\tremark", *rows]) + "\n"
    (folder / "tables" / "cluster_names.tsv").write_text(text)


def adopt_into(results: Path, frozen: Path, size: int = SIZE) -> None:
    """Run the stage `adopt` as the rule does."""
    model = results / "pretrained"
    adopt(
        frozen=frozen, size=size, model=model / "model.safetensors", kmeans_dir=model / "kmeans",
        tree_dir=model / "tree", baseline=results / "frozen" / "baseline.tsv",
        far=results / "frozen" / "far.npz", names=results / "frozen" / "cluster_names.tsv",
        adopted=results / "frozen" / "adopted.json",
    )  # fmt: skip
    (results / "chosen_model.txt").write_text("pretrained\n")


def new_images(results: Path, rows, sample, prefix: str = "new") -> Results:
    """Give the clusters of a frozen run to new images."""
    kmeans = results / "pretrained" / "kmeans"
    cluster, distance = nearest(rows, np.load(kmeans / "centroids.npy"))
    facts = json.loads((kmeans / "kmeans.json").read_text())
    made = facts["fingerprint"]
    run = write_images(results, rows, sample, prefix, cluster, distance, made, "2025-05-01")
    write_called(results, made, facts["k"])
    return run


def drift_of(run: Results):
    """Run the stage `drift` as the rule does; return its tables and its report."""
    tables, frozen = run.folder / "tables", run.folder / "frozen"
    drift(
        images=tables / "images.parquet", samples=tables / "samples.tsv",
        baseline=frozen / "baseline.tsv", far=frozen / "far.npz", adopted=frozen / "adopted.json",
        kmeans=run.kmeans, embeddings_dir=run.embeddings, shards=["b", "a"], seed=1,
        drift=tables / "drift.tsv", new_types=tables / "new_types.tsv",
        report=tables / "drift.json",
    )  # fmt: skip
    return (
        pd.read_csv(tables / "drift.tsv", sep="\t"),
        pd.read_csv(tables / "new_types.tsv", sep="\t"),
        json.loads((tables / "drift.json").read_text()),
    )
