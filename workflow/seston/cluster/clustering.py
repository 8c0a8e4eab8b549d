"""A finished clustering: its folder read back, its space opened."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seston import store
from seston.cluster.columns import read_columns
from seston.cluster.points import Points
from seston.cluster.shards import EmbeddingShards
from seston.cluster.space import Space, read_space
from seston.errors import SestonError

CENTROIDS, SPACE, REPORT = "centroids.npy", "space.npz", "kmeans.json"


def clustering_fingerprint(
    embeddings: str, space: Space, centroids: npt.NDArray[np.float32]
) -> str:
    """Return what tells a clustering from others: embeddings, space and centroids (k, dim)."""
    return store.fingerprint("kmeans", embeddings, space.fingerprint, centroids.tobytes())


def read_clustering(folder: Path) -> tuple[dict, npt.NDArray[np.float32], Space]:
    """Return report, centroids (k, dim) and space of a k-means stage.

    Raises
    ------
    SestonError
        If a file is missing or damaged, or they do not belong together.
    """
    report, centroids = folder / REPORT, folder / CENTROIDS
    space = read_space(folder / SPACE)
    try:
        facts = json.loads(report.read_text(encoding="utf-8"))
        places = np.load(centroids)
        made = clustering_fingerprint(facts["embeddings"], space, places)
        same = made == facts["fingerprint"]
    except FileNotFoundError as error:
        raise SestonError(f"{error.filename}: file not found") from error
    except (ValueError, KeyError, TypeError, EOFError) as error:
        raise SestonError(
            f"{report}, {centroids}: not readable as the result of k-means ({error!r});"
            " delete both and run again"
        ) from error
    if not same:
        raise SestonError(
            f"{centroids} or {folder / SPACE} does not hold the centroids or the space that"
            f" {report} tells of; delete all three and run again"
        )
    return facts, places, space


def open_points(
    embeddings_dir: Path, shards: list[str], kmeans_folder: Path, segment_dir: Path | None = None
) -> tuple[Points, dict, npt.NDArray[np.float32]]:
    """Return embeddings as a clustering saw them, its report, and its centroids (k, dim).

    Parameters
    ----------
    embeddings_dir : Path
        Folder with one ``<shard>.arrow`` per shard: those clustered, or others of the model.
    shards : list of str
        The shards to open.
    kmeans_folder : Path
        What the k-means stage wrote.
    segment_dir : Path, optional
        Folder with ``<shard>/crops.parquet``, for a clustering that has columns.

    Raises
    ------
    SestonError
        If a file is missing or damaged, the embeddings are not of the clustering's model, or
        the clustering has columns and there is no `segment_dir`.
    """
    facts, centroids, space = read_clustering(kmeans_folder)
    embeddings = EmbeddingShards(embeddings_dir, shards)
    if facts["embeddings"] != embeddings.fingerprint:
        named = embeddings_dir / f"{shards[0]}.arrow"
        raise SestonError(
            f"{named} was made by {embeddings.fingerprint[:12]}, but {kmeans_folder / REPORT}"
            f" clusters embeddings made by {facts['embeddings'][:12]}: expected the same model and"
            " tiles; delete the older of the two and run again"
        )
    measured = None
    if space.columns:
        if segment_dir is None:
            raise SestonError(
                f"{kmeans_folder / REPORT}: clusters by {', '.join(space.columns)} beside the"
                " embeddings; give --segment-dir, where they are"
            )
        measured = read_columns(embeddings, segment_dir, space.columns).astype(np.float32)
    return Points(embeddings, space, measured), facts, centroids
