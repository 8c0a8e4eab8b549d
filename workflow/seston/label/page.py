"""Stage `label_page`: the page on which clusters are named and their images checked."""

import logging
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.cluster.shards import EmbeddingShards
from seston.errors import SestonError
from seston.label.facts import READ, cluster_facts, image_facts
from seston.label.held import Held, hold
from seston.label.near import STAND, near_each
from seston.label.order import ORDERS, Members
from seston.label.pictures import COLUMNS, Pictures
from seston.label.tables import read_names_table, start_actions
from seston.naming.clusterings import read_facts
from seston.report.locked import data_block, locked_page
from seston.schemas import FORMAT

log = logging.getLogger("seston")

TEMPLATES = Path(__file__).parent / "templates"
#: In this order: each names what stands before it.
SCRIPTS = [
    "fold.js", "tables.js", "words.js", "journal.js", "pictures.js", "suggest.js", "cells.js",
    "list.js", "cluster.js", "naming.js", "verbs.js", "merge.js", "files.js", "keys.js", "start.js",
]  # fmt: skip
#: Bytes of all images in the page; of the text about one, beyond its id.
BUDGET, TOLD = 14_000_000, 50


def label_page(
    *,
    images: Path,
    clusters: Path,
    names: Path,
    kmeans: Path,
    tiles_dir: Path,
    shards: list[str],
    embeddings_dir: Path,
    title: str,
    seed: int,
    per_cluster: int,
    html: Path,
) -> None:
    """Write the page on which clusters are named, which holds some pictures of each.

    Opened as a file it shows just these, and keeps what is said in the browser; opened by
    ``python -m seston label RESULTS`` it shows all images, and each action is saved at once.

    Parameters
    ----------
    images : Path
        The table of images.
    clusters : Path
        The table of clusters, with what speaks against them.
    names : Path
        The table of names that the run wrote.
    kmeans : Path
        The report of the k-means stage.
    tiles_dir : Path
        Folder with the tiles of each shard.
    shards : list of str
        The shards of the run.
    embeddings_dir : Path
        Embeddings of the run's chosen model.
    title : str
        Of the report.
    seed : int
        For the images that are shown at random.
    per_cluster : int
        Images of each cluster and order that the page holds, if all fit in.
    html : Path
        The page to write.
    """
    (clustering,) = read_facts(kmeans, "fingerprint")
    known, of = read_names_table(names)
    if of != clustering:
        raise SestonError(
            f"{names} is of clustering {of[:12]}, {kmeans} of {clustering[:12]}; one of them is out"
            " of date: delete both and run again"
        )
    told = cluster_facts(clusters, names)
    table = store.read_table(images, "images", [*READ, "distance", "margin"])
    numbers = [one["cluster"] for one in told]
    embeddings = EmbeddingShards(embeddings_dir, shards)
    ids = pa.chunked_array([embeddings.ids])
    store.require_same_ids(images, table["image_id"], embeddings_dir, ids)
    chosen = list(_chosen(table, numbers, embeddings, seed, per_cluster))
    pictures = Pictures(tiles_dir, shards, table["image_id"])
    name = pc.mean(pc.binary_length(table["image_id"])).as_py() if len(table) else 0
    held, shown = hold(chosen, pictures, per_cluster, BUDGET, int(name) + TOLD)
    facts = {
        "format": FORMAT,
        "title": title,
        "clustering": clustering,
        "n": len(table),
        "side": pictures.side,
        "columns": COLUMNS,
        "asked": per_cluster,
        "shown": shown,
        "start": start_actions(names),
        "more": known.more,
        "clusters": [
            one | image_facts(table, mine.rows) | {"places": mine.places}
            for one, mine in zip(told, held, strict=True)
        ],
    }
    sheets = {
        number: b64encode(mine.sheet).decode()
        for number, mine in zip(numbers, held, strict=True)
        if mine.sheet
    }
    values = {"title": title, "facts": data_block(facts), "sheets": sheets}
    page = locked_page(TEMPLATES, "label", values, SCRIPTS)
    store.write_text(page, html)
    _tell(held, shown, per_cluster, len(page))


def _chosen(
    table: pa.Table, clusters: list[int], embeddings: EmbeddingShards, seed: int, most: int
) -> Iterator[dict[str, npt.NDArray[np.int64]]]:
    """Yield the rows of each cluster's images by order, and those near it."""
    cluster, distance, margin = (
        table[name].to_numpy() for name in ("cluster", "distance", "margin")
    )
    members = Members(cluster, distance, margin, seed)
    typical = [members.of(number)[:STAND] for number in clusters]
    nearest = near_each(embeddings, cluster, clusters, typical, most)
    for number, near in zip(clusters, nearest, strict=True):
        yield {order: members.of(number, order)[:most] for order in ORDERS} | {"near": near}


def _tell(held: list[Held], shown: int, asked: int, size: int) -> None:
    log.info("naming: %d clusters, %d images of each order, %.1f MB", len(held), shown, size / 1e6)
    if shown < asked:
        log.info("naming: %d were asked for, but are more than a page can hold", asked)
    without = sum(not one.sheet for one in held)
    if without:
        log.info("naming: %d small clusters are shown without images", without)
