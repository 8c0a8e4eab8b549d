r"""Whether a cluster lives at one level of a circumstance (one day, one sample) beyond chance.

Images of a cluster never spread over samples as evenly as chance has it: plankton is patchy
and seasons pass, so a test against even spread flags every cluster. The null here keeps the
patchiness that the clusters of this very run show: a sample's share of a cluster varies with
intra-sample correlation :math:`\rho`, the median over all clusters, which a few clusters
made by one odd day cannot move.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, false_discovery_control

from seston.trust.circumstances import Circumstance, contingency

Floats = npt.NDArray[np.float64]

LEAST = 10  # images of a cluster from which its patchiness is estimated
ALONE = 0.95  # share of a level's images in clusters of its own
LEAST_ALONE = 20
LEAST_LEVELS = 8
WHOLE = 1e-9  # so near to 0 or 1, a share of all images leaves nothing to compare


@dataclass(frozen=True)
class Concentration:
    """How the k clusters are spread over the levels of one circumstance.

    Attributes
    ----------
    circumstance : Circumstance
    counts : ndarray of int64, shape (k, levels)
    top : ndarray of int64, shape (k,)
        The level where the cluster exceeds its share of all images most; -1 if none.
    share : ndarray of float64, shape (k,)
        Share of the cluster's images at that level.
    excess : ndarray of float64, shape (k,)
        (share - expected) / (1 - expected), where expected is the level's share of all images:
        0 as by chance, 1 if the whole cluster is at that level. NaN with fewer than two levels.
    p : ndarray of float64, shape (k,)
        Chance of as many there, given the clusters' patchiness; corrected for the choice of the
        level (Bonferroni) and for the number of clusters (Benjamini and Hochberg).
    patchiness : float
        The correlation assumed; NaN if no cluster is large enough to tell.
    """

    circumstance: Circumstance
    counts: npt.NDArray[np.int64]
    top: npt.NDArray[np.int64]
    share: Floats
    excess: Floats
    p: Floats
    patchiness: float

    @property
    def own(self) -> npt.NDArray[np.bool_]:
        """Which clusters are a level's own (k, levels): it holds half of their images or more."""
        sizes = self.counts.sum(axis=1, keepdims=True)
        return (2 * self.counts >= sizes) & (sizes > 0)

    @property
    def in_own(self) -> Floats:
        """Share of each level's images (levels,) in clusters of its own."""
        held = self.counts.sum(axis=0)
        return np.where(self.own, self.counts, 0).sum(axis=0) / np.maximum(held, 1)

    def alone(self, instrument: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which levels have hardly an image in clusters of others, while most levels have.

        Not even a bloom leaves nothing else. Asked of levels of at least `LEAST_ALONE` images,
        among at least `LEAST_LEVELS` of one instrument: between two, clusters are rarely shared.

        Parameters
        ----------
        instrument : ndarray of int64, shape (levels,)
            Number of the instrument of each level.
        """
        enough = self.counts.sum(axis=0) >= LEAST_ALONE
        usual = np.zeros(len(enough), bool)
        for number in np.unique(instrument):
            mine = enough & (instrument == number)
            usual[mine] = mine.sum() >= LEAST_LEVELS and np.median(self.in_own[mine]) < 0.5
        return usual & (self.in_own >= ALONE)

    def names(self) -> list[str]:
        """Return the name of each cluster's top level; "" if it has none."""
        return [self.circumstance.names[top] if top >= 0 else "" for top in self.top]


def concentration(
    cluster: npt.NDArray[np.integer],
    circumstance: Circumstance,
    units: Circumstance,
    clusters: int,
) -> Concentration:
    """Measure how far each cluster lives at one level.

    Parameters
    ----------
    cluster : ndarray of int, shape (n,)
    circumstance : Circumstance
        What may have made the clusters.
    units : Circumstance
        What varies as a whole: the samples; for bins of light, the bins themselves.
    clusters : int
        k, empty ones included.
    """
    counts = contingency(cluster, circumstance, clusters)
    rho = patchiness(contingency(cluster, units, clusters))
    sizes, held = counts.sum(axis=1), counts.sum(axis=0)
    nothing = np.full(clusters, np.nan)
    if np.count_nonzero(held) < 2:
        none = np.full(clusters, -1)
        return Concentration(circumstance, counts, none, nothing, nothing.copy(), nothing, rho)
    expected = held / held.sum()
    with np.errstate(invalid="ignore"):
        share = counts / sizes[:, None]
    excess = (share - expected) / (1 - expected)
    top = np.where(sizes > 0, excess.argmax(axis=1), -1)
    rows = np.arange(clusters)
    p = _tail(
        counts[rows, top], held[top], sizes / sizes.sum(), _within(circumstance, units, rho)[top]
    )
    p = np.where(sizes > 0, np.minimum(1, p * np.count_nonzero(held)), np.nan)
    told = np.isfinite(p)
    p[told] = false_discovery_control(p[told])
    return Concentration(circumstance, counts, top, share[rows, top], excess[rows, top], p, rho)


def patchiness(counts: npt.NDArray[np.integer]) -> float:
    r"""Return the intra-unit correlation of a typical cluster, from counts (k, units).

    Notes
    -----
    The moment estimate, at least 0, of each cluster of at least `LEAST` images; then their
    median. With unit sizes :math:`n_i`, :math:`N = \sum n_i`, :math:`h_i = n_i / N` and share
    :math:`p`, :math:`\mathrm{E} \sum (x_i - n_i p)^2 / n_i = p (1 - p) [\sum (1 - h_i) + \rho
    \sum ((1 - 2 h_i)(n_i - 1) + h_i \sum_j n_j (n_j - 1) / N)]`.
    """
    sizes = counts.sum(axis=0)
    counts, sizes = counts[:, sizes > 0], sizes[sizes > 0].astype(np.float64)
    number, total = counts.sum(axis=1), sizes.sum()
    told = (number >= LEAST) & (number < total)
    if not told.any() or len(sizes) < 2 or total == len(sizes):
        return float("nan")
    share = number[told] / total
    squares = ((counts[told] - share[:, None] * sizes) ** 2 / sizes).sum(axis=1)
    h = sizes / total
    chance = (1 - h).sum()
    scatter = ((1 - 2 * h) * (sizes - 1) + h * (sizes @ (sizes - 1)) / total).sum()
    rho = (squares / (share * (1 - share)) - chance) / scatter
    return float(np.clip(np.median(rho), 0, 1))


def _within(circumstance: Circumstance, units: Circumstance, rho: float) -> Floats:
    """Return the correlation within each level: many units in it average their scatter out."""
    known = (circumstance.level >= 0) & (units.level >= 0)
    width = max(1, len(units.names))
    cells, images = np.unique(
        circumstance.level[known] * width + units.level[known], return_counts=True
    )
    levels = len(circumstance.names)
    pairs = np.bincount(cells // width, images * (images - 1.0), levels)
    held = np.bincount(cells // width, images, levels)
    return rho * pairs / np.maximum(held * (held - 1), 1)


def _tail(found: npt.NDArray, of: npt.NDArray, share: Floats, rho: Floats) -> Floats:
    """Return the chance of at least `found` of `of` images: a beta law for the share.

    Its variance is that of a beta-binomial count; with half an image of correction its tail
    is within a few percent of it, and does not cost a sum over all counts.
    """
    rho = rho + (1 - rho) / of
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (1 - rho) / rho
        chance = beta.sf((found - 0.5) / of, share * spread, (1 - share) * spread)
    return np.where(share > 1 - WHOLE, 1.0, chance)
