"""The figures of one site's series: effort, heat maps, and curves of its classes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pandas as pd

from seston.report.drawing import effort_bars, trend_curves
from seston.report.drawing.drawings import Drawings
from seston.report.figures import heatmaps, period_dots
from seston.report.figures.heatmaps import HeatMap
from seston.report.given.findings import Findings
from seston.report.given.levels import LEVELS
from seston.report.given.results import Results
from seston.report.given.series import Series, sampled, series_of
from seston.report.wording import file_name, short, site_name

DRAW = {
    "normalised": heatmaps.draw_normalised,
    "shares": heatmaps.draw_shares,
    "concentrations": heatmaps.draw_concentrations,
}
#: What the values of each are called in the data.
VALUES = {
    "normalised": "share_of_own_total",
    "shares": "share",
    "concentrations": "concentration_per_ml",
}


@dataclass
class Maps:
    """Names of the heat maps of one level; those but the first only of what is tested.

    `normalised`: each row's shares of its own total, as in the first study; `shares` of all
    organisms; `concentrations` per mL. None where there is nothing to draw.
    """

    normalised: str | None = None
    shares: str | None = None
    concentrations: str | None = None

    def figures(self) -> list[str]:
        """Return the names there are."""
        return [name for name in (self.normalised, self.shares, self.concentrations) if name]


@dataclass
class SiteFigures:
    """What is drawn of one site; names of figures are None where there is nothing to draw.

    Attributes
    ----------
    periods : int
        How many were sampled.
    groups, more_groups
        The groups that are drawn, and how many more there are.
    clusters : int
        How many were found here.
    kind : str
        What curves and dots are of: ``"cluster"``, ``"coarse"``, ``"name"`` or ``"label"``, as
        ``trends.level`` says (clusters, where nobody gave a name). `kinds` is how many there
        are, `drawn` how many of them the curves show.
    gaps_cut : bool
        Whether long gaps of the calendar are one column of the heat maps.
    intervals : bool
        Whether any interval is drawn in curves or dots.
    few : bool
        Whether any period has few samples: then marks are hollow.
    effort : str or None
        Samples, images and water per period, and the shares rejected or in no density cluster.
    maps : dict of str to Maps
        The heat maps by level, those of what is tested first.
    curves, dots : str or None
        Curves through time, or dots where there is one period.
    """

    site: str
    periods: int = 0
    groups: list[str] = field(default_factory=list)
    more_groups: int = 0
    clusters: int = 0
    kind: str = "cluster"
    kinds: int = 0
    drawn: int = 0
    volume_known: int = 0
    volume_of: int = 0
    gaps_cut: bool = False
    intervals: bool = False
    few: bool = False
    effort: str | None = None
    maps: dict[str, Maps] = field(default_factory=dict)
    curves: str | None = None
    dots: str | None = None

    def figures(self) -> list[str]:
        """Return the names of all figures of this site."""
        maps = [name for one in self.maps.values() for name in one.figures()]
        return [name for name in (self.effort, *maps, self.curves, self.dots) if name]


def draw_site(
    position: int, site: str, results: Results, findings: Findings, drawings: Drawings
) -> SiteFigures:
    """Draw what there is of the site at this position; return what was drawn."""
    clusters, samples = sampled(results.abundance, site), results.samples
    one = SiteFigures(site, periods=clusters["period"].nunique())
    if not one.periods:
        return one
    volumes = samples.loc[samples["site"] == site, "volume_ml"]
    one.volume_known, one.volume_of = int((volumes > 0).sum()), len(volumes)
    stem = file_name(position, site)
    drawings.write(f"trends_{stem}", clusters)
    for level, merged in findings.levels.items():
        mine = sampled(merged.table, site).drop(columns="cluster")
        drawings.write(f"trends_{level}_{stem}", mine)
    series = series_of(site, results, findings)
    one.groups, one.more_groups = series.groups, series.more_groups
    one.clusters, one.kinds, one.kind = _present(clusters), _present(series.rows), series.kind
    drawings.write(f"effort_{stem}", series.effort)
    if one.periods == 1:
        _draw_dots(one, series, stem, drawings)
        return one
    figure = effort_bars.draw_effort(series.effort, series.groups, series.time)
    one.effort = drawings.keep(f"effort_{stem}", figure)
    _draw_curves(one, series, stem, drawings)
    _draw_all_maps(one, series, clusters, stem, findings, drawings)
    return one


def _draw_dots(one: SiteFigures, series: Series, stem: str, drawings: Drawings) -> None:
    most = period_dots.most_classes(series.groups)
    top = trend_curves.biggest(series.rows, "cluster", most)
    if not top:
        return
    shown = trend_curves.shown(series.rows, top, series.groups)
    one.drawn, one.few = len(top), bool((shown["few_samples"] > 0).any())
    one.intervals = period_dots.any_dot_interval(shown)
    figure = period_dots.draw_dots(series.rows, top, series.groups, series.title)
    one.dots = drawings.keep(f"dots_{stem}", figure)


def _draw_curves(one: SiteFigures, series: Series, stem: str, drawings: Drawings) -> None:
    most = trend_curves.most_classes(series.groups)
    top = trend_curves.biggest(series.rows, "cluster", most)
    if not top:
        return
    shown = trend_curves.shown(series.rows, top, series.groups)
    one.drawn, one.few = len(top), bool((shown["few_samples"] > 0).any())
    one.intervals = any(
        trend_curves.any_interval(shown, measure) for measure in trend_curves.EFFORT
    )
    figure = trend_curves.draw_curves(
        series.rows, series.effort, top, series.groups, series.time, series.title
    )
    one.curves = drawings.keep(f"curves_{stem}", figure)


def _draw_all_maps(
    one: SiteFigures,
    series: Series,
    clusters: pd.DataFrame,
    stem: str,
    findings: Findings,
    drawings: Drawings,
) -> None:
    levels: dict[str, tuple[pd.DataFrame, Callable[[int], str]]] = {
        "cluster": (clusters, findings.names.label)
    }
    for level, merged in findings.levels.items():
        levels[level] = sampled(merged.table, one.site), merged.title
    title = short(site_name(one.site), 60)
    for level in sorted(levels, key=lambda level: level != series.kind):
        table, label = levels[level]
        if level != series.kind and _present(table) < 2:
            continue  # a single row of its own total shows nothing
        rows = LEVELS[level].rows if level in LEVELS else level
        maps = Maps()
        for kind, heat in _maps(table, series, whole=level == series.kind):
            name = f"heatmap_{kind}_{level}_{stem}"
            figure = DRAW[kind](heat, title, series.time, label, rows)
            setattr(maps, kind, drawings.keep(name, figure))
            drawings.write(name, _told(heat.table(VALUES[kind]), level, findings))
            one.gaps_cut = None in heat.columns
        if maps.figures():
            one.maps[level] = maps


def _maps(table: pd.DataFrame, series: Series, *, whole: bool) -> Iterator[tuple[str, HeatMap]]:
    heat = heatmaps.normalised_map(table, series.time)
    if not heat.clusters:
        return
    yield "normalised", heat
    if whole:
        yield "shares", heatmaps.share_map(table, heat)
        known = heatmaps.concentration_map(table, series.effort, heat)
        if known is not None:
            yield "concentrations", known


def _told(values: pd.DataFrame, level: str, findings: Findings) -> pd.DataFrame:
    if level not in findings.levels:
        return values
    keys = findings.levels[level].keys
    return values.assign(cluster=[keys[number] for number in values["cluster"]]).rename(
        columns={"cluster": level}
    )


def _present(rows: pd.DataFrame) -> int:
    return rows.loc[rows["count"] > 0, "cluster"].nunique()
