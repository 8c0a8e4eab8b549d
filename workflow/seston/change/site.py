"""All trend tests of one site: over its groups, in each of them, and of the images themselves."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from seston.change.false_discovery import q_values
from seston.change.pooling import are_apart, mean_of_groups
from seston.change.serial import Floats
from seston.change.series import Measure, Totals, logits, tested
from seston.change.verdicts import Series, flagged, judge, rows

#: Share of the reclusterings in which a trend must be found again.
AGAIN = 0.5


@dataclass(frozen=True)
class Settings:
    """How it is tested, and told.

    Attributes
    ----------
    days_per_period : float
        Slopes are told per day.
    confidence : float
        Of the intervals of slopes.
    alpha : float
        False discovery rate at which a trend is told.
    """

    days_per_period: float
    confidence: float
    alpha: float


def trend_tests(
    found: Totals, measure: Measure, settings: Settings, again: Iterable[Floats] | None = None
) -> pd.DataFrame:
    """Test every class of a site, over its groups and in each of them, for a trend.

    Parameters
    ----------
    found : Totals
    measure : {"concentration", "share"}
    settings : Settings
    again : iterable of ndarray, shape (G, T, K), optional
        What is tested (`series.tested`), from the counts of each reclustering.

    Returns
    -------
    pandas.DataFrame
        One row per scope, group and class; then those of the rejected and noise images, without
        a class. ``q`` by family: classes over groups, classes in single groups, images.
    """
    names, values = found.classes, tested(found, measure)
    one = found.present.sum() < 2 and measure == "share"
    scopes = {
        (scope, group): _series(names, values[own], found.counts[own], "one_class" if one else "")
        for scope, group, own in _scopes(found.groups)
    }
    tables = [
        rows(series, found.periods, settings.days_per_period, settings.confidence).assign(
            scope=scope, group=group, measure=measure, pooled_slope=np.nan
        )
        for (scope, group), series in scopes.items()
    ]
    whole = judge(tables[0], settings.alpha)
    if len(tables) > 1:
        whole = _with_pooled(whole, found, measure, settings)
    whole = _with_reclusterings(whole, next(iter(scopes.values())), again, settings.alpha)
    families = [whole]
    if len(tables) > 1:
        families.append(judge(pd.concat(tables[1:], ignore_index=True), settings.alpha))
    families = [flagged(table, "share_only", measure == "share") for table in families]
    families.append(judge(_of_images(found, settings), settings.alpha))
    return pd.concat(families, ignore_index=True)


def _scopes(groups: list[str]) -> Iterator[tuple[str, str, slice]]:
    """Yield the site over its groups, and each group where there are several."""
    yield "site", "", slice(None)
    if len(groups) > 1:
        for place, group in enumerate(groups):
            yield "group", group, slice(place, place + 1)


def _series(names: list[str], values: Floats, counts: Floats, refused: str = "") -> Series:
    """Return the mean over groups (G, T, K), to be tested."""
    sampled = np.any(~np.isnan(values), axis=2)
    if not refused and not sampled.any():
        refused = "not_measured"
    if not refused and are_apart(sampled):
        refused = "groups_apart"
    there = (counts > 0).any(axis=0) & sampled.any(axis=0)[:, None]
    return Series(names, mean_of_groups(values), there.sum(axis=0), refused)


def _of_images(found: Totals, settings: Settings) -> pd.DataFrame:
    """Return the tests of the shares of rejected and of noise images."""
    shares = {
        "rejected_share": (found.listed - found.images, found.listed),
        "noise_share": (found.noise, found.images),
    }
    parts = []
    for measure, (part, whole) in shares.items():
        values = logits(part, whole)[:, :, None]
        for scope, group, own in _scopes(found.groups):
            series = _series([""], values[own], part[own][:, :, None])
            table = rows(series, found.periods, settings.days_per_period, settings.confidence)
            parts.append(table.assign(scope=scope, group=group, measure=measure))
    return pd.concat(parts, ignore_index=True)


def _with_pooled(
    table: pd.DataFrame, found: Totals, measure: Measure, settings: Settings
) -> pd.DataFrame:
    """Add the slope of all groups thrown together, and a flag where it points the other way.

    Only where one of the two is a finding: near zero, signs differ by chance.
    """
    pooled = found.pooled()
    tests = _series(found.classes, tested(pooled, measure), pooled.counts).trends(
        settings.confidence
    )
    sure = (table["direction"] != 0) | (q_values(tests.p) <= settings.alpha)
    table = table.assign(pooled_slope=tests.slope / settings.days_per_period)
    flips = sure & (np.sign(tests.z) * np.sign(table["z"]) < 0)
    return flagged(table, "sign_flips_when_pooled", flips)


def _with_reclusterings(
    table: pd.DataFrame, together: Series, again: Iterable[Floats] | None, alpha: float
) -> pd.DataFrame:
    """Add in how many reclusterings the verdict is the same, and a flag where a trend vanishes."""
    if again is None:
        return table.assign(reclusterings=np.nan, reclusterings_same=np.nan)
    verdicts = []
    for values in again:
        tests = replace(together, values=mean_of_groups(values)).trends(None)
        verdicts.append(np.where(q_values(tests.p) <= alpha, np.sign(tests.z), 0))
    runs = len(verdicts)
    same = (np.array(verdicts).reshape(runs, len(table)) == table["direction"].to_numpy()).sum(0)
    table = table.assign(
        reclusterings=runs, reclusterings_same=np.where(table["refused"] == "", same, np.nan)
    )
    vanishes = (table["direction"] != 0) & (same <= (1 - AGAIN) * runs)
    return flagged(table, "vanishes", vanishes)
