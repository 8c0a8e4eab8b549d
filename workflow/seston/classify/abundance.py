"""How much of each class there was through time: classes are estimated, not seen.

Counts of clusters are known; those of classes are estimates with a doubt of their own, which all
samples share as far as it comes from the labels. The intervals of `seston.trends` (how the
next sample of that water would differ) are widened by it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from seston.trends.biovolume import COLUMN, Biovolumes
from seston.trends.counted import Counted
from seston.trends.summary import summarise

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Classified:
    """Estimated images of K classes in m samples.

    Attributes
    ----------
    counts : ndarray, shape (m, K)
    draws : ndarray, shape (B, m, K)
        Counts that are as likely as each other; a draw is of all samples together.
    volumes : Biovolumes, shape (m, K)
        Each image's biovolume, shared among the classes by its probabilities.
    unlike : ndarray of bool, shape (m,)
        Whether the images of a sample are unlike the labelled ones.
    """

    counts: Floats
    draws: Floats
    volumes: Biovolumes
    unlike: npt.NDArray[np.bool_]


def shared_biovolumes(
    images: pa.Table, row: npt.NDArray[np.int64], posterior: npt.NDArray, samples: int
) -> Biovolumes:
    """Sum the biovolumes of images over the classes that each may be of.

    Parameters
    ----------
    images : pyarrow.Table, n rows
        With ``biovolume_um3``.
    row : ndarray of int64, shape (n,)
        Sample of each image.
    posterior : ndarray, shape (n, K)
        Their sums over a sample are its counts.
    samples : int
    """
    volume = pc.fill_null(images[COLUMN], np.nan).to_numpy()
    there = np.isfinite(volume)
    row, volume, chance = row[there], volume[there], posterior[there].astype(np.float64)
    sums = np.zeros((3, samples, posterior.shape[1]))
    for power in range(3):
        np.add.at(sums[power], row, chance * volume[:, None] ** power)
    return Biovolumes(*sums)


def abundance(
    effort: pd.DataFrame, classified: Classified, classes: tuple[str, ...], confidence: float
) -> pd.DataFrame:
    """Return the abundance of each class in each sampled period, as `summarise` has it.

    Parameters
    ----------
    effort : pandas.DataFrame, m rows
        As of `Counted`.
    classified : Classified
        Of the same samples.
    classes : tuple of str, length K
    confidence : float

    Notes
    -----
    Both doubts are independent, and either may be skew: the limits of their sum lie as far from
    the estimate as the root of the sum of the squares of how far those of each do (Zou & Donner
    2008, Statistics in Medicine 27:1693).
    """
    counted = Counted(effort, classified.counts, list(classes), None)
    rows = summarise(counted, classified.volumes, confidence)
    if not len(rows):
        return rows
    keys = ["site", "group", "period"]
    place = pd.MultiIndex.from_frame(effort[keys])
    periods = pd.MultiIndex.from_frame(rows[keys].iloc[:: len(classes)])
    cell = periods.get_indexer(place)
    odd = np.bincount(cell[classified.unlike], minlength=len(periods)).repeat(len(classes))
    told = rows["note"] + "; unlike the labelled images in " + odd.astype(str) + " samples"
    rows["note"] = rows["note"].where(odd == 0, told.str.removeprefix("; "))
    if not len(classified.draws):
        return rows
    tail = (1 - confidence) / 2
    images = effort["used"].to_numpy(float)
    water = effort["analysed_ml"].fillna(0.0).to_numpy(float)
    factor = np.where(water > 0, effort["dilution"].to_numpy(float), 0.0)
    for value, limits, weights, total in (
        ("share", "share", np.ones_like(images), images),
        ("concentration_per_ml", "concentration", factor, water),
    ):
        drawn = _by_cell(classified.draws * weights[:, None], cell, len(periods))
        whole = _by_cell(total[None, :, None], cell, len(periods))
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = np.quantile(drawn, [tail, 1 - tail], axis=0) / whole[0]
        _widen(rows, value, limits, low.ravel(), high.ravel(), 1.0 if value == "share" else np.inf)
        if value != "share":
            with np.errstate(divide="ignore", invalid="ignore"):  # none found, no size
                ratio = rows["biovolume_um3_per_ml"].to_numpy() / rows[value].to_numpy()
            _widen(rows, "biovolume_um3_per_ml", "biovolume", low.ravel() * ratio,
                   high.ravel() * ratio, np.inf)  # fmt: skip
    return rows


def _widen(
    rows: pd.DataFrame, value: str, limits: str, low: Floats, high: Floats, most: float
) -> None:
    """Widen the limits of a value by the doubt of its classes; open limits stay open."""
    middle = rows[value].to_numpy(float)
    below = middle - np.minimum(rows[f"{limits}_low"].to_numpy(float), middle)
    above = np.maximum(rows[f"{limits}_high"].to_numpy(float), middle) - middle
    doubt_below = middle - np.fmin(low, middle)
    doubt_above = np.fmax(high, middle) - middle
    rows[f"{limits}_low"] = np.maximum(middle - np.hypot(below, doubt_below), 0.0)
    rows[f"{limits}_high"] = np.minimum(middle + np.hypot(above, doubt_above), most)


def _by_cell(values: npt.NDArray, cell: npt.NDArray[np.integer], cells: int) -> Floats:
    """Return sums (B, cells, K) over the samples (B, m, K) of each cell."""
    sums = np.zeros((values.shape[0], cells, values.shape[2]))
    for place in range(cells):
        sums[:, place] = values[:, cell == place].sum(axis=1)
    return sums
