"""The nearest centroid of every embedding of a shard."""

import json
import logging
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from seston import store
from seston.cluster.shards import EmbeddingShards
from seston.errors import SestonError
from seston.progress import Progress
from seston.schemas import CLUSTERS

log = logging.getLogger("seston")


def nearest_two(
    rows: npt.NDArray[np.float32], centroids: npt.NDArray[np.float32], index: faiss.IndexFlatL2
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return cluster, distance and margin of each row.

    faiss finds the two nearest by ``|x|² - 2xc + |c|²``, which loses digits close to a
    centroid; the two distances are therefore taken again from the differences.

    Parameters
    ----------
    rows : ndarray of float32, shape (n, D)
    centroids : ndarray of float32, shape (k, D)
    index : faiss.IndexFlatL2
        Holds the centroids.

    Returns
    -------
    cluster : ndarray of int64, shape (n,)
    distance : ndarray of float32, shape (n,)
        Euclidean, to the own centroid.
    margin : ndarray of float32, shape (n,)
        Distance to the second nearest centroid less that to the own; NaN if k is 1.
    """
    candidates = index.search(rows, min(2, len(centroids)))[1]
    distances = np.stack(
        [np.linalg.norm(rows - centroids[column], axis=1) for column in candidates.T], axis=1
    )
    by_distance = np.lexsort((candidates, distances), axis=1)
    distances = np.take_along_axis(distances, by_distance, axis=1)
    clusters = np.take_along_axis(candidates, by_distance, axis=1)[:, 0]
    if len(centroids) == 1:
        return clusters, distances[:, 0], np.full(len(rows), np.nan, np.float32)
    return clusters, distances[:, 0], distances[:, 1] - distances[:, 0]


def assign(
    *, embeddings: Path, centroids: Path, kmeans: Path, clusters: Path, threads: int = 1
) -> None:
    """Give each embedding of a shard its cluster, with distance and margin.

    Parameters
    ----------
    embeddings : Path
        The embeddings of one shard.
    centroids : Path
        The centroids of the k-means stage.
    kmeans : Path
        The report of the k-means stage.
    clusters : Path
        The table to write: one row per image.
    threads : int
        CPU threads.
    """
    faiss.omp_set_num_threads(threads)
    rows = EmbeddingShards(embeddings.parent, [embeddings.stem])
    facts, places = read_kmeans(kmeans, centroids)
    if facts["embeddings"] != rows.fingerprint:
        raise SestonError(
            f"{embeddings} was made by {rows.fingerprint[:12]}, but {kmeans} clusters embeddings"
            f" made by {facts['embeddings'][:12]}: expected the same model and tiles;"
            " delete the older of the two and run again"
        )
    rows.require_usable()
    index = faiss.IndexFlatL2(rows.dim)
    index.add(places)
    parts = []
    with Progress(len(rows), "images") as progress:
        for block in rows.blocks(unit=facts["spherical"]):
            parts.append(nearest_two(block, places, index))
            progress.add(len(block))
    none = (np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.float32))
    cluster, distance, margin = (
        np.concatenate(columns)[rows.order] for columns in zip(none, *parts, strict=True)
    )
    table = pa.table(
        {
            "image_id": rows.ids,
            "cluster": pa.array(cluster, pa.int32()),
            "distance": distance,
            "margin": pa.array(margin, mask=np.isnan(margin)),
        }
    )
    made_by = facts["fingerprint"]
    store.write_table(table, clusters, CLUSTERS, "clusters", made_by, embeddings=rows.fingerprint)


def read_kmeans(report: Path, centroids: Path) -> tuple[dict, npt.NDArray[np.float32]]:
    """Return the report and the centroids (k, D) of a k-means stage.

    Raises
    ------
    SestonError
        If a file is missing or damaged, or the two do not belong together.
    """
    try:
        facts = json.loads(report.read_text(encoding="utf-8"))
        places = np.load(centroids)
        made = store.fingerprint(
            "kmeans", facts["embeddings"], facts["spherical"], places.tobytes()
        )
    except FileNotFoundError as error:
        raise SestonError(f"{error.filename}: file not found") from error
    except (ValueError, KeyError, EOFError) as error:
        raise SestonError(
            f"{report}, {centroids}: not readable as the result of k-means ({error!r});"
            " delete both and run again"
        ) from error
    if made != facts["fingerprint"]:
        raise SestonError(
            f"{centroids} does not hold the centroids that {report} tells of;"
            " delete both and run again"
        )
    return facts, places
