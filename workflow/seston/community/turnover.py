"""How much the community changed from one sampled period to the next."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.community.compositions import (
    METHODS,
    Compositions,
    Method,
    apart,
    coordinates,
    equal_images,
)

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

DEALS = 199  # times that images are dealt anew between two periods

COLUMNS = [
    "site", "group", "period", "next_period", "days", "bray_curtis", "aitchison", "gained", "lost",
    "per_day", "bray_curtis_by_chance", "aitchison_by_chance", "flags",
]  # fmt: skip

FLAGS = {
    "within_noise": "neither distance is larger than counting alone would give",
    "over_a_gap": "there are periods without a usable sample between the two",
}


def turnover(site: str, found: Compositions, confidence: float, seed: int) -> pd.DataFrame:
    """Compare each composition with the next of its group.

    Parameters
    ----------
    site : str
    found : Compositions
        Those with enough images.
    confidence : float
        Such as 0.95: the noise floor is the distance that counting alone exceeds in so
        few cases.
    seed : int

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, by group and period. ``per_day`` is the Bray-Curtis distance by the
        days between; ``gained`` and ``lost`` are numbers of classes.

    Notes
    -----
    The noise floor: if both periods had one composition and images were independent, the images
    of the two together could as well have been dealt otherwise. It is exact for that (so, 5 % of
    distances exceed it at 95 %), and too low where samples of one period differ by more.
    """
    rng = np.random.default_rng([seed, 20])
    equal = equal_images(found.counts.sum(axis=1))
    here = np.flatnonzero(found.group[:-1] == found.group[1:])
    start, end = found.period[here], found.period[here + 1]
    days = (end.astype("datetime64[m]") - start.astype("datetime64[m]")) / np.timedelta64(1, "D")
    before, after = found.counts[here], found.counts[here + 1]
    far: dict[Method, Floats] = {m: _distance(before, after, m, equal) for m in METHODS}
    floor: dict[Method, Floats] = {m: np.empty(len(here)) for m in METHODS}
    for row, (first, second) in enumerate(zip(before, after, strict=True)):
        both = first + second
        dealt = rng.multivariate_hypergeometric(both, first.sum(), DEALS, method="marginals")
        for m in METHODS:
            chance = _distance(dealt, both - dealt, m, equal)
            # The quantile that makes the rate exact counts the distance itself as one deal.
            floor[m][row] = np.quantile(chance, confidence, method="higher")
    noise = np.all([far[m] <= floor[m] for m in METHODS], axis=0)
    gap = np.diff(found.place)[here] > 1
    return pd.DataFrame(
        {
            "site": site, "group": found.group[here], "period": start, "next_period": end,
            "days": days,
            "bray_curtis": far["bray_curtis"], "aitchison": far["aitchison"],
            "gained": ((before == 0) & (after > 0)).sum(axis=1),
            "lost": ((before > 0) & (after == 0)).sum(axis=1),
            "per_day": far["bray_curtis"] / days,
            "bray_curtis_by_chance": floor["bray_curtis"],
            "aitchison_by_chance": floor["aitchison"],
            "flags": [
                ";".join(code for code, it in zip(FLAGS, pair, strict=True) if it)
                for pair in zip(noise, gap, strict=True)
            ],
        },
        columns=COLUMNS,
    )  # fmt: skip


def _distance(before: Integers, after: Integers, method: Method, equal: int) -> Floats:
    if not len(before):
        return np.empty(0)
    return apart(coordinates(before, method, equal), coordinates(after, method, equal), method)
