"""The nearest centroid of every embedding of a shard."""

from pathlib import Path

import faiss
import numpy as np
import pyarrow as pa

from seston import store
from seston.cluster.clustering import open_points
from seston.cluster.nearest import Nearest
from seston.progress import Progress
from seston.schemas import CLUSTERS


def assign(
    *,
    embeddings: Path,
    kmeans: Path,
    clusters: Path,
    segment_dir: Path | None = None,
    threads: int = 1,
) -> None:
    """Give each embedding of a shard its cluster, with distance and margin.

    Parameters
    ----------
    embeddings : Path
        The embeddings of one shard.
    kmeans : Path
        The folder of the k-means stage.
    clusters : Path
        The table to write: one row per image.
    segment_dir : Path
        Folder with ``<shard>/crops.parquet``, for a clustering that has columns.
    threads : int
        CPU threads.
    """
    faiss.omp_set_num_threads(threads)
    points, facts, centroids = open_points(
        embeddings.parent, [embeddings.stem], kmeans, segment_dir
    )
    points.require_usable()
    nearest = Nearest(centroids)
    cluster, apart = np.empty(len(points), np.int32), np.empty((len(points), 2), np.float32)
    start = 0
    with Progress(len(points), "images") as progress:
        for block in points.blocks():
            some = slice(start, start + len(block))
            labels, apart[some] = nearest.two(block)
            cluster[some] = labels[:, 0]
            start += len(block)
            progress.add(len(block))
    distance, margin = apart[points.order, 0], (apart[:, 1] - apart[:, 0])[points.order]
    table = pa.table(
        {
            "image_id": points.ids,
            "cluster": cluster[points.order],
            "distance": distance,
            "margin": pa.array(margin, mask=np.isnan(margin)),  # there is no second of one cluster
        }
    )
    made_by = facts["fingerprint"]
    store.write_table(table, clusters, CLUSTERS, "clusters", made_by, embeddings=points.fingerprint)
