"""Stage `drift`: whether new images are still like those that the clusters were made from."""

import json
import logging
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from seston import store
from seston.cluster.clustering import open_points
from seston.errors import SestonError
from seston.frozen import far as far_images
from seston.frozen import new_types as news
from seston.frozen.baseline import BEYOND, has_limit
from seston.frozen.comparison import LEAST_BEYOND, SIGNIFICANT, compare
from seston.frozen.excess import CONFIDENCE
from seston.frozen.far import draw_far, read_far
from seston.frozen.sightings import candidate_table, nearest_candidate
from seston.tsv import write_tsv

log = logging.getLogger("seston")

SHOWN = 5  # samples of both runs that the log names


def drift(
    *,
    images: Path,
    samples: Path,
    baseline: Path,
    far: Path,
    adopted: Path,
    kmeans: Path,
    embeddings_dir: Path,
    shards: list[str],
    seed: int,
    drift: Path,
    new_types: Path,
    report: Path,
    segment_dir: Path | None = None,
    threads: int = 1,
) -> None:
    """Compare new images with those that the clusters were made from.

    In each sample and each cluster the images are counted that lie farther from their centroid
    than 99 of 100 did in the earlier run; more than samples of that run differ in it among
    themselves is told as drift. Those images are searched for groups, candidates for types that
    the clusters do not know. That clusters grow and shrink is no drift.

    Parameters
    ----------
    images : Path
        The table of all images.
    samples : Path
        The table of all samples.
    baseline : Path
        What was usual in each cluster.
    far : Path
        The images of the earlier run that lay farthest from their centroids.
    adopted : Path
        What is told of the earlier run.
    kmeans : Path
        Folder of the k-means stage.
    embeddings_dir : Path
        Folder with one ``<shard>.arrow`` per shard.
    shards : list of str
        Names of the shards.
    seed : int
        For the images that are searched where there are too many.
    drift : Path
        Written: one row for all, per sample and per cluster.
    new_types : Path
        Written: one row per candidate for a new type.
    report : Path
        Written: the same in short (JSON).
    segment_dir : Path, optional
        Folder with ``<shard>/crops.parquet``, for a clustering that has columns.
    threads : int
        Not used: the search takes seconds on one.
    """
    points, facts, _ = open_points(embeddings_dir, shards, kmeans, segment_dir)
    clustering = facts["fingerprint"]
    told = _told(adopted, clustering)
    usual = _usual(baseline, facts["k"])
    before = read_far(far, clustering)
    table = _images(images, clustering, points.ids)
    names = _sample_names(samples)
    rows = compare(table.select(["sample", "cluster", "distance"]).to_pandas(), names, usual, told)
    cluster, distance = (table[name].to_numpy() for name in ("cluster", "distance"))
    limit = usual["limit"].fillna(0).to_numpy()[cluster]
    now, _ = draw_far(points, distance.astype(float), distance > limit, seed)
    candidates = news.find_candidates(now, before)
    which, near = nearest_candidate(points, distance.astype(float), candidates)
    found = candidate_table(candidates, which, near, table)
    write_tsv(dict(rows), drift)
    write_tsv(dict(found), new_types)
    earlier = set(told.pop("sample_names"))
    same = [name for name in names if name in earlier]
    short = _short(rows, found, told) | {
        "same_samples": same,
        "clustering": clustering,
        "clusters_tested": int(has_limit(usual["images"]).sum()),
        "far": int((distance > limit).sum()),
        "far_searched": len(now.rows),
    }
    store.write_text(json.dumps(short, indent=1, sort_keys=True) + "\n", report)
    log.info(
        "drift: %d images, %d of them tested; %d samples and %d clusters differ, %d new types?",
        len(table), rows["tested"].iloc[0], len(short["samples"]), len(short["clusters"]),
        len(found),
    )  # fmt: skip
    if same:
        log.warning("drift: %s", _of_both(same, len(names)))


def _of_both(same: list[str], of: int) -> str:
    """Return a sentence about the samples that the earlier run has too."""
    shown = ", ".join(same[:SHOWN]) + (", …" if len(same) > SHOWN else "")
    return (
        f"{len(same)} of {of} samples are in the earlier run too ({shown}): their drift says"
        " nothing."
    )


def _short(rows: pd.DataFrame, found: pd.DataFrame, told: dict[str, Any]) -> dict[str, Any]:
    """Return what the tables say, in short; the report puts it in words."""
    moved = rows[rows["drift"] == 1]
    whole = rows.iloc[0]
    by_sample = moved.loc[moved["level"] == "sample", "sample"].tolist()
    by_cluster = moved.loc[moved["level"] == "cluster", "cluster"].astype(int).tolist()
    return {
        "images": int(whole["images"]),
        "drift": bool(whole["drift"]),
        "samples": by_sample,
        "clusters": by_cluster,
        "candidates": len(found),
        "candidate_images": int(found["images"].sum()),
        "earlier": told,
        "thresholds": {
            "beyond": BEYOND,
            "significant": SIGNIFICANT,
            "least_beyond": LEAST_BEYOND,
            "confidence": CONFIDENCE,
            "least_images": news.LEAST,
            "tight": news.TIGHT,
            "ratio": news.RATIO,
            "most_searched": far_images.MOST,
        },
    }


def _told(path: Path, clustering: str) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(told["sample_names"], list):
            raise ValueError("sample_names is no list")
        same = told["clustering"] == clustering
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SestonError(f"{path}: not readable ({error!r}); delete it and run again") from error
    if not same:
        raise SestonError(
            f"{path} tells of clustering {told['clustering'][:12]}, but this run has"
            f" {clustering[:12]}; delete results/frozen and run again"
        )
    return told


def _sample_names(path: Path) -> list[str]:
    try:
        return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)["sample"].tolist()
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
    except (ValueError, KeyError) as error:
        raise SestonError(
            f"{path}: not a readable table of samples ({error!r}); delete it and run again"
        ) from error


def _usual(path: Path, k: int) -> pd.DataFrame:
    try:
        usual = pd.read_csv(path, sep="\t")
        if usual["cluster"].tolist() != list(range(k)):
            raise ValueError(f"{len(usual)} clusters instead of {k}")
        return usual
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
    except (ValueError, KeyError) as error:
        raise SestonError(
            f"{path}: not readable as a baseline ({error!r}); delete it and run again"
        ) from error


def _images(path: Path, clustering: str, ids: pa.Array) -> pa.Table:
    columns = ["image_id", "sample", "datetime", "cluster", "distance"]
    table = store.read_table(path, "images", columns)
    of = store.metadata(table.schema).get("clusters", "")
    if of != clustering or not table["image_id"].combine_chunks().equals(ids):
        raise SestonError(
            f"{path} (of clustering {of[:12]}) does not hold the images of the embeddings, or their"
            f" clusters ({clustering[:12]}); delete it and run again"
        )
    return table
