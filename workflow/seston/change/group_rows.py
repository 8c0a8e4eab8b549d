"""The comparison of groups as tables, and what is told beside them."""

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from seston import __version__
from seston.change.compared import LEAST_IMAGES
from seston.change.compared_class import TESTS, ComparedClass
from seston.change.false_discovery import q_values
from seston.change.group_effects import curves, ratios
from seston.change.group_words import FLAGS, NOTES
from seston.change.verdicts import LEAST_PERIODS
from seston.schemas import FORMAT
from seston.trends.periods import day_numbers

COLUMNS = [
    "site", "class", "samples", "groups", "family", "offset", "spline_df", "dispersion",
    "p_time", "q_time", "p_groups", "q_groups", "p_interaction", "q_interaction",
    "since", "since_day", "reclusterings", "reclusterings_same", "flags",
]  # fmt: skip
EFFECT_COLUMNS = [
    "site", "class", "group", "ratio", "ratio_low", "ratio_high", "p", "q", "unit",
]  # fmt: skip
CURVE_COLUMNS = [
    "site", "class", "group", "period", "day_number", "fitted", "fitted_low", "fitted_high", "unit",
]  # fmt: skip
UNIT = {"concentration": "per mL", "share": "share"}
OFFSET = {"concentration": "log mL", "share": "log images"}

Row = list[Any]


def class_row(one: ComparedClass, day_zero: str) -> Row:
    """Return the row of one class at one site."""
    site = one.site
    samples = site.model.cells.samples.sum() if site.model else 0
    about: Row = [site.site, one.name, samples, len(site.groups)]
    if one.found is None or site.model is None:
        about += ["", OFFSET[site.measure], "", ""]
    else:
        family = "negative binomial" if one.found.full.scatter > 0 else "poisson"
        df = site.model.design.curve.df
        about += [family, OFFSET[site.measure], df, one.found.full.poisson_ratio]
    tests: Row = [value for test in TESTS for value in (one.p[test], one.q[test])]
    period = one.since[0] if one.since else ""
    day = day_numbers([period], day_zero)[0] if period else ""
    return [*about, *tests, period, day, one.reclusterings, one.same, ";".join(one.flags)]


def effect_rows(classes: Iterable[ComparedClass], confidence: float) -> list[Row]:
    """Return the ratio of each class in each group; q-values are of one family per site."""
    rows: list[Row] = []
    for one in classes:
        if one.found is None or not one.site.comparable:
            continue
        found = ratios(one.found, len(one.site.groups), confidence)
        for group, ratio, low, high, chance in zip(one.site.groups, *found, strict=True):
            p = float(chance) if one.site.tested else np.nan
            rows.append([one.site.site, one.name, group, ratio, low, high])
            rows[-1] += [p, None, UNIT[one.site.measure]]
    site, p_place, q_place = (EFFECT_COLUMNS.index(name) for name in ("site", "p", "q"))
    for _, family in groupby(rows, itemgetter(site)):
        here = list(family)
        for row, q in zip(here, q_values([row[p_place] for row in here]), strict=True):
            row[q_place] = q
    return rows


def curve_rows(classes: Iterable[ComparedClass], confidence: float, day_zero: str) -> list[Row]:
    """Return the fitted course of each class in each group."""
    rows: list[Row] = []
    for one in classes:
        if one.found is None:
            continue
        site = one.site
        days = day_numbers(site.periods, day_zero)
        found = curves(one.found, site, confidence)
        for group, place, *fitted in zip(*found, strict=True):
            when = [site.periods[place], days[place]]
            rows.append([site.site, one.name, site.groups[group], *when, *fitted])
            rows[-1].append(UNIT[site.measure])
    return rows


def report_of(classes: list[ComparedClass], effects: list[Row]) -> dict[str, Any]:
    """Return the numbers of tests, what was refused and why, and the sites."""
    sites = {one.site.site: one.site for one in classes}
    tests: dict[str, int] = {
        test: sum(bool(np.isfinite(one.p[test])) for one in classes) for test in TESTS
    }
    chances = [row[EFFECT_COLUMNS.index("p")] for row in effects]
    tests["effects"] = int(np.isfinite(chances).sum())
    lags: dict[str, list[float]] = {name: [] for name in sites}
    for one in classes:
        if one.found is not None:
            lags[one.site.site].append(one.found.lag1)
    told = {
        name: {
            "groups": site.groups,
            "left_out": site.left_out,
            "measure": site.measure,
            "why": site.why,
            "periods": site.model.cells.periods if site.model else 0,
            "periods_in_block": site.model.cells.width if site.model else 1,
            "lag1": float(np.median(lags[name])) if lags[name] else None,
            "flags": site.flags,
        }
        for name, site in sites.items()
    }
    return {
        "format": FORMAT,
        "kind": "groups",
        "version": __version__,
        "fdr": "Benjamini-Yekutieli",
        "least_periods": LEAST_PERIODS,
        "least_images": LEAST_IMAGES,
        "tests": tests,
        "flagged": dict(sorted(Counter(flag for one in classes for flag in one.flags).items())),
        "since": [
            {
                "site": one.site.site,
                "class": one.name,
                "period": one.since[0],
                "group": one.since[1],
            }
            for one in classes
            if one.since
        ],
        "sites": told,
        "sentences": FLAGS,
        "notes": NOTES,
    }
