"""New images beside the earlier run: all of them, by sample and by cluster."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import rel_entr

from seston.frozen.baseline import has_limit, read_scatter
from seston.frozen.excess import Excess, adjusted, excess
from seston.trends.intervals import design_effect

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SIGNIFICANT = 0.05
#: Far images that are more than odd single ones.
LEAST_BEYOND = 3
COLUMNS = [
    "level", "sample", "cluster", "images", "tested", "beyond", "share", "share_low", "share_high",
    "expected", "p", "drift", "distance_shift", "composition_shift",
]  # fmt: skip


def compare(
    images: pd.DataFrame, samples: list[str], usual: pd.DataFrame, told: dict[str, Any]
) -> pd.DataFrame:
    """Return how far all images, those of each sample and of each cluster differ.

    Parameters
    ----------
    images : pandas.DataFrame
        ``sample``, ``cluster`` and ``distance`` of each new image.
    samples : list of str
        All new samples, also those without images.
    usual : pandas.DataFrame
        The baseline: a row per cluster.
    told : dict
        Of the earlier run; here its ``scatter`` counts.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`. ``tested``: images of clusters that have a limit; ``share`` of them
        are ``beyond``; ``p`` is adjusted for the number of samples, or clusters; ``drift`` is 1
        where p is below 0.05 and 3 images or more are beyond. ``distance_shift``: median of
        distance less what is usual in the cluster, in its interquartile ranges.
        ``composition_shift``: Jensen-Shannon distance (0 to 1) of the clusters' shares to the
        earlier run; succession moves it too, so that it is no sign of drift.
    """
    k, m = len(usual), len(samples)
    cluster = images["cluster"].to_numpy()
    sample = pd.Index(samples).get_indexer(pd.Index(images["sample"]))
    far = images["distance"].to_numpy() > usual["limit"].to_numpy()[cluster]
    tests = has_limit(usual["images"])[cluster]

    def count(chosen: npt.NDArray[np.bool_]) -> Integers:
        cell = sample[chosen] * k + cluster[chosen]
        return np.bincount(cell, minlength=m * k).reshape(m, k)

    every, tested, beyond = (count(x) for x in (np.ones(len(far), bool), tests, tests & far))
    expected = tested * usual["expected"].to_numpy()
    by_sample, by_cluster = (
        read_scatter(told["scatter"][what]) for what in ("samples", "clusters")
    )
    # What is expected was learned from images too, and is as unsure as there are few in a cluster.
    size = np.maximum(usual["images"].to_numpy(), 1)
    phi = design_effect(np.array(by_cluster.rho), size, size * usual["images_a_sample"].fillna(1))
    unsure = np.asarray(phi) / size

    def of_rows(tested: Integers, beyond: Integers, expected: Floats, squares: Integers) -> Excess:
        """Test rows of counts by cluster (r, k), each row as a whole."""
        n = tested.sum(axis=1)
        of_row = np.square(tested) @ unsure / np.maximum(n, 1) ** 2
        return excess(n, squares, beyond.sum(axis=1), expected.sum(axis=1), by_sample, of_row)

    n = tested.sum(axis=1)
    whole = [part.sum(axis=0, keepdims=True) for part in (tested, beyond, expected)]
    parts = {
        "all": of_rows(whole[0], whole[1], whole[2], np.square(n).sum(keepdims=True)),
        "sample": of_rows(tested, beyond, expected, np.square(n)),
        "cluster": excess(
            tested.sum(axis=0), np.square(tested).sum(axis=0), beyond.sum(axis=0),
            expected.sum(axis=0), by_cluster, unsure,
        ),
    }  # fmt: skip
    counts = {"all": every.sum(keepdims=True)[0], "sample": every.sum(1), "cluster": every.sum(0)}
    table = pd.concat([_rows(level, counts[level], parts[level]) for level in parts])
    table["sample"] = [None, *samples, *[None] * k]
    table["cluster"] = np.array([None] * (m + 1) + list(range(k)), object)
    table["distance_shift"] = _distance_shift(images, sample, m, usual)
    shares = usual["share"].to_numpy()
    shifts = composition_shift(np.vstack([every.sum(axis=0), every]), shares)
    table["composition_shift"] = [*shifts, *[np.nan] * k]
    return table[COLUMNS].reset_index(drop=True)


def _rows(level: str, images: Integers, found: Excess) -> pd.DataFrame:
    p = adjusted(found.p)
    share = np.divide(
        found.beyond, found.images, out=np.full(len(p), np.nan), where=found.images > 0
    )
    return pd.DataFrame(
        {
            "level": level,
            "images": images,
            "tested": found.images,
            "beyond": found.beyond,
            "share": share,
            "share_low": found.low,
            "share_high": found.high,
            "expected": found.expected,
            "p": p,
            "drift": ((p < SIGNIFICANT) & (found.beyond >= LEAST_BEYOND)).astype(int),
        }
    )


def _distance_shift(
    images: pd.DataFrame, sample: Integers, m: int, usual: pd.DataFrame
) -> list[float]:
    """Return the shift of distances of all, of each of m samples, of each cluster."""
    width = usual["distance_75"] - usual["distance_25"]
    of = images["cluster"].to_numpy()
    middle = usual["distance_50"].to_numpy()[of]
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = pd.Series((images["distance"].to_numpy() - middle) / width.to_numpy()[of])
    moved = moved.where(np.isfinite(moved))
    by_sample = moved.groupby(sample).median().reindex(range(m))
    by_cluster = moved.groupby(of).median().reindex(range(len(usual)))
    return [moved.median(), *by_sample, *by_cluster]


def composition_shift(counts: Integers, shares: Floats) -> Floats:
    """Return the Jensen-Shannon distance (base 2; Lin 1991) of each row of counts to shares.

    Parameters
    ----------
    counts : ndarray of int, shape (r, k)
    shares : ndarray, shape (k,)

    Returns
    -------
    ndarray, shape (r,)
        0 (equal) to 1 (nothing in common); NaN where a row is empty.
    """
    n = counts.sum(axis=1, keepdims=True)
    found = np.divide(counts, n, out=np.full(counts.shape, np.nan), where=n > 0)
    middle = (found + shares) / 2
    both = rel_entr(found, middle).sum(axis=1) + rel_entr(shares, middle).sum(axis=1)
    return np.sqrt(np.maximum(both, 0) / (2 * np.log(2)))
