"""Stage `recluster`: how each sample would be counted had other samples made the clusters.

A trend is told of clusters, and clusters are an estimate themselves: other samples or other
first centroids would have given others. So the clustering is made again, some times, each time
from samples drawn with return, and all images are counted by what comes out.
"""

import json
import logging
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from seston import __version__, store
from seston.cluster.anew import (
    Matched,
    Settings,
    assign_to_all,
    draw_samples,
    fit_anew,
    match,
    samples_of,
)
from seston.cluster.balance import image_weights
from seston.cluster.clustering import REPORT, open_points
from seston.errors import SestonError
from seston.schemas import FORMAT

log = logging.getLogger("seston")

#: One row per run, sample and cluster that the run gives any of the sample's images to.
RECLUSTERINGS = pa.schema(
    [
        ("run", pa.int32()),  # 0, 1, …
        ("sample", pa.string()),
        ("cluster", pa.int32()),  # of the present clustering
        ("count", pa.int64()),  # images; more than 0
    ]
)


def recluster(
    *,
    embeddings_dir: Path,
    shards: list[str],
    kmeans: Path,
    runs: int,
    seed: int,
    table: Path,
    report: Path,
    segment_dir: Path | None = None,
    threads: int = 1,
) -> None:
    """Cluster the images anew, some times, and count those of each sample by what comes out.

    Each run draws as many samples as there are, with return: chance draws samples (bags, hauls,
    runs of the instrument), not images. On the images of those drawn a clustering is made as the
    present one was made, in the same space, from new first centroids. All images are then given
    to all new clusterings, in one pass. A cluster found anew goes to that present cluster with
    which it shares most images; a present cluster that none goes to was not found again, and
    counts no image in that run.

    Parameters
    ----------
    embeddings_dir : Path
        Folder with one ``<shard>.arrow`` per shard.
    shards : list of str
        The shards that were clustered.
    kmeans : Path
        The folder of the k-means stage: the present clustering.
    runs : int
        Clusterings to make.
    seed : int
        For the samples drawn and the first centroids.
    table : Path
        Written: images of each sample in each cluster, by run (Parquet).
    report : Path
        Written: how it was done, and how alike the clusterings are (JSON).
    segment_dir : Path
        Folder with ``<shard>/crops.parquet``, for a clustering that has columns.
    threads : int
        CPU threads.
    """
    if runs < 1:
        raise SestonError(f"trends.reclusterings is {runs}: expected 1 or more")
    faiss.omp_set_num_threads(threads)
    points, facts, centroids = open_points(embeddings_dir, shards, kmeans, segment_dir)
    points.require_usable()
    settings = read_settings(facts, kmeans / REPORT)
    names, sample = samples_of(points)
    # The very weights of the present clustering: what is drawn for them is drawn by its seed.
    first = np.random.default_rng(settings.seed)
    weights = image_weights(points, settings.balance, settings.k, first)
    clusterings, images = [centroids], []
    for run in range(runs if len(points) else 0):
        generator = np.random.default_rng([seed, run])
        often = draw_samples(sample, len(names), generator)
        counted = often if weights is None else often * weights
        places, used = fit_anew(points, counted.astype(np.float32), settings, generator)
        clusterings.append(places)
        images.append(used)
        log.info("recluster: run %d of %d, learnt from %d images", run + 1, runs, used)
    present, *others = assign_to_all(points, clusterings)
    matched = [match(present, other, len(centroids)) for other in others]
    counts = counts_by_sample(matched, sample, names, len(centroids))
    told = {
        "format": FORMAT,
        "kind": "reclusterings",
        "version": __version__,
        "clustering": facts["fingerprint"],
        "runs": runs,
        "seed": seed,
        "samples": len(names),
        "images": len(points),
        "settings": asdict(settings) | {"spherical": points.spherical},
        "learnt_from": images,
        "same": [one.same for one in matched],
        "found": _in_how_many(matched, len(centroids)),
        "notes": _notes(settings, len(names), points.counts != list(facts["shards"].values())),
    }
    for note in told["notes"]:
        log.info("recluster: %s", note)
    store.write_table(
        counts, table, RECLUSTERINGS, "reclusterings", facts["fingerprint"], runs=str(runs)
    )
    store.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", report)


def read_settings(facts: dict[str, Any], report: Path) -> Settings:
    """Return how the present clustering was made, from its report.

    Raises
    ------
    SestonError
        If the report, of an older version, does not tell.
    """
    missing = [field.name for field in fields(Settings) if field.name not in facts]
    if missing:
        raise SestonError(
            f"{report} does not tell {', '.join(missing)}: found a clustering of version"
            f" {facts.get('version', 'unknown')}, expected one of {__version__}; make it again, or"
            " set trends.reclusterings to 0"
        )
    return Settings(**{field.name: facts[field.name] for field in fields(Settings)})


def counts_by_sample(
    matched: list[Matched], sample: npt.NDArray[np.int64], names: list[str], clusters: int
) -> pa.Table:
    """Return the images of each sample in each present cluster, by run, as `RECLUSTERINGS`.

    Parameters
    ----------
    matched : list of Matched
    sample : ndarray of int64, shape (n,)
        Position of each image's sample among `names`.
    names : list of str
        Ascending.
    clusters : int
        Of the present clustering.
    """
    parts = [RECLUSTERINGS.empty_table()]
    called = pa.array(names, pa.string())
    for run, one in enumerate(matched):
        cells, images = np.unique(sample * clusters + one.labels, return_counts=True)
        columns = {
            "run": np.full(len(cells), run, np.int32),
            "sample": called.take(pa.array(cells // clusters)),
            "cluster": (cells % clusters).astype(np.int32),
            "count": images.astype(np.int64),
        }
        parts.append(pa.table(columns, schema=RECLUSTERINGS))
    return pa.concat_tables(parts)


def _in_how_many(matched: list[Matched], clusters: int) -> list[int]:
    """Return of each present cluster in how many runs it was found again."""
    found = np.concatenate([np.empty(0, np.int64), *(one.found for one in matched)])
    return np.bincount(found, minlength=clusters).tolist()


def _notes(settings: Settings, samples: int, others: bool) -> list[str]:
    """Return what was done otherwise than in the present clustering, or tells less than usual."""
    notes = []
    if samples == 1:
        notes.append("all images are of one sample: the runs differ by first centroids only")
    if not settings.sample_per_centroid:
        notes.append("learnt on at most 512 MB of images in memory, not on all as a stream")
    if others:
        notes.append(
            "the present clusters were learnt from other images than these, which are clustered"
            " anew: of clusters that were kept, only those that these images have can be found"
        )
    return notes
