"""The images of each class in each sample: what every statistic of the trends starts from."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.errors import SestonError
from seston.trends.classes import COLUMNS, Level, classes_of, require_labels
from seston.trends.effort import read_effort
from seston.trends.periods import Period

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Counted:
    """Samples, their effort, and what each held.

    Attributes
    ----------
    effort : pandas.DataFrame, m rows
        One per sample, by site, group, time and name: ``sample``, ``site``, ``group``,
        ``period`` (ISO text), ``time``, ``day_number`` (NaN without a day 0), ``listed``,
        ``used``, ``readable``, ``volume_ml``, ``analysed_ml``, ``water_ml`` (NaN where unknown),
        ``dilution`` and ``noise`` (images outside every density cluster).
    counts : ndarray of int64 or float64, shape (m, K)
        Images of each class in each sample, perhaps estimated; the sum of a row is ``used``.
    classes : list of str, length K
        What the classes are called.
    cluster_class : ndarray of int64, or None
        Place in `classes` of each cluster; -1 for a cluster without images. None where
        classes are labels, or learned from them.
    """

    effort: pd.DataFrame
    counts: npt.NDArray
    classes: list[str]
    cluster_class: Integers | None

    def of_site(self, site: str) -> "Counted":
        """Return the samples of one site, with all classes, also those not found there."""
        here = (self.effort["site"] == site).to_numpy()
        effort = self.effort[here].reset_index(drop=True)
        return replace(self, effort=effort, counts=self.counts[here])


def read_counted(
    images: Path,
    samples: Path,
    period: Period,
    day_zero: str,
    level: Level,
    labels: tuple[Path, ...] = (),
) -> Counted:
    """Read what was found in each sample.

    Parameters
    ----------
    images, samples : Path
        The tables of all images and of all samples.
    period : {"hour", "day", "week", "month"}
    day_zero : str
        Day 0 of the experiment as an ISO date, or "".
    level : {"cluster", "coarse", "name", "label"}
        What the classes are; see `classes_of`.
    labels : tuple of Path
        For the level "label": tables of labels; without any, those in the table of images.

    Raises
    ------
    SestonError
        If a table is missing or faulty, if the two do not fit together, or if labels are asked
        for and no image has one.
    """
    table = read_images(images, COLUMNS[level])
    classes = classes_of(table, level, labels)
    if level == "label" and len(table):
        require_labels(images, classes)
    effort, row = place_images(images, table, read_effort(samples, period, day_zero))
    counts = count(row, classes.codes, (len(effort), len(classes.names)))
    return Counted(effort, counts, classes.names, classes.of_cluster)


def read_images(images: Path, columns: Iterable[str]) -> pa.Table:
    """Read what counting needs of the table of images, and some columns more."""
    wanted = dict.fromkeys(["sample", "density_cluster", *columns])
    return store.read_table(images, "images", [*wanted])


def place_images(
    images: Path, table: pa.Table, effort: pd.DataFrame
) -> tuple[pd.DataFrame, Integers]:
    """Return the samples with their ``noise``, and the row there of each image's sample.

    Raises
    ------
    SestonError
        If the numbers of images differ from those in the sample table.
    """
    place = pc.index_in(table["sample"], pa.array(effort["sample"], pa.string()))
    if place.null_count:
        name = table["sample"].filter(pc.is_null(place))[0]
        raise SestonError(
            f"{images}: sample {name} is not in the sample table (samples.tsv); run"
            " again from tables"
        )
    row = place.to_numpy().astype(np.int64)
    differs = np.bincount(row, minlength=len(effort)) != effort["used"]
    if differs.any():
        raise SestonError(
            f"{images}: its number of images differs from `used` in the sample table for"
            f" {differs.sum()} samples, such as {effort['sample'][differs].iloc[0]};"
            " delete both tables and run again"
        )
    noise = pc.fill_null(pc.equal(table["density_cluster"], -1), False).to_numpy()
    return effort.assign(noise=np.bincount(row[noise], minlength=len(effort))), row


def count(row: Integers, codes: Integers, shape: tuple[int, int]) -> Integers:
    """Return the images of each class in each sample, (m, K)."""
    return np.bincount(row * shape[1] + codes, minlength=shape[0] * shape[1]).reshape(shape)
