r"""Whether the images at one level (one day) lie displaced, all kinds by the same step.

A bloom adds one kind to a day; its other kinds stay where they are on other days. Light,
dirt or another setting move *all* kinds of the day: each leaves a gap in the cluster it
belongs to and appears beside it, by about the same step :math:`\delta`. So the step is
sought that brings the day's images back among the clusters of the other days, and judged by
whether the step that the *other* kinds ask for also brings back each kind:

.. math:: \mathrm{gain} = 1 - \frac{\sum_t w_t \, \overline{|x - \delta_{-t} - m_t|^2}}
    {\sum_t w_t \, \overline{\min_f |x - m_f|^2}}

over the kinds t the images come to, with :math:`\delta_{-t}` from all kinds but t and weights
:math:`w_t = \sqrt{n_t}`, so that a bloom does not speak for all.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

STEPS = 20
LEAST_OTHERS = 5  # images of other levels that make the mean of a cluster


@dataclass(frozen=True)
class Displacement:
    """The step by which the images of one level lie off those of the others.

    Attributes
    ----------
    gain : float
        Share of the squared distance to the nearest cluster that the step takes away, with
        each kind judged by the others' step; -inf where all images are of one kind.
    step : ndarray, shape (D,)
    target : ndarray of int64, shape (r,)
        The cluster of other levels to which each image comes back.
    """

    gain: float
    step: Floats
    target: npt.NDArray[np.int64]


def displacement(rows: Floats, means: Floats, others: Floats) -> Displacement:
    """Find the step that brings the images of one level back among the others.

    The nearest cluster of each image and the step are found in turn (iterated closest point,
    translation only), from no step and from the difference of the overall means.

    Parameters
    ----------
    rows : ndarray, shape (r, D)
        Images of the level.
    means : ndarray, shape (m, D)
        Clusters of the other levels: means without the level's own images.
    others : ndarray, shape (D,)
        Mean of all images of the other levels.
    """
    unmoved = _nearest(rows, means)[1]
    starts = (np.zeros_like(others), rows.mean(axis=0) - others)
    return max((_from(rows, means, start, unmoved) for start in starts), key=lambda it: it.gain)


def means_without(
    sums: Floats,
    sizes: npt.NDArray[np.integer],
    rows: Floats,
    cluster: npt.NDArray[np.integer],
    of_level: npt.NDArray[np.integer],
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the means of clusters without one level's images, and which clusters have one.

    Left out are clusters of which the level holds half or more, or that have fewer than
    `LEAST_OTHERS` other images.

    Parameters
    ----------
    sums : ndarray, shape (k, D)
        Sum of the embeddings of each cluster.
    sizes : ndarray of int, shape (k,)
    rows : ndarray, shape (r, D)
        Images of the level: all, or a sample that stands for all.
    cluster : ndarray of int, shape (r,)
        Their clusters.
    of_level : ndarray of int, shape (k,)
        Images of the level in each cluster.
    """
    k = len(sizes)
    drawn = np.bincount(cluster, minlength=k)
    part = np.zeros_like(sums)
    np.add.at(part, cluster, rows)
    part *= (of_level / np.maximum(drawn, 1))[:, None]
    # A cluster with images of the level of which none was drawn: too few to move its mean.
    others = sizes - np.where(drawn > 0, of_level, 0)
    shared = np.flatnonzero((2 * of_level < sizes) & (others >= LEAST_OTHERS))
    return (sums[shared] - part[shared]) / others[shared, None], shared


def _from(rows: Floats, means: Floats, step: Floats, unmoved: Floats) -> Displacement:
    target = np.full(len(rows), -1)
    for _ in range(STEPS):
        before, target = target, _nearest(rows - step, means)[0]
        if np.array_equal(before, target):
            break
        kinds, kind, images = np.unique(target, return_inverse=True, return_counts=True)
        residual = rows - means[target]
        sums = np.zeros((len(kinds), rows.shape[1]))
        np.add.at(sums, kind, residual)
        weight = np.sqrt(images)
        weighted = sums * (weight / images)[:, None]
        step = weighted.sum(axis=0) / weight.sum()
    if len(kinds) < 2:
        return Displacement(-np.inf, step, target)
    without = (weighted.sum(axis=0) - weighted) / (weight.sum() - weight)[:, None]
    moved = np.square(residual - without[kind]).sum(axis=1)
    left, all_ = ((weight / images)[kind] @ squares for squares in (moved, unmoved))
    return Displacement(float(1 - left / all_) if all_ > 0 else -np.inf, step, target)


def _nearest(rows: Floats, means: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    squares = np.square(means).sum(axis=1) - 2 * rows @ means.T
    found = squares.argmin(axis=1)
    nearest = squares[np.arange(len(rows)), found] + np.square(rows).sum(axis=1)
    return found, np.maximum(nearest, 0)
