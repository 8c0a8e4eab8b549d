"""Days, samples, groups and instruments whose pictures differ from the others."""

from pathlib import Path

import pandas as pd

from seston.report.given.reading import read_text_table
from seston.report.wording import number, percent

MOST = 60  # rows that are shown
NUMBERS = (
    "images", "own_clusters", "share_in_own_clusters", "brightness_difference", "focus_ratio",
)  # fmt: skip


def read_circumstances(path: Path) -> pd.DataFrame:
    """Read ``circumstances.tsv``: a row per day, sample, group and instrument.

    Raises
    ------
    SestonError
        If the file is unreadable.
    """
    return read_text_table(path, ("what", "level", "flags"), NUMBERS)


def odd_ones(table: pd.DataFrame) -> list[tuple[str, str, int, str]]:
    """Return kind, name, images and what is odd, of those that have a flag; the largest first."""
    odd = table[table["flags"] != ""].sort_values("images", ascending=False, kind="stable")
    return [
        (str(row["what"]), str(row["level"]), int(row["images"]), _why(row))
        for _, row in odd.iterrows()
    ]


def instrument_is_site(samples: pd.DataFrame) -> bool:
    """Return whether instruments and sites coincide, so that nothing can tell them apart.

    So it is where each of several instruments has only sites that no other has.
    """
    if "instrument" not in samples:
        return False
    by_site = samples.groupby("site")["instrument"].nunique()
    return samples["instrument"].nunique() > 1 and bool((by_site == 1).all())


def _why(row: pd.Series) -> str:
    light = "lighter" if row["brightness_difference"] > 0 else "darker"
    sharp = "sharper" if row["focus_ratio"] > 1 else "less sharp"
    words = {
        "odd_light": f"pictures {light} by {number(abs(row['brightness_difference']))} grey levels",
        "odd_focus": f"pictures {sharp}, by a factor of {number(row['focus_ratio'])}",
        "displaced": "all kinds lie apart from their like elsewhere, by one step",
    }
    told = [words.get(code, code.replace("_", " ")) for code in row["flags"].split(";")]
    if row["own_clusters"] > 0:
        told.append(f"{percent(row['share_in_own_clusters'])} in clusters of its own")
    return "; ".join(told)
