"""The samples behind the trends, and what each held of every cluster."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston import store
from seston.errors import SestonError
from seston.trends.periods import Period, start_of_period


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


def count_images(images: Path, effort: pd.DataFrame) -> tuple[npt.NDArray[np.int64], list[int]]:
    """Return the images of each cluster in each sample (m, K), and the clusters' numbers.

    Raises
    ------
    SestonError
        If the numbers of images differ from those in the sample table.
    """
    table = store.read_table(images, "images", ["sample", "cluster"]).to_pandas()
    clusters = np.unique(table["cluster"])
    row = pd.Index(effort["sample"]).get_indexer(table["sample"])
    if (row < 0).any():
        name = table["sample"][row < 0].iloc[0]
        raise SestonError(
            f"{images}: sample {name} is not in the sample table; run again from tables"
        )
    code = row * len(clusters) + np.searchsorted(clusters, table["cluster"])
    flat = np.bincount(code, minlength=len(effort) * len(clusters))
    counts = flat.reshape(len(effort), len(clusters))
    differs = effort.loc[counts.sum(axis=1) != effort["used"], "sample"].tolist()
    if differs:
        raise SestonError(
            f"{images}: its number of images differs from `used` in the sample table for"
            f" {len(differs)} samples, such as {differs[0]}; delete both tables and run again"
        )
    return counts, clusters.tolist()
