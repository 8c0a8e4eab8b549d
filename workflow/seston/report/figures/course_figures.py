"""The figures of trends, groups and community, site by site; what does not apply is not drawn."""

import pandas as pd
from matplotlib.figure import Figure

from seston.report.drawing.drawings import Drawings
from seston.report.drawing.time_axis import TimeAxis
from seston.report.figures import (
    days_animation,
    days_poster,
    diversity_figure,
    group_figure,
    ordination_figure,
    ratios_figure,
    slopes_figure,
    succession_figure,
    turnover_figure,
)
from seston.report.figures.map_days import days
from seston.report.given.findings import Findings
from seston.report.given.results import Results
from seston.report.given.series import Series, series_of
from seston.report.given.succession import succession, typical_crops
from seston.report.wording import file_name, site_name
from seston.trends.periods import start_of_period


class CourseFigures:
    """Draws what changed; remembers the names of the figures by site and by what they show."""

    def __init__(self, results: Results, findings: Findings, drawings: Drawings) -> None:
        self.results, self.findings, self.drawings = results, findings, drawings
        self.course = findings.course
        self.drawn: dict[str, dict[str, list[str]]] = {}

    def draw_all(self) -> dict[str, dict[str, list[str]]]:
        """Draw everything there is input for, and write all tables."""
        for name, table in self.course.tables.items():
            self.drawings.write(name, table)
        for position, site in enumerate(self.results.sites, start=1):
            stem, series = file_name(position, site), series_of(site, self.results, self.findings)
            self.drawn[site] = {}
            self._succession(site, stem, series)
            self._days(site, stem, series.time)
            self._slopes(site, stem)
            self._groups(site, stem, series)
            self._community(site, stem, series.time)
        return self.drawn

    def _keep(self, site: str, what: str, name: str, figure: Figure) -> None:
        self.drawn[site].setdefault(what, []).append(self.drawings.keep(name, figure))

    def _succession(self, site: str, stem: str, series: Series) -> None:
        timing, periods = (self.course.rows(name, site) for name in ("timing", "periods"))
        timed = timing[timing["order"].notna() & (timing["images"] > 0)]
        if periods.empty or not (timed["periods"] > 1).any():
            return
        shown = succession(timing, series.rows, periods)
        crops = typical_crops(self.results.examples, self.findings.example_classes)
        figure = succession_figure.draw_succession(shown, series.time, crops, self.course.title)
        self._keep(site, "succession", f"succession_{stem}", figure)
        self.drawings.write(f"succession_{stem}", shown.table())

    def _slopes(self, site: str, stem: str) -> None:
        tests = self.course.rows("trend_tests", site)
        slopes = slopes_figure.slopes_of(tests)
        if slopes.empty:
            return
        alpha, title = self.course.alpha, self.course.title
        for part, rows in enumerate(slopes_figure.parts(slopes), start=1):
            figure = slopes_figure.draw_slopes(rows, tests, alpha, title)
            self._keep(site, "slopes", f"slopes_{stem}" + f"_{part}" * (part > 1), figure)

    def _groups(self, site: str, stem: str, series: Series) -> None:
        tests, curves = (self.course.rows(name, site) for name in ("groups", "curves"))
        effects, alpha = self.course.rows("group_effects", site), self.course.alpha
        title = self.course.title
        if len(series.groups) > 1 and (classes := group_figure.compared(tests, curves)):
            figure = group_figure.draw_comparison(
                classes, tests, curves, effects, series.rows, series.effort, series.groups,
                series.time, alpha, title,
            )  # fmt: skip
            self._keep(site, "groups", f"groups_{stem}", figure)
        if classes := ratios_figure.ordered(tests, effects):
            groups = sorted(effects["group"].unique())
            figure = ratios_figure.draw_ratios(classes, effects, groups, alpha, title)
            self._keep(site, "ratios", f"ratios_{stem}", figure)

    def _community(self, site: str, stem: str, time: TimeAxis) -> None:
        diversity = self.course.rows("diversity", site)
        for what, rows in diversity_figure.courses(diversity):
            figure = diversity_figure.draw_diversity(rows, time)
            kind = "diversity" if what == "class" else "diversity_clusters"
            self._keep(site, kind, f"{kind}_{stem}", figure)
        turnover = self.course.rows("turnover", site)
        ordination = self.course.rows("ordination", site)
        if len(ordination):
            facts = self.course.fact("community", "sites", {}).get(site, {})
            figure = ordination_figure.draw_ordination(ordination, facts.get("explained", {}), time)
            self._keep(site, "ordination", f"ordination_{stem}", figure)
        if len(turnover):
            figure = turnover_figure.draw_turnover(turnover, time)
            self._keep(site, "turnover", f"turnover_{stem}", figure)

    def _days(self, site: str, stem: str, time: TimeAxis) -> None:
        """Draw the map as it fills up: an animation beside the page, some of its steps in it."""
        periods, images = self.course.rows("periods", site), self.results.images
        mine = images[(images["site"] == site) & images["map_x"].notna()]
        if (
            periods.empty
            or mine["sample"].nunique() < 2
            or periods.loc[periods["sampled"] == 1, "period"].nunique() < 2
        ):
            return
        samples = self.results.samples.set_index("sample")
        times = pd.to_datetime(samples["datetime"], format="ISO8601")
        starts = start_of_period(times, time.period, time.day_zero)
        found = days(mine[["map_x", "map_y"]].assign(period=mine["sample"].map(starts)), periods)
        moving = days_animation.animate(found, time, site_name(site))
        self.drawings.keep_animation(f"days_{stem}", moving.webp, moving.gif)
        self._keep(site, "days", f"days_{stem}", days_poster.draw_poster(found, time))
        self.drawings.write(f"days_{stem}", found.steps)
