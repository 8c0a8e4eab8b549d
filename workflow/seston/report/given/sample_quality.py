"""Each sample as data: effort, rejects by reason, focus, and what was warned of."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from seston.report.given.warning_topics import ALL, ROUTINE, topic_of

ODD = {"focus": "odd_focus", "light": "odd_light"}  # flags of `circumstances.tsv`


@dataclass(frozen=True)
class SampleQuality:
    """The samples by site, group and time; all frames have one row for each, in this order.

    Attributes
    ----------
    table : pandas.DataFrame
        `sample`, `site`, `group`, `datetime`; `listed`, `used`, `rejected`; `volume_ml`, NaN if
        unknown; `focus`, `focus_low`, `focus_high`, the median and the quartiles over the
        sample's images, NaN without any; `odd_focus` and `odd_light`, bool: the sample, or its
        day, differs from all others; `codes`, what was warned of, joined by a space.
    reasons : pandas.DataFrame
        Rejected images by reason, the most frequent reason first.
    topics : pandas.DataFrame
        By topic, whether anything but the routine was warned of or noted.
    """

    table: pd.DataFrame
    reasons: pd.DataFrame
    topics: pd.DataFrame


def sample_quality(
    samples: pd.DataFrame,
    images: pd.DataFrame,
    rejected: pd.DataFrame,
    quality: pd.DataFrame,
    circumstances: pd.DataFrame | None,
) -> SampleQuality:
    """Return what is known of the quality of each sample.

    Parameters
    ----------
    samples, images, rejected, quality : pandas.DataFrame
        As `Results` has them.
    circumstances : pandas.DataFrame or None
        Days and samples whose pictures differ.
    """
    columns = ["sample", "site", "group", "datetime", "listed", "used", "rejected", "volume_ml"]
    table = samples.sort_values(["site", "group", "datetime", "sample"], kind="stable")[columns]
    names = pd.Index(table["sample"])
    focus = images.groupby("sample")["focus"]
    told = quality[quality["about"] != "rejected"]
    warned = told[told["about"] == "sample"].groupby("sample")["code"].agg(" ".join)
    table = table.assign(
        volume_ml=table["volume_ml"].where(table["volume_ml"] > 0),
        focus_low=focus.quantile(0.25).reindex(names).to_numpy(float),
        focus=focus.quantile(0.5).reindex(names).to_numpy(float),
        focus_high=focus.quantile(0.75).reindex(names).to_numpy(float),
        **{flag: _odd(table, circumstances, flag) for flag in ODD.values()},
        codes=warned.reindex(names).fillna("").to_numpy(),
    )
    return SampleQuality(
        table.reset_index(drop=True),
        _reasons(rejected, names).reset_index(drop=True),
        _topics(told, names).reset_index(drop=True),
    )


def _odd(table: pd.DataFrame, circumstances: pd.DataFrame | None, flag: str) -> np.ndarray:
    """Return which samples, or their days, carry a flag."""
    if circumstances is None:
        return np.zeros(len(table), bool)
    flagged = circumstances[circumstances["flags"].str.split(";").map(lambda all: flag in all)]
    named = {what: set(rows["level"]) for what, rows in flagged.groupby("what")}
    by_name = table["sample"].isin(named.get("sample", set()))
    by_day = table["datetime"].str[:10].isin(named.get("day", set()))
    return (by_name | by_day).to_numpy()


def _reasons(rejected: pd.DataFrame, names: pd.Index) -> pd.DataFrame:
    counts = pd.crosstab(rejected["sample"], rejected["reason"])
    counts = counts.reindex(names, fill_value=0).astype(int)
    order = sorted(counts.columns, key=lambda reason: (-counts[reason].sum(), reason))
    return counts[order]


def _topics(told: pd.DataFrame, names: pd.Index) -> pd.DataFrame:
    odd = told[~told["code"].isin(ROUTINE)]
    pairs = set(zip(odd["sample"], odd["code"].map(topic_of), strict=True))
    return pd.DataFrame(
        {topic: [(name, topic) in pairs for name in names] for topic in ALL}, index=names
    )
