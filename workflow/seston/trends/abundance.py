"""How much of each cluster there was in each period, and how sure that is."""

import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.errors import SestonError
from seston.trends.dispersion import Dispersion, Stratum, by_period, site_dispersions
from seston.trends.effort import Level, count_images, read_effort
from seston.trends.estimates import concentrations, shares
from seston.trends.notes import note
from seston.trends.periods import Period
from seston.tsv import write_tsv

Floats = npt.NDArray[np.float64]

log = logging.getLogger("seston")

FEW = 3  # samples below which a period is marked

WHOLE = [
    "samples", "count", "images", "few_samples",
    "found", "measured", "unusable", "rejected", "unknown",
]  # fmt: skip
COLUMNS = [
    "site", "group", "period", "cluster", "samples", "count", "images",
    "share", "share_low", "share_high",
    "concentration_per_ml", "concentration_low", "concentration_high",
    "few_samples", "note",
]  # fmt: skip


def summarise(
    effort: pd.DataFrame,
    counts: npt.NDArray[np.int64],
    clusters: list[int] | list[str],
    confidence: float,
) -> pd.DataFrame:
    """Return the abundance of each cluster in each sampled period of each site and group.

    Parameters
    ----------
    effort : pandas.DataFrame, m rows
        One row per sample with ``site``, ``group``, ``period``, ``listed``, ``used``,
        ``volume_ml``, ``analysed_ml``, ``water_ml`` (NaN where unknown) and ``dilution``, as
        `read_effort` gives them.
    counts : ndarray of int, shape (m, K)
        Images of each cluster in each sample.
    clusters : list of int or str
        What the K clusters, or groups of them, are called.
    confidence : float
        Of the intervals, such as 0.95.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`; sorted by site, group, period and cluster. Clusters that were
        not found in a period have a count of 0; periods without a sample have no row.
    """
    parts = [pd.DataFrame(columns=COLUMNS)]
    for _, site in effort.reset_index(drop=True).groupby("site"):
        groups = [(group, counts[group.index]) for _, group in site.groupby("group")]
        shares = site_dispersions([_stratum(*group, "used") for group in groups], "binomial")
        rates = site_dispersions([_stratum(*group, "water_ml") for group in groups], "poisson")
        for group, share, rate in zip(groups, shares, rates, strict=True):
            parts.append(_rows(*group, clusters, share, rate, confidence))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def _stratum(effort: pd.DataFrame, counts: npt.NDArray[np.int64], unit: str) -> Stratum:
    """Return the samples whose effort, in this unit, is known and above 0."""
    amount = effort[unit].to_numpy(float)
    spent = amount > 0
    period = np.unique(effort["period"].to_numpy(str)[spent], return_inverse=True)[1]
    return Stratum(counts[spent], amount[spent], period)


def _rows(
    effort: pd.DataFrame,
    counts: npt.NDArray[np.int64],
    clusters: list[int] | list[str],
    share: Dispersion,
    rate: Dispersion,
    confidence: float,
) -> pd.DataFrame:
    """Return the rows of one site and group."""
    names, period = np.unique(effort["period"].to_numpy(str), return_inverse=True)

    def total(values: npt.ArrayLike) -> Floats:
        """Sum over the samples of each period: (T, K), or (T, 1) where clusters share it."""
        sums = by_period(np.asarray(values), period)
        return sums if sums.ndim == 2 else sums[:, None]

    samples, images, count = total(np.ones(len(effort))), total(effort["used"]), total(counts)
    known = effort["analysed_ml"].notna()
    unusable = effort["readable"] == 0
    rejected = (effort["listed"] - effort["used"]).where(known, 0)
    # Where there is no effort the ratio is 0/0: NaN, an empty cell.
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {
            "samples": samples, "count": count, "images": images, "few_samples": samples < FEW,
            **shares(effort, count, images, total, share, confidence),
            **concentrations(effort, counts, period, total, rate, confidence),
            "found": total(counts * known.to_numpy()[:, None]),
            "measured": total(known), "unusable": total(unusable), "rejected": total(rejected),
            "unknown": total(effort["volume_ml"].isna()), "scattered": ~np.isnan(rate.size),
        }  # fmt: skip
    frame = pd.DataFrame(
        {name: np.broadcast_to(x, count.shape).ravel() for name, x in columns.items()}
    )
    frame = frame.astype({name: np.int64 for name in WHOLE})
    frame["site"], frame["group"] = effort["site"].iloc[0], effort["group"].iloc[0]
    frame["period"], frame["cluster"] = np.repeat(names, len(clusters)), [*clusters] * len(names)
    frame["share_how"], frame["rate_how"] = share.how * len(names), rate.how * len(names)
    frame["note"] = [note(row) for row in frame.to_dict("records")]
    return frame[COLUMNS]


def trends(
    *,
    images: Path,
    samples: Path,
    period: Period,
    confidence: float,
    abundance: Path,
    abundance_coarse: Path,
    abundance_name: Path,
) -> None:
    """Count each cluster in each period of each site and group, with intervals.

    Three tables alike: of clusters, of their coarse groups, and of their names. Clusters of
    one name are counted together; each without a name stands for itself, as "cluster 12".

    Intervals take the sample as the unit: quasi-binomial Wilson for shares, quasi-Poisson
    for concentrations, with the dispersion pooled over periods; the column ``note`` says
    how it was found. A cluster that was not found in a period has a concentration of 0 and,
    as the upper limit, what the water analysed could have missed, given the scatter. Where no
    two samples can be compared, the share has the interval 0 to 1 and the concentration no
    upper limit, or that of counting alone where nothing was found. Rejected images are taken
    to be like the used ones: the volume counts for the share of listed images that was used.

    Clusters are those of the table of images: one without any image has no rows.

    Parameters
    ----------
    images : Path
        The table of all images.
    samples : Path
        The table of all samples.
    period : {"day", "week", "month"}
        What to count by; the sample's time decides.
    confidence : float
        Of the intervals, such as 0.95.
    abundance : Path
        Written: the table of clusters.
    abundance_coarse : Path
        Written: the table of coarse groups; ``coarse`` stands for ``cluster``.
    abundance_name : Path
        Written: the table of names; ``name`` stands for ``cluster``.
    """
    if not 0 < confidence < 1:
        raise SestonError(f"trends.confidence is {confidence}: expected a number between 0 and 1")
    effort = read_effort(samples, period)
    written: dict[Level, Path] = {
        "cluster": abundance,
        "coarse": abundance_coarse,
        "name": abundance_name,
    }
    for level, path in written.items():
        counts, classes = count_images(images, effort, level)
        table = summarise(effort, counts, classes, confidence).rename(columns={"cluster": level})
        periods = len(table[["site", "group", "period"]].drop_duplicates())
        log.info("trends: %d by %s, in %d sampled periods", len(classes), level, periods)
        write_tsv(dict(table), path)
