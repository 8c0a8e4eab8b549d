"""A small record of every clustering of a run: which image was in which cluster.

Clusters are numbered anew when embeddings or settings change. The record of the old numbers
outlives them, so that names can be carried over by the images that both clusterings hold.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.errors import SestonError
from seston.schemas import CLUSTERS

#: One row per organism.
CLUSTERING = pa.schema([CLUSTERS.field(name) for name in ("image_id", "cluster")])


@dataclass(frozen=True)
class Clustering:
    """Which image is in which cluster.

    Attributes
    ----------
    images : pyarrow.Table
        With ``image_id``, ascending, and ``cluster``.
    fingerprint : str
    k : int
        Number of clusters, empty ones too.
    """

    images: pa.Table
    fingerprint: str
    k: int


def read_assigned(kmeans: Path, clusters_dir: Path, shards: list[str] | None = None) -> Clustering:
    """Return the clustering of a report of k-means and the clusters of these shards.

    Parameters
    ----------
    kmeans : pathlib.Path
        The report.
    clusters_dir : pathlib.Path
        Folder with one table of clusters per shard.
    shards : list of str, optional
        All that were clustered by default.

    Raises
    ------
    SestonError
        If a file is missing, damaged, or of another clustering than `fingerprint`.
    """
    try:
        facts = json.loads(kmeans.read_text(encoding="utf-8"))
        made, k = facts["fingerprint"], facts["k"]
        names = list(facts["shards"]) if shards is None else shards
    except FileNotFoundError as error:
        raise SestonError(f"{kmeans}: file not found") from error
    except (OSError, ValueError, KeyError) as error:
        raise SestonError(
            f"{kmeans}: not readable as the report of k-means ({error!r}); delete it and run again"
        ) from error
    paths = [clusters_dir / f"{name}.parquet" for name in names]
    parts = [store.read_table(path, "clusters", CLUSTERING.names) for path in paths]
    found = store.common_fingerprint(paths)
    if found != made:
        raise SestonError(
            f"{paths[0]} is of clustering {found[:12]}, but {kmeans} tells of {made[:12]};"
            f" delete {clusters_dir} and run again"
        )
    table = pa.concat_tables([part.replace_schema_metadata() for part in parts])
    return Clustering(table.take(pc.sort_indices(table["image_id"])), made, k)


def write_record(clustering: Clustering, folder: Path) -> None:
    """Write the record of a clustering into a folder, by its fingerprint."""
    path = folder / f"{clustering.fingerprint[:12]}.parquet"
    store.write_table(
        clustering.images, path, CLUSTERING, "clustering", clustering.fingerprint,
        k=str(clustering.k),
    )  # fmt: skip


def find_record(folder: Path, fingerprint: str) -> Clustering | None:
    """Return the recorded clustering with this fingerprint, or beginning of it, if any."""
    for path in sorted(folder.glob(f"{fingerprint[:12]}*.parquet")):
        table = store.read_table(path, "clustering")
        facts = store.metadata(table.schema)
        if facts["fingerprint"].startswith(fingerprint):
            return Clustering(
                table.replace_schema_metadata(), facts["fingerprint"], int(facts["k"])
            )
    return None


def clustering_of_run(results: Path, fingerprint: str = "") -> Clustering:
    """Return a clustering that a results folder holds.

    Parameters
    ----------
    results : pathlib.Path
        Results folder of a run.
    fingerprint : str
        Of the clustering, or the beginning of it; empty: that of the run's tables.

    Raises
    ------
    SestonError
        If the folder holds no such clustering.
    """
    record = find_record(results / "clusterings", fingerprint) if fingerprint else None
    if record:
        return record
    chosen = results / "chosen_model.txt"
    try:
        model = results / chosen.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SestonError(
            f"{chosen}: {error.strerror}; expected {results} to be the results folder of a run"
            " that has clustered"
        ) from error
    found = read_assigned(model / "kmeans" / "kmeans.json", model / "clusters")
    if not found.fingerprint.startswith(fingerprint):
        raise SestonError(
            f"{results} holds the clustering {found.fingerprint[:12]} and no record of"
            f" {fingerprint[:12]}; give the results folder of the run whose clusters were named"
        )
    return found
