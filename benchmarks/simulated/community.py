"""How often the statistics of the community are right, on communities whose truth is known.

Coverage of the intervals of Hill numbers, false alarms of the noise floor of turnover, of the
comparison of groups (with and without a difference in scatter) and of synchrony, at lag-1
correlations of 0 to 0.6; power for groups that differ.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.community.common_course import common_course
from seston.community.compositions import METHODS, Compositions, coordinates, distances
from seston.community.diversity import diversity
from seston.community.hill import rarefied
from seston.community.permanova import permanova
from seston.community.turnover import turnover
from seston.trends.counted import Counted

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

PHIS = (0.0, 0.3, 0.6)
STRONG = (0.8, 0.9)
ALPHA = 0.05


class World(NamedTuple):
    """An experiment: groups, periods, classes, images of a sample, missing samples."""

    groups: int = 8
    periods: int = 23
    classes: int = 30
    images: int = 1000
    missing: float = 0.05
    spread: float = 0.5  # standard deviation of a group's own log abundances
    loud: float = 1.0  # the same of the first group, as a multiple
    effect: float = 0.0  # standard deviation of lasting differences between groups
    season: float = 0.15  # daily step of the course that all groups follow
    shared: float = 0.0  # share of the variance through time that groups have in common


def ar1(rng: np.random.Generator, shape: tuple[int, ...], phi: float) -> Floats:
    """Return stationary AR(1) series of unit variance along the second but last axis."""
    series = rng.normal(size=shape)
    for t in range(1, shape[-2]):
        fresh = np.sqrt(1 - phi**2) * series[..., t, :]
        series[..., t, :] = phi * series[..., t - 1, :] + fresh
    return series


def draw(rng: np.random.Generator, world: World, phi: float) -> Compositions:
    """Return the counts of an experiment in which groups follow one course, and each its own."""
    g, t, k = world.groups, world.periods, world.classes
    loudness = np.where(np.arange(g) == 0, world.loud, 1.0)[:, None, None] * world.spread
    own = np.sqrt(1 - world.shared) * ar1(rng, (g, t, k), phi)
    own = own + np.sqrt(world.shared) * ar1(rng, (t, k), phi)
    level = rng.normal(0, 1.5, k) + world.effect * rng.normal(size=(g, 1, k))
    logs = level + loudness * own
    logs = logs + world.season * rng.normal(size=(t, k)).cumsum(axis=0)
    share = np.exp(logs)
    share /= share.sum(axis=-1, keepdims=True)
    effort = rng.integers(world.images // 2, world.images * 2, (g, t))
    counts = rng.multinomial(effort, share).reshape(g * t, k)
    group, place = np.divmod(np.arange(g * t), t)
    keep = rng.random(g * t) >= world.missing
    start = np.datetime64("2024-05-01") + place
    return Compositions(
        np.char.mod("bag %02d", group),
        start.astype(str),
        place.astype(float),
        place.astype(np.int64),
        counts.astype(np.int64),
        [str(name) for name in range(k)],
    ).part(keep)


def permanova_rates(world: World, phi: float, runs: int, seed: int = 1) -> dict[str, float]:
    """Return how often groups, and their scatter, are called different."""
    rng = np.random.default_rng([seed, 1])
    tables = []
    for run in range(runs):
        found = draw(rng, world, phi)
        for method in METHODS:
            far = distances(found.counts, method, world.images // 2)
            tables.append(permanova("", method, found, far, 1.0, ALPHA, 199, run)[0])
    table = pd.concat(tables)
    rates = {}
    for method, rows in table.groupby("method"):
        known = rows[rows["p"].notna()]
        rates[f"{method} p"] = float((known["p"] <= ALPHA).mean())
        rates[f"{method} dispersion"] = float((known["dispersion_p"] <= ALPHA).mean())
        rates[f"{method} refused"] = 1 - len(known) / len(rows)
    return rates


def synchrony_rates(world: World, phi: float, runs: int, seed: int = 1) -> dict[str, float]:
    """Return how often classes are called synchronous, and how often intervals cover."""
    rng = np.random.default_rng([seed, 2])
    low, covered = [], []
    # A season would be synchrony; and the truth is that of the water, not of the counts.
    quiet = world._replace(season=0.0, images=world.images * 2000)
    for _ in range(runs):
        found = draw(rng, quiet, phi)
        group = np.unique(found.group, return_inverse=True)[1]
        values = coordinates(found.counts, "aitchison", quiet.images // 2)
        it = common_course(values, group, found.place, 0.95)
        low.extend(it.p <= ALPHA)
        covered.extend((it.low <= world.shared) & (it.high >= world.shared))
    return {"p": float(np.mean(low)), "coverage": float(np.mean(covered))}


def turnover_rates(world: World, runs: int, seed: int = 1) -> dict[str, float]:
    """Return how often the distance of two samples of one water exceeds the noise floor."""
    rng = np.random.default_rng([seed, 3])
    share = rng.dirichlet(np.ones(world.classes) * 0.3)
    effort = np.exp(rng.uniform(np.log(50), np.log(5000), runs)).astype(int)
    place = np.arange(runs)
    days = (np.datetime64("2024-05-01") + place).astype(str)
    counts = rng.multinomial(effort, share).astype(np.int64)
    names = [str(name) for name in range(world.classes)]
    found = Compositions(np.full(runs, ""), days, place * 1.0, place, counts, names)
    table = turnover("", found, 0.95, seed)
    return {m: float((table[m] > table[f"{m}_by_chance"]).mean()) for m in METHODS}


def hill_coverage(
    rho: float, samples: tuple[int, ...], runs: int, seed: int = 1, classes: int = 30
) -> dict[int, list[float]]:
    """Return how often the 95 % intervals of order 0, 1 and 2 cover, by samples a period.

    Shares of a sample are Dirichlet distributed around those of the day, which follow a season;
    `rho` is the intra-sample correlation. Runs are those of one sample a period; there are
    fewer where each has more.
    """
    rng = np.random.default_rng([seed, 4])
    periods, equal = 23, 150
    level = rng.normal(0, 1.5, classes)
    wave = 0.5 * rng.normal(size=classes) * np.sin(np.arange(periods) / 6)[:, None]
    share = np.exp(level + wave)
    share /= share.sum(axis=1, keepdims=True)

    def counts_of(rows: Integers) -> Integers:
        effort = np.exp(rng.uniform(np.log(equal), np.log(1000), len(rows))).astype(int)
        of_sample = share[rows]
        if rho:
            of_sample = np.maximum(rng.gamma(of_sample * (1 / rho - 1)), 1e-300)
            of_sample /= of_sample.sum(axis=1, keepdims=True)
        return rng.multinomial(effort, of_sample).astype(np.int64)

    many = np.repeat(np.arange(periods), 300)
    logs = np.log([rarefied(row, equal) for row in counts_of(many)])
    truth = np.exp(logs.reshape(periods, -1, 3).mean(axis=1))
    covered = {}
    for number in samples:
        hits = []
        for _ in range(max(runs // number, 2)):
            day = np.repeat(np.arange(periods), number)
            counted = Counted(_effort(day), counts_of(day), list(map(str, range(classes))), None)
            table = diversity(counted, "class", 0.95, equal=equal)
            order = table["order"].to_numpy()
            true = truth[np.repeat(np.arange(periods), 3), order]
            inside = (table["hill_low"] <= true) & (table["hill_high"] >= true)
            hits.append([inside[order == q].mean() for q in range(3)])
        covered[number] = np.mean(hits, axis=0).tolist()
    return covered


def _effort(day: Integers) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sample": [f"s{number:04d}" for number in range(len(day))],
            "site": "", "group": "", "day_number": np.nan,
            "period": (np.datetime64("2024-05-01") + day).astype(str),
        }
    )  # fmt: skip


def main(quick: bool) -> None:
    """Print a plain table; `quick` with a tenth of the runs."""
    part = 10 if quick else 1
    print("coverage of the 95 % intervals of Hill numbers of order 0, 1, 2")
    for rho in (0.0, 0.005, 0.02, 0.05):
        for samples, inside in hill_coverage(rho, (1, 2, 3, 6, 12), 60 // part).items():
            print(f"  rho {rho:<6g} {samples:2d} samples a period  ", *map("{:.3f}".format, inside))
    print("turnover of one water above the noise floor (0.05 meant):")
    print("  ", _line(turnover_rates(World(), 2000 // part)))
    print("comparison of groups: p <= 0.05, by AR(1)")
    worlds = {
        "8 groups, 23 periods, 30 classes": World(),
        "8 groups, 23 periods, 100 classes": World(classes=100),
        "7 groups, 20 periods": World(groups=7, periods=20),
        "4 groups, 30 periods": World(groups=4, periods=30),
        "3 groups, 60 periods": World(groups=3, periods=60),
        "2 groups, 72 periods": World(groups=2, periods=72),
        "8 groups, 23 periods, one scatters twice as much": World(loud=2.0),
        "8 groups, 23 periods, lasting difference 0.1": World(effect=0.1),
        "8 groups, 23 periods, lasting difference 0.2": World(effect=0.2),
    }
    for name, world in worlds.items():
        for phi in PHIS + STRONG:
            print(f"  {name:50s} {phi:.1f}", _line(permanova_rates(world, phi, 300 // part)))
    print("synchrony: p <= 0.05, and coverage of its interval, by AR(1)")
    for shared in (0.0, 0.3, 0.7):
        for groups, periods in ((2, 23), (3, 12), (8, 23), (8, 60)):
            for phi in PHIS:
                world = World(groups=groups, periods=periods, shared=shared)
                rates = synchrony_rates(world, phi, 100 // part)
                print(
                    f"  common {shared:.1f} {groups} groups {periods} periods {phi:.1f}",
                    _line(rates),
                )


def _line(rates: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.3f}" for name, value in rates.items())
