"""k-means over the embeddings of all shards, in bounded memory.

faiss trains on a sample of known size; Lloyd passes over all embeddings, one
block at a time, then move the centroids to where the whole data has them.
"""

import json
import logging
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
from sklearn.cluster import kmeans_plusplus

from seston import __version__, store
from seston.cluster.lloyd import refine as refine_on_all
from seston.cluster.shards import EmbeddingShards
from seston.errors import SestonError
from seston.schemas import FORMAT

log = logging.getLogger("seston")

SEEDED_FROM = 128  # images per centroid from which the first centroids are drawn


def train(
    sample: npt.NDArray[np.float32], k: int, iterations: int, spherical: bool, seed: int
) -> tuple[npt.NDArray[np.float32], list[float]]:
    """Run faiss k-means on all rows of a sample.

    The first centroids come from greedy k-means++ on `SEEDED_FROM` rows per centroid:
    where clusters lie apart, faiss's own choices (random, k-means++, AFK-MC²) ended 8 to 15 %
    higher in objective, and more iterations do not mend that.

    Parameters
    ----------
    sample : ndarray of float32, shape (m, D)
        At least k rows.
    k, iterations : int
        Clusters and Lloyd iterations.
    spherical : bool
        Keep the centroids at length 1.
    seed : int
        For the first centroids.

    Returns
    -------
    centroids : ndarray of float32, shape (k, D)
    curve : list of float
        Mean squared distance at each iteration.
    """
    step = max(1, len(sample) // (SEEDED_FROM * k))
    first, _ = kmeans_plusplus(sample[::step], k, random_state=seed)
    clustering = faiss.Clustering(sample.shape[1], k)
    clustering.niter, clustering.seed, clustering.spherical = iterations, seed, spherical
    # faiss would otherwise train on 256 rows per centroid without a word.
    clustering.max_points_per_centroid = len(sample)
    clustering.min_points_per_centroid = 1
    faiss.copy_array_to_vector(first.ravel(), clustering.centroids)
    clustering.train(sample, faiss.IndexFlatL2(sample.shape[1]))
    stats: Any = clustering.iteration_stats  # a C++ vector, whatever the stubs say
    curve = [stats.at(i).obj / len(sample) for i in range(stats.size())]
    return faiss.vector_to_array(clustering.centroids).reshape(k, -1), curve


def kmeans(
    *,
    embeddings_dir: Path,
    shards: list[str],
    k: int,
    iterations: int,
    sample_per_centroid: int,
    refine: int,
    spherical: bool,
    seed: int,
    centroids: Path,
    report: Path,
    threads: int = 1,
) -> None:
    """Find k centroids in the embeddings of all shards.

    Clusters are numbered by size: cluster 0 holds the most images. The report says
    on how many of how many images faiss trained, the mean squared distance at each
    iteration (on the sample) and at each pass (on all), and the sizes.

    Parameters
    ----------
    embeddings_dir : Path
        Folder with one ``<shard>.arrow`` per shard.
    shards : list of str
        The shards to cluster.
    k : int
        Number of clusters.
    iterations : int
        Lloyd iterations on the sample.
    sample_per_centroid : int
        Images per cluster to train on, drawn by the seed; all images if there are fewer.
    refine : int
        Lloyd passes over all images after that.
    spherical : bool
        Cluster by direction only: embeddings and centroids are scaled to length 1.
    seed : int
        For the sample and the first centroids.
    centroids : Path
        The centroids to write: npy, float32, shape (k, D).
    report : Path
        The report to write: JSON.
    threads : int
        CPU threads.
    """
    faiss.omp_set_num_threads(threads)
    embeddings = EmbeddingShards(embeddings_dir, shards)
    n = len(embeddings)
    if not 1 <= k <= n:
        raise SestonError(_wrong_k(k, n, len(shards)))
    embeddings.require_usable()
    generator = np.random.default_rng(seed)
    positions = embeddings.draw(sample_per_centroid * k, generator)
    log.info("k-means: %d clusters, trained on %d of %d images", k, len(positions), n)
    sample = embeddings.take(positions, unit=spherical)
    places, sample_curve = train(sample, k, iterations, spherical, int(generator.integers(2**31)))
    del sample
    places, sizes, curve, reseeded = refine_on_all(embeddings, places, refine, spherical)
    largest_first = np.argsort(-sizes, kind="stable")
    places, sizes = places[largest_first], sizes[largest_first]
    empty = int((sizes == 0).sum())
    log.info("k-means: mean squared distance %.6g on all images", curve[-1])
    if empty:
        log.warning("k-means: %d of %d clusters are empty; a smaller cluster.k will do", empty, k)
    made = store.fingerprint("kmeans", embeddings.fingerprint, spherical, places.tobytes())
    facts = {
        "format": FORMAT,
        "kind": "kmeans",
        "version": __version__,
        "embeddings": embeddings.fingerprint,
        "fingerprint": made,
        "dim": embeddings.dim,
        "n": n,
        "shards": dict(zip(embeddings.names, embeddings.counts, strict=True)),
        "k": k,
        "spherical": spherical,
        "seed": seed,
        "init": "greedy k-means++",
        "iterations": iterations,
        "sample_per_centroid": sample_per_centroid,
        "trained_on": len(positions),
        "refine": refine,
        "sample_curve": sample_curve,
        "curve": curve,
        "objective": curve[-1],
        "sizes": sizes.tolist(),
        "reseeded": reseeded,
        "empty": empty,
    }
    with store.atomic(centroids) as temporary, temporary.open("wb") as file:
        np.save(file, places)
    store.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", report)


def _wrong_k(k: int, images: int, shards: int) -> str:
    found = (
        f"cluster.k is {k}, but there {'is 1 image' if images == 1 else f'are {images} images'}"
        f" in {shards} {'shard' if shards == 1 else 'shards'}"
    )
    if images < 2:
        return f"{found}: too few images to cluster; add samples"
    return f"{found}: expected 1 to {images}; set cluster.k in that range or add samples"
