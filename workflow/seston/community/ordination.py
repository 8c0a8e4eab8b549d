"""Compositions as places on a map: principal coordinates, with the path through time."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from skbio.stats.distance import DistanceMatrix
from skbio.stats.ordination import pcoa

from seston.change.pooling import mean_of_groups
from seston.community.compositions import Compositions, Method

Floats = npt.NDArray[np.float64]

AXES = 3
LEAST = 3  # compositions; two are always on one line
MOST = 3000  # of more, the matrix of distances takes minutes and gigabytes

#: The "group" of the mean of all groups of a site.
MEAN = "(mean of groups)"

COLUMNS = ["site", "method", "group", "period", "day_number", "axis1", "axis2", "axis3"]


def ordination(
    site: str, method: Method, found: Compositions, distances: Floats
) -> tuple[pd.DataFrame, list[float]]:
    """Return the principal coordinates of compositions, and of the mean of groups.

    Parameters
    ----------
    site, method : str
        For the columns.
    found : Compositions
        At least `LEAST` of them.
    distances : ndarray of float64, shape (n, n)
        Between them. Aitchison's are Euclid's, so their principal coordinates are principal
        components of the centred log-ratios.

    Returns
    -------
    table : pandas.DataFrame
        Columns `COLUMNS`, by group and period; in the order of periods, each group is a path. With
        several groups, rows of the group `MEAN` follow. Axes that distances do not have are NaN.
    explained : list of float
        Share of the squared distances that each axis explains; NaN if all distances are 0.
    """
    axes = min(AXES, len(found) - 1)
    with np.errstate(invalid="ignore"):  # 0 / 0 of equal compositions
        held = pcoa(DistanceMatrix(distances), dimensions=axes, warn_neg_eigval=False)
    places = np.full((len(found), AXES), np.nan)
    places[:, :axes] = _turned(np.asarray(held.samples), found.place)
    explained = np.asarray(held.proportion_explained, float).tolist()
    table = pd.DataFrame(
        {
            "site": site, "method": method, "group": found.group, "period": found.period,
            "day_number": found.day_number,
            **{f"axis{axis + 1}": places[:, axis] for axis in range(AXES)},
        },
        columns=COLUMNS,
    )  # fmt: skip
    if len(np.unique(found.group)) > 1:
        table = pd.concat([table, _mean_path(table)], ignore_index=True)
    return table, explained


def _turned(places: Floats, time: npt.NDArray[np.int64]) -> Floats:
    """Return the axes turned so that time runs to the right and upwards.

    The sign of an axis means nothing, but must not hang on the machine.
    """
    drift = (time - time.mean()) @ places
    return places * np.where(drift < 0, -1.0, 1.0)


def _mean_path(table: pd.DataFrame) -> pd.DataFrame:
    """Return the mean place of the groups in each period.

    A group that was not sampled in a period would pull the mean to the others, so the mean is
    that of trends, adjusted for missing groups (`mean_of_groups`). No row where groups were
    sampled at times so different that they have none.
    """
    groups, group = np.unique(table["group"], return_inverse=True)
    periods, first, period = np.unique(table["period"], return_index=True, return_inverse=True)
    axes = COLUMNS[-AXES:]
    places = np.full((len(groups), len(periods), AXES), np.nan)
    places[group, period] = table[axes]
    mean = table.take(first).assign(group=MEAN)
    mean[axes] = mean_of_groups(places)
    return mean.dropna(subset=axes, how="all")
