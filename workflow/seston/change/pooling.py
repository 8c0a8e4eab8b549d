"""One series for a site of several groups, in which each group weighs the same.

Groups of one experiment share the weather of the day, so they are not independent series: adding
up their scores or their p-values would take one warm week in seven bags for seven. What is tested
is their mean, one value per period; that the groups agree makes it quieter, no more.

Groups that were not sampled in all periods are brought together by an additive model, group plus
period, so that a day without the richest bag is not a poor day.
"""

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from seston.change.serial import Floats

#: Share of the spread of time that must lie within groups.
LEAST_WITHIN = 0.5


def mean_of_groups(values: Floats) -> Floats:
    """Return the mean series over groups, adjusted for the cells that are missing.

    Parameters
    ----------
    values : ndarray, shape (G, T, K)
        NaN for whole cells (all K) that were not sampled.

    Returns
    -------
    ndarray, shape (T, K)
        NaN in periods that no group was sampled in, and everywhere if `are_apart`.

    Notes
    -----
    The period effects of the least-squares fit of group + period. Where groups were sampled in
    turn, so that no chain of common periods joins them, those of group + linear time + rest.
    """
    sampled = np.any(~np.isnan(values), axis=2)
    mean = np.full(values.shape[1:], np.nan)
    if len(values) == 1 or sampled.all():
        return values.mean(axis=0)
    if not sampled.any() or are_apart(sampled):
        return mean
    group, period = np.nonzero(sampled)
    cells = values[group, period]
    by_group = np.eye(len(values))[group]
    together = _joined(sampled)

    def of_periods(rows: Floats) -> Floats:
        """Return the mean of the cells of each period."""
        sums = np.zeros((values.shape[1], rows.shape[1]))
        np.add.at(sums, period, rows)
        with np.errstate(invalid="ignore"):
            return sums / np.where(sampled.any(axis=0), sampled.sum(axis=0), np.nan)[:, None]

    def without_time(rows: Floats) -> Floats:
        if together:
            return rows - of_periods(rows)[period]
        time = (period - period.mean())[:, None]
        return rows - time * (time.T @ rows) / (time**2).sum()

    # Of the columns of groups, what time does not explain: as many as groups, not as periods.
    levels = np.linalg.lstsq(without_time(by_group), without_time(cells), rcond=None)[0]
    present = sampled.any(axis=1)
    levels[present] -= levels[present].mean(axis=0)
    return of_periods(cells - levels[group])


def are_apart(sampled: npt.NDArray[np.bool_]) -> bool:
    """Tell whether groups (G, T) were sampled at times so different that none speaks for time.

    Then a trend cannot be told from a difference between groups.
    """
    group, period = np.nonzero(sampled)
    places = period.astype(float)
    whole = ((places - places.mean()) ** 2).sum()
    means = np.bincount(group, places) / np.maximum(np.bincount(group), 1)
    return bool(((places - means[group]) ** 2).sum() < LEAST_WITHIN * whole)


def _joined(sampled: npt.NDArray[np.bool_]) -> bool:
    """Tell whether a chain of common periods joins all groups."""
    group, period = np.nonzero(sampled)
    size = sum(sampled.shape)
    graph = coo_array((np.ones(len(group)), (group, period + len(sampled))), (size, size))
    parts = connected_components(graph, directed=False)[1]
    return len(np.unique(parts[group])) == 1
