"""How the clusters of k-means and those of the dense regions of the map overlap."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.metrics import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    normalized_mutual_info_score,
)

NOISE = -1
#: Images on which agreement is measured: its error is below 0.01, and the chance agreement that
#: AMI takes off costs time in proportion to the images of the clusters.
DRAWN = 50_000


class Overlap(NamedTuple):
    """One pair of clusters that share images."""

    cluster: int
    density_cluster: int
    images: int
    share_of_cluster: float
    share_of_density: float


def overlaps(cluster: npt.NDArray[np.integer], density: npt.NDArray[np.integer]) -> list[Overlap]:
    """Return all pairs that share images, by cluster, then most images first; noise is -1."""
    if not len(cluster):
        return []
    low = int(density.min())
    width = int(density.max()) - low + 1
    cells, images = np.unique(
        cluster.astype(np.int64) * width + (density.astype(np.int64) - low), return_counts=True
    )
    first, second = cells // width, cells % width + low
    of_first = np.bincount(cluster)[first]
    of_second = np.bincount(density.astype(np.int64) - low)[second - low]
    order = np.lexsort((second, -images, first))
    return [
        Overlap(
            int(first[i]),
            int(second[i]),
            int(images[i]),
            float(images[i] / of_first[i]),
            float(images[i] / of_second[i]),
        )
        for i in order
    ]


def agreement(
    cluster: npt.NDArray[np.integer], density: npt.NDArray[np.integer], seed: int
) -> dict[str, float | int | None]:
    """Return NMI, AMI and ARI over images that are no noise, and the share of noise.

    None where fewer than two images are left.
    """
    placed = np.flatnonzero(density != NOISE)
    noise = float(1 - len(placed) / len(density)) if len(density) else None
    if len(placed) > DRAWN:
        placed = np.sort(np.random.default_rng([seed, 29]).choice(placed, DRAWN, replace=False))
    told: dict[str, float | int | None] = {"noise": noise, "images": len(placed)}
    measures = {
        "nmi": normalized_mutual_info_score,
        "ami": adjusted_mutual_info_score,
        "ari": adjusted_rand_score,
    }
    for name, measure in measures.items():
        enough = len(placed) > 1
        told[name] = float(measure(cluster[placed], density[placed])) if enough else None
    return told
