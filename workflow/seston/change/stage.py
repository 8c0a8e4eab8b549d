"""Stage `changes`: what rises, falls, comes and goes, at every site."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from seston import __version__, store
from seston.change.change_point_rows import change_point_rows
from seston.change.cycle_rows import cycle_rows
from seston.change.false_discovery import q_values
from seston.change.methods import METHODS, numbers_of
from seston.change.scatter import scatter_of_cells
from seston.change.serial import Floats
from seston.change.series import Measure, choose_measure, tested, totals
from seston.change.site import Settings, trend_tests
from seston.change.succession import timing as timing_of
from seston.errors import SestonError
from seston.schemas import FORMAT
from seston.trends.classes import Level
from seston.trends.counted import Counted, Integers, read_counted
from seston.trends.periods import DAYS, Period, day_numbers, periods_between
from seston.trends.reclustered import read_reclusterings
from seston.tsv import write_tsv

log = logging.getLogger("seston")

TESTS = [
    "site", "scope", "group", "class", "measure", "periods", "first", "last", "gaps", "lag1",
    "p", "q", "slope_per_day", "slope_low", "slope_high", "direction", "pooled_slope",
    "reclusterings", "reclusterings_same", "flags", "verdict",
]  # fmt: skip
TIMING = [
    "site", "class", "periods", "images", "centre", "centre_low", "centre_high", "centre_day",
    "centre_day_low", "centre_day_high", "spread_days", "p", "q", "occupied", "first_seen",
    "last_seen", "peak", "label", "shown", "order", "flags",
]  # fmt: skip
HARMONICS = [
    "site", "group", "class", "cycle", "hours", "cycles", "samples", "amplitude",
    "amplitude_low", "amplitude_high", "peak", "p", "q",
]  # fmt: skip
CHANGE_POINTS = ["site", "group", "class", "period", "before", "after", "penalty"]


def changes(
    *,
    images: Path,
    samples: Path,
    labels: tuple[Path, ...] = (),
    reclusterings: Path | None = None,
    period: Period,
    day_zero: str,
    level: Level,
    confidence: float,
    alpha: float,
    permutations: int,
    seed: int,
    tests: Path,
    timing: Path,
    harmonics: Path,
    change_points: Path,
    report: Path,
) -> None:
    """Test what changes through time: trends, timing, cycles, and dates of sudden changes.

    Parameters
    ----------
    images : Path
        The table of all images.
    samples : Path
        The table of all samples.
    labels : tuple of Path
        For the level "label": tables of labels; without any, those in the table of images.
    reclusterings : Path or None
        What the clusters would be otherwise; a trend that is gone in half of them is marked.
        Not used at level "label".
    period : {"hour", "day", "week", "month"}
        What samples are joined by.
    day_zero : str
        Day 0 of the experiment as an ISO date, or "".
    level : {"cluster", "coarse", "name", "label"}
        What is tested.
    confidence : float
        Of the intervals, such as 0.95.
    alpha : float
        False discovery rate at which something rises, falls, or has its time.
    permutations : int
        For the test of timing; and as many draws for the interval of the centre.
    seed : int
        Of these.
    tests : Path
        Written: trend of each class, over the groups of a site and in each; of rejected and
        noise images too.
    timing : Path
        Written: when each class has its time.
    harmonics : Path
        Written: cycles of day, tide and year.
    change_points : Path
        Written: candidate dates of sudden changes.
    report : Path
        Written: numbers of tests, what was refused and why, thresholds and methods.
    """
    for name, value in (("confidence", confidence), ("alpha", alpha)):
        if not 0 < value < 1:
            raise SestonError(f"trends.{name} is {value}: expected a number between 0 and 1")
    if permutations < 99:
        raise SestonError(f"trends.permutations is {permutations}: expected at least 99")
    counted = read_counted(images, samples, period, day_zero, level, labels)
    tables: dict[str, list[pd.DataFrame]] = {name: [] for name in _COLUMNS}
    told = {}
    settings = Settings(DAYS[period], confidence, alpha)
    for site in sorted(counted.effort["site"].unique()):
        part = counted.of_site(site)
        again = None
        if reclusterings is not None and level != "label":
            again = read_reclusterings(reclusterings, part)
        effort = part.effort["period"]
        calendar = periods_between(effort.min(), effort.max(), period, day_zero)
        found = totals(part, calendar)
        measure, why = choose_measure(found)
        made = {
            "tests": trend_tests(
                found, measure, settings, _again(part, calendar, measure, again)
            ),
            "timing": timing_of(
                found, measure, scatter_of_cells(part, found, measure), confidence, alpha,
                permutations, seed,
            ),
            "harmonics": _with_q(pd.DataFrame(cycle_rows(part, measure, confidence))),
            "change_points": pd.DataFrame(change_point_rows(found, measure)),
        }  # fmt: skip
        for name, table in made.items():
            tables[name].append(table.assign(site=site))
        told[site] = {"measure": measure, "why": why} | numbers_of(made)
        log.info("changes: site %s: %s", site or "(no name)", told[site])
    whole = {name: _whole(parts, _COLUMNS[name]) for name, parts in tables.items()}
    for name in ("reclusterings", "reclusterings_same"):  # whole numbers, or nothing
        column = whole["tests"][name]
        whole["tests"][name] = [None if pd.isna(value) else int(value) for value in column]
    whole["timing"] = _dated(whole["timing"], period, day_zero)
    for name, path in (
        ("tests", tests), ("timing", timing), ("harmonics", harmonics),
        ("change_points", change_points),
    ):  # fmt: skip
        write_tsv({column: whole[name][column] for column in _COLUMNS[name]}, path)
    facts = METHODS | {
        "format": FORMAT, "kind": "trend_tests", "version": __version__,
        "level": level, "period": period, "day_zero": day_zero, "confidence": confidence,
        "alpha": alpha, "permutations": permutations, "seed": seed, "sites": told,
    }  # fmt: skip
    store.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", report)


_COLUMNS = {
    "tests": TESTS,
    "timing": TIMING,
    "harmonics": HARMONICS,
    "change_points": CHANGE_POINTS,
}


def _again(
    part: Counted, calendar: list[str], measure: Measure, counts: Integers | None
) -> Iterator[Floats] | None:
    """Yield what is tested, by the counts of each reclustering (B, m, K)."""
    if counts is None:
        return None
    return (tested(totals(replace(part, counts=run), calendar), measure) for run in counts)


def _with_q(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(q=q_values(table["p"])) if len(table) else table


def _whole(parts: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Return the rows of all sites, with the columns even if there is none."""
    return pd.concat([pd.DataFrame(columns=columns), *parts], ignore_index=True)


def _dated(table: pd.DataFrame, period: Period, day_zero: str) -> pd.DataFrame:
    """Write centres as ISO text, to the nearest day or, of hours, minute; and as day numbers.

    Day numbers have decimals: the interval of a centre may be shorter than a day.
    """
    table = table.copy()
    for name in ("centre", "centre_low", "centre_high"):
        times = table[name].to_numpy("datetime64[m]")
        table[name.replace("centre", "centre_day")] = day_numbers(times, day_zero)
        if period != "hour":
            times = (times + np.timedelta64(12, "h")).astype("datetime64[D]")
        table[name] = np.datetime_as_string(times)
    return table
