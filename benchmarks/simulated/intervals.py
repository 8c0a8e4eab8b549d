"""Coverage of the 95 % intervals of shares, concentrations, biovolumes and of single series.

A site of seven classes, abundant to rare, that rise and fall by a factor of e through 23
periods; samples differ in size or volume, and scatter beyond the chance of counting. Each
row of a table is a scatter and a number of samples a period; the columns are classes. Shares
scatter with an intra-sample correlation (Dirichlet), concentrations with a squared
coefficient of variation (gamma), biovolumes with the same and log-normal sizes of images.
"""

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from seston.trends.biovolume import Biovolumes, Sizes, scale_up
from seston.trends.dispersion import site_dispersions
from seston.trends.estimates import Estimate, per_ml, shares
from seston.trends.intervals import undetected_below
from seston.trends.residuals import Stratum

Floats = npt.NDArray[np.float64]
Generator = np.random.Generator

PERIODS = 23
CONFIDENCE = 0.95
SAMPLES = (1, 2, 3, 6, 12)
SHARES = (0.4, 0.25, 0.15, 0.1, 0.06, 0.03, 0.01)
PER_ML = (100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1)


def course(rng: Generator, classes: int, periods: int = PERIODS) -> Floats:
    """Return factors (T, K) between e^-0.5 and e^0.5, each class with its own phase."""
    phase = np.arange(periods)[:, None] / periods + rng.random(classes)
    return np.exp(0.5 * np.sin(2 * np.pi * phase))


def covers(found: Estimate, truth: Floats) -> npt.NDArray[np.bool_]:
    """Return whether each interval holds the truth; one without an end holds all beyond."""
    return (found.low <= truth) & ((truth <= found.high) | np.isnan(found.high))


def draw_shares(
    rng: Generator, rho: float, samples: int, levels: Iterable[float] = SHARES
) -> tuple[Estimate, Floats]:
    """Return estimated and true shares (T, K) of one site."""
    truth = np.array(levels) * course(rng, len(tuple(levels)))
    truth /= truth.sum(axis=1, keepdims=True)
    period = np.repeat(np.arange(PERIODS), samples)
    images = rng.integers(100, 900, len(period)).astype(float)
    own = truth[period]
    if rho:
        own = rng.gamma(own * (1 - rho) / rho) + 1e-300
        own /= own.sum(axis=1, keepdims=True)
    counts = rng.multinomial(images.astype(int), own)
    scatter = site_dispersions([Stratum(counts, images, period, counts)], "binomial")[0]
    return shares(counts, images, period, scatter, CONFIDENCE), truth


def draw_series(rng: Generator, rho: float, samples: int) -> tuple[Estimate, Floats]:
    """Return estimated and true shares (T, 1) of rejected images, or of noise: one series."""
    truth = 0.05 * course(rng, 1)
    period = np.repeat(np.arange(PERIODS), samples)
    images = rng.integers(100, 900, len(period)).astype(float)
    own = truth[period]
    if rho:
        own = rng.beta(own * (1 - rho) / rho, (1 - own) * (1 - rho) / rho)
    counts = rng.binomial(images.astype(int)[:, None], own)
    scatter = site_dispersions([Stratum(counts, images, period, counts)], "binomial")[0]
    return shares(counts, images, period, scatter, CONFIDENCE), truth


def draw_counts(
    rng: Generator, cv2: float, samples: int
) -> tuple[npt.NDArray[np.int64], Floats, npt.NDArray[np.int64], Floats]:
    """Return counts (m, K), mL and period of each sample, and the true concentrations (T, K)."""
    truth = np.array(PER_ML) * course(rng, len(PER_ML))
    period = np.repeat(np.arange(PERIODS), samples)
    water = rng.uniform(0.5, 2, len(period))
    own = truth[period] * (rng.gamma(1 / cv2, cv2, (len(period), len(PER_ML))) if cv2 else 1)
    return rng.poisson(own * water[:, None]), water, period, truth


def draw_concentrations(rng: Generator, cv2: float, samples: int) -> tuple[Estimate, Floats]:
    """Return estimated and true concentrations (T, K) of one site."""
    counts, water, period, truth = draw_counts(rng, cv2, samples)
    scatter = site_dispersions([Stratum(counts, water, period, counts)], "poisson")[0]
    missed = undetected_below(water, period, scatter.size, CONFIDENCE)
    undiluted = np.ones_like(water)
    found = per_ml(counts, counts, water, undiluted, period, scatter, missed, CONFIDENCE)
    return found, truth


