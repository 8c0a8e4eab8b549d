"""How much of each class there was in each sampled period, and how sure that is."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.trends.biovolume import Biovolumes, Sizes, scale_up
from seston.trends.counted import Counted
from seston.trends.dispersion import Dispersion, site_dispersions
from seston.trends.effort import FEW
from seston.trends.estimates import per_ml, shares
from seston.trends.intervals import undetected_below
from seston.trends.notes import note
from seston.trends.residuals import Floats, Stratum, by_period

WHOLE = ["samples", "images", "few_samples", "measured", "unusable", "rejected", "unknown"]
COUNTS = ["count", "found", "sized"]  # whole as well, unless classes are estimated
COLUMNS = [
    "site", "group", "period", "day_number", "class", "samples", "count", "images",
    "share", "share_low", "share_high",
    "concentration_per_ml", "concentration_low", "concentration_high",
    "biovolume_um3_per_ml", "biovolume_low", "biovolume_high",
    "few_samples", "note",
]  # fmt: skip


def summarise(counted: Counted, volumes: Biovolumes, confidence: float) -> pd.DataFrame:
    """Return the abundance of each class in each sampled period of each site and group.

    Parameters
    ----------
    counted : Counted, m samples and K classes
    volumes : Biovolumes, shape (m, K)
        Of the same samples and classes.
    confidence : float
        Of the intervals, such as 0.95.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`; by site, group, period, and in the order of the classes. Classes
        that were not found in a period have a count of 0; periods without a sample have no row.
    """
    parts = [pd.DataFrame(columns=COLUMNS)]
    for _, rows in counted.effort.groupby("site"):
        parts.extend(_site(counted, volumes, rows, confidence))
    return pd.concat(parts[1:] or parts, ignore_index=True)


@dataclass(frozen=True)
class _Group:
    """The m samples of one site and group, in T periods."""

    effort: pd.DataFrame
    counts: npt.NDArray  # (m, K)
    sums: Floats  # (m, K), biovolume of the images in water of known volume
    squares: Floats  # (m, K), the variance that chance gives it
    known: Floats  # (T, K), images behind it
    enough: npt.NDArray[np.bool_]  # (T, K), whether these are enough
    starts: list[str]  # of the T periods
    period: npt.NDArray[np.integer]  # (m,)

    @classmethod
    def of(
        cls, counted: Counted, volumes: Biovolumes, sizes: Sizes, effort: pd.DataFrame
    ) -> "_Group":
        """Take the samples of some rows."""
        starts, period = np.unique(effort["period"].to_numpy(str), return_inverse=True)
        rows = effort.index.to_numpy()
        counts, wet = counted.counts[rows], effort["analysed_ml"].notna().to_numpy()[:, None]
        measured = volumes[rows] * wet
        scaled = scale_up(measured, counts * wet, period, sizes)
        known = by_period(measured.known, period)
        return cls(effort, counts, *scaled[:2], known, scaled[2], starts.tolist(), period)

    def stratum(self, unit: str, amounts: npt.NDArray, squares: npt.NDArray) -> Stratum:
        """Return the samples whose effort, in this unit, is known and above 0."""
        effort = self.effort[unit].to_numpy(float)
        spent = effort > 0
        period = np.unique(self.period[spent], return_inverse=True)[1]
        return Stratum(amounts[spent], effort[spent], period, squares[spent])

    def total(self, values: npt.ArrayLike) -> Floats:
        """Sum over the samples of each period: (T, K), or (T, 1) where classes share it."""
        sums = by_period(np.asarray(values), self.period)
        return sums if sums.ndim == 2 else sums[:, None]


def _site(
    counted: Counted, volumes: Biovolumes, effort: pd.DataFrame, confidence: float
) -> Iterator[pd.DataFrame]:
    """Yield the rows of each group of one site."""
    sizes = Sizes.of(volumes[effort.index.to_numpy()])
    groups = [_Group.of(counted, volumes, sizes, rows) for _, rows in effort.groupby("group")]
    used = [group.stratum("used", group.counts, group.counts) for group in groups]
    water = [group.stratum("water_ml", group.counts, group.counts) for group in groups]
    sized = [group.stratum("water_ml", group.sums, group.squares) for group in groups]
    scatters = zip(
        site_dispersions(used, "binomial"),
        site_dispersions(water, "poisson"),
        site_dispersions(sized, "poisson"),
        strict=True,
    )
    for group, scatter in zip(groups, scatters, strict=True):
        yield _rows(group, counted.classes, scatter, sizes, confidence)


def _rows(
    group: _Group,
    classes: list[str],
    scatter: tuple[Dispersion, Dispersion, Dispersion],
    sizes: Sizes,
    confidence: float,
) -> pd.DataFrame:
    """Return the rows of one site and group."""
    effort, counts, total = group.effort, group.counts, group.total
    of_images, of_water, of_sizes = scatter
    water, dilution, fresh = (
        effort[name].fillna(0.0).to_numpy(float) for name in ("analysed_ml", "dilution", "water_ml")
    )
    share = shares(counts, effort["used"].to_numpy(float), group.period, of_images, confidence)
    missed = undetected_below(fresh, group.period, of_water.size, confidence)
    behind = (water, dilution, group.period)
    rate = per_ml(counts, counts, *behind, of_water, missed, confidence)
    size = per_ml(group.sums, group.squares, *behind, of_sizes, missed * sizes.mean, confidence)
    size = size.where(group.enough & np.isfinite(sizes.mean))
    samples, known = total(np.ones(len(effort))), effort["analysed_ml"].notna()
    rejected = (effort["listed"] - effort["used"]).where(known, 0)
    columns = {
        "samples": samples, "count": total(counts), "images": total(effort["used"]),
        **share.columns("share", "share"),
        **rate.columns("concentration_per_ml", "concentration"),
        **size.columns("biovolume_um3_per_ml", "biovolume"),
        "few_samples": samples < FEW,
        # What the note is made of.
        "found": total(counts * known.to_numpy()[:, None]), "sized": group.known,
        "measured": total(known), "unknown": total(effort["volume_ml"].isna()),
        "rejected": total(rejected), "unusable": total(effort["readable"] == 0),
        "scattered": ~np.isnan(of_water.size), "endless": rate.endless,
        "endless_size": size.endless, "enough": group.enough,
    }  # fmt: skip
    frame = pd.DataFrame(
        {name: np.broadcast_to(x, group.enough.shape).ravel() for name, x in columns.items()}
    )
    whole = WHOLE if np.issubdtype(counts.dtype, np.floating) else [*WHOLE, *COUNTS]
    frame = frame.astype({name: np.int64 for name in whole})
    periods, k = len(group.starts), len(classes)
    first = np.unique(group.period, return_index=True)[1]
    frame["site"], frame["group"] = effort["site"].iloc[0], effort["group"].iloc[0]
    frame["period"], frame["class"] = np.repeat(group.starts, k), classes * periods
    frame["day_number"] = np.repeat(effort["day_number"].to_numpy()[first], k)
    for name, of in zip(("share_how", "rate_how", "size_how"), scatter, strict=True):
        frame[name] = of.how * periods
    frame["note"] = [note(row) for row in frame.to_dict("records")]
    return frame[COLUMNS]
