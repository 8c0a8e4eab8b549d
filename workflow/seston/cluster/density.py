"""The map of all images and the clusters of its dense regions.

PCA, UMAP and HDBSCAN are fitted on at most `fit` images, the landmarks; all others are placed
among them.
"""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.decomposition import PCA

from seston import __version__, store
from seston.cluster.landmarks import Landmarks, fit_components, fit_landmarks, place
from seston.cluster.layout import FEWEST
from seston.cluster.regions import NOISE, dense_regions
from seston.cluster.shards import EmbeddingShards
from seston.progress import Progress
from seston.schemas import FORMAT, MAP

log = logging.getLogger("seston")

ONE_IN = 500  # the smallest density cluster holds one of so many fitted images

Places = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]


class Clock:
    """Seconds of processor time that each step took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what is done within."""
        begun = time.process_time()
        yield
        self.seconds[name] = round(time.process_time() - begun, 2)


def place_all(
    rows: EmbeddingShards, pca: PCA, landmarks: Landmarks, labels: Labels
) -> tuple[Places, Labels]:
    """Return place (n, 2) and density cluster (n,) of all embeddings, in file order."""
    parts = []
    with Progress(len(rows), "images") as progress:
        for block in rows.blocks():
            parts.append(place(pca.transform(block).astype(np.float32), landmarks, labels))
            progress.add(len(block))
    places, clusters = zip(*parts, strict=True)
    return np.concatenate(places), np.concatenate(clusters)


def density_map(
    *,
    embeddings_dir: Path,
    shards: list[str],
    fit: int,
    neighbors: int,
    min_dist: float,
    components: int,
    min_cluster_size: int,
    min_samples: int,
    seed: int,
    map: Path,
    report: Path,
    threads: int = 1,
) -> None:
    """Place every image on a map and find the dense regions of the map.

    PCA, then UMAP, then HDBSCAN on the map's two dimensions. Fewer than 10 images
    are placed by their first two principal components and are all noise.

    Parameters
    ----------
    embeddings_dir : Path
        Folder with one ``<shard>.arrow`` per shard.
    shards : list of str
        The shards to map.
    fit : int
        Images to fit on at most, drawn by the seed; the others are placed among them, as noise
        where they are unlike them all.
    neighbors : int
        Neighbours of UMAP; fewer where there are not that many images.
    min_dist : float
        Least distance between points of UMAP's map; 0 packs dense regions for HDBSCAN.
    components : int
        Principal components; fewer where there are not that many images.
    min_cluster_size : int
        Images of the smallest density cluster among the fitted; 0 = one in 500, at least 10.
    min_samples : int
        Neighbours that make a place dense.
    seed : int
        For the drawn images and UMAP.
    map : Path
        The table to write: one row per image.
    report : Path
        The report to write: JSON, with the share of noise and the seconds of each step.
    threads : int
        CPU threads of the search; UMAP runs on one to be repeatable.
    """
    faiss.omp_set_num_threads(threads)
    rows = EmbeddingShards(embeddings_dir, shards)
    rows.require_usable()
    fitted = rows.draw(fit, np.random.default_rng(seed))
    log.info("map: fitting %d of %d images", len(fitted), len(rows))
    places, labels = np.empty((len(rows), 2), np.float32), np.empty(len(rows), np.int32)
    smallest = min_cluster_size or max(FEWEST, len(fitted) // ONE_IN)
    clock = Clock()
    if len(rows):
        with clock.step("pca"):
            sample = rows.take(fitted)
            pca = fit_components(sample, components)
            features = pca.transform(sample).astype(np.float32)
            del sample
        with clock.step("umap"):
            landmarks = fit_landmarks(features, neighbors, min_dist, seed)
        with clock.step("hdbscan"):
            regions = dense_regions(landmarks.places, smallest, min_samples)
        if len(fitted) < len(rows):
            with clock.step("place"):
                places, labels = place_all(rows, pca, landmarks, regions)
        places[fitted], labels[fitted] = landmarks.places, regions
    table = pa.table(
        {
            "image_id": rows.ids,
            "x": places[rows.order, 0],
            "y": places[rows.order, 1],
            "density_cluster": labels[rows.order],
            "fitted": np.isin(rows.order, fitted),
        }
    )
    settings = {
        "fit": fit,
        "neighbors": neighbors,
        "min_dist": min_dist,
        "components": components,
        "min_cluster_size": min_cluster_size,
        "min_samples": min_samples,
        "seed": seed,
    }
    made_by = store.fingerprint("map", rows.fingerprint, tuple(settings.values()))
    store.write_table(table, map, MAP, "map", made_by, embeddings=rows.fingerprint)
    others = np.delete(labels, fitted)
    facts = {
        "format": FORMAT,
        "kind": "map",
        "version": __version__,
        "embeddings": rows.fingerprint,
        "fingerprint": made_by,
        "settings": settings,
        "n": len(rows),
        "fitted": len(fitted),
        "min_cluster_size": smallest,
        "clusters": int(labels.max(initial=NOISE)) + 1,
        "noise_share": _noise(labels),
        "noise_share_fitted": _noise(labels[fitted]),
        "noise_share_placed": _noise(others),
        "cpu_seconds": clock.seconds,
    }
    store.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", report)
    if len(rows):
        share = 100 * np.mean(labels == NOISE)
        log.info("map: %d density clusters, %.1f %% noise", facts["clusters"], share)


def _noise(labels: Labels) -> float | None:
    """Return the share of noise, None of no image."""
    return float(np.mean(labels == NOISE)) if len(labels) else None
