"""The timing of all classes of one site, in the order in which they have their time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.change.false_discovery import q_values
from seston.change.pooling import mean_of_groups
from seston.change.serial import Floats
from seston.change.series import Measure, Totals, logs
from seston.change.timing import chance_of, course, drawn_again, label, mean_curve
from seston.change.verdicts import LEAST_FOUND, flagged, wrong_length

_CELLS = 4_000_000  # numbers held at once


@dataclass(frozen=True)
class _Curves:
    """What there was of K classes in G groups and n sampled periods, and how sure that is."""

    counts: Floats  # (G, n, K), images
    per_image: Floats  # (G, n, K), concentration or share that one image stands for
    cv2: Floats  # (G, n, K), scatter beside counting; NaN where unknown
    sampled: npt.NDArray[np.bool_]  # (G, n)
    days: Floats  # (n,), since the first

    def mean(self, counts: Floats, classes: slice) -> Floats:
        """Return the mean over groups (..., n, k), from counts as these (..., G, n, k)."""
        return mean_curve(counts * self.per_image[..., classes], self.sampled)

    def interval(self, confidence: float, runs: int, seed: int) -> Floats:
        """Return the ends of the interval of each centre, (2, K)."""
        ends = np.empty((2, self.counts.shape[2]))
        chunk = max(1, _CELLS // (runs * self.sampled.size))
        for start in range(0, ends.shape[1], chunk):
            part = slice(start, start + chunk)
            generator = np.random.default_rng([seed, 1, start])
            scatter = np.nan_to_num(self.cv2[..., part])
            again = drawn_again(self.counts[..., part], scatter, runs, generator)
            centres = course(self.mean(again, part), self.days).centre
            tails = [(1 - confidence) / 2, (1 + confidence) / 2]
            ends[:, part] = np.nanquantile(centres, tails, axis=0)
        return ends


def timing(
    found: Totals,
    measure: Measure,
    cv2: Floats,
    confidence: float,
    alpha: float,
    permutations: int,
    seed: int,
) -> pd.DataFrame:
    """Return one row per class of the site that was found at all.

    Parameters
    ----------
    found : Totals
    measure : {"concentration", "share"}
    cv2 : ndarray, shape (G, T, K)
        Squared coefficient of variation of each cell; NaN where the scatter is unknown.
    confidence, alpha : float
    permutations : int
        For the test; and as many draws for the interval.
    seed : int

    Returns
    -------
    pandas.DataFrame
        ``centre`` and its ends are times; ``first_seen``, ``last_seen`` and ``peak`` periods.
    """
    effort = found.volume if measure == "concentration" else found.images
    amount = found.measured if measure == "concentration" else found.counts
    at = np.flatnonzero((effort > 0).any(axis=0))
    classes = np.flatnonzero((amount > 0).any(axis=(0, 1)))
    if not len(at) or not len(classes):
        return pd.DataFrame()
    cells = np.ix_(np.arange(len(effort)), at, classes)
    sampled = effort[:, at] > 0
    counts = found.counts[cells] * sampled[:, :, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        per_image = np.nan_to_num(amount[cells] / effort[:, at, None] / counts)
    starts = np.asarray(found.periods, "datetime64[m]")[at]
    days = (starts - starts[0]) / np.timedelta64(1, "D")
    curves = _Curves(counts, per_image, cv2[cells], sampled, days)
    curve = curves.mean(counts, slice(None))
    centre, spread = course(curve, days)
    low, high = curves.interval(confidence, permutations, seed)
    there = np.asarray((counts > 0).any(axis=0))
    series = mean_of_groups(logs(found, measure))[np.ix_(at, classes)]
    p, why = _tests(series, there, at, days, permutations, seed)
    q = q_values(p)
    occupied = there.mean(axis=0)
    names = np.asarray(found.periods, object)[at]
    kinds = [
        label(*values, days=days[-1], alpha=alpha)
        for values in zip(q, low, high, spread, occupied, strict=True)
    ]
    table = pd.DataFrame({
        "class": [found.classes[k] for k in classes], "periods": len(at),
        "images": counts.sum(axis=(0, 1)).astype(np.int64), "centre": _times(starts[0], centre),
        "centre_low": _times(starts[0], low), "centre_high": _times(starts[0], high),
        "spread_days": spread, "p": p, "q": q, "occupied": occupied,
        "first_seen": names[there.argmax(axis=0)],
        "last_seen": names[::-1][there[::-1].argmax(axis=0)],
        "peak": names[curve.argmax(axis=0)],
        "label": kinds, "shown": np.where(np.isnan(q), np.nan, q <= alpha),
        "order": np.lexsort((classes, centre)).argsort() + 1, "flags": why,
    })  # fmt: skip
    table = flagged(table, "counting_only", np.isnan(curves.cv2).all(axis=(0, 1)))
    return flagged(table, "share_only", measure == "share")


def _tests(
    series: Floats,
    there: npt.NDArray[np.bool_],
    places: npt.NDArray[np.int64],
    days: Floats,
    permutations: int,
    seed: int,
) -> tuple[Floats, list[str]]:
    """Return the p-value of each class (n, K), NaN where it is refused, and why it is."""
    p = np.full(series.shape[1], np.nan)
    if why := wrong_length(places):
        return p, [why] * len(p)
    if np.isnan(series).any():
        return p, ["groups_apart"] * len(p)
    often = there.sum(axis=0) >= LEAST_FOUND
    generator = np.random.default_rng([seed, 2])
    p[often] = chance_of(series[:, often], places, days, permutations, generator)
    return p, ["" if enough else "too_rarely_found" for enough in often]


def _times(origin: np.datetime64, days: Floats) -> npt.NDArray[np.datetime64]:
    return origin + np.round(days * 1440).astype("timedelta64[m]")
