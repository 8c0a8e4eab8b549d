"""The cards of the clusters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seston.report.drawing import sparklines
from seston.report.drawing.class_colours import class_colours
from seston.report.drawing.pictures import Picture
from seston.report.drawing.time_axis import TimeAxis
from seston.report.given import oddities
from seston.report.given.findings import Findings
from seston.report.given.results import Results
from seston.report.given.trust import Badge, Trust
from seston.report.words.summary import ClusterFacts


@dataclass(frozen=True)
class Card:
    """What the page shows of one cluster; `trust` is its row of the table, empty if not given.

    `colour` is that of the cluster on the maps.
    """

    facts: ClusterFacts
    colour: str
    trust: dict[str, Any]
    badges: list[Badge]
    spark: sparklines.Sparkline | None
    attention: Picture | None


def cards_of(
    results: Results,
    findings: Findings,
    told: Sequence[ClusterFacts],
    attention: Mapping[int, Picture],
) -> list[Card]:
    """Return a card for each of these clusters.

    Parameters
    ----------
    attention : mapping of int to Picture
        Where the model looks in a typical organism, by cluster.
    """
    known = findings.trust
    series = dict(tuple(results.abundance.groupby("cluster")))
    none = results.abundance.iloc[:0]
    colours = class_colours(max((one.cluster for one in told), default=-1) + 1)
    time = TimeAxis(
        results.setting("trends", "period", "day"), results.setting("trends", "day_zero", "")
    )
    return [
        Card(
            facts=one,
            colour=colours[one.cluster],
            trust=known.row(one.cluster) if known else {},
            badges=_badges(results, known, one.cluster) if known else [],
            spark=sparklines.sparkline(series.get(one.cluster, none), one.cluster, time),
            attention=attention.get(one.cluster),
        )
        for one in told
    ]


def _badges(results: Results, known: Trust, cluster: int) -> list[Badge]:
    badges = known.badges(cluster)
    if not oddities.instrument_is_site(results.samples):
        return badges
    aside = "(or the site: here the two coincide)"
    return [
        replace(one, figure=f"{one.figure} {aside}".strip()) if "instrument" in one.code else one
        for one in badges
    ]
