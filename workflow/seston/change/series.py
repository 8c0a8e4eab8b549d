"""What is tested: logarithms of concentrations, or of shares against each other, by period.

Zeros have no logarithm. All concentrations get half an image in the group's median water added
(a started logarithm), and all shares half an image of the group's median sample: the same in every
period, so that a class that is absent is at one level however much was looked at. An addition
per period (half an image in whatever water there was) made effort that halved through time a
trend of classes that are mostly absent. The price: slopes of classes with a few images per period
come out too small, by a tenth at 5 images and a third at 1.

References
----------
Aitchison, J. (1986). The statistical analysis of compositional data. (Centred log-ratio.)
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from seston.change.serial import Floats
from seston.trends.counted import Counted

Measure = Literal["concentration", "share"]

ENOUGH_VOLUME = 0.8  # share of the sampled cells that must have one


@dataclass(frozen=True)
class Totals:
    """What was counted in each group and period of one site. Unsampled cells have no samples.

    Attributes
    ----------
    groups : list of str, length G
    periods : list of str, length T
        Every period from the first to the last, sampled or not.
    classes : list of str, length K
    counts : ndarray, shape (G, T, K)
        Images.
    measured : ndarray, shape (G, T, K)
        Images times dilution, of the samples of known volume.
    samples, images, listed, noise : ndarray, shape (G, T)
        Noise: images outside every density cluster.
    volume, water : ndarray, shape (G, T)
        mL analysed, and mL of it before dilution; 0 where unknown.
    """

    groups: list[str]
    periods: list[str]
    classes: list[str]
    counts: Floats
    measured: Floats
    samples: Floats
    images: Floats
    listed: Floats
    noise: Floats
    volume: Floats
    water: Floats

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Whether the site has each class, (K,); the others are those of other sites."""
        return np.asarray((self.counts > 0).any(axis=(0, 1)))

    def pooled(self) -> "Totals":
        """Return the same with all groups thrown together, each image weighing the same."""
        sums = {
            name: value.sum(axis=0, keepdims=True)
            for name, value in vars(self).items()
            if isinstance(value, np.ndarray)
        }
        return Totals([""], self.periods, self.classes, **sums)


def totals(site: Counted, periods: list[str]) -> Totals:
    """Sum the samples of one site by group and period.

    Parameters
    ----------
    site : Counted
    periods : list of str
        The calendar, ascending; holds every period that was sampled.
    """
    effort = site.effort
    groups = sorted(effort["group"].unique())
    at = (
        np.searchsorted(groups, effort["group"].to_numpy(str)),
        np.searchsorted(periods, effort["period"].to_numpy(str)),
    )

    def total(values: npt.ArrayLike) -> Floats:
        rows = np.nan_to_num(np.asarray(values, np.float64))
        sums = np.zeros((len(groups), len(periods), *rows.shape[1:]))
        np.add.at(sums, at, rows)
        return sums

    known = (effort["analysed_ml"] > 0).to_numpy()
    diluted = site.counts * np.where(known, effort["dilution"], 0.0)[:, None]
    return Totals(
        groups, periods, site.classes, total(site.counts), total(diluted),
        total(np.ones(len(effort))), total(effort["used"]), total(effort["listed"]),
        total(effort["noise"]), total(effort["analysed_ml"]), total(effort["water_ml"]),
    )  # fmt: skip


def choose_measure(found: Totals) -> tuple[Measure, str]:
    """Return what is tested at this site, and why."""
    sampled = (found.samples > 0).sum()
    measured = ((found.volume > 0) & (found.samples > 0)).sum()
    if measured >= ENOUGH_VOLUME * sampled:
        return "concentration", f"the volume is known in {measured} of {sampled} group-periods"
    return "share", (
        f"the volume is known in {measured} of {sampled} group-periods, fewer than"
        f" {ENOUGH_VOLUME:.0%}"
    )


def log_concentrations(found: Totals) -> Floats:
    """Return the logarithms of concentrations per mL, (G, T, K); NaN without a volume."""
    start = 0.5 / _median(found.water)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(found.measured / found.volume[:, :, None] + start[:, None, None])


def log_shares(found: Totals) -> Floats:
    """Return the logarithms of shares, (G, T, K); NaN where there is no image."""
    start = 0.5 / _median(found.images)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(found.counts / found.images[:, :, None] + start[:, None, None])


def logs(found: Totals, measure: Measure) -> Floats:
    """Return the logarithms of what is measured, (G, T, K)."""
    return log_concentrations(found) if measure == "concentration" else log_shares(found)


def tested(found: Totals, measure: Measure) -> Floats:
    """Return what is tested (G, T, K): shares as centred log-ratios.

    That is, less the mean over the classes that the site has: what other sites have beside them
    must not matter here.
    """
    values = logs(found, measure)
    if measure == "concentration" or not found.present.any():
        return values
    return values - values[:, :, found.present].mean(axis=2, keepdims=True)


def logits(part: Floats, whole: Floats) -> Floats:
    """Return the log odds of a share such as that of rejected images, (G, T); NaN without any."""
    start = 0.5 / _median(whole)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = part / whole
        return np.log((share + start) / (1 - share + start))


def _median(amount: Floats) -> Floats:
    """Return the median amount of each group (G,) over its periods; NaN without any."""
    return np.array([np.median(row[row > 0]) if (row > 0).any() else np.nan for row in amount])
