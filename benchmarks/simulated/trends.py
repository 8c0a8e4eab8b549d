"""How often tests of single series find what is not there, and how often what is.

Run by `python benchmarks/calibration.py trends [--quick]`. Each class of a simulated experiment has
its own logarithm of concentration: a level per group, weather that all groups share and a course
of each group, both autocorrelated with the standard deviation 0.5, and a straight trend. Images
are drawn from it (Poisson) in water of unequal volume.
"""

from collections.abc import Iterator

import numpy as np
import pymannkendall

from seston.change.change_points import change_points, penalties
from seston.change.cycles import harmonics, possible
from seston.change.mann_kendall import mann_kendall
from seston.change.pooling import mean_of_groups
from seston.change.series import Totals, log_concentrations
from seston.change.timing import chance_of, course, drawn_again, mean_curve

DEVIATION = 0.5
NONE = np.inf  # images per sample: no counting noise


def autocorrelated(
    generator: np.random.Generator, phi: float, shape: tuple[int, ...]
) -> np.ndarray:
    """Return stationary AR(1) series of variance 1 along the first axis."""
    series = generator.standard_normal(shape)
    for i in range(1, len(series)):
        series[i] = phi * series[i - 1] + np.sqrt(1 - phi**2) * series[i]
    return series


def experiment(
    generator: np.random.Generator,
    groups: int,
    periods: int,
    classes: int,
    phi: float,
    images: float,
    slope: float = 0.0,
    missing: float = 0.0,
    effort_slope: float = 0.0,
    shared: float = DEVIATION,
) -> Totals:
    """Draw an experiment with `images` organisms of each class in the mean sample.

    `missing` is the share of periods that are not sampled at all; with several groups as many
    again are missing in single groups. `shared` is the standard deviation of the weather.
    """
    shape = groups, periods, classes
    weather = shared * autocorrelated(generator, phi, (periods, classes))
    own = autocorrelated(generator, phi, (periods, groups, classes)).swapaxes(0, 1)
    course = weather + DEVIATION * own if groups > 1 else weather
    time = np.arange(periods) - (periods - 1) / 2
    level = generator.normal(0, 0.3, (groups, 1, classes))
    rate = np.exp(level + course + slope * time[:, None])
    volume = np.exp(generator.normal(0, 0.3, (groups, periods)) + effort_slope * time)
    if images == NONE:
        counts = 1e9 * rate * volume[:, :, None]
    else:
        counts = generator.poisson(images * rate * volume[:, :, None]).astype(float)
    inner = np.arange(1, periods - 1)
    gone = np.zeros((groups, periods), bool)
    gone[:, generator.choice(inner, round(missing * periods), replace=False)] = True
    if groups > 1:
        for row in gone:
            row[generator.choice(periods, round(missing * periods), replace=False)] = True
    counts[gone], volume[gone] = 0, 0
    seen = (~gone).astype(float)
    return Totals(
        [f"bag {i}" for i in range(groups)], [str(i) for i in range(periods)],
        [str(i) for i in range(shape[2])], counts, counts, seen, counts.sum(axis=2),
        counts.sum(axis=2), 0 * seen, volume, volume,
    )  # fmt: skip


