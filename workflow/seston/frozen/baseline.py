"""How far from its centroid an image lies as a rule: measured on the earlier run.

A centroid is drawn towards the images it is the mean of, so that new images of the very same
kind lie farther from it than those; here each image's distance is the one to the mean of the
others. And a limit that so many images lie beyond is itself uncertain where few images made it;
here it is one of their distances, of which order statistics tell what share of new images to
expect beyond.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

BEYOND = 0.01  # share of images that lie beyond the limit of their cluster
QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
COLUMNS = [
    "cluster", "images", "images_a_sample", "share",
    *(f"distance_{100 * q:02.0f}" for q in QUANTILES),
    "limit", "expected",
]  # fmt: skip


class Scatter(NamedTuple):
    """How the share of images beyond the limits differs between samples of one run.

    Attributes
    ----------
    factor : float
        Images found beyond the limits that the other samples set, over those expected if all
        samples were alike; at least 1.
    rho : float
        Intra-sample correlation; NaN where there are no two samples.
    freedom : int
        Samples but one.
    """

    factor: float
    rho: float
    freedom: int


def write_scatter(scatter: Scatter) -> dict[str, float | None]:
    """Return the scatter as JSON holds it, which has no NaN."""
    return scatter._asdict() | {"rho": None if np.isnan(scatter.rho) else scatter.rho}


def read_scatter(told: dict[str, Any]) -> Scatter:
    """Return the scatter that `write_scatter` wrote."""
    rho = np.nan if told["rho"] is None else told["rho"]
    return Scatter(told["factor"], rho, told["freedom"])


def left_out(distance: Floats, images: Integers) -> Floats:
    r"""Return each image's distance to the mean of the other images of its cluster.

    Parameters
    ----------
    distance : ndarray, shape (n,)
        To the mean of all images of the cluster.
    images : ndarray of int, shape (n,)
        Of the cluster.

    Notes
    -----
    :math:`|x - c_{-x}| = |x - c| \, m / (m - 1)` for the mean *c* of *m* images. The only image
    of a cluster has no others; its distance stays.
    """
    return distance * images / np.maximum(images - 1, 1)


def has_limit(images: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Tell whether so many images of a cluster can have 1 in 100 of them beyond a limit.

    Of smaller clusters more is expected beyond; besides, k-means fits them to their own images,
    and new ones lie farther out (on lake images 1.4 times as many as expected, at 40 a cluster).
    """
    return BEYOND * (np.asarray(images) + 1) >= 1


def limit_rank(images: int) -> int:
    """Return which of so many distances, the largest being 1, is the limit; 0 = there are none.

    A new distance of the same kind is larger than the r-th largest of n with a probability of
    r / (n + 1); r is the largest with at most `BEYOND`, or 1 where there is none.
    """
    return min(images, max(1, int(BEYOND * (images + 1))))


def expected_beyond(images: int) -> float:
    """Return the share of new images expected beyond the limit that so many images set."""
    return limit_rank(images) / (images + 1) if images else 1.0


def baseline_table(cluster: Integers, distance: Floats, sample: Integers, k: int) -> pd.DataFrame:
    """Return what is usual in each of k clusters.

    Parameters
    ----------
    cluster, sample : ndarray of int, shape (n,)
    distance : ndarray, shape (n,)
        As of `left_out`.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`: ``images_a_sample`` is the mean over images (not over samples);
        ``limit`` is the distance that ``expected`` (a share, about 0.01) of new images lie
        beyond. What an empty cluster does not have is NaN.
    """
    rows = []
    order = np.lexsort((distance, cluster))
    sizes = np.bincount(cluster, minlength=k)
    for number, members in enumerate(np.split(order, sizes.cumsum()[:-1])):
        far = distance[members]  # ascending
        a_sample = mean_size(np.bincount(sample[members]))
        usual = np.quantile(far, QUANTILES) if len(far) else [np.nan] * len(QUANTILES)
        limit = far[-limit_rank(len(far))] if len(far) else np.nan
        share = len(far) / len(cluster) if len(cluster) else np.nan
        rows.append([number, len(far), a_sample, share, *usual, limit, expected_beyond(len(far))])
    return pd.DataFrame(rows, columns=COLUMNS)


def mean_size(images: Integers) -> float:
    """Return how many images the sample of an image has, in the mean over images."""
    return float(np.square(images).sum() / images.sum()) if images.any() else np.nan


def beyond_the_others(
    cluster: Integers, distance: Floats, sample: Integers, k: int
) -> tuple[Integers, Integers, Floats]:
    """Return how many images of each sample lie beyond the limits that all other samples set.

    Parameters
    ----------
    cluster, sample : ndarray of int, shape (n,)
        Samples are numbered 0, 1, …, m - 1.
    distance : ndarray, shape (n,)

    Returns
    -------
    images, beyond, expected : ndarray, shape (m, k)
        By sample and cluster; all 0 where the other samples have too few images in the cluster
        for a limit (`has_limit`).
    """
    shape = (int(sample.max(initial=-1)) + 1, k)
    images, beyond, expected = np.zeros(shape, int), np.zeros(shape, int), np.zeros(shape)
    order = np.lexsort((-distance, cluster))  # within each cluster, the farthest first
    for number, members in enumerate(
        np.split(order, np.bincount(cluster, minlength=k).cumsum()[:-1])
    ):
        of, far = sample[members], distance[members]
        counts = np.bincount(of, minlength=shape[0])
        for one in np.flatnonzero((counts > 0) & has_limit(len(members) - counts)):
            mine, others = int(counts[one]), int(len(members) - counts[one])
            rank = limit_rank(others)
            # Their limit is among the first `rank + mine`, however many of these are its own.
            own = of[: rank + mine] == one
            limit = far[np.searchsorted(np.cumsum(~own), rank)]
            images[one, number] = mine
            beyond[one, number] = (far[: rank + mine][own] > limit).sum()
            expected[one, number] = mine * expected_beyond(others)
    return images, beyond, expected


def scatter_between(images: Integers, beyond: Integers, expected: Floats) -> Scatter:
    r"""Return the scatter between samples of counts beyond the limits.

    Parameters
    ----------
    images, beyond, expected : ndarray, shape (m,) or (m, k)
        Of samples, or of clusters in samples, as `beyond_the_others` gives them.

    Notes
    -----
    With the share *p* expected of *n* images, :math:`\mathrm{E}(x - n p)^2 = n p (1 - p)
    (1 + (n - 1) \rho)`; rho makes both sides equal in sum, which gives large samples their due.
    """
    told = images > 0
    samples = int(told.any(axis=-1).sum()) if images.ndim == 2 else int(told.sum())
    if samples < 2:
        return Scatter(1.0, np.nan, 0)
    n, found, usual = (values[told].astype(float) for values in (images, beyond, expected))
    factor = max(1.0, found.sum() / usual.sum())
    p = np.minimum(factor * usual / n, 1.0)
    chance = n * p * (1 - p)
    more = (np.square(found - n * p) - chance).sum()
    possible = ((n - 1) * chance).sum()
    rho = min(max(0.0, more / possible), 1.0) if possible else 0.0
    return Scatter(float(factor), float(rho), samples - 1)
