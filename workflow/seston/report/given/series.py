"""What series are drawn from: a site's abundances at the level that is tested, and its effort."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seston.report.drawing import marks, trend_curves
from seston.report.drawing.effort_bars import effort_of
from seston.report.drawing.time_axis import TimeAxis
from seston.report.given.findings import Findings
from seston.report.given.results import Results

EFFORT = ("rejected_share", "rejected_low", "rejected_high", "noise_share", "noise_low",
          "noise_high", "water_ml")  # fmt: skip


@dataclass(frozen=True)
class Series:
    """What figures of one site take.

    Attributes
    ----------
    kind : str
        What is drawn: ``"cluster"``, ``"coarse"``, ``"name"`` or ``"label"``.
    rows : pandas.DataFrame
        The sampled rows of the table of abundances at that level: `cluster` is the number of
        each class, `class` its text, as in the tables of trends and groups.
    effort : pandas.DataFrame
        The sampled rows of ``periods.tsv``; without that table, images and samples only.
    groups : list of str
        The groups to draw, in the order of their colours; `more_groups` are left out.
    time : TimeAxis
    title : callable
        What to call a class, given its number.
    """

    kind: str
    rows: pd.DataFrame
    effort: pd.DataFrame
    groups: list[str]
    more_groups: int
    time: TimeAxis
    title: Callable[[int], str]


def series_of(site: str, results: Results, findings: Findings) -> Series:
    """Return the series of a site at ``trends.level``.

    Names stand for themselves where nobody gave one: then they are the clusters.
    """
    level = str(results.setting("trends", "level", "name"))
    time = TimeAxis(
        results.setting("trends", "period", "day"), results.setting("trends", "day_zero", "")
    )
    title: Callable[[int], str] = findings.names.title
    if merged := findings.levels.get(level):
        rows, kind, title = sampled(merged.table, site), level, merged.title
        texts = np.asarray(merged.keys, dtype=object)[rows["cluster"].astype(int)]
    else:
        rows, kind = sampled(results.abundance, site), "cluster"
        word = "cluster " if level == "name" else ""
        texts = np.array([f"{word}{number:.0f}" for number in rows["cluster"]], dtype=object)
    groups = sorted(trend_curves.biggest(rows, "group", marks.MOST_GROUPS))
    return Series(
        kind=kind,
        rows=rows.assign(**{"class": texts}),
        effort=_effort(site, rows, findings),
        groups=groups,
        more_groups=rows["group"].nunique() - len(groups),
        time=time,
        title=title,
    )


def sampled(abundance: pd.DataFrame, site: str) -> pd.DataFrame:
    """Return the rows of a site in which something was looked for.

    Water without an organism is a zero, not a gap.
    """
    there = (abundance["images"] > 0) | abundance["concentration_per_ml"].notna()
    return abundance[(abundance["site"] == site) & there]


def _effort(site: str, rows: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    if "periods" in findings.course.tables:
        return effort_of(findings.course.rows("periods", site))
    columns = ["group", "period", "samples", "few_samples", "images"]
    told = rows.drop_duplicates(["group", "period"])[columns]
    return told.assign(sampled=1, **dict.fromkeys(EFFORT, np.nan))
