"""The periods that samples fall into: hours, days, weeks, months, and the days of an experiment."""

from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.errors import SestonError

Period = Literal["hour", "day", "week", "month"]
Times = npt.NDArray[np.datetime64]

#: How long each is; a month on average.
DAYS: dict[Period, float] = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 365.25 / 12}

#: How numpy calls the periods; weeks are counted in days.
_UNIT = {"hour": "h", "day": "D", "week": "D", "month": "M"}
_MONDAY = np.datetime64("1970-01-05", "D")


def start_of_period(times: pd.Series, period: Period, day_zero: str = "") -> pd.Series:
    """Return the start of the period of each time, as ISO text that sorts by time.

    The time is that of the sample, not of the single image: the sample is the unit
    of effort, and a run across midnight is not cut in two.

    Parameters
    ----------
    times : pandas.Series of datetime64, shape (n,)
        Naive; UTC where the time zone was known. All known.
    period : {"hour", "day", "week", "month"}
        Weeks start on Monday (ISO 8601), or on the weekday of day 0.
    day_zero : str
        Day 0 of the experiment as an ISO date, or "".

    Returns
    -------
    pandas.Series of str, shape (n,)
        Such as "2024-05-01"; for hours "2024-05-01T13:00".

    Raises
    ------
    SestonError
        If `day_zero` is no date.
    """
    places = _place(times.to_numpy("datetime64[s]"), period, _origin(day_zero))
    return pd.Series(_starts(places, period, day_zero), times.index, dtype=str)


def periods_between(first: str, last: str, period: Period, day_zero: str = "") -> list[str]:
    """Return the start of every period from `first` to `last`, both included, sampled or not.

    Parameters
    ----------
    first, last : str
        Starts of periods, as `start_of_period` gives them.
    period, day_zero
        As in `start_of_period`.
    """
    ends = _place(np.array([first, last], "datetime64[s]"), period, _origin(day_zero))
    return _starts(np.arange(ends[0], ends[1] + 1), period, day_zero)


def day_numbers(starts: npt.ArrayLike, day_zero: str) -> npt.NDArray[np.float64]:
    """Return the days from day 0 to the start of each period; NaN where there is no day 0.

    Parameters
    ----------
    starts : sequence of str, shape (n,)
        As `start_of_period` gives them; before day 0 the number is negative. Of hours the
        number has a fraction: 1 am of day 3 is 3.04167.
    day_zero : str
    """
    times = np.asarray(starts, "datetime64[m]")
    if not day_zero:
        return np.full(times.shape, np.nan)
    return (times - _origin(day_zero)) / np.timedelta64(1, "D")


def _origin(day_zero: str) -> np.datetime64:
    """Return the day that weeks are counted from."""
    if not day_zero:
        return _MONDAY
    try:
        return np.datetime64(date.fromisoformat(day_zero), "D")
    except ValueError as error:
        raise SestonError(
            f"trends.day_zero is {day_zero!r}: expected the date of day 0, such as 2024-05-01"
        ) from error


def _place(times: Times, period: Period, origin: np.datetime64) -> npt.NDArray[np.int64]:
    """Return the number of each time's period, counted from 1970 or, of weeks, from the origin."""
    if period == "week":
        return (times.astype("datetime64[D]") - origin).astype(np.int64) // 7
    return times.astype(f"datetime64[{_UNIT[period]}]").astype(np.int64)


def _starts(places: npt.NDArray[np.int64], period: Period, day_zero: str) -> list[str]:
    if period == "week":
        starts = _origin(day_zero) + 7 * places
    else:
        starts = places.astype(f"datetime64[{_UNIT[period]}]")
    unit: Literal["m", "D"] = "m" if period == "hour" else "D"
    return np.datetime_as_string(starts.astype(f"datetime64[{unit}]"), unit=unit).tolist()
