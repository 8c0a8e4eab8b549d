"""What each cluster is like: size, compactness, margin, stability, twins, focus, diameter."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import silhouette_score

from seston.cluster.points import Points

Floats = npt.NDArray[np.float64]

SILHOUETTES = 5_000  # images whose silhouette is taken


@dataclass(frozen=True)
class Profile:
    """Figures of the k clusters, each of shape (k,); NaN where they do not apply.

    Attributes
    ----------
    images : ndarray of int64
    compactness : ndarray
        Root mean square distance to the centroid, over that of all images to their mean: the
        lower, the tighter.
    margin : ndarray
        Median of margin / distance: how much farther the next cluster is.
    stability, stability_low, stability_high : ndarray
        Jaccard index over reclusterings, with the 95 % interval of its mean.
    near_duplicates : ndarray
        Share of images with a twin in the cluster.
    focus, esd_um : ndarray
        Mean focus (grey levels²) and median diameter.
    """

    images: npt.NDArray[np.int64]
    compactness: Floats
    margin: Floats
    stability: Floats
    stability_low: Floats
    stability_high: Floats
    near_duplicates: Floats
    focus: Floats
    esd_um: Floats


def compactness(
    cluster: npt.NDArray[np.integer], distance: Floats, k: int, spread: float
) -> Floats:
    """Return the root mean square distance of each cluster (k,) over that of all images."""
    sizes = np.bincount(cluster, minlength=k)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(np.bincount(cluster, distance**2, k) / sizes) / spread


def relative_margin(margin: Floats, distance: Floats) -> Floats:
    """Return margin / distance (n,); NaN without a second cluster or at the centroid itself."""
    return np.divide(margin, distance, out=np.full_like(margin, np.nan), where=distance > 0)


def mean_of(values: Floats, cluster: npt.NDArray[np.integer], k: int) -> Floats:
    """Return the mean of the known values of each cluster (k,)."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.bincount(cluster[known], values[known], k) / np.bincount(
            cluster[known], minlength=k
        )


def median_of(values: Floats, cluster: npt.NDArray[np.integer], k: int) -> Floats:
    """Return the median of the known values of each cluster (k,)."""
    known = np.isfinite(values)
    values, cluster = values[known], cluster[known]
    order = np.lexsort((values, cluster))
    sizes = np.bincount(cluster, minlength=k)
    first = np.cumsum(sizes) - sizes
    median = np.full(k, np.nan)
    held = sizes > 0
    sorted_ = values[order]
    below, above = first + (sizes - 1) // 2, first + sizes // 2
    median[held] = (sorted_[below[held]] + sorted_[above[held]]) / 2
    return median


def silhouette(points: Points, cluster: npt.NDArray[np.int64], seed: int) -> float | None:
    """Return the mean silhouette of a sample; None where it holds one cluster only."""
    generator = np.random.default_rng([seed, 41])
    drawn = generator.choice(len(cluster), min(SILHOUETTES, len(cluster)), replace=False)
    drawn.sort()
    labels = cluster[drawn]
    if not 2 <= len(np.unique(labels)) < len(labels):
        return None
    return float(silhouette_score(points.take(points.order[drawn]), labels))
