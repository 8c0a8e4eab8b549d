"""What the succession plot shows: classes in the order of their centres, and their curves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from seston.report.drawing.mosaics import Crop, decode

MOST_CLASSES, MOST_PICTURES = 18, 3
#: Whether a class's concentration is drawn, or its share of all images.
UNITS = {"concentration_per_ml": "per mL", "share": "of all images"}


@dataclass(frozen=True)
class Succession:
    """The classes of one site, earliest first.

    Attributes
    ----------
    classes : pandas.DataFrame
        One row per class: that of ``timing.tsv``, and the largest value of its curve, ``top``.
    curves : pandas.DataFrame
        ``class``, ``period``, ``value``: the mean of the groups sampled then, each of which
        weighs the same, however many images it gave.
    effort : pandas.DataFrame
        One row per sampled period: ``period``, ``images``, ``samples``, of all groups together.
    measure : str
        A key of `UNITS`.
    of : int
        How many classes there are.
    """

    classes: pd.DataFrame
    curves: pd.DataFrame
    effort: pd.DataFrame
    measure: str
    of: int

    def table(self) -> pd.DataFrame:
        """Return the numbers of the curves: one row per class and sampled period, as drawn."""
        centre = [f"{name}{e}" for name in ("centre", "centre_day") for e in ("", "_low", "_high")]
        keys = ["class", "order", "label", "shown", *centre, "top"]
        curves = self.curves.rename(columns={"value": self.measure})
        table = self.classes[keys].merge(curves, on="class", how="left")
        return table.merge(self.effort, on="period", how="left").reset_index(drop=True)


def succession(
    timing: pd.DataFrame, abundance: pd.DataFrame, periods: pd.DataFrame, most: int = MOST_CLASSES
) -> Succession:
    """Choose and order what the plot of one site shows.

    Parameters
    ----------
    timing : pandas.DataFrame
        Rows of ``timing.tsv`` of the site. Classes without a centre are left out.
    abundance : pandas.DataFrame
        Rows of the site at the same level, the class in the column ``class``.
    periods : pandas.DataFrame
        Rows of ``periods.tsv`` of the site.
    most : int
        Classes shown: those with the most images.

    Returns
    -------
    Succession
        Of concentrations where at least half of the sampled periods of a group have one.
    """
    timed = timing[timing["order"].notna() & (timing["images"] > 0)]
    biggest = timed.sort_values(["images", "class"], ascending=[False, True]).head(most)
    rows = abundance[abundance["class"].isin(biggest["class"])]
    measure = measure_of(abundance)
    means = rows.groupby(["class", "period"], sort=True)[measure].mean()
    curves = means.rename("value").reset_index()
    tops = curves.groupby("class")["value"].max()
    classes = biggest.assign(top=biggest["class"].map(tops)).sort_values(["order", "class"])
    sampled = periods[periods["sampled"] == 1]
    effort = sampled.groupby("period", sort=True)[["images", "samples"]].sum().reset_index()
    return Succession(classes.reset_index(drop=True), curves, effort, measure, len(timing))


def measure_of(abundance: pd.DataFrame) -> str:
    """Return the measure to draw: the concentration where it is known for half of the periods."""
    told = abundance["concentration_per_ml"].notna()
    known = told.groupby([abundance["group"], abundance["period"]]).any()
    return "concentration_per_ml" if len(known) and known.mean() >= 0.5 else "share"


def typical_crops(
    examples: pd.DataFrame, classes: Iterable[str], most: int = MOST_PICTURES
) -> dict[str, list[Crop]]:
    """Return the most typical organisms of each class, of its largest clusters first.

    Parameters
    ----------
    examples : pandas.DataFrame
        ``examples.parquet``: ``cluster`` (numbered by size), ``kind``, ``rank``, ``pixel_um``,
        ``crop``.
    classes : iterable of str
        The class of each row.
    most : int
        Crops of a class.
    """
    kinds = {"typical": 0, "random": 1, "edge": 2}
    table = examples.assign(**{"class": list(classes)}, turn=examples["kind"].map(kinds))
    # The first of each cluster, then the second of each: all clusters of a class have a turn.
    table = table.sort_values(["class", "turn", "rank", "cluster"], kind="stable")
    chosen = table.groupby("class", sort=False).head(most)
    crops: dict[str, list[Crop]] = {}
    for name, crop, um in zip(chosen["class"], chosen["crop"], chosen["pixel_um"], strict=True):
        crops.setdefault(name, []).append(decode(crop, um))
    return crops


def in_doubt(row: Mapping[Any, Any] | pd.Series) -> bool:
    """Return whether a class of ``timing.tsv`` may have its label by chance alone.

    Persistent ones were not found to have a time of their own, so there is nothing to doubt.
    """
    return row["label"] not in ("", "persistent") and not row["shown"] > 0


def relative(values: pd.Series, top: float) -> np.ndarray:
    """Return values as parts of the class's largest; zero where it was never there."""
    return values.to_numpy(float) / top if top > 0 else np.zeros(len(values))
