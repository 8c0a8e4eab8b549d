"""Stage `export-morphocluster`: organisms, features and clusters for people to sort."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seston import __version__, store
from seston.cluster.shards import EmbeddingShards
from seston.errors import SestonError
from seston.export.morphocluster.features_file import write_features
from seston.export.morphocluster.nodes import Hierarchy, nodes_with, parents, read_joins
from seston.export.morphocluster.objects_file import write_objects
from seston.export.morphocluster.tree_file import Rows, write_tree
from seston.export.organisms import Organisms
from seston.folders import whole_folder
from seston.naming.table import Called, read_called

log = logging.getLogger("seston")


def export_morphocluster(
    *,
    images: Path,
    names: Path,
    joins: Path,
    tree: Path,
    embeddings_dir: Path,
    segment_dir: Path,
    shards: list[str],
    hierarchy: Hierarchy = "groups",
    most: int = 0,
    seed: int,
    folder: Path,
) -> None:
    """Write what MorphoCluster loads: pictures, features, and the clusters as a tree.

    Parameters
    ----------
    images : pathlib.Path
        One row per organism.
    names : pathlib.Path
        Name and coarse group of each cluster.
    joins : pathlib.Path
        The tree of the clusters (``tree.tsv``).
    tree : pathlib.Path
        The report about it (``tree.json``).
    embeddings_dir : pathlib.Path
        Folder with one file of embeddings per shard, of the model that was clustered.
    segment_dir : pathlib.Path
        Folder with one folder per shard, with its crops.
    shards : list of str
        Names of the shards.
    hierarchy : {"groups", "joins", "flat"}
        What stands between root and clusters: the coarse groups, all joins of two, or nothing.
    most : int
        Organisms at most, drawn at random; 0 = all.
    seed : int
        Of the draw.
    folder : pathlib.Path
        The folder to write: ``objects.zip``, ``features.h5`` and ``tree.zip``.
    """
    crops = [segment_dir / shard / "crops.parquet" for shard in shards]
    organisms = Organisms(images, crops, ("image_id", "cluster"))
    called = read_called(names)
    told = _read_report(tree)
    embeddings = EmbeddingShards(embeddings_dir, shards)
    _require_together(images, names, called, embeddings, embeddings_dir, tree, told)
    embeddings.require_usable()
    steps = read_joins(joins, len(called.names))
    chosen = drawn(len(organisms), most, seed)
    with whole_folder(folder) as out, Rows(("object_id", "node_id")) as assigned:
        sizes = write_objects(organisms, embeddings, chosen, assigned, out / "objects.zip")
        write_features(embeddings, chosen, out / "features.h5")
        above = parents(hierarchy, steps, called.coarse.to_numpy().astype(np.int64))
        nodes = nodes_with(above, called.names.to_pylist(), sizes)
        meta = {
            "base": "seston",
            "version": __version__,
            "clustering": called.clustering,
            "hierarchy": hierarchy,
            "images": len(chosen),
            "images_of_run": len(organisms),
            "seed": seed,
        }
        write_tree(nodes, assigned, meta, out / "tree.zip")
    log.info(
        "%d of %d organisms with %d features each, in %d clusters",
        len(chosen), len(organisms), embeddings.dim, np.count_nonzero(sizes),
    )  # fmt: skip


def drawn(count: int, most: int, seed: int) -> npt.NDArray[np.int64]:
    """Return the places of organisms, ascending: all, or `most` of them drawn without return."""
    if not most or most >= count:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def _read_report(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return {key: told[key] for key in ("kmeans", "embeddings")}
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SestonError(
            f"{path}: not readable as the report of the tree ({error!r}); delete it and run again"
        ) from error


def _require_together(
    images: Path,
    names: Path,
    called: Called,
    embeddings: EmbeddingShards,
    embeddings_dir: Path,
    tree: Path,
    told: dict[str, Any],
) -> None:
    """Raise `SestonError` unless all are of one clustering."""
    made = store.read_metadata(images).get("clusters", "")
    for path, found, expected, by in (
        (names, called.clustering, made, images),
        (tree, told["kmeans"], made, images),
        (embeddings_dir, embeddings.fingerprint, told["embeddings"], tree),
    ):
        if found != expected:
            raise SestonError(
                f"{path} is of {found[:12]}, but {by} of {expected[:12]}; one of them is out of"
                " date: delete both and run again"
            )
