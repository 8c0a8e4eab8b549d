"""The samples behind the trends, and the effort behind each."""

from pathlib import Path

import pandas as pd

from seston.errors import SestonError
from seston.trends.periods import Period, day_numbers, start_of_period

FEW = 3  # samples below which a period is marked

_NUMBERS = ["listed", "used", "readable", "volume_ml", "dilution"]


def read_effort(samples: Path, period: Period, day_zero: str = "") -> pd.DataFrame:
    """Read the sample table: one row per sample, with its period and mL of water.

    ``volume_ml`` is the volume that the table tells. Images that were rejected are taken to be
    like those that were used, so that only the share ``readable`` of the volume stands behind
    the counts: ``analysed_ml``, and ``water_ml`` before dilution. Where all images were
    rejected nothing is known of the water (NaN); where none was listed, nothing was in it.

    Parameters
    ----------
    samples : Path
        The table of all samples.
    period : {"hour", "day", "week", "month"}
    day_zero : str
        Day 0 of the experiment as an ISO date, or "": then ``day_number`` is NaN.

    Returns
    -------
    pandas.DataFrame
        With ``sample``, ``site``, ``group``, ``period``, ``time``, ``day_number``, ``listed``,
        ``used``, ``readable``, ``volume_ml``, ``analysed_ml``, ``water_ml`` and ``dilution``;
        by site, group, time and sample.

    Raises
    ------
    SestonError
        If the file is missing or lacks columns, or a sample has no date.
    """
    try:
        table = pd.read_csv(samples, sep="\t", dtype=str, keep_default_na=False)
    except FileNotFoundError as error:
        raise SestonError(f"{samples}: file not found") from error
    except ValueError as error:  # no text, or no table
        raise _unreadable(samples, error) from error
    wanted = ["sample", "site", "group", "datetime", *_NUMBERS]
    missing = [name for name in wanted if name not in table]
    if missing:
        raise SestonError(
            f"{samples}: columns missing: {', '.join(missing)}; delete it and run again"
        )
    table = table[wanted].rename(columns={"datetime": "time"})
    try:
        for name in _NUMBERS:
            table[name] = pd.to_numeric(table[name])
        table["time"] = pd.to_datetime(table["time"], format="ISO8601")
    except ValueError as error:
        raise _unreadable(samples, error) from error
    undated = table.loc[table["time"].isna(), "sample"].tolist()
    if undated:
        raise SestonError(
            f"{samples}: {len(undated)} samples have no date: {', '.join(undated[:5])};"
            " give them one in the column datetime of the sample sheet"
        )
    table["period"] = start_of_period(table["time"], period, day_zero)
    table["day_number"] = day_numbers(table["period"], day_zero)
    table["dilution"] = table["dilution"].fillna(1.0)
    table["volume_ml"] = table["volume_ml"].where(table["volume_ml"] > 0)
    table["analysed_ml"] = table["volume_ml"] * table["readable"].where(table["readable"] > 0)
    table["water_ml"] = table["analysed_ml"] / table["dilution"]
    return table.sort_values(["site", "group", "time", "sample"], ignore_index=True)


def _unreadable(samples: Path, error: ValueError) -> SestonError:
    return SestonError(
        f"{samples}: not a readable table of samples ({error}); delete it and run again"
    )
