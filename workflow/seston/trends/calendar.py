"""Every period of each site and group, sampled or not: effort, rejected images and noise."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from seston.trends.dispersion import Dispersion, site_dispersions
from seston.trends.effort import FEW
from seston.trends.estimates import shares
from seston.trends.periods import Period, day_numbers, periods_between
from seston.trends.residuals import Stratum, by_period

COLUMNS = [
    "site", "group", "period", "day_number", "sampled", "samples", "few_samples", "listed",
    "images", "rejected", "rejected_share", "rejected_low", "rejected_high",
    "noise", "noise_share", "noise_low", "noise_high",
    "samples_with_volume", "analysed_ml", "water_ml", "note",
]  # fmt: skip

#: What is counted, and of what.
_SERIES = {"rejected": "listed", "noise": "used"}
_TOTALS = ("listed", "rejected", "noise")
_SAMPLES = ["samples", "samples_with_volume"]  # 0 where there is no sample


def every_period(
    effort: pd.DataFrame, period: Period, day_zero: str, confidence: float
) -> pd.DataFrame:
    """Return the effort of every period from a site's first to its last, in each of its groups.

    Parameters
    ----------
    effort : pandas.DataFrame, m rows
        As in `Counted`.
    period : {"hour", "day", "week", "month"}
    day_zero : str
    confidence : float
        Of the intervals of rejected and noise shares, which take the sample as the unit.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`; by site, group and period. Of a period without a sample nothing is
        known but that: its numbers are NaN, never 0.
    """
    effort = effort.assign(rejected=effort["listed"] - effort["used"])
    parts = [pd.DataFrame(columns=COLUMNS)]
    for _, site in effort.groupby("site"):
        starts = periods_between(site["period"].min(), site["period"].max(), period, day_zero)
        groups = [group for _, group in site.groupby("group")]
        scatters = [
            site_dispersions([_stratum(group, *pair) for group in groups], "binomial", "all groups")
            for pair in _SERIES.items()
        ]
        for group, *scatter in zip(groups, *scatters, strict=True):
            parts.append(_rows(group, scatter, starts, day_zero, confidence))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def _stratum(group: pd.DataFrame, part: str, whole: str) -> Stratum:
    spent = group[group[whole] > 0]
    period = np.unique(spent["period"].to_numpy(str), return_inverse=True)[1]
    counts = spent[[part]].to_numpy()
    return Stratum(counts, spent[whole].to_numpy(float), period, counts)


def _rows(
    group: pd.DataFrame,
    scatter: list[Dispersion],
    starts: list[str],
    day_zero: str,
    confidence: float,
) -> pd.DataFrame:
    """Return the rows of one site and group."""
    sampled, period = np.unique(group["period"].to_numpy(str), return_inverse=True)
    rows = pd.DataFrame(index=sampled)
    rows["samples"] = np.bincount(period)
    for name, column in (("images", "used"), *zip(_TOTALS, _TOTALS, strict=True)):
        rows[name] = by_period(group[column].to_numpy(), period).astype(np.int64)
    for (part, whole), of in zip(_SERIES.items(), scatter, strict=True):
        images = group[whole].to_numpy(float)
        found = shares(group[[part]].to_numpy(), images, period, of, confidence)
        for name, values in found.columns(f"{part}_share", part).items():
            rows[name] = values[:, 0]
        rows[f"{part}_how"] = f"{part} {of.how[0]}"
    rows["samples_with_volume"] = by_period(group["analysed_ml"].notna().to_numpy(), period)
    for name in ("analysed_ml", "water_ml"):
        rows[name] = by_period(group[name].fillna(0.0).to_numpy(float), period)
        rows[name] = rows[name].where(rows["samples_with_volume"] > 0)
    rows["unknown"] = by_period(group["volume_ml"].isna().to_numpy(), period)
    rows["note"] = [_note(row) for row in rows.to_dict("records")]
    rows = rows.reindex(starts).rename_axis("period").reset_index()
    rows["sampled"] = rows["samples"].notna().astype(int)
    rows["note"] = rows["note"].fillna("not sampled")
    rows[_SAMPLES] = rows[_SAMPLES].fillna(0).astype(int)
    for name in ("images", *_TOTALS):  # whole numbers, or nothing
        rows[name] = [None if np.isnan(x) else int(x) for x in rows[name]]
    rows["few_samples"] = (rows["samples"] < FEW).astype(int)
    rows["site"], rows["group"] = group["site"].iloc[0], group["group"].iloc[0]
    rows["day_number"] = day_numbers(starts, day_zero)
    return rows[COLUMNS]


def _note(row: Mapping[Any, Any]) -> str:
    parts = [row[f"{part}_how"] for part in _SERIES if np.isfinite(row[f"{part}_share"])]
    if row["unknown"]:
        parts.append(f"volume unknown in {row['unknown']:.0f} of {row['samples']} samples")
    return "; ".join(parts)