def draw_biovolumes(
    rng: Generator, cv2: float, samples: int, spread: float = 1.0, measured: float = 0.8
) -> tuple[Estimate, Floats]:
    """Return estimated and true biovolumes (T, K); an image measures 1 µm³ on the mean.

    ``spread`` is the standard deviation of the logarithm of an image's biovolume, ``measured``
    the share of images whose biovolume is known.
    """
    counts, water, period, truth = draw_counts(rng, cv2, samples)
    known = rng.binomial(counts, measured)
    cell = np.repeat(np.arange(counts.size), known.ravel())
    sizes = rng.lognormal(-(spread**2) / 2, spread, len(cell))
    sums, squares = (
        np.bincount(cell, x, counts.size).astype(float).reshape(counts.shape)
        for x in (sizes, sizes**2)
    )
    volumes = Biovolumes(known.astype(float), sums, squares)
    site = Sizes.of(volumes)
    scaled, chance, enough = scale_up(volumes, counts, period, site)
    of_counts = site_dispersions([Stratum(counts, water, period, counts)], "poisson")[0]
    scatter = site_dispersions([Stratum(scaled, water, period, chance)], "poisson")[0]
    missed = undetected_below(water, period, of_counts.size, CONFIDENCE) * site.mean
    undiluted = np.ones_like(water)
    found = per_ml(scaled, chance, water, undiluted, period, scatter, missed, CONFIDENCE)
    return found.where(enough), np.where(enough, truth, np.nan)


def coverage(
    draw: Callable[[Generator, float, int], tuple[Estimate, Floats]],
    scatter: float,
    samples: int,
    sites: int,
    seed: int = 1,
) -> Floats:
    """Return the share of intervals that cover, of each class (K,)."""
    rng = np.random.default_rng([seed, round(scatter * 1e4), samples])
    told = []
    for _ in range(sites):
        found, truth = draw(rng, scatter, samples)
        told.append(np.where(np.isnan(truth), np.nan, covers(found, truth)))
    return np.nanmean(told, axis=(0, 1))


def missed(cv2: float, samples: int, sites: int, seed: int = 2) -> float:
    """Return how often a class that lives at its limit of absence is missed altogether.

    The scatter is that found for the rarest class of the site; 0.05 is meant.
    """
    rng, told = np.random.default_rng([seed, round(cv2 * 1e4), samples]), []
    for _ in range(sites):
        counts, water, period, _ = draw_counts(rng, cv2, samples)
        scatter = site_dispersions([Stratum(counts, water, period, counts)], "poisson")[0]
        limit = undetected_below(water, period, scatter.size[-1:], CONFIDENCE)
        own = limit[period] * (rng.gamma(1 / cv2, cv2, (len(period), 1)) if cv2 else 1)
        none = rng.poisson(np.minimum(own * water[:, None], 1e9)) == 0
        told.append(np.logical_and.reduceat(none[:, 0], np.arange(PERIODS) * samples))
    return float(np.mean(told))


def main(quick: bool) -> None:
    sites = 20 if quick else 200
    tables = (
        ("shares", "rho", (0, 0.005, 0.02, 0.05), draw_shares, SHARES),
        ("rejected images or noise, one series", "rho", (0, 0.02, 0.05), draw_series, (0.05,)),
        ("concentrations", "cv2", (0, 0.05, 0.2, 0.5, 1.5), draw_concentrations, PER_ML),
        ("biovolumes, a fifth not measured", "cv2", (0, 0.2, 0.5), draw_biovolumes, PER_ML),
    )
    for title, name, sizes, draw, classes in tables:
        print(f"\n{title}\n{name:>6} samples  mean   " + " ".join(f"{x:6g}" for x in classes))
        for size in sizes:
            for samples in SAMPLES:
                found = coverage(draw, size, samples, sites if len(classes) > 1 else 5 * sites)
                told = " ".join(f"{x:6.3f}" for x in found)
                print(f"{size:6g} {samples:7d}  {found.mean():.3f}   {told}")
    print("\nmissed at the limit of absence (0.05 is meant)\n   cv2 samples  missed")
    for size in (0, 0.05, 0.2, 0.5, 1.5):
        for samples in SAMPLES:
            print(f"{size:6g} {samples:7d}  {missed(size, samples, sites):.3f}")
