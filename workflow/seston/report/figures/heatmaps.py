"""When each class was there: class x period heat maps.

The first kind is that of the first study of this kind: each class's periods
sum to one, rows in the order of their temporal centres of gravity, so that
the succession runs down the diagonal. The others show the same rows in plain
shares and in concentrations.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import AsinhNorm, Normalize, PowerNorm
from matplotlib.figure import Figure

from seston.report.drawing import periods, style
from seston.report.drawing.colour_ticks import round_ticks
from seston.report.drawing.time_axis import TimeAxis
from seston.report.wording import number
from seston.trends.effort import FEW

Label = Callable[[int], str]
Floats = npt.NDArray[np.float64]

MOST_LABELS = 62  # of rows
MOST_BARS = 120  # beyond, bars touch: gaps narrower than a pixel would look like values
COMMON = 0.8  # share of rows whose highest value the colours reach: a class seen once has 1


@dataclass(frozen=True)
class HeatMap:
    """Values of classes (rows, as ordered) in periods (columns; None = a gap cut short).

    Attributes
    ----------
    clusters : list of int
        The number of each class.
    columns : list of str or None
    values : numpy.ndarray, shape (classes, columns)
        NaN where nothing was sampled, or the value is not known.
    effort : numpy.ndarray, shape (columns,)
        What stands behind each column, all groups together; NaN where nothing was sampled.
    samples : numpy.ndarray, shape (columns,)
    what : str
        What the effort is counted in.
    """

    clusters: list[int]
    columns: list[str | None]
    values: Floats
    effort: Floats
    samples: Floats
    what: str = "images"

    def table(self, name: str) -> pd.DataFrame:
        """Return one row per cluster and sampled period, in the order drawn."""
        rows = [
            (cluster, period, value)
            for cluster, line in zip(self.clusters, self.values, strict=True)
            for period, value in zip(self.columns, line, strict=True)
            if np.isfinite(value)
        ]
        return pd.DataFrame(rows, columns=["cluster", "period", name])


def normalised_map(abundance: pd.DataFrame, time: TimeAxis) -> HeatMap:
    """Return each class's shares over the periods of one site, scaled to sum to one.

    Parameters
    ----------
    abundance : pandas.DataFrame
        The rows of one site; `cluster` is the number of a class.
    """
    present = abundance.groupby("cluster")["count"].sum()
    clusters = present.index[present > 0].astype(int).tolist()
    columns = periods.calendar(abundance["period"].tolist(), time.period, time.day_zero)
    values = periods.rows_to_one(periods.mean_of_groups(abundance, "share", clusters, columns))
    order = np.argsort(periods.centre_of_gravity(values), kind="stable")
    ordered = [int(clusters[row]) for row in order]
    images, samples = (_sums(abundance, name, columns) for name in ("images", "samples"))
    return HeatMap(ordered, columns, values[order], images, samples)


def share_map(abundance: pd.DataFrame, like: HeatMap) -> HeatMap:
    """Return plain shares with the rows and columns of another map."""
    values = periods.mean_of_groups(abundance, "share", like.clusters, like.columns)
    return replace(like, values=values)


def concentration_map(
    abundance: pd.DataFrame, effort: pd.DataFrame, like: HeatMap
) -> HeatMap | None:
    """Return concentrations (per mL) with the rows and columns of another map; None if unknown.

    Parameters
    ----------
    effort : pandas.DataFrame
        The sampled rows of ``periods.tsv`` of the same site: the water behind each column.
    """
    values = periods.mean_of_groups(abundance, "concentration_per_ml", like.clusters, like.columns)
    if not np.isfinite(values).any():
        return None
    water = _sums(effort, "water_ml", like.columns)
    return replace(like, values=values, effort=water, what="water, mL")


def draw_normalised(
    heat: HeatMap, title: str, time: TimeAxis, label: Label = str, rows: str = "cluster"
) -> Figure:
    """Draw each class's share of its own total; equal steps of colour are equal square roots.

    The few classes whose highest value lies beyond the colours are drawn in the last one.

    Parameters
    ----------
    label : callable
        What to call a row, given its number.
    rows : str
        What a row is.
    """
    tops = np.nanmax(heat.values, axis=1)
    top = max(float(np.quantile(tops, COMMON)), 1e-9)
    norm, axis = PowerNorm(0.5, 0, top), f"{rows}, earliest first"
    return _draw(heat, title, norm, "share of own total", time, label, axis)


def draw_shares(
    heat: HeatMap, title: str, time: TimeAxis, label: Label = str, rows: str = "cluster"
) -> Figure:
    """Draw shares of all organisms, in percent; parameters as in `draw_normalised`."""
    top = max(100 * float(np.nanmax(heat.values)), 1e-7)
    percent, axis = replace(heat, values=100 * heat.values), f"{rows}, earliest first"
    return _draw(percent, title, PowerNorm(0.5, 0, top), "% of all organisms", time, label, axis)


def draw_concentrations(
    heat: HeatMap, title: str, time: TimeAxis, label: Label = str, rows: str = "cluster"
) -> Figure:
    """Draw concentrations, on a scale that is logarithmic above the least value."""
    known = heat.values[heat.values > 0]
    low, top = (float(known.min()), float(known.max())) if len(known) else (1.0, 1.0)
    norm, axis = AsinhNorm(low, 0, top), f"{rows}, earliest first"
    return _draw(heat, title, norm, "organisms per mL", time, label, axis)


def _sums(rows: pd.DataFrame, what: str, columns: list[str | None]) -> Floats:
    """Return the sums over the groups of each column; NaN where none was sampled."""
    one = rows.drop_duplicates(["group", "period"]).groupby("period")
    return one[what].sum().reindex(columns).to_numpy(float)


def _draw(
    heat: HeatMap,
    title: str,
    norm: Normalize,
    scale: str,
    time: TimeAxis,
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
    step = int(np.ceil(rows / MOST_LABELS))
    top.set_yticks(range(0, rows, step), [label(c) for c in heat.clusters[::step]])
    top.tick_params(axis="x", length=0, labelbottom=False)
    inside = round_ticks(norm)
    beyond = "max" if np.nanmax(heat.values) > float(norm.vmax or 0) * (1 + 1e-9) else "neither"
    bar = figure.colorbar(
        picture, ax=top, label=scale, fraction=0.025, pad=0.012, extend=beyond, extendfrac=0.03
    )
    bar.set_ticks(inside, labels=[number(tick) for tick in inside])
    bar.minorticks_off()
    _draw_effort(bottom, heat, time)
    return figure


def _draw_effort(axes: Axes, heat: HeatMap, time: TimeAxis) -> None:
    few = heat.samples < FEW
    places = np.arange(len(heat.columns))
    width = 0.8 if len(places) <= MOST_BARS else 1.0
    for chosen, inside, edge in ((~few, style.FAINT, "none"), (few, "white", style.FAINT)):
        axes.bar(places[chosen], heat.effort[chosen], width, color=inside, edgecolor=edge, lw=0.5)
    axes.set(ylabel=heat.what, xlim=(-0.5, len(places) - 0.5))
    shown, labels = time.heat_ticks(heat.columns, 24)
    axes.set_xticks(shown, labels, rotation=90 if max(map(len, labels)) > 3 else 0)
    axes.set_xlabel(time.beside)
    axes.locator_params(axis="y", nbins=2)
    axes.yaxis.set_major_formatter(style.tick_number)
