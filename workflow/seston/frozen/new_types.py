"""Types that an earlier clustering does not have: images far from it and near each other."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.cluster.hierarchy import linkage

from seston.frozen.baseline import left_out
from seston.frozen.far import Far

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: Images of the smallest candidate.
LEAST = 10
#: Spread of a candidate around its own mean over its distance to the nearest centroids, at most:
#: the far ends of one cluster, which lie on all sides of it, have about 1.
TIGHT = 0.7
#: How much more often than before such images must be found to be news, and how sure that is.
RATIO = 3.0
SIGNIFICANT = 0.05
_WITHIN = 0.9  # share of a candidate's images that its radius holds


@dataclass(frozen=True)
class Candidate:
    """A group of far images that may be a type of its own.

    Attributes
    ----------
    members : ndarray of int, shape (g,)
        Positions among the far images.
    centre : ndarray of float32, shape (D,)
    spread : float
        Root mean square distance of the members to their mean, without the bias of the mean
        being theirs.
    distance : float
        Root mean square distance of the members to their centroids.
    earlier : int
        Far images of the earlier run that lie as near to the centre.
    p : float
        How likely so many are found here if they were at most `RATIO` times as frequent as in
        the earlier run; adjusted for the number of groups.
    """

    members: Integers
    centre: npt.NDArray[np.float32]
    spread: float
    distance: float
    earlier: int
    p: float


def find_candidates(far: Far, earlier: Far) -> list[Candidate]:
    """Return the groups of far images that the earlier run did not have, the largest first.

    A group is a candidate if its images lie nearer to each other than to the centroids
    (`TIGHT`), and are more frequent than the earlier run's far images at the same place
    (`RATIO`): rare types, which no cluster was given to, lay far from all centroids before.
    """
    found = [_candidate(members, far, earlier) for members in tight_groups(far)]
    if not found:
        return []
    adjusted = stats.false_discovery_control([one.p for one in found])
    sure = [
        replace(one, p=float(p)) for one, p in zip(found, adjusted, strict=True) if p < SIGNIFICANT
    ]
    return sorted(sure, key=lambda one: -len(one.members))


def tight_groups(far: Far) -> list[Integers]:
    """Return the largest groups of at least `LEAST` images that are tight.

    Images are joined to a tree by average linkage; from its root down, each branch ends at the
    first group whose spread is below `TIGHT` times its distance to the centroids; of that, what
    only loosens it is left off. HDBSCAN, which looks for density alone, found no group where
    nearly all far images are of one new type, or took all of them as one where they are not.
    """
    m = len(far.rows)
    if m < LEAST:
        return []
    tree = linkage(far.rows, "average")
    children = tree[:, :2].astype(np.int64)
    size = np.r_[np.ones(m), tree[:, 3]]
    total = np.r_[far.rows.astype(float), np.zeros((m - 1, far.rows.shape[1]))]
    squares = np.r_[np.square(total[:m]).sum(axis=1), np.zeros(m - 1)]
    away = np.r_[np.square(far.distance), np.zeros(m - 1)]
    for node, pair in enumerate(children, start=m):
        for sums in (total, squares, away):
            sums[node] = sums[pair].sum(axis=0)
    spread = (squares - np.square(total).sum(axis=1) / size) / np.maximum(size - 1, 1)
    saved = TIGHT**2 * away - size * spread  # above 0: tight
    groups, waiting = [], [2 * m - 2]
    while waiting:
        node = waiting.pop()
        if size[node] >= LEAST and saved[node] > 0:
            groups.append(_leaves(_core(node, children, size, saved), children, m))
        elif size[node] >= LEAST:
            waiting.extend(children[node - m].tolist())
    return groups


def _core(node: int, children: Integers, size: Floats, saved: Floats) -> int:
    """Return the node that saves most on the way down, as long as only small branches fall off."""
    m, best = len(children) + 1, node
    while node >= m:
        small, large = sorted(children[node - m].tolist(), key=lambda one: size[one])
        if size[small] >= LEAST or size[large] < LEAST:
            break
        node = large
        best = node if saved[node] > saved[best] else best
    return best


def _leaves(node: int, children: Integers, m: int) -> Integers:
    leaves, waiting = [], [node]
    while waiting:
        one = waiting.pop()
        if one < m:
            leaves.append(one)
        else:
            waiting.extend(children[one - m].tolist())
    return np.sort(np.array(leaves, np.int64))


def _candidate(members: Integers, far: Far, earlier: Far) -> Candidate:
    centre = far.rows[members].mean(axis=0)
    away = np.linalg.norm(far.rows - centre, axis=1).astype(float)
    spread = np.sqrt(np.square(away[members]).sum() / (len(members) - 1))
    away[members] = left_out(away[members], np.array(len(members)))
    radius = np.quantile(away[members], _WITHIN)
    here = int((away <= radius).sum())
    before = int((np.linalg.norm(earlier.rows - centre, axis=1) <= radius).sum())
    # Of two Poisson counts, given their sum, one is binomial.
    share = RATIO * far.among / (RATIO * far.among + earlier.among)
    return Candidate(
        members,
        centre,
        float(spread),
        float(np.sqrt(np.square(far.distance[members]).mean())),
        before,
        float(stats.binom.sf(here - 1, here + before, share)),
    )
