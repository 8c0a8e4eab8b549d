"""Rows of trend tests: what was tested, what came out, and what was refused and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.change.false_discovery import q_values
from seston.change.mann_kendall import Trends, mann_kendall
from seston.change.serial import Floats, Places

LEAST_PERIODS = 10
MOST_PERIODS = 2000  # the test compares all pairs of them
LEAST_FOUND = 5  # sampled periods in which a class must have been found
MOSTLY = 0.5  # share of the sampled periods without the class that is worth a flag

REFUSALS = {
    "too_few_periods": f"fewer than {LEAST_PERIODS} sampled periods",
    "too_many_periods": f"more than {MOST_PERIODS} sampled periods; choose a longer trends.period",
    "not_measured": "in no period is what it takes known: a volume, or of shares an image",
    "groups_apart": "groups were sampled at different times, so that a trend cannot be told from a"
    " difference between them",
    "too_rarely_found": f"found in fewer than {LEAST_FOUND} sampled periods",
    "one_class": "no volume and only one class, whose share is always 1",
    "constant": "the same in all periods",
}
VERDICTS = {1: "rises", 0: "none", -1: "falls"}


def wrong_length(places: Places) -> str:
    """Return why a series of these sampled periods is too short or too long to test, or ""."""
    few, many = len(places) < LEAST_PERIODS, len(places) > MOST_PERIODS
    return "too_few_periods" if few else "too_many_periods" if many else ""


@dataclass(frozen=True)
class Series:
    """Series of the same periods to be tested.

    Attributes
    ----------
    names : list of str, length K
    values : ndarray, shape (T, K)
        By period of the calendar; NaN where it was not sampled.
    found : ndarray of int, shape (K,)
        Sampled periods in which the class was found at all.
    refused : str
        Why none of them can be tested, or "".
    """

    names: Sequence[str]
    values: Floats
    found: npt.NDArray[np.int64]
    refused: str = ""

    @property
    def places(self) -> Places:
        """Numbers of the sampled periods."""
        return np.flatnonzero(~np.isnan(self.values).any(axis=1))

    def refusals(self) -> list[str]:
        """Return why each series cannot be tested: "" where it can."""
        places = self.places
        if why := self.refused or wrong_length(places):
            return [why] * len(self.names)
        constant = np.ptp(self.values[places], axis=0) == 0
        return [
            "too_rarely_found" if found < LEAST_FOUND else "constant" if still else ""
            for found, still in zip(self.found, constant, strict=True)
        ]

    def trends(self, confidence: float | None) -> Trends:
        """Test those that can be tested; NaN for the others."""
        free = np.array([not why for why in self.refusals()], bool)
        results = [np.full(len(self.names), np.nan) for _ in Trends._fields]
        if free.any():
            places = self.places
            tests = mann_kendall(self.values[np.ix_(places, free)], places, confidence)
            for result, test in zip(results, tests, strict=True):
                result[free] = test
        return Trends(*results)


def rows(
    series: Series, periods: list[str], days_per_period: float, confidence: float
) -> pd.DataFrame:
    """Test series and return a row for each, without q-values and verdicts (see `judge`).

    Parameters
    ----------
    series : Series
    periods : list of str, length T
        Starts of the periods of the calendar.
    days_per_period : float
        Slopes are told per day.
    confidence : float
    """
    places, found = series.places, series.trends(confidence)
    first, last = (periods[places[0]], periods[places[-1]]) if len(places) else ("", "")
    gaps = int(np.ptp(places)) + 1 - len(places) if len(places) else 0
    absent = series.found < (1 - MOSTLY) * len(places)
    refusals = series.refusals()
    table = pd.DataFrame({
        "class": list(series.names), "periods": len(places), "first": first, "last": last,
        "gaps": gaps, "lag1": found.lag1, "p": found.p,
        "slope_per_day": found.slope / days_per_period,
        "slope_low": found.low / days_per_period, "slope_high": found.high / days_per_period,
        "z": found.z, "refused": refusals, "flags": refusals,
    })  # fmt: skip
    return flagged(table, "mostly_absent", absent & (table["class"] != ""))


def flagged(table: pd.DataFrame, code: str, where: npt.ArrayLike) -> pd.DataFrame:
    """Add a flag to some rows; ";" stands between flags."""
    flags = [
        ";".join(filter(None, [has, code])) if add else has
        for has, add in zip(table["flags"], np.broadcast_to(where, len(table)), strict=True)
    ]
    return table.assign(flags=pd.Series(flags, table.index, dtype=object))


def judge(table: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Add ``q``, ``direction`` and ``verdict`` to the rows of one family of tests."""
    q = q_values(table["p"])
    direction = np.where(q <= alpha, np.sign(table["z"]), 0)
    direction = np.nan_to_num(direction).astype(np.int64)
    refused = table["refused"] != ""
    verdict = ["refused" if no else VERDICTS[d] for no, d in zip(refused, direction, strict=True)]
    return table.assign(q=q, direction=direction, verdict=verdict)
