"""How often the comparison of groups is right, on bags whose truth is known.

False positives and power of the tests of time, of groups and of their own courses, coverage of
the ratios of groups, and dates from which groups differ: 23 days, one to three samples per bag
and day of unequal volume. Bags stray from their course by 40 % with a lag-1 correlation, samples
from the bag by 32 %, and images are counted (so the counts are negative binomial around a
lognormal course). Days are shared by all bags to the part `shared`.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from seston.change.cells import Cells, cells_of
from seston.change.correlation import grid_of
from seston.change.design import design_of
from seston.change.difference import Regression, difference, p_value
from seston.change.group_effects import ratios
from seston.change.since import since

Floats = npt.NDArray[np.float64]

DAYS = 23
CLASSES = 30  # that share one experiment's effort
ALPHA = 0.05


@dataclass(frozen=True)
class World:
    """What is simulated.

    Attributes
    ----------
    bags : int
    lag1 : float
    images : float
        Of a class in a sample of the mean volume.
    shared : float
        Part of the variance of the course that all bags share.
    trend : float
        Factor from the first to the last day.
    factor : float
        Of the first bag, from day `begin` on.
    begin : int
    of_images : bool
        Whether the offset is not the volume but the images of other kinds, nine times as many,
        which scatter between samples too.
    missing : float
        Part of the bags' days without a sample.
    """

    bags: int
    lag1: float
    images: float
    shared: float = 0.0
    trend: float = 1.0
    factor: float = 1.0
    begin: int = 0
    of_images: bool = False
    missing: float = 0.0


def autocorrelated(random: np.random.Generator, lag1: float, shape: tuple[int, ...]) -> Floats:
    """Return stationary series of variance 1 along the last axis."""
    series = random.standard_normal(shape)
    for day in range(1, shape[-1]):
        series[..., day] *= np.sqrt(1 - lag1**2)
        series[..., day] += lag1 * series[..., day - 1]
    return series


def experiment(world: World, random: np.random.Generator) -> tuple[Cells, Floats]:
    """Return the cells of an experiment and the counts of its classes, (CLASSES, N)."""
    shape = CLASSES, world.bags, DAYS
    course = np.sqrt(1 - world.shared) * autocorrelated(random, world.lag1, shape)
    course += np.sqrt(world.shared) * autocorrelated(random, world.lag1, (CLASSES, 1, DAYS))
    days = np.arange(DAYS)
    true = world.images * np.exp(0.4 * course) * world.trend ** (days / (DAYS - 1) - 0.5)
    true[:, 0, days >= world.begin] *= world.factor
    samples = random.integers(1, 4, shape[1:]).ravel()
    samples[random.random(samples.shape) < world.missing] = 0
    bag, day = (np.repeat(x.ravel(), samples) for x in np.indices(shape[1:]))
    volume = random.uniform(0.5, 1.5, len(bag))
    scattered = random.gamma(10, 1 / 10, (CLASSES, len(bag)))
    counts = random.poisson(true[:, bag, day] * volume * scattered)
    others = random.poisson(9 * world.images * volume * random.gamma(10, 1 / 10, len(bag)))
    effort = others if world.of_images else volume
    cells = cells_of(bag, day, effort)
    return cells, cells.total(counts.T).T


def judged(world: World, classes: int, dates: bool = False) -> dict[str, float]:
    """Return the rates of one world."""
    key = [world.bags, round(10 * world.lag1), round(10 * world.images), world.begin]
    random = np.random.default_rng(key)
    p, covered, found = [], [], []
    for _ in range(max(classes // CLASSES, 1)):
        cells, counts = experiment(world, random)
        regression = Regression(cells, design_of(cells), grid_of(cells))
        noise = random.standard_normal((len(cells.effort), 499))
        truth = np.append(1.0, np.zeros(world.bags - 1)) - 1 / world.bags
        for row in counts:
            one = difference(row, regression)
            p.append([
                p_value(one, regression, ["groups"], "curve"),
                p_value(one, regression, ["curve"], "groups"),
                p_value(one, regression, ["curve", "groups"], "courses"),
            ])  # fmt: skip
            ratio = ratios(one, world.bags, 0.95)
            true = world.factor**truth
            covered.append((ratio.low <= true) & (true <= ratio.high))
            if dates:
                begun = since(one, regression, ALPHA, noise, 0)
                found.append(np.nan if begun is None else begun[0] - world.begin)
    positive = np.mean(np.array(p) <= ALPHA, axis=0).tolist()
    rates = dict(zip(("time", "groups", "course"), positive, strict=True))
    if world.begin == 0:
        rates["covered"] = float(np.mean(covered))
    if dates:
        late = np.array(found)
        rates["dated"] = float(np.mean(np.isfinite(late)))
        rates["too early"] = float(np.mean(late < 0))
        if np.isfinite(late).any():
            rates["days late"] = float(np.nanmedian(late))
    return rates


def main(quick: bool) -> None:
    classes = 60 if quick else 300
    print(f"{DAYS} days, {classes} classes, alpha {ALPHA}; rates of p <= alpha\n")
    lags = (0.0, 0.6) if quick else (0.0, 0.3, 0.6)
    print("nothing differs (time, groups, course: false positives; dated: any date)")
    for bags in (2, 7) if quick else (2, 4, 8):
        for images in (3.0,) if quick else (0.3, 3.0, 30.0):
            for lag1 in lags:
                _line(World(bags, lag1, images), classes, dates=bags > 2 and images == 3)
    print("half of the variance is common to all bags of a day")
    for lag1 in lags:
        _line(World(7, lag1, 10.0, shared=0.5), classes)
    print("a fifth of the bags' days without a sample")
    for lag1 in lags:
        _line(World(4, lag1, 10.0, missing=0.2), classes)
    print("shares of images")
    for lag1 in lags:
        _line(World(4, lag1, 10.0, of_images=True), classes)
    few = classes // 2
    base = World(7, 0.0, 10.0)
    for what, world in (
        ("all bags double over 23 days", replace(base, trend=2.0)),
        ("one of 7 bags has twice as much", replace(base, factor=2.0)),
        ("one of 7 bags has twice as much from day 10 on", replace(base, factor=2.0, begin=10)),
        ("one of 7 bags has four times as much from day 10 on",
         replace(base, factor=4.0, begin=10)),
    ):  # fmt: skip
        print(what)
        for lag1 in lags:
            _line(replace(world, lag1=lag1), few, dates=world.factor > 1)


def _line(world: World, classes: int, dates: bool = False) -> None:
    rates = judged(world, classes, dates)
    told = "  ".join(f"{name} {value:.3f}" for name, value in rates.items())
    print(
        f"  {world.bags} bags, {world.images:g} images, lag-1 {world.lag1:g}:  {told}", flush=True
    )


if __name__ == "__main__":
    main(quick=True)
