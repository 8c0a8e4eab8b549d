"""The figures of one site: heat maps and curves of its clusters, groups and names."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from seston.report import heatmaps, trend_curves
from seston.report.drawings import Drawings
from seston.report.findings import Findings
from seston.report.levels import LEVELS
from seston.report.results import Results
from seston.report.wording import file_name, short, site_name


@dataclass
class SiteFigures:
    """What is drawn of one site; names of figures are None where there is nothing to draw.

    `kind` is what curves and dots are of: clusters, or names where there are any; `kinds` how
    many there are, `drawn` how many of them are drawn. `levels` are the heat maps of what clusters
    were merged to, by the level.
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
    shares: str | None = None
    concentrations: str | None = None
    curves: str | None = None
    dots: str | None = None
    levels: dict[str, str] = field(default_factory=dict)

    def figures(self) -> list[str]:
        """Return the names of all figures of this site."""
        clusters = (self.shares, self.concentrations, self.curves, self.dots)
        return [name for name in (*clusters, *self.levels.values()) if name]


def draw_site(
    position: int, site: str, results: Results, findings: Findings, drawings: Drawings
) -> SiteFigures:
    """Draw what there is of the site at this position; return what was drawn."""
    rows, samples = _sampled(results.abundance, site), results.samples
    one = SiteFigures(site, periods=rows["period"].nunique())
    if not one.periods:
        return one
    volumes = samples.loc[samples["site"] == site, "volume_ml"]
    one.volume_known, one.volume_of = int((volumes > 0).sum()), len(volumes)
    groups = sorted(trend_curves.biggest(rows, "group", trend_curves.MOST_GROUPS))
    one.groups, one.more_groups = groups, rows["group"].nunique() - len(groups)
    most = trend_curves.MOST_PANELS if one.periods > 1 else trend_curves.MOST_DOTS
    stem = file_name(position, site)
    title: Callable[[int], str] = findings.names.title
    drawings.write(f"trends_{stem}", rows)
    for level, merged in findings.levels.items():
        mine = _sampled(merged.table, site).drop(columns="cluster")
        drawings.write(f"trends_{level}_{stem}", mine)
    one.clusters = _present(rows)
    if named := findings.levels.get("name"):  # clusters of one name are one curve
        rows, title, one.kind = _sampled(named.table, site), named.title, "name"
    top = trend_curves.biggest(rows, "cluster", most)
    one.drawn, one.kinds = len(top), _present(rows)
    shown = trend_curves.shown(rows, top, groups)
    if one.periods == 1:
        one.intervals = trend_curves.any_dot_interval(shown)
        dots = trend_curves.draw_dots(rows, top, groups, title)
        one.dots = drawings.keep(f"dots_{stem}", dots)
        return one
    one.intervals = trend_curves.any_interval(shown)
    curves = trend_curves.draw_curves(rows, top, groups, title)
    one.curves = drawings.keep(f"curves_{stem}", curves)
    _draw_heat_maps(one, _sampled(results.abundance, site), stem, results, findings, drawings)
    return one


def _draw_heat_maps(
    one: SiteFigures,
    rows: pd.DataFrame,
    stem: str,
    results: Results,
    findings: Findings,
    drawings: Drawings,
) -> None:
    title, period = short(site_name(one.site), 60), results.setting("trends", "period", "day")
    label = findings.names.label
    shares = heatmaps.share_map(rows, period)
    one.gaps_cut = None in shares.columns
    figure = heatmaps.draw_shares(shares, title, label)
    one.shares = drawings.keep(f"heatmap_share_{stem}", figure)
    drawings.write(f"heatmap_share_{stem}", shares.table("share_of_own_total"))
    concentrations = heatmaps.concentration_map(rows, shares)
    if concentrations is not None:
        name = f"heatmap_concentration_{stem}"
        figure = heatmaps.draw_concentrations(concentrations, title, label)
        one.concentrations = drawings.keep(name, figure)
        drawings.write(name, concentrations.table("concentration_per_ml"))
    for level, merged in findings.levels.items():
        mine = _sampled(merged.table, one.site)
        heat = heatmaps.share_map(mine, period)
        if not heat.clusters:
            continue
        figure = heatmaps.draw_shares(heat, title, merged.title, LEVELS[level].rows)
        one.levels[level] = drawings.keep(f"heatmap_{level}_{stem}", figure)
        told = heat.table("share_of_own_total").rename(columns={"cluster": level})
        told[level] = [merged.keys[number] for number in told[level]]
        drawings.write(f"heatmap_{level}_{stem}", told)


def _present(rows: pd.DataFrame) -> int:
    return rows.loc[rows["count"] > 0, "cluster"].nunique()


def _sampled(abundance: pd.DataFrame, site: str) -> pd.DataFrame:
    # Water without an organism is a zero, not a gap.
    there = (abundance["images"] > 0) | abundance["concentration_per_ml"].notna()
    return abundance[(abundance["site"] == site) & there]
