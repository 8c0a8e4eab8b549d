"""The samples behind the trends, and what each held of every cluster."""

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston import store
from seston.errors import SestonError
from seston.naming.names import unnamed
from seston.trends.periods import Period, start_of_period

Level = Literal["cluster", "coarse", "name"]

_COLUMNS: dict[Level, list[str]] = {
    "cluster": ["cluster"],
    "coarse": ["coarse"],
    "name": ["cluster", "name"],
}


def read_effort(samples: Path, period: Period) -> pd.DataFrame:
    """Read the sample table: one row per sample, with its period and mL of water.

    ``volume_ml`` is the volume that the table tells. Images that were rejected are taken to be
    like those that were used, so that only the share ``readable`` of the volume stands behind
    the counts: ``analysed_ml``, and ``water_ml`` before dilution. Where all images were
    rejected nothing is known of the water (NaN); where none was listed, nothing was in it.

    Raises
    ------
    SestonError
        If the file is missing or lacks columns, or a sample has no date.
    """
    try:
        table = pd.read_csv(samples, sep="\t", dtype=str, keep_default_na=False)
    except FileNotFoundError as error:
        raise SestonError(f"{samples}: file not found") from error
    numbers = ["listed", "used", "readable", "volume_ml", "dilution"]
    wanted = ["sample", "site", "group", "datetime", *numbers]
    missing = [name for name in wanted if name not in table]
    if missing:
        raise SestonError(
            f"{samples}: columns missing: {', '.join(missing)}; delete it and run again"
        )
    table = table[wanted].copy()
    for name in numbers:
        table[name] = pd.to_numeric(table[name])
    table["datetime"] = pd.to_datetime(table["datetime"], format="ISO8601")
    undated = table.loc[table["datetime"].isna(), "sample"].tolist()
    if undated:
        raise SestonError(
            f"{samples}: {len(undated)} samples have no date: {', '.join(undated[:5])};"
            " give them one in the column datetime of the sample sheet"
        )
    table["period"] = start_of_period(table["datetime"], period)
    table["dilution"] = table["dilution"].fillna(1.0)
    table["volume_ml"] = table["volume_ml"].where(table["volume_ml"] > 0)
    table["analysed_ml"] = table["volume_ml"] * table["readable"].where(table["readable"] > 0)
    table["water_ml"] = table["analysed_ml"] / table["dilution"]
    return table


def count_images(
    images: Path, effort: pd.DataFrame, level: Level = "cluster"
) -> tuple[npt.NDArray[np.int64], list[int] | list[str]]:
    """Return the images of each class in each sample (m, K), and what the K classes are called.

    Parameters
    ----------
    images : Path
        The table of all images.
    effort : pandas.DataFrame
        The m samples.
    level : {"cluster", "coarse", "name"}
        What the classes are: clusters, their coarse groups, or their names, with the clusters
        of one name together and each cluster without a name for itself ("cluster 12").

    Raises
    ------
    SestonError
        If the numbers of images differ from those in the sample table.
    """
    table = store.read_table(images, "images", ["sample", *_COLUMNS[level]]).to_pandas()
    codes, classes = _classes(table, level)
    row = pd.Index(effort["sample"]).get_indexer(table["sample"])
    if (row < 0).any():
        name = table["sample"][row < 0].iloc[0]
        raise SestonError(
            f"{images}: sample {name} is not in the sample table; run again from tables"
        )
    flat = np.bincount(row * len(classes) + codes, minlength=len(effort) * len(classes))
    counts = flat.reshape(len(effort), len(classes))
    differs = effort.loc[counts.sum(axis=1) != effort["used"], "sample"].tolist()
    if differs:
        raise SestonError(
            f"{images}: its number of images differs from `used` in the sample table for"
            f" {len(differs)} samples, such as {differs[0]}; delete both tables and run again"
        )
    return counts, classes


def _classes(
    table: pd.DataFrame, level: Level
) -> tuple[npt.NDArray[np.int64], list[int] | list[str]]:
    """Return the class of each image as a position, and what the classes are called."""
    numbers, codes = np.unique(table["cluster" if level == "name" else level], return_inverse=True)
    if level != "name":
        return codes, numbers.tolist()
    named = table.groupby("cluster")["name"].first()  # all images of a cluster have its name
    called = [name or unnamed(number) for number, name in zip(numbers, named, strict=True)]
    # In the order of each name's first, so largest, cluster; "cluster 2" comes before "cluster 12".
    names = list(dict.fromkeys(called))
    place = np.array([names.index(name) for name in called], np.int64)
    return place[codes] if len(place) else codes, names
