"""From which period on the groups differ.

In each period each group's departure from the mean of the groups is averaged over the period
itself and those before it: windows of 2, 4, 8 … periods that end there. No later period has
a part in it, so that a difference cannot be told before it began, except by chance; and all
windows of all groups and periods together have this chance, alpha: the limit is the quantile of
the largest of all averages in series simulated with the scatter and the correlation found. It is
the day by which the difference is shown, hence some days after its beginning (Siegmund &
Venkatraman 1995, Ann. Stat. 23:255, for this kind of detector).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from seston.change.cells import Cells
from seston.change.difference import Difference, Regression
from seston.change.glm import fit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


LEAST_EXPECTED = 10  # images of a group in a window, below which its average is too skewed


class Windows(NamedTuple):
    """Averages of departures.

    Attributes
    ----------
    group, end, length : ndarray of int64, shape (C,)
        Whose departure, and the periods: the last, and how many at most.
    average : ndarray, shape (C, N)
        Weights of the cells.
    """

    group: Integers
    end: Integers
    length: Integers
    average: Floats


def windows_of(cells: Cells, variance: Floats, expected: Floats) -> Windows:
    """Return all windows; each ends in a period with the group's and another group's cells.

    Parameters
    ----------
    cells : Cells
    variance : ndarray, shape (N,)
        Within a window cells weigh by its inverse.
    expected : ndarray, shape (N,)
        Images if groups did not differ; windows of fewer than `LEAST_EXPECTED` are left out.
    """
    n = len(cells.time)
    together = (cells.time[:, None] == cells.time).astype(np.float64)
    others = together.sum(axis=1)
    departure = np.eye(n) - together / others[:, None]
    usable = others > 1
    span = cells.time.max() - cells.time.min() + 1
    lengths = [2**k for k in range(int(span).bit_length()) if 1 < 2**k <= max(span / 2, 2)]
    of, end, long, rows = [], [], [], []
    for cell in np.flatnonzero(usable):
        alike = usable & (cells.group == cells.group[cell]) & (cells.time <= cells.time[cell])
        for length in lengths:
            within = alike & (cells.time > cells.time[cell] - length)
            if expected[within].sum() < LEAST_EXPECTED:
                continue
            weight = np.where(within, 1 / variance, 0)
            of.append(cells.group[cell])
            end.append(cells.time[cell])
            long.append(length)
            rows.append(weight / weight.sum() @ departure)
    return Windows(np.array(of), np.array(end), np.array(long), np.array(rows).reshape(-1, n))


def since(
    found: Difference, regression: Regression, alpha: float, noise: Floats, seed: int
) -> tuple[int, int] | None:
    """Return period and group of the first departure that is shown and stays; None without.

    It stays if in all later periods the group's average over a quarter of the series keeps
    its sign, and if in the last one a departure is shown by itself (at alpha, two-sided).

    Parameters
    ----------
    found : Difference
    regression : Regression
        Of at least two groups.
    alpha : float
        Chance of a departure that is none.
    noise : ndarray, shape (N, B)
        Standard normal numbers for B simulated series.
    seed : int
        Of the B sizes of the scatter that go with them.
    """
    cells, design = regression.cells, regression.design
    together = fit(found.counts, cells.effort, design.columns("curve"))
    variance = 1 / together.expected + found.full.scatter
    windows = windows_of(cells, variance, together.expected)
    if not len(windows.group):
        return None
    root = np.sqrt(variance)[:, None] * np.linalg.cholesky(found.correlation)
    spread = windows.average @ root
    error = np.sqrt((spread**2).sum(axis=1))
    freedom = found.courses.freedom
    sizes = np.random.default_rng([seed, 1]).chisquare(freedom, noise.shape[1]) / freedom
    largest = np.abs(spread @ noise / error[:, None]).max(axis=0) / np.sqrt(sizes)
    limit = np.quantile(largest, 1 - alpha)
    alone = stats.t.ppf(1 - alpha / 2, freedom)
    size = windows.average @ together.residual / error
    size /= np.sqrt(found.courses.scale)
    for place in np.lexsort((windows.group, windows.end)):
        if abs(size[place]) >= limit and _stays(place, windows, size, alone):
            return int(windows.end[place]), int(windows.group[place])
    return None


def _stays(place: int, windows: Windows, size: Floats, alone: float) -> bool:
    own = windows.group == windows.group[place]
    signed = size * np.sign(size[place])
    span = windows.end.max() - windows.end.min() + 1
    quarter = windows.length[windows.length <= max(span / 4, windows.length.min())].max()
    later = own & (windows.end > windows.end[place]) & (windows.length == quarter)
    last = own & (windows.end == windows.end[own].max())
    return bool((signed[later] > 0).all() and signed[last].max() >= alone)
