"""How many clusters, and how they join: the sweep over k and the tree."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from seston.errors import SestonError
from seston.report.given.agreement import (
    require_clustering,
    require_embeddings,
    require_known_clusters,
)
from seston.report.given.reading import read_json, read_text_table

SWEEP = (
    "k", "objective", "explained", "silhouette", "silhouette_low", "silhouette_high",
    "ari_seeds", "ari_seeds_low", "ari_seeds_high",
    "ari_bootstrap", "ari_bootstrap_low", "ari_bootstrap_high", "smallest", "empty",
)  # fmt: skip
TREE = ("step", "left", "right", "height", "images", "fine")


@dataclass(frozen=True)
class Sweep:
    """Clusterings with several numbers of clusters, and which number the rule picks, and why."""

    table: pd.DataFrame
    told: dict[str, Any]


@dataclass(frozen=True)
class Tree:
    """How the clusters join; see `seston.cluster.tree`.

    Attributes
    ----------
    table : pandas.DataFrame
        Each step joins `left` and `right`, numbered as scipy does.
    coarse : pandas.DataFrame
        The coarse group of each cluster.
    told : dict
        How the cut was chosen.
    """

    table: pd.DataFrame
    coarse: pd.DataFrame
    told: dict[str, Any]


def read_sweep(folder: Path, kmeans: Path, embeddings: object) -> Sweep:
    """Read ``sweep.tsv`` and ``sweep.json``.

    Raises
    ------
    SestonError
        If a file is unreadable or of other embeddings than the clustering.
    """
    told = read_json(folder / "sweep.json", ("embeddings", "k", "why"))
    require_embeddings(folder / "sweep.json", told["embeddings"], kmeans, embeddings)
    return Sweep(read_text_table(folder / "sweep.tsv", (), SWEEP), told)


def read_tree(folder: Path, kmeans: Path, clustering: str, k: int) -> Tree:
    """Read ``tree.tsv``, ``coarse.tsv`` and ``tree.json``.

    Raises
    ------
    SestonError
        If a file is unreadable or of another clustering.
    """
    told = read_json(folder / "tree.json", ("kmeans",))
    require_clustering(folder / "tree.json", told["kmeans"], kmeans, clustering)
    table = read_text_table(folder / "tree.tsv", (), TREE)
    coarse = read_text_table(folder / "coarse.tsv", (), ("cluster", "coarse"))
    require_known_clusters(folder / "coarse.tsv", coarse, kmeans, k)
    if len(coarse) != k:
        raise SestonError(
            f"{folder / 'coarse.tsv'}: groups of {len(coarse)} clusters, but {kmeans} has {k};"
            " delete the older and run again from tree"
        )
    if len(table) != k - 1:
        raise SestonError(
            f"{folder / 'tree.tsv'}: {len(table)} steps cannot join the {k} clusters of {kmeans};"
            " delete the older and run again from tree"
        )
    ids = ["step", "left", "right", "images", "fine"]
    return Tree(table.astype(dict.fromkeys(ids, int)), coarse.astype(int), told)
