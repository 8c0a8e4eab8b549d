"""A small run with its naming page."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

import naming_run
from naming_run import CLUSTERING, write_run
from seston import store
from seston.label.page import label_page
from seston.tsv import write_tsv

EVIL = "</script><img src=x onerror=document.title='evil'>\u202e\"&<!--"


def write_rest(results: Path, images: pd.DataFrame) -> None:
    """Write what the page needs of a run beyond what `label` reads."""
    clusters = range(len(naming_run.SIZES))
    columns = {
        "cluster": clusters,
        "images": [int((images["cluster"] == cluster).sum()) for cluster in clusters],
        "stability": [None, 0.8, 0.5][: len(clusters)],
        "flags": ["tiny;loose", "", "unstable"][: len(clusters)],
    }
    write_tsv(columns, results / "tables" / "clusters.tsv")
    facts = json.dumps({"fingerprint": CLUSTERING, "k": len(clusters)})
    store.write_text(facts, results / "pretrained" / "kmeans" / "kmeans.json")


def arguments(results: Path, **more: Any) -> dict[str, Any]:
    """Return what `label_page` takes."""
    return {
        "images": results / "tables" / "images.parquet",
        "clusters": results / "tables" / "clusters.tsv",
        "names": results / "tables" / "cluster_names.tsv",
        "kmeans": results / "pretrained" / "kmeans" / "kmeans.json",
        "tiles_dir": results / "tiles",
        "shards": list(naming_run.SHARDS),
        "embeddings_dir": results / "pretrained" / "embeddings",
        "title": "A lake",
        "seed": 3,
        "per_cluster": 20,
        "html": results / "report" / "label.html",
    } | more


def write_page(results: Path, **more: Any) -> tuple[Path, pd.DataFrame]:
    """Write run and page; return the page and the table of images."""
    images = write_run(results)
    write_rest(results, images)
    given = arguments(results, **more)
    label_page(**given)
    return given["html"], images
