"""The period that a sample falls into."""

from typing import Literal

import pandas as pd

Period = Literal["day", "week", "month"]

#: Names that pandas gives to periods; a week ends on Sunday.
FREQUENCY = {"day": "D", "week": "W-SUN", "month": "M"}


def start_of_period(times: pd.Series, period: Period) -> pd.Series:
    """Return the first day of the period of each time, as an ISO date.

    The time is that of the sample, not of the single image: the sample is the unit
    of effort, and a run across midnight is not cut in two.

    Parameters
    ----------
    times : pandas.Series of datetime64, shape (n,)
        Naive; UTC where the time zone was known.
    period : {"day", "week", "month"}
        Weeks start on Monday (ISO 8601).

    Returns
    -------
    pandas.Series of str, shape (n,)
    """
    return times.dt.to_period(FREQUENCY[period]).dt.start_time.dt.strftime("%Y-%m-%d")
