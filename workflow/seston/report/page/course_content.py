"""What the page says of trends, of differences between groups, and of the community."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from seston.report.given.course import STAGES, Course, Row
from seston.report.page import course_rows
from seston.report.page.course_rows import Rows
from seston.report.wording import listing, many, site_name
from seston.report.words import (
    community_words,
    course_methods,
    group_words,
    trend_warnings,
    trend_words,
)

NOTHING = Rows([], 0)


@dataclass(frozen=True)
class SiteTrends:
    """What changed at one site."""

    site: str
    unit: str
    answers: list[trend_words.Answer]
    warnings: list[trend_warnings.Warned]
    refusals: list[str]
    tested: str
    measure: str
    rows: Rows = NOTHING
    timing: Rows = NOTHING
    rhythms: Rows = NOTHING
    steps: Rows = NOTHING
    codes: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class SiteGroups:
    """In what the groups of one site differ."""

    site: str
    answers: list[trend_words.Answer]
    rows: Rows
    codes: list[tuple[str, str]]


@dataclass(frozen=True)
class SiteCommunity:
    """How the community of one site changes."""

    site: str
    answers: list[trend_words.Answer]
    permanova: list[Row]
    codes: list[tuple[str, str]]


def course_values(course: Course, sites: list[str]) -> dict[str, Any]:
    """Return what the templates of these sections show; without a stage, no site of it."""
    there = {
        stage: [
            site
            for site in sites
            if any(len(course.rows(name, site)) for name in STAGES[stage] if course.has(stage))
        ]
        for stage in STAGES
    }
    compared = [
        site for site in there["groups"] if course.rows("periods", site)["group"].nunique() > 1
    ]
    return {
        "course": course,
        "headlines": headlines(course, sites),
        "course_methods": course_methods.paragraphs(course),
        "course_notes": course_methods.notes(course),
        "distances": community_words.METHODS,
        "site_trends": {site: _trends(course, site) for site in there["trend_tests"]},
        "site_groups": {site: _groups(course, site) for site in compared},
        "site_communities": {site: _community(course, site) for site in there["community"]},
    }


def headlines(course: Course, sites: list[str]) -> list[str]:
    """Return in sentences what changed at each site; without any where nothing was looked for."""
    told, untested = [], []
    for site in sites:
        rows = trend_words.of_classes(course.rows("trend_tests", site))
        tested = rows[rows["verdict"] != "refused"]
        if len(rows) and tested.empty:
            untested.append(site_name(site))
        elif len(tested):
            where = f"At {site_name(site)} " if len(sites) > 1 else "Here "
            told.append(f"{where}{_count(course, site, tested)}.")
    if untested:
        where = f"at {listing(untested)}" if len(sites) > 1 else "here"
        least = course.fact("trend_tests", "least_periods", 10)
        told.append(f"No trend was tested {where}: that takes {least} sampled periods.")
    return told


def _count(course: Course, site: str, tested: pd.DataFrame) -> str:
    rise, fall = (int((tested["verdict"] == verdict).sum()) for verdict in ("rises", "falls"))
    of = many(len(tested), "class", "classes")
    none = f"{of} show{'s' * (len(tested) == 1)} no trend"
    told = [f"{rise} of {of} rise and {fall} fall" if rise or fall else none]
    timing = course.rows("timing", site)
    times = timing.loc[timing["shown"] > 0, "label"].value_counts()
    if each := [f"{times[label]} {label}" for label in trend_words.LABELS if label in times]:
        own = int(times.sum())
        has = "has a time of its own" if own == 1 else "have a time of their own"
        told.append(f"{own} {has} ({', '.join(each)})")
    groups = group_words.ordered(course.rows("groups", site), course.alpha)
    if groups["q"].notna().any():
        differ = int(groups["differs"].sum())
        told.append(
            f"the groups differ in {many(differ, 'class', 'classes')}"
            if differ
            else "no difference between groups is shown"
        )
    return "; ".join(told)


def _trends(course: Course, site: str) -> SiteTrends:
    tests = course.rows("trend_tests", site)
    measures = set(tests.loc[tests["class"] != "", "measure"])
    return SiteTrends(
        site=site,
        unit=trend_words.unit_at(course, site).name,
        answers=trend_words.answers(course, site),
        warnings=trend_warnings.warnings(course, site),
        refusals=trend_warnings.refusals(course, site),
        tested=trend_warnings.sentence_on_tests(course, site),
        measure="concentration" if measures == {"concentration"} else "share",
        rows=course_rows.trends(course, site),
        timing=course_rows.timing(course, site),
        rhythms=course_rows.rhythms(course, site),
        steps=course_rows.steps(course, site),
    )


def _groups(course: Course, site: str) -> SiteGroups:
    return SiteGroups(
        site,
        group_words.answers(course, site),
        course_rows.groups(course, site),
        _codes(course, "groups", ("groups",), site),
    )


def _community(course: Course, site: str) -> SiteCommunity:
    return SiteCommunity(
        site,
        community_words.answers(course, site),
        course.rows("permanova", site).to_dict("records"),
        _codes(course, "community", STAGES["community"], site),
    )


def _codes(course: Course, stage: str, tables: tuple[str, ...], site: str) -> list[tuple[str, str]]:
    """Return every flag of these tables with what it means."""
    told: dict[str, str] = {}
    for name in tables:
        rows = course.rows(name, site)
        if "flags" not in rows:
            continue
        rows = rows[rows["what"] == "class"] if name == "diversity" else rows  # what stands open
        for code in sorted({c for flags in rows["flags"] for c in flags.split(";") if c}):
            told[code.replace("_", " ")] = trend_warnings.meaning(course, stage, code)
    return list(told.items())
