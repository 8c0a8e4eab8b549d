"""The samples of a run as exports need them: effort as numbers, and every cell of their lines."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from seston.trends.effort import read_effort


class Samples(NamedTuple):
    """m samples, by name.

    Attributes
    ----------
    effort : pandas.DataFrame, m rows
        As `seston.trends.effort.read_effort` has it.
    rows : list of mapping of str to str, length m
        Their lines of samples.tsv.
    further : tuple of str
        Further columns of the sample sheet.
    """

    effort: pd.DataFrame
    rows: list[Mapping[str, str]]
    further: tuple[str, ...]

    def depth(self, row: int) -> str:
        """Return a depth in metres below the surface, whatever sign the sheet gives it."""
        return self.rows[row]["depth_m"].removeprefix("-")


def read_samples(path: Path) -> Samples:
    """Read the table of samples that the stage `tables` wrote.

    Raises
    ------
    SestonError
        If it is missing or lacks columns, or a sample has no date.
    """
    effort = read_effort(path, "day").sort_values("sample", ignore_index=True)
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file, delimiter="\t")
        header = list(lines.fieldnames or ())
        rows = sorted(lines, key=lambda row: row["sample"])
    # Further columns of the sheet stand between these two.
    further = header[header.index("depth_m") + 1 : header.index("flags")]
    return Samples(effort, list(rows), tuple(further))
