"""Clusterings with several numbers of clusters: how tight, how apart, how repeatable."""

import json
import logging
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import faiss
import numpy as np

from seston import __version__, store
from seston.cluster.balance import Balance, image_weights
from seston.cluster.how_many import RULE, choose, series
from seston.cluster.new_points import SpaceSettings, new_points
from seston.cluster.trials import Trial, Trials
from seston.errors import SestonError
from seston.progress import Progress
from seston.schemas import FORMAT
from seston.tsv import write_tsv

log = logging.getLogger("seston")

_JUDGED = ("silhouette", "explained", "ari_bootstrap")


def sweep(
    *,
    embeddings_dir: Path,
    shards: list[str],
    k: list[int] | None = None,
    asked: int | None = None,
    images: int,
    seeds: int,
    bootstraps: int,
    iterations: int,
    balance: Balance = "none",
    space: SpaceSettings = SpaceSettings(),  # noqa: B008 - frozen
    spherical: bool,
    seed: int,
    table: Path,
    report: Path,
    segment_dir: Path | None = None,
    threads: int = 1,
) -> None:
    """Cluster a sample into several numbers of clusters and take one by rule.

    For each number: mean squared distance and explained variance, silhouette, agreement
    between starts and between bootstrap samples, the smallest and the empty clusters. See
    `seston.cluster.how_many.choose` for the rule.

    Parameters
    ----------
    embeddings_dir : Path
        Folder with one ``<shard>.arrow`` per shard.
    shards : list of str
        The shards to cluster.
    k : list of int
        Numbers of clusters to try; none = a geometric series that fits the sample.
    asked : int
        The number of the settings, tried too.
    images : int
        Images of the sample, drawn by the seed; all if there are fewer.
    seeds : int
        Clusterings per number that differ in their start.
    bootstraps : int
        Clusterings per number of samples drawn from the sample with return.
    iterations : int
        Lloyd iterations of each, at most.
    balance : str
        What counts more, as in k-means: none, sample or density.
    space : SpaceSettings
        What is clustered.
    spherical : bool
        Cluster by direction only.
    seed : int
        For all that is drawn.
    table : Path
        The table to write: TSV, one row per number.
    report : Path
        The choice to write: JSON.
    segment_dir : Path
        Folder with ``<shard>/crops.parquet``, for columns.
    threads : int
        CPU threads.
    """
    faiss.omp_set_num_threads(threads)
    points, space_facts = new_points(embeddings_dir, shards, space, spherical, seed, segment_dir)
    drawn = points.draw(images, np.random.default_rng(seed))
    tried, left_out = _numbers(k or [], asked, len(drawn))
    log.info("sweep: %s clusters, on %d of %d images", tried, len(drawn), len(points))
    # One measure for all numbers tried: a crowd is what one cluster of the most would hold.
    weights = image_weights(points, balance, tried[-1], np.random.default_rng([seed, 8]))
    trials = Trials(
        points.take(drawn),
        seeds,
        bootstraps,
        iterations,
        spherical,
        seed,
        None if weights is None else weights[drawn],
    )
    with Progress(len(tried), "numbers of clusters") as progress:
        rows = []
        for number in tried:
            rows.append(trials.run(number))
            progress.add()
    choice = choose(
        tried,
        *(np.array([getattr(row, name) for row in rows]) for name in _JUDGED),
    )
    log.info("sweep: %s", choice.why)
    for caution in choice.cautions:
        log.warning("sweep: %s", caution)
    facts = {
        "format": FORMAT,
        "kind": "sweep",
        "version": __version__,
        "embeddings": points.fingerprint,
        "k": choice.k,
        "rule": RULE,
        "why": choice.why,
        "cautions": choice.cautions,
        "images": len(drawn),
        "of": len(points),
        "tried": tried,
        "left_out": left_out,
        "asked": asked,
        "seeds": seeds,
        "bootstraps": bootstraps,
        "iterations": iterations,
        "space": space_facts,
        "spherical": spherical,
        "balance": balance,
        "seed": seed,
    }
    columns = [field.name for field in fields(Trial)]
    write_tsv({name: [getattr(row, name) for row in rows] for name in columns}, table)
    store.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", report)


def _numbers(given: Sequence[int], asked: int | None, images: int) -> tuple[list[int], list[int]]:
    """Return the numbers to try, ascending, and those that ask for more images than there are."""
    if not images:
        raise SestonError("there are no images to cluster: add samples")
    wanted = sorted({*(given or series(images)), *([asked] if asked else [])})
    tried, left_out = ([k for k in wanted if (k > images) == over] for over in (False, True))
    if left_out:
        log.warning("sweep: left out %s: more clusters than the %d images", left_out, images)
    if not tried:
        raise SestonError(
            f"cluster.sweep.k: found {left_out}, but there are {images} images to try them on:"
            " expected at least one smaller number; [] fits the numbers to the images"
        )
    return tried, left_out
