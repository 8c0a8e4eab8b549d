"""When each cluster was there: cluster x period heat maps.

The first kind is that of the first study of this kind: each cluster's periods
sum to one, rows in the order of their temporal centres of gravity, so that
the succession runs down the diagonal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import AsinhNorm, Normalize, PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from seston.report import periods, style
from seston.report.wording import number
from seston.trends.abundance import FEW
from seston.trends.periods import Period

Label = Callable[[int], str]


@dataclass(frozen=True)
class HeatMap:
    """Values of clusters (rows, as ordered) in periods (columns; None = a gap cut short)."""

    clusters: list[int]
    columns: list[str | None]
    values: npt.NDArray[np.float64]
    images: npt.NDArray[np.float64]
    samples: npt.NDArray[np.float64]

    @property
    def sampled(self) -> npt.NDArray[np.bool_]:
        """Columns in which something was sampled, whether or not its value is known."""
        return np.isfinite(self.images)

    def table(self, name: str) -> pd.DataFrame:
        """Return one row per cluster and sampled period, in the order drawn."""
        rows = [
            (cluster, period, value)
            for cluster, line in zip(self.clusters, self.values, strict=True)
            for period, value in zip(self.columns, line, strict=True)
            if np.isfinite(value)
        ]
        return pd.DataFrame(rows, columns=["cluster", "period", name])


def share_map(abundance: pd.DataFrame, period: Period) -> HeatMap:
    """Return each cluster's shares over the periods of one site, scaled to sum to one.

    Parameters
    ----------
    abundance : pandas.DataFrame
        The rows of one site.
    period : {"day", "week", "month"}
    """
    present = abundance.groupby("cluster")["count"].sum()
    clusters = present.index[present > 0].astype(int).tolist()
    columns = periods.calendar(abundance["period"].tolist(), period)
    values = periods.rows_to_one(periods.mean_of_groups(abundance, "share", clusters, columns))
    order = np.argsort(periods.centre_of_gravity(values), kind="stable")
    ordered = [int(clusters[row]) for row in order]
    return HeatMap(ordered, columns, values[order], *_effort(abundance, columns))


def concentration_map(abundance: pd.DataFrame, shares: HeatMap) -> HeatMap | None:
    """Return concentrations (per mL) with the rows and columns of `shares`; None where unknown."""
    values = periods.mean_of_groups(
        abundance, "concentration_per_ml", shares.clusters, shares.columns
    )
    if not np.isfinite(values).any():
        return None
    return HeatMap(shares.clusters, shares.columns, values, shares.images, shares.samples)


def draw_shares(heat: HeatMap, title: str, label: Label = str, rows: str = "cluster") -> Figure:
    """Draw the heat map of shares; equal steps of colour are equal steps of the square root.

    Parameters
    ----------
    label : callable
        What to call a row, given its number.
    rows : str
        What a row is.
    """
    top = max(float(np.nanmax(heat.values)), 1e-9)
    ticks = np.asarray(MaxNLocator(5).tick_values(0, top))
    axis = f"{rows}, earliest first"
    return _draw(heat, title, PowerNorm(0.5, 0, top), ticks, "share of own total", label, axis)


def draw_concentrations(heat: HeatMap, title: str, label: Label = str) -> Figure:
    """Draw the heat map of concentrations, on a scale that is logarithmic above the least value."""
    known = heat.values[heat.values > 0]
    low, top = (float(known.min()), float(known.max())) if len(known) else (1.0, 1.0)
    steps = (1.0,) if top > 30 * low else (1.0, 2.0, 5.0)
    ticks = np.r_[0.0, LogLocator(subs=steps).tick_values(low, top)]
    ticks = ticks[(ticks == 0) | (ticks >= low)]
    norm, axis = AsinhNorm(low, 0, top), "cluster, earliest first"
    return _draw(heat, title, norm, ticks, "organisms per mL", label, axis)


def _effort(abundance: pd.DataFrame, columns: Sequence[str | None]) -> list[npt.NDArray]:
    """Images and samples of each column; NaN where none was taken."""
    one = abundance.drop_duplicates(["group", "period"]).groupby("period")
    sums = one[["images", "samples"]].sum().reindex(list(columns))
    return [sums[name].to_numpy(float) for name in sums]


def _draw(
    heat: HeatMap,
    title: str,
    norm: Normalize,
    ticks: npt.NDArray[np.float64],
    scale: str,
    label: Label,
    axis: str,
) -> Figure:
    rows = len(heat.clusters)
    height = float(np.clip(3.1 * rows, 40, 190))
    figure = style.new_figure(style.TWO_COLUMNS, height + 34)
    top, bottom = figure.subplots(
        2, 1, sharex=True, gridspec_kw={"height_ratios": [height, 11], "hspace": 0.02}
    )
    colours = matplotlib.colormaps[style.SEQUENCE].with_extremes(bad=style.GAP)
    picture = top.imshow(heat.values, aspect="auto", cmap=colours, norm=norm, rasterized=True)
    top.set(title=title, ylabel=axis)
    step = int(np.ceil(rows / 62))
    top.set_yticks(range(0, rows, step), [label(c) for c in heat.clusters[::step]])
    top.tick_params(axis="x", length=0, labelbottom=False)
    inside = [tick for tick in ticks.tolist() if 0 <= tick <= float(norm.vmax or 0)]
    bar = figure.colorbar(picture, ax=top, label=scale, fraction=0.025, pad=0.012)
    bar.set_ticks(inside, labels=[number(tick) for tick in inside])
    bar.minorticks_off()
    _draw_effort(bottom, heat)
    return figure


def _draw_effort(axes: Axes, heat: HeatMap) -> None:
    few = heat.samples < FEW
    places = np.arange(len(heat.columns))
    axes.bar(places[~few], heat.images[~few], 0.8, color=style.FAINT)
    axes.bar(places[few], heat.images[few], 0.8, color="white", edgecolor=style.FAINT, lw=0.5)
    axes.set(ylabel="images", xlim=(-0.5, len(places) - 0.5))
    shown = [i for i in places if heat.columns[i] is not None]
    shown = shown[:: max(1, int(np.ceil(len(shown) / 24)))]
    axes.set_xticks(shown, [str(heat.columns[i]) for i in shown], rotation=90)
    axes.locator_params(axis="y", nbins=2)
