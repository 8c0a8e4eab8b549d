"""Abundances of clusters that were merged: to coarse groups, or because they have one name."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from seston.errors import SestonError
from seston.report.given.names import LONGEST, Names
from seston.report.given.reading import read_text_table
from seston.report.wording import distinct

NUMBERS = (
    "day_number", "samples", "count", "images", "share", "share_low", "share_high",
    "concentration_per_ml", "concentration_low", "concentration_high",
    "biovolume_um3_per_ml", "biovolume_low", "biovolume_high",
)  # fmt: skip


@dataclass(frozen=True)
class Level:
    """What the rows of a heat map are, for its axis and for its caption."""

    rows: str
    caption: str


LEVELS = {
    "coarse": Level(
        "coarse group",
        "The same for the coarse groups: clusters that lie together in the tree, counted as one.",
    ),
    "name": Level(
        "name",
        "The same by name: clusters that people gave one name are counted as one;"
        " those without a name stand for themselves.",
    ),
    "label": Level(
        "label",
        "The same by the labels that were given with the images, whatever their cluster.",
    ),
    "class": Level(
        "class",
        "The same by class, as a classifier that learned from labels counts them: sums of"
        " corrected probabilities, not of images.",
    ),
}
#: How far expected counts, rounded in their tables, may be from a whole number of images.
ROUNDED = 1e-3


@dataclass(frozen=True)
class Merged:
    """A table of abundances at one level.

    Attributes
    ----------
    table : pandas.DataFrame
        As that of the clusters; `cluster` holds a number for each key.
    keys : list of str
        What the level's column says, by that number.
    titles : list of str
        How figures call it, by that number.
    """

    table: pd.DataFrame
    keys: list[str]
    titles: list[str]

    def title(self, number: int) -> str:
        """Return how figures call the row of this number."""
        return self.titles[number]


def read_level(path: Path, level: str, names: Names, abundance: pd.DataFrame) -> Merged:
    """Read ``abundance_<level>.tsv``; that of labels may be empty.

    Raises
    ------
    SestonError
        If the file is unreadable, or does not add up to what was counted per cluster.
    """
    table = read_text_table(path, ("site", "group", "period", level), ("few_samples", *NUMBERS))
    keys = ["site", "group", "period"]
    fine, merged = (one.groupby(keys)["count"].sum().to_dict() for one in (abundance, table))
    # Where no image has a label, the table of labels has no row.
    other = [key for key in fine | merged if not _same(fine.get(key), merged.get(key), level)]
    if other and not (level == "label" and table.empty):
        where = other[0]
        here = dict(zip(keys, where, strict=True))  # type: ignore[call-overload]  # keys are tuples
        raise SestonError(
            f"{path}: {merged.get(where, 0):g} organisms of {here}, but {fine.get(where, 0):g} by"
            " clusters; delete both and run again from trends"
        )
    told = table[level].unique().tolist()
    number = {key: position for position, key in enumerate(told)}
    if level == "coarse":
        titles = [names.group_title(int(float(key))) for key in told]
    else:
        titles = distinct(told, LONGEST)
    return Merged(table.assign(cluster=table[level].map(number)), told, titles)


def _same(fine: float | None, merged: float | None, level: str) -> bool:
    """Return whether two totals agree: to the image, or, of expected counts, but for rounding."""
    if level != "class" or fine is None or merged is None:
        return fine == merged
    return abs(fine - merged) <= ROUNDED * max(fine, 1)
