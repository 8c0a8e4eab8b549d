"""A cluster through time in a word-sized drawing, as SVG paths that take the page's colours."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.report.drawing import marks
from seston.report.drawing.gaps import unbroken
from seston.report.drawing.time_axis import TimeAxis

WIDTH, HEIGHT = 100, 24
MOST_DOTS = 60  # beyond, they would hide the line


@dataclass(frozen=True)
class Sparkline:
    """One cluster at one site and in one group, in a box of `WIDTH` x `HEIGHT`.

    `lines`, `bands`, `dots` and `hollow` are the `d` of SVG paths; hollow are the dots of periods
    with few samples; more than `MOST_DOTS` are not drawn. `first` and `last` name the ends of the
    site's calendar, which all its clusters share; `top` is the share at the upper edge.
    """

    site: str
    group: str
    lines: str
    bands: str
    dots: str
    hollow: str
    first: str
    last: str
    top: float


def sparkline(abundance: pd.DataFrame, cluster: int, time: TimeAxis) -> Sparkline | None:
    """Return the line of the site and group that hold most of a cluster.

    None where it was only found in series of a single period. Intervals are followed as far as in
    the figures of a site.
    """
    mine = abundance[(abundance["cluster"] == cluster) & (abundance["images"] > 0)]
    series = [
        (key, rows.sort_values("period"))
        for key, rows in mine.groupby(["site", "group"])
        if len(rows) > 1 and rows["count"].sum() > 0
    ]
    if not series:
        return None
    (site, group), rows = max(series, key=lambda one: one[1]["count"].sum())
    calendar = mine.loc[mine["site"] == site, "period"]
    first, last = str(calendar.min()), str(calendar.max())
    start, end = time.places([first, last])
    x = WIDTH * (time.places(rows["period"].tolist()) - start) / (end - start)
    share = rows["share"].to_numpy(float)
    ends = (limit / marks.SHARE.factor for limit in marks.limits(rows, marks.SHARE))
    low, high = (np.where(np.isnan(end), share, end) for end in ends)
    top = float(min(high.max(), marks.REACH * share.max()))
    y, y_low, y_high = (HEIGHT * (1 - np.minimum(v, top) / top) for v in (share, low, high))
    parts = [part for part in unbroken(x) if part.stop - part.start > 1]
    return Sparkline(
        site=str(site),
        group=str(group),
        lines=" ".join(_path(x[p], y[p]) for p in parts),
        bands=" ".join(
            _path(np.r_[x[p], x[p][::-1]], np.r_[y_high[p], y_low[p][::-1]]) + "Z" for p in parts
        ),
        dots=_dots(x, y, np.ones(len(x), bool)),
        hollow=_dots(x, y, rows["few_samples"].to_numpy() > 0),
        first=time.name(first),
        last=time.name(last),
        top=top,
    )


def _path(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> str:
    return "M" + "L".join(f"{a:.2f},{b:.2f}" for a, b in zip(x, y, strict=True))


def _dots(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], which: npt.NDArray[np.bool_]
) -> str:
    if len(x) > MOST_DOTS:
        return ""
    return "".join(f"M{a:.2f},{b:.2f}h0" for a, b in zip(x[which], y[which], strict=True))
