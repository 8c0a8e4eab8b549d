"""Stage `trust`: what each cluster is like, whether to rely on it, and what is strange."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston import __version__, store
from seston.cluster.clustering import open_points
from seston.cluster.percentile import distance_percentile
from seston.cluster.points import Points
from seston.errors import SestonError
from seston.schemas import FORMAT
from seston.trust import flags, lines
from seston.trust.artefacts import cases, find_artefacts
from seston.trust.circumstances import circumstances_of
from seston.trust.drawing import per_cluster
from seston.trust.duplicates import QUERIES, near_duplicates
from seston.trust.kmeans_density import agreement, overlaps
from seston.trust.profile import (
    SILHOUETTES,
    Profile,
    compactness,
    mean_of,
    median_of,
    relative_margin,
    silhouette,
)
from seston.trust.reclustering import stability
from seston.trust.strangest import Looks, at_most, choose, reasons, strangeness

log = logging.getLogger("seston")

MEASURED = ("mean_grey", "focus", "esd_um", "distance", "margin")
COLUMNS = (
    "image_id", "sample", "group", "instrument", "datetime", "at_border", "cluster",
    "density_cluster", *MEASURED,
)  # fmt: skip


def trust(
    *,
    embeddings_dir: Path,
    shards: list[str],
    kmeans: Path,
    images: Path,
    bootstraps: int,
    seed: int,
    clusters: Path,
    report: Path,
    strangest_table: Path,
    kmeans_density_table: Path,
    circumstances_table: Path,
    segment_dir: Path | None = None,
    threads: int = 1,
) -> None:
    """Tell how far each cluster can be trusted, and which organisms are strangest.

    Parameters
    ----------
    embeddings_dir : Path
        Folder with one ``<shard>.arrow`` per shard.
    shards : list of str
        The shards that were clustered.
    kmeans : Path
        Folder of the k-means stage.
    images : Path
        The table of images.
    bootstraps : int
        How often images are drawn and clustered again, for the stability of clusters.
    seed : int
        For whatever is drawn.
    clusters : Path
        Table to write: one row per cluster.
    report : Path
        Figures of the whole clustering to write: JSON.
    strangest_table : Path
        Table to write: the strangest organisms.
    kmeans_density_table : Path
        Table to write: clusters of k-means by density clusters.
    circumstances_table : Path
        Table to write: days, samples, groups and instruments, with what is odd about them.
    segment_dir : Path or None
        Folder with ``<shard>/crops.parquet``, where k-means used columns of them.
    threads : int
        CPU threads.
    """
    faiss.omp_set_num_threads(threads)
    points, facts, centroids = open_points(embeddings_dir, shards, kmeans, segment_dir)
    table = store.read_table(images, "images", COLUMNS)
    k = len(centroids)
    _require_fit(points, k, table, images, kmeans)
    cluster = table["cluster"].to_numpy().astype(np.int64)
    known = {name: _numbers(table, name) for name in MEASURED}
    distance = known["distance"]
    around = circumstances_of(table)
    log.info("trust: days, samples and light behind %d clusters", k)
    sharp = np.log(known["focus"], out=np.full(len(cluster), np.nan), where=known["focus"] > 0)
    measured = {"brightness": known["mean_grey"], "blur": sharp}
    found = find_artefacts(points, cluster, k, around, measured, seed)
    log.info("trust: images with a twin")
    radius = float(np.sqrt(np.mean(distance**2)))
    by_file = np.empty_like(cluster)
    by_file[points.order] = cluster
    asked = per_cluster(QUERIES, k, points.dim)
    twins = near_duplicates(points, by_file, k, radius, asked, seed)
    jaccard, reclustered = stability(points, facts, centroids, bootstraps, seed)
    about = Profile(
        images=found.moments.sizes,
        compactness=compactness(cluster, distance, k, found.moments.spread),
        margin=median_of(relative_margin(known["margin"], distance), cluster, k),
        stability=jaccard[0],
        stability_low=jaccard[1],
        stability_high=jaccard[2],
        near_duplicates=twins,
        focus=mean_of(known["focus"], cluster, k),
        esd_um=median_of(known["esd_um"], cluster, k),
    )
    held = [
        flags.flags_of(replace(case, stability=stable, compactness=wide, near_duplicates=same))
        for case, stable, wide, same in zip(
            cases(found), jaccard[0], about.compactness, twins, strict=True
        )
    ]
    density = table["density_cluster"].to_numpy().astype(np.int64)
    score = strangeness(cluster, distance, k)
    chosen = choose(score, cluster, around["sample"].level)
    border = pc.fill_null(table["at_border"], False).to_numpy()
    looks = Looks(border, known["focus"], known["esd_um"], known["mean_grey"], known["margin"])
    whole = {
        "format": FORMAT,
        "kind": "trust",
        "version": __version__,
        "clustering": facts["fingerprint"],
        "embeddings": points.fingerprint,
        "images": len(cluster),
        "clusters": k,
        "silhouette": silhouette(points, cluster, seed),
        "silhouette_of": min(SILHOUETTES, len(cluster)),
        **reclustered,
        "near_duplicates_asked": asked,
        "slopes": found.sloped,
        "density": agreement(cluster, density, seed),
        "patchiness": {what: _number(it.patchiness) for what, it in found.lives.items()},
        "flagged": flags.shares(held),
        "sentences": flags.FLAGS,
        "odd_sentences": flags.ODD,
        "thresholds": flags.THRESHOLDS,
        "strangest": {
            "listed": len(chosen),
            "of_one_cluster": at_most(len(np.unique(cluster))),
            "of_one_sample": at_most(len(around["sample"].names)),
        },
    }
    store.write_text(lines.cluster_lines(about, found, held), clusters)
    store.write_text(lines.circumstance_lines(found), circumstances_table)
    store.write_text(lines.overlap_lines(overlaps(cluster, density)), kmeans_density_table)
    store.write_text(
        lines.strangest_lines(
            table.take(chosen),
            distance_percentile(cluster, distance)[chosen],
            reasons(chosen, cluster, distance, looks),
        ),
        strangest_table,
    )
    store.write_text(json.dumps(whole, indent=1, sort_keys=True) + "\n", report)
    doubted = sum(any(code != "tiny" for code in codes) for codes in held)
    log.info("trust: %d of %d clusters carry a flag", doubted, k)


def _numbers(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    return pc.fill_null(table[name].cast(pa.float64()), np.nan).to_numpy()


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _require_fit(points: Points, k: int, table: pa.Table, images: Path, kmeans: Path) -> None:
    if not table["image_id"].combine_chunks().equals(points.ids):
        raise SestonError(
            f"{images} ({len(table)} images) and the embeddings ({len(points)}) do not hold the"
            " same images; one is out of date: delete the older and run again"
        )
    if (
        len(table)
        and not 0 <= pc.min(table["cluster"]).as_py() <= pc.max(table["cluster"]).as_py() < k
    ):
        raise SestonError(
            f"{images} has clusters that {kmeans} ({k} clusters) does not know; one is out of"
            " date: delete the older and run again"
        )
