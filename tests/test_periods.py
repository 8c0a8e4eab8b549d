import pandas as pd
import pytest

from seston.trends.periods import start_of_period

TIMES = pd.Series(
    pd.to_datetime(
        # Sunday night, Monday, New Year in ISO week 53 of 2020, leap day
        ["2018-05-20T23:59:59", "2018-05-21T00:00:00", "2021-01-02T12:00:00", "2024-02-29T06:00:00"]
    )
)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("day", ["2018-05-20", "2018-05-21", "2021-01-02", "2024-02-29"]),
        ("week", ["2018-05-14", "2018-05-21", "2020-12-28", "2024-02-26"]),
        ("month", ["2018-05-01", "2018-05-01", "2021-01-01", "2024-02-01"]),
    ],
)
def test_periods_start_on_the_day_the_monday_or_the_first(period, expected):
    assert start_of_period(TIMES, period).tolist() == expected


def test_no_times_have_no_periods():
    assert start_of_period(TIMES[:0], "week").tolist() == []