def site_series(found: Totals) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean series over groups of the sampled periods, and their places."""
    mean = mean_of_groups(log_concentrations(found))
    places = np.flatnonzero(~np.isnan(mean).any(axis=1))
    return mean[places], places


def rate(p: np.ndarray) -> float:
    """Return the share of tests that find something, of 0.05 where there is nothing."""
    return float(np.mean(np.asarray(p) <= 0.05))


def main(quick: bool) -> None:
    classes = 100 if quick else 1000
    _false_trends(classes)
    _power(classes // 2)
    _other_tests(classes)
    _centres(classes)


DESIGNS = ((1, NONE, 0.0), (1, 5, 0.0), (1, 20, 0.2), (7, 5, 0.0), (7, 20, 0.1))
PERIODS = (15, 23, 30, 60)
PHIS = (0, 0.3, 0.6)


def _designs() -> Iterator[tuple[int, float, float, int, int]]:
    for groups, images, missing in DESIGNS:
        for periods in PERIODS:
            yield groups, images, missing, periods, periods + round(missing * periods)


def _false_trends(classes: int) -> None:
    print("\nTrends: false positives at alpha 0.05, and of pymannkendall's pre-whitening (pmk)")
    print("groups images gaps periods    phi 0   pmk    phi 0.3  pmk    phi 0.6  pmk")
    for groups, images, missing, periods, calendar in _designs():
        cells = []
        for phi in PHIS:
            generator = np.random.default_rng([1, groups, periods, int(10 * phi)])
            drawn = experiment(generator, groups, calendar, classes, phi, images, 0, missing)
            series, places = site_series(drawn)
            found = mann_kendall(series, places, confidence=None)
            others = series.T[: classes // 4]
            plain = [pymannkendall.pre_whitening_modification_test(one).p for one in others]
            cells.append(f"{rate(found.p):8.3f} {rate(plain):5.3f}")
        print(f"{groups:6} {images:6} {missing:4} {periods:7} ", *cells, flush=True)


def _power(classes: int) -> None:
    print("\nTrends: a doubling from first to last period, 7 bags, 20 images, interval and power")
    print("periods weather  phi   slope  found  covered  found at q of 30 classes  pmk")
    for periods, shared in ((23, 0.0), (23, 0.2), (23, 0.5), (60, 0.5)):
        for phi in PHIS:
            slope = np.log(2) / (periods - 1)
            generator = np.random.default_rng([2, periods, int(10 * phi)])
            drawn = experiment(generator, 7, periods, classes, phi, 20, slope, shared=shared)
            series, places = site_series(drawn)
            found = mann_kendall(series, places)
            covered = np.mean((found.low <= slope) & (slope <= found.high))
            strict = np.mean(found.p <= 0.05 / 30 / np.sum(1 / np.arange(1, 31)))
            plain = [pymannkendall.pre_whitening_modification_test(one).p for one in series.T[:200]]
            print(
                f"{periods:7} {shared:7} {phi:4} {slope:7.4f} {rate(found.p):6.3f} {covered:8.3f}"
                f" {strict:10.3f} {rate(plain):19.3f}   mean slope {np.mean(found.slope):.4f}",
                flush=True,
            )


def _other_tests(classes: int) -> None:
    print("\nTiming (centre and spread together): false positives at alpha 0.05")
    print("groups images gaps periods    phi 0   0.3   0.6")
    for groups, images, missing, periods, calendar in _designs():
        rates = []
        for phi in PHIS:
            generator = np.random.default_rng([3, groups, periods, int(10 * phi)])
            drawn = experiment(generator, groups, calendar, classes, phi, images, 0, missing)
            series, places = site_series(drawn)
            p = chance_of(series, places, places.astype(float), 199, generator)
            rates.append(f"{rate(p):5.3f}")
        print(f"{groups:6} {images:6} {missing:4} {periods:7}   ", *rates, flush=True)
    print(
        "\nCycles of the day: false positives, and found with an amplitude of a standard deviation"
    )
    for hours, step in ((49, 1), (40, 3), (48, 2), (200, 1)):
        for phi in PHIS:
            generator = np.random.default_rng([4, hours, step, int(10 * phi)])
            series = autocorrelated(generator, phi, (hours, classes))
            bins = np.arange(hours) * step
            kept = possible(bins.astype(float), ["diel"])
            found = harmonics(series, bins, kept, 0.95)["diel"]
            wave = np.cos(2 * np.pi * bins / 24)[:, None]
            strong = harmonics(series + wave, bins, kept, 0.95)["diel"]
            covered = np.mean((strong.low <= np.e) & (np.e <= strong.high))
            print(
                f"{hours:4} bins of {step} h, phi {phi}: {rate(found.p):.3f}, found"
                f" {rate(strong.p):.3f}, amplitude covered {covered:.3f}",
                flush=True,
            )
    print("\nChange points: series with a false one, and a step of 3 deviations found within 1")
    for periods in PERIODS:
        for phi in PHIS:
            generator = np.random.default_rng([5, periods, int(10 * phi)])
            series = autocorrelated(generator, phi, (periods, classes // 2))
            step = series + 3.0 * (np.arange(periods) >= periods // 2)[:, None]
            false = np.mean([len(cuts) > 0 for cuts in _cuts(series)])
            hit = np.mean([any(abs(c - periods // 2) <= 1 for c in cuts) for cuts in _cuts(step)])
            print(f"{periods:4} periods, phi {phi}: {false:.3f}, found {hit:.3f}", flush=True)


def _cuts(series: np.ndarray) -> list[list[int]]:
    costs = penalties(series, np.arange(len(series)))
    return [change_points(one, cost) for one, cost in zip(series.T, costs, strict=True)]


def _centres(classes: int) -> None:
    print("\nCentre of gravity of a bloom: coverage of the 95 % interval of counting")
    print(
        "groups images  cv2   covered  width in days   (20 days, bloom of 3 days, one day missing)"
    )
    days = np.arange(20.0)
    for groups, images, cv2 in ((1, 2, 0), (1, 20, 0), (1, 20, 0.2), (7, 2, 0), (7, 5, 0.2)):
        generator = np.random.default_rng([6, groups, images])
        middle = generator.uniform(4, 15, classes)
        curve = 0.02 + np.exp(-0.5 * ((days[:, None] - middle) / 3) ** 2)
        level = np.exp(generator.normal(0, 0.3, (groups, 1, classes)))
        volume = np.exp(generator.normal(0, 0.3, (groups, 20, 1)))
        true = course((level * curve).mean(axis=0), days).centre
        patchy = generator.gamma(1 / cv2, cv2, (groups, 20, classes)) if cv2 else 1.0
        counts = generator.poisson(images * level * curve * volume * patchy).astype(float)
        at = np.delete(np.arange(20), 8)
        counts, volume = counts[:, at], volume[:, at]
        sampled = np.ones(counts.shape[:2], bool)
        covered, width = [], []
        for k in range(min(classes, 300)):
            one = counts[:, :, k : k + 1]
            again = drawn_again(one, np.full(one.shape, cv2), 199, generator) / volume
            centres = course(mean_curve(again, sampled), days[at]).centre
            low, high = np.nanquantile(centres, [0.025, 0.975])
            covered.append(low <= true[k] <= high)
            width.append(high - low)
        print(f"{groups:6} {images:6} {cv2:4} {np.mean(covered):9.3f} {np.mean(width):8.2f}")
