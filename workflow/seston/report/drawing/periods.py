"""The calendar behind heat maps and curves: which periods there are, and where the gaps lie."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.trends.periods import Period, periods_between

MOST_COLUMNS = 400
#: With more columns than are wide, a calendar of which less than this share was sampled has its
#: gaps cut short: one sample a day in a calendar of hours would be hairlines on grey.
SPARSE, WIDE = 1 / 3, 60


def calendar(sampled: Sequence[str], period: Period, day_zero: str = "") -> list[str | None]:
    """Return every period from the first to the last sampled one.

    Parameters
    ----------
    sampled : sequence of str
        Starts of the sampled periods, as `seston.trends.periods.start_of_period` gives them.
    period : {"hour", "day", "week", "month"}
    day_zero : str
        Weeks are counted from it.

    Returns
    -------
    list of str or None
        Starts of periods, sampled or not. Where these would be more than `MOST_COLUMNS`, or most of
        many would be gaps, only the sampled ones, with None for each gap between them.
    """
    known = sorted(set(sampled))
    full = periods_between(known[0], known[-1], period, day_zero)
    if len(full) <= WIDE or (len(full) <= MOST_COLUMNS and len(known) >= SPARSE * len(full)):
        return list(full)
    place = {start: position for position, start in enumerate(full)}
    columns: list[str | None] = [known[0]]
    for before, start in pairwise(known):
        columns += [None, start] if place[start] - place[before] > 1 else [start]
    return columns


def mean_of_groups(
    abundance: pd.DataFrame, column: str, clusters: Sequence[int], periods: Sequence[str | None]
) -> npt.NDArray[np.float64]:
    """Return a matrix clusters x periods, NaN where nothing was sampled.

    Each group (bag, treatment, station) sampled in a period weighs the same,
    however many images it gave.
    """
    table = abundance.pivot_table(
        index="cluster", columns="period", values=column, aggfunc="mean", dropna=False
    )
    return table.reindex(index=list(clusters), columns=list(periods)).to_numpy(float)


def rows_to_one(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Divide each row by its sum over the sampled periods; rows without anything stay zero."""
    sums = np.nansum(matrix, axis=1, keepdims=True)
    return np.divide(matrix, sums, out=matrix.copy(), where=sums > 0)


def centre_of_gravity(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean column of each row, weighted by its values; NaN for rows without any."""
    weights = np.nan_to_num(matrix)
    sums = weights.sum(axis=1)
    moment = weights @ np.arange(matrix.shape[1])
    return np.divide(moment, sums, out=np.full(len(matrix), np.nan), where=sums > 0)
