"""The tree that joins fine clusters to coarse groups, as tables and as Newick."""

import json
import logging
from pathlib import Path

import numpy as np

from seston import __version__, store
from seston.cluster.clustering import read_clustering
from seston.cluster.coarse import choose_groups
from seston.cluster.how_many import RULE
from seston.cluster.ward import Floats, cut, images_of, ward
from seston.errors import SestonError
from seston.schemas import FORMAT
from seston.tsv import write_tsv

log = logging.getLogger("seston")


def tree(
    *,
    kmeans: Path,
    coarse: int,
    tree: Path,
    groups: Path,
    newick: Path,
    report: Path,
) -> None:
    """Join the clusters of k-means to a tree and cut it into coarse groups.

    Ward's method on the centroids, each with the weight of its images.

    Parameters
    ----------
    kmeans : Path
        The folder that the k-means stage wrote.
    coarse : int
        Coarse groups; 0 = by rule.
    tree : Path
        The joins to write (TSV): step, left, right, height, images, fine. Clusters are 0 to
        k - 1, step i makes node k + i. The square of a height is what a join adds to the
        mean squared distance of the images to their centroid.
    groups : Path
        The group of each cluster to write (TSV): cluster, coarse. Group 0 has most images.
    newick : Path
        The same tree to write for programs that draw trees; leaves are the clusters, branches
        as long as heights differ.
    report : Path
        How the groups came about, to write: JSON.
    """
    facts, centroids, _ = read_clustering(kmeans)
    sizes = np.array(facts["sizes"], np.int64)
    k = len(sizes)
    merges = ward(centroids, sizes)
    if coarse > k:
        raise SestonError(
            f"cluster.coarse is {coarse}, but there are {k} clusters: expected 1 to {k}, or 0 for"
            " a number by rule"
        )
    count, why = coarse, "as the settings say"
    if not coarse:
        count, why = choose_groups(merges, centroids, sizes, facts["objective"])
    log.info("tree: %d clusters in %d groups: %s", k, count, why)
    group = cut(merges, sizes, count)
    images = images_of(merges, sizes)
    made = {
        "format": FORMAT,
        "kind": "tree",
        "version": __version__,
        "embeddings": facts["embeddings"],
        "kmeans": facts["fingerprint"],
        "fingerprint": store.fingerprint("tree", facts["fingerprint"], count),
        "k": k,
        "coarse": count,
        "chosen_by": "settings" if coarse else "rule",
        "rule": "" if coarse else RULE,
        "why": why,
        "images": np.bincount(group, sizes).astype(int).tolist(),
    }
    left, right, fine = merges[:, [0, 1, 3]].astype(int).T
    joins = {"step": range(k - 1), "left": left, "right": right, "height": merges[:, 2]}
    write_tsv(joins | {"images": images[k:], "fine": fine}, tree)
    write_tsv({"cluster": range(k), "coarse": group}, groups)
    store.write_text(as_newick(merges) + "\n", newick)
    store.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", report)


def as_newick(merges: Floats) -> str:
    """Return a tree (k - 1, 4) in Newick's notation; leaves are 0 to k - 1."""
    k = len(merges) + 1
    written = [str(cluster) for cluster in range(k)]
    heights = np.append(np.zeros(k), merges[:, 2])
    for row, pair in enumerate(merges[:, :2].astype(int)):
        branches = (
            f"{written[node]}:{max(merges[row, 2] - heights[node], 0):.6g}" for node in pair
        )
        written.append(f"({','.join(branches)})")
        for node in pair:
            written[node] = ""  # every text stands in one place only
    return written[-1] + ";"
