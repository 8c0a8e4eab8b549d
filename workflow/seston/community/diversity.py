"""Hill numbers of each group and period, at equal effort and at equal coverage."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from seston.community.compositions import LEAST_IMAGES, TAIL, equal_images, without_unlabelled
from seston.community.hill import ORDERS, at_coverage, coverage, rarefied
from seston.trends.counted import Counted

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Places = npt.NDArray[np.integer]
What = Literal["class", "cluster"]

LEAST_FREEDOM = 4  # degrees of freedom below which the scatter between samples is not estimated

COLUMNS = [
    "site", "group", "period", "day_number", "what", "samples", "images", "coverage", "equal",
    "order", "hill", "hill_low", "hill_high", "at_coverage", "hill_at_coverage",
    "hill_at_coverage_low", "hill_at_coverage_high", "flags",
]  # fmt: skip

FLAGS = {
    "too_few_images": "no sample of the period has as many images as all are brought to",
    "samples_left_out": "samples with fewer images than all are brought to do not count",
    "scatter_from_neighbours": (
        "no two samples of one period: the interval rests on how periods differ from the mean of"
        " their neighbours, so quick changes of the water widen it"
    ),
    "scatter_unknown": "too few samples for an interval",
    "fixed_by_k": (
        "the number of clusters was chosen, so the number found says nothing of the richness of"
        " the water"
    ),
}


class Periods(NamedTuple):
    """Of n groups and periods: mean and interval, samples that counted, a flag of all or ""."""

    value: Floats
    low: Floats
    high: Floats
    used: Places
    flag: str


class Scatter(NamedTuple):
    """How much samples differ: standard deviation, degrees of freedom, and from what."""

    size: float
    freedom: float
    flag: str


def diversity(
    counted: Counted, what: What, confidence: float, equal: int = 0, *, chosen: bool = False
) -> pd.DataFrame:
    r"""Return the Hill numbers of one site.

    Parameters
    ----------
    counted : Counted
        Of one site, with at least one sample.
    what : {"class", "cluster"}
        What is counted.
    confidence : float
        Of the intervals, such as 0.95.
    equal : int
        Images that samples are brought to; by default what all but the poorest tenth have.
    chosen : bool
        Whether the number of classes was chosen, as that of clusters always is: order 0 is flagged.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, by group, period and order. ``coverage`` is that of all images of
        the period together.

    Notes
    -----
    The sample is the unit: each is brought to the same number of images (``equal``: what all but
    the poorest tenth of the samples have), and a period's Hill number is the geometric mean of its
    samples. It is the diversity of one sample of so many images, whatever their number; pooled
    samples would look the more diverse the more there are. The interval is Student's, on the log
    scale, from the scatter between samples of one period, pooled over the periods of the site. Its
    95 % covered 92 to 98 % for intra-sample correlations of 0 to 0.05 and 1 to 12 samples a period
    (``benchmarks/calibration.py community``). The same at equal coverage.
    """
    counted = without_unlabelled(counted)
    effort, counts = counted.effort, counted.counts
    images = counts.sum(axis=1)
    cells = effort.groupby(["group", "period"])
    cell = cells.ngroup().to_numpy()
    table = cells.first().reset_index()[["site", "group", "period", "day_number"]]
    group = table.groupby("group").ngroup().to_numpy()
    table["samples"], table["images"] = np.bincount(cell), np.bincount(cell, images).astype(int)
    pooled = np.zeros((len(table), counts.shape[1]), np.int64)
    np.add.at(pooled, cell, counts)
    table["coverage"] = [coverage(row) for row in pooled]
    equal = equal or equal_images(images)
    covered = np.array([coverage(row) if row.sum() >= LEAST_IMAGES else np.nan for row in counts])
    known = covered[np.isfinite(covered)]
    level = float(np.quantile(known, TAIL, method="inverted_cdf")) if len(known) else np.nan
    by_effort = _logs(counts, (images >= equal) & (equal > 0), lambda row: rarefied(row, equal))
    by_coverage = _logs(counts, covered >= level, lambda row: at_coverage(row, level))
    parts = []
    for order in ORDERS:
        hill = of_periods(by_effort[:, order], cell, group, confidence)
        same = of_periods(by_coverage[:, order], cell, group, confidence)
        parts.append(
            table.assign(
                what=what, order=order, equal=equal or np.nan, at_coverage=level,
                hill=hill.value, hill_low=hill.low, hill_high=hill.high,
                hill_at_coverage=same.value, hill_at_coverage_low=same.low,
                hill_at_coverage_high=same.high,
                flags=_flags(hill, table["samples"], order == 0 and (chosen or what == "cluster")),
            )
        )  # fmt: skip
    whole = pd.concat(parts).sort_values(["group", "period", "order"], ignore_index=True)
    return whole[COLUMNS]


def of_periods(logs: Floats, cell: Places, group: Places, confidence: float) -> Periods:
    """Return the geometric mean of the samples of each period, with its interval.

    Parameters
    ----------
    logs : ndarray of float64, shape (m,)
        Log of each sample's value; NaN for one that does not count.
    cell : ndarray of int64, shape (m,)
        Number of the group and period of each sample.
    group : ndarray of int64, shape (n,)
        Group of each of these, which are in the order of time.
    confidence : float
    """
    counts = np.isfinite(logs)
    used = np.bincount(cell[counts], minlength=len(group))
    with np.errstate(invalid="ignore"):
        mean = np.bincount(cell[counts], logs[counts], minlength=len(group)) / used
    left = logs[counts] - mean[cell[counts]]
    scatter = _scatter(left, used, mean, group)
    half = stats.t.ppf((1 + confidence) / 2, scatter.freedom) * scatter.size
    with np.errstate(divide="ignore", invalid="ignore"):
        half = half / np.sqrt(used)
    low = np.maximum(np.exp(mean - half), 1)  # no sample has less than one class
    return Periods(np.exp(mean), low, np.exp(mean + half), used, scatter.flag)


def _scatter(left: Floats, used: Places, mean: Floats, group: Places) -> Scatter:
    """Return the scatter between samples of one period, or else between successive periods.

    What is left of a mean and its two neighbours has 1.5 times the variance of one mean (Gasser,
    Sroka & Jennen-Steinmetz 1986, Biometrika 73:625); because successive differences share
    means, n of them have n / (1 + 2 (4/9 + 1/36)) degrees of freedom.
    """
    freedom = int(np.maximum(used - 1, 0).sum())
    if freedom >= LEAST_FREEDOM:
        return Scatter(float(np.sqrt((left**2).sum() / freedom)), freedom, "")
    known = np.flatnonzero(used)
    before, here, after = known[:-2], known[1:-1], known[2:]
    one = group[before] == group[after]
    left = (mean[here] - (mean[before] + mean[after]) / 2)[one]
    few = len(left) / (1 + 2 * (4 / 9 + 1 / 36))
    if few >= LEAST_FREEDOM:
        # Of periods with one sample, save for a few.
        return Scatter(float(np.sqrt((left**2).mean() / 1.5)), few, "scatter_from_neighbours")
    return Scatter(np.nan, np.nan, "scatter_unknown")


def _logs(
    counts: Integers, enough: npt.NDArray[np.bool_], hill: Callable[[Integers], Floats]
) -> Floats:
    """Return the logs of the Hill numbers of each sample, (m, 3); NaN without enough images."""
    logs = np.full((len(counts), len(ORDERS)), np.nan)
    for row in np.flatnonzero(enough & (counts.sum(axis=1) > 0)):
        logs[row] = np.log(hill(counts[row]))
    return logs


def _flags(hill: Periods, samples: pd.Series, fixed: bool) -> list[str]:
    codes = [
        ("too_few_images", hill.used == 0),
        ("samples_left_out", (hill.used > 0) & (hill.used < samples)),
        (hill.flag, (hill.used > 0) & (hill.flag != "")),
        ("fixed_by_k", np.full(len(samples), fixed)),
    ]
    return [
        ";".join(code for code, holds in codes if np.asarray(holds)[row])
        for row in range(len(samples))
    ]
