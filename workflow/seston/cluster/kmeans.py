"""k-means over the embeddings of all shards, in bounded memory.

faiss trains on a sample of known size; Lloyd passes over all embeddings, one
block at a time, then move the centroids to where the whole data has them.
"""

import json
import logging
from pathlib import Path

import faiss
import numpy as np

from seston import __version__, store
from seston.cluster.balance import Balance, image_weights
from seston.cluster.clustering import clustering_fingerprint
from seston.cluster.device import Device, choose_engine
from seston.cluster.fit import fit
from seston.cluster.new_points import SpaceSettings, new_points
from seston.errors import SestonError
from seston.schemas import FORMAT

log = logging.getLogger("seston")


def usual_starts(k: int) -> int:
    """Return 5 starts for up to 100 clusters, fewer beyond, and one from 500 on.

    A start costs by k² and more, and is worth the less the more clusters there are: five starts
    lowered the objective by 0.8 % at k = 100 (a million images), by 0.07 % at k = 1,000.
    """
    return max(1, min(5, 500 // k))


def kmeans(
    *,
    embeddings_dir: Path,
    shards: list[str],
    k: int = 0,
    sweep: Path | None = None,
    iterations: int,
    sample_per_centroid: int,
    starts: int = 0,
    refine: int,
    balance: Balance = "none",
    space: SpaceSettings = SpaceSettings(),  # noqa: B008 - frozen
    spherical: bool,
    device: Device = "cpu",
    seed: int,
    centroids: Path,
    space_file: Path,
    report: Path,
    segment_dir: Path | None = None,
    threads: int = 1,
) -> None:
    """Find k centroids in the embeddings of all shards.

    Clusters are numbered by size: cluster 0 holds the most images. The report says
    on how many of how many images was trained, the mean squared distance at each
    iteration (on the sample) and at each pass (on all), and the sizes.

    Parameters
    ----------
    embeddings_dir : Path
        Folder with one ``<shard>.arrow`` per shard.
    shards : list of str
        The shards to cluster.
    k : int
        Number of clusters; 0 = the one that `sweep` found.
    sweep : Path
        The report of the sweep over numbers of clusters.
    iterations : int
        Lloyd iterations at most; they end once one lowers the objective by less than 0.01 %.
    sample_per_centroid : int
        Images per cluster to train on, drawn by the seed; all images if there are fewer, and
        no more than 512 MB of them. 0 = on all images, as a stream.
    starts : int
        Starts that compete, on a part of the sample; 0 = by the number of clusters, see
        `usual_starts`.
    refine : int
        Lloyd passes over all images after training on a sample.
    balance : str
        What counts more: none = all images alike; sample = every sample weighs the same;
        density = images in a crowd of more than a k-th of all weigh less.
    space : SpaceSettings
        What is clustered.
    spherical : bool
        Cluster by direction only: embeddings and centroids are scaled to length 1.
    device : str
        cpu, or gpu where there is one.
    seed : int
        For the sample and the first centroids.
    centroids : Path
        The centroids to write: npy, float32, shape (k, D).
    space_file : Path
        The space they lie in, to write: npz.
    report : Path
        The report to write: JSON.
    segment_dir : Path
        Folder with ``<shard>/crops.parquet``, for columns.
    threads : int
        CPU threads.
    """
    faiss.omp_set_num_threads(threads)
    points, space_facts = new_points(embeddings_dir, shards, space, spherical, seed, segment_dir)
    k, chosen_by = (k, "settings") if k else (_swept(sweep), "sweep")
    n = len(points)
    if not 1 <= k <= n:
        raise SestonError(_wrong_k(k, n, len(shards)))
    starts = starts or usual_starts(k)
    engine, device_facts = choose_engine(device)
    generator = np.random.default_rng(seed)
    weights = image_weights(points, balance, k, generator)
    places, found, training = fit(
        points, k, iterations, sample_per_centroid, starts, refine, weights, generator, engine
    )
    sizes = found.sizes
    largest_first = np.argsort(-sizes, kind="stable")
    places, sizes = places[largest_first], sizes[largest_first]
    objective = float(found.squares.mean(dtype=np.float64))
    empty = int((sizes == 0).sum())
    log.info("k-means: mean squared distance %.6g on all images", objective)
    if empty:
        log.warning("k-means: %d of %d clusters are empty; a smaller cluster.k will do", empty, k)
    facts = {
        "format": FORMAT,
        "kind": "kmeans",
        "version": __version__,
        "embeddings": points.fingerprint,
        "fingerprint": clustering_fingerprint(points.fingerprint, points.space, places),
        "dim": points.dim,
        "n": n,
        "shards": dict(zip(points.names, points.counts, strict=True)),
        "k": k,
        "k_chosen_by": chosen_by,
        "space": space_facts,
        "spherical": spherical,
        "balance": balance,
        "device": device_facts,
        "seed": seed,
        "iterations": iterations,
        "sample_per_centroid": sample_per_centroid,
        "starts": starts,
        "refine": refine,
        **training,
        "objective": objective,
        "sizes": sizes.tolist(),
        "empty": empty,
    }
    with store.atomic(centroids) as temporary, temporary.open("wb") as file:
        np.save(file, places)
    points.space.save(space_file)
    store.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", report)


def _swept(sweep: Path | None) -> int:
    if sweep is None:
        raise SestonError("k-means: give --k, or --sweep to take the number that the sweep found")
    try:
        return int(json.loads(sweep.read_text(encoding="utf-8"))["k"])
    except FileNotFoundError as error:
        raise SestonError(f"{sweep}: file not found") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SestonError(
            f"{sweep}: not readable as the report of a sweep ({error!r}); delete it and run again"
        ) from error


def _wrong_k(k: int, images: int, shards: int) -> str:
    found = (
        f"cluster.k is {k}, but there {'is 1 image' if images == 1 else f'are {images} images'}"
        f" in {shards} {'shard' if shards == 1 else 'shards'}"
    )
    if images < 2:
        return f"{found}: too few images to cluster; add samples"
    return f"{found}: expected 1 to {images}; set cluster.k in that range or add samples"
