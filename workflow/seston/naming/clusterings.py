"""A small record of every clustering of a run: which image was in which cluster.

Clusters are numbered anew when embeddings or settings change. The record of the old numbers
outlives them, so that names can be carried over by the images that both clusterings hold.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from seston import store
from seston.errors import SestonError
from seston.id_order import in_order
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


def read_assigned(kmeans: Path, clusters_dir: Path, shards: list[str]) -> Clustering:
    """Return the clustering of a report of k-means and the clusters of these shards.

    Parameters
    ----------
    kmeans : pathlib.Path
        The report.
    clusters_dir : pathlib.Path
        Folder with one table of clusters per shard.
    shards : list of str
        All that were clustered.

    Raises
    ------
    SestonError
        If a file is missing, damaged, or of another clustering than `fingerprint`.
    """
    made, k = read_facts(kmeans, "fingerprint", "k")
    paths = [clusters_dir / f"{name}.parquet" for name in shards]
    parts = [store.read_table(path, "clusters", CLUSTERING.names) for path in paths]
    found = store.common_fingerprint(paths)
    if found != made:
        raise SestonError(
            f"{paths[0]} is of clustering {found[:12]}, but {kmeans} tells of {made[:12]};"
            f" delete {clusters_dir} and run again"
        )
    return Clustering(_together(parts, clusters_dir), made, k)


def read_facts(kmeans: Path, *keys: str) -> list[Any]:
    """Return what the report of k-means tells of a clustering, in the order of the keys.

    Parameters
    ----------
    kmeans : pathlib.Path
    *keys : str
        ``"fingerprint"``, or ``"k"`` for the number of clusters.

    Raises
    ------
    SestonError
        If the report is missing or damaged.
    """
    try:
        facts = json.loads(kmeans.read_text(encoding="utf-8"))
        return [facts[key] for key in keys]
    except FileNotFoundError as error:
        raise SestonError(f"{kmeans}: file not found") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SestonError(
            f"{kmeans}: not readable as the report of k-means ({error!r}); delete it and run again"
        ) from error


def _together(parts: list[pa.Table], clusters_dir: Path) -> pa.Table:
    """Return the rows of all shards by ascending id."""
    try:
        return in_order(parts)
    except ValueError as error:
        raise SestonError(
            f"{clusters_dir}: an image is in two shards, of which one is out of date; delete the"
            " folder and run again"
        ) from error


def write_record(clustering: Clustering, folder: Path) -> None:
    """Write the record of a clustering into a folder, by its fingerprint."""
    path = folder / f"{clustering.fingerprint[:12]}.parquet"
    store.write_table(
        clustering.images, path, CLUSTERING, "clustering", clustering.fingerprint,
        k=str(clustering.k),
    )  # fmt: skip


def recorded_sizes(folder: Path) -> dict[str, int]:
    """Return the number of clusters of each recorded clustering, by fingerprint."""
    facts = [store.read_metadata(path) for path in sorted(folder.glob("*.parquet"))]
    return {told["fingerprint"]: int(told["k"]) for told in facts}


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
    made, k = read_facts(model / "kmeans" / "kmeans.json", "fingerprint", "k")
    if not made.startswith(fingerprint):
        raise SestonError(
            f"{results} holds the clustering {made[:12]} and no record of"
            f" {fingerprint[:12]}; give the results folder of the run whose clusters were named"
        )
    return find_record(results / "clusterings", made) or _assigned(model / "clusters", made, k)


def _assigned(clusters_dir: Path, made: str, k: int) -> Clustering:
    """Return the clustering of all shards that were given its clusters.

    The report of k-means does not name them: frozen clusters were made from other shards.
    """
    paths = sorted(clusters_dir.glob("*.parquet"))
    mine = [path for path in paths if store.read_metadata(path).get("fingerprint") == made]
    if not mine:
        raise SestonError(
            f"{clusters_dir}: no table of clusters of clustering {made[:12]}; expected the results"
            " folder of a run that has clustered: run the workflow again"
        )
    parts = [store.read_table(path, "clusters", CLUSTERING.names) for path in mine]
    return Clustering(_together(parts, clusters_dir), made, k)
