"""Tables of series as the stages write them, drawn from blooms with noise."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from seston.trends.periods import Period, start_of_period

STEPS = {"hour": "h", "day": "D", "week": "7D", "month": "MS"}


@dataclass(frozen=True)
class Tables:
    """One site's tables, and the names of its groups."""

    abundance: pd.DataFrame
    periods: pd.DataFrame
    groups: list[str]

    @property
    def effort(self) -> pd.DataFrame:
        """The sampled periods."""
        return self.periods[self.periods["sampled"] > 0]


def tables(
    groups: int = 1,
    classes: int = 3,
    periods: int = 12,
    period: Period = "day",
    *,
    volume: bool = True,
    samples: int = 3,
    missing: tuple[int, ...] = (),
    day_zero: str = "",
    seed: int = 0,
) -> Tables:
    """Draw the counts of `classes` kinds that bloom one after the other.

    Parameters
    ----------
    missing : tuple of int
        Positions of the periods without a sample, in every group.
    """
    rng = np.random.default_rng(seed)
    times = pd.Series(pd.date_range("2024-05-06", periods=periods, freq=STEPS[period]))
    starts = start_of_period(times, period, day_zero).tolist()
    names = ["fjord", *(f"bag {i}" for i in range(1, groups))] if groups > 1 else [""]
    centres, width = np.linspace(0, periods, classes), max(periods / 5, 1)
    found, effort = [], []
    for group in names:
        for place, start in enumerate(starts):
            key = {"site": "s", "group": group, "period": start}
            if place in missing:
                effort.append(key | {"sampled": 0, "samples": 0, "few_samples": 0, "images": 0})
                continue
            water = rng.uniform(0.5, 2) if volume else np.nan
            mean = 1 + 60 * np.exp(-0.5 * ((place - centres) / width) ** 2)
            counts = rng.poisson(mean * (water if volume else 1))
            images = max(int(counts.sum()), 1)
            few = int(samples < 3)
            effort.append(
                key
                | {"sampled": 1, "samples": samples, "few_samples": few, "images": images,
                   "water_ml": water, "rejected_share": 0.1, "rejected_low": 0.05,
                   "rejected_high": 0.2, "noise_share": 0.3, "noise_low": 0.2, "noise_high": 0.4}
            )  # fmt: skip
            for number, count in enumerate(counts):
                share = count / images
                found.append(
                    key
                    | {"cluster": number, "class": f"cluster {number}", "samples": samples,
                       "few_samples": few, "count": count, "images": images, "share": share,
                       "share_low": share / 2, "share_high": min(1, 0.02 + 1.5 * share),
                       "concentration_per_ml": count / water, "concentration_low":
                       0.6 * count / water, "concentration_high": (2 + 1.5 * count) / water}
                )  # fmt: skip
    return Tables(pd.DataFrame(found), pd.DataFrame(effort), sorted(names))


def slopes(classes: int, groups: list[str], seed: int = 0) -> pd.DataFrame:
    """Return rows of ``trend_tests.tsv`` of one site: rising, falling, nothing, refused."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(classes):
        slope, half = rng.normal(0, 0.06), 0.03
        q, flags = (0.01 if abs(slope) > half else 0.4), ""
        row = {"site": "s", "scope": "site", "group": "", "class": f"cluster {number}",
               "measure": "concentration", "q": q, "slope_per_day": slope, "pooled_slope": np.nan,
               "slope_low": slope - half, "slope_high": slope + half,
               "direction": int(np.sign(slope)) if q < 0.05 else 0, "flags": flags,
               "verdict": "none" if q > 0.05 else "rises" if slope > 0 else "falls"}  # fmt: skip
        if number % 5 == 4:
            unknown = dict.fromkeys(("q", "slope_per_day", "slope_low", "slope_high"), np.nan)
            row |= unknown | {"direction": 0, "flags": "too_few_periods", "verdict": "refused"}
        rows.append(row)
        for group in groups if len(groups) > 1 else []:
            beside = {"scope": "group", "group": group, "slope_per_day": slope + 0.01}
            rows.append(row | beside)
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Groups:
    """``groups.tsv``, ``group_effects.tsv`` and ``curves.tsv`` of one site."""

    tests: pd.DataFrame
    effects: pd.DataFrame
    curves: pd.DataFrame


def differing(made: Tables, unit: str = "per mL", q: float = 0.01, since: int = 3) -> Groups:
    """Return tables in which the first group has twice as much as the mean, of every class."""
    tests, effects, curves = [], [], []
    starts = sorted(made.abundance["period"].unique())
    for number in made.abundance["cluster"].unique():
        name = f"cluster {number}"
        found = starts[since] if q < 0.05 else ""
        tests.append({"site": "s", "class": name, "q_groups": q + number * 1e-3,
                      "q_interaction": np.nan, "since": found})  # fmt: skip
        for place, group in enumerate(made.groups):
            ratio = 2.0 if place == 0 else 0.8
            effects.append({"site": "s", "class": name, "group": group, "ratio": ratio,
                            "ratio_low": ratio / 1.3, "ratio_high": ratio * 1.3,
                            "q": q if place == 0 else 0.3, "unit": unit})  # fmt: skip
            for start in starts:
                level = ratio * (10.0 if unit == "per mL" else 0.05)
                curves.append({"site": "s", "class": name, "group": group, "period": start,
                               "fitted": level, "fitted_low": level / 1.2,
                               "fitted_high": level * 1.2, "unit": unit})  # fmt: skip
    return Groups(pd.DataFrame(tests), pd.DataFrame(effects), pd.DataFrame(curves))
