import numpy as np
import pandas as pd
import pytest

from seston.errors import SestonError
from seston.trends.periods import day_numbers, periods_between, start_of_period

TIMES = pd.Series(
    pd.to_datetime(
        # Sunday night, Monday, New Year in ISO week 53 of 2020, leap day
        ["2018-05-20T23:59:59", "2018-05-21T00:00:00", "2021-01-02T12:00:00", "2024-02-29T06:00:00"]
    )
)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (
            "hour",
            ["2018-05-20T23:00", "2018-05-21T00:00", "2021-01-02T12:00", "2024-02-29T06:00"],
        ),
        ("day", ["2018-05-20", "2018-05-21", "2021-01-02", "2024-02-29"]),
        ("week", ["2018-05-14", "2018-05-21", "2020-12-28", "2024-02-26"]),
        ("month", ["2018-05-01", "2018-05-01", "2021-01-01", "2024-02-01"]),
    ],
)
def test_periods_start_on_the_day_the_monday_or_the_first(period, expected):
    assert start_of_period(TIMES, period).tolist() == expected


@pytest.mark.parametrize("period", ["hour", "day", "week", "month"])
def test_every_period_starts_in_itself_and_stands_between_the_others(period):
    starts = start_of_period(TIMES, period, "2020-02-29")
    again = start_of_period(pd.to_datetime(starts), period, "2020-02-29")
    assert again.tolist() == starts.tolist()
    between = periods_between(starts[0], starts[3], period, "2020-02-29")
    assert between == sorted(set(between))
    assert set(starts) <= set(between)
    days = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30.44}[period]
    assert len(between) == pytest.approx(2111 / days, rel=0.01)


def test_weeks_are_counted_from_day_zero():
    # Sunday 20 May 2018 is day 4; two days before day 0 is in the week before.
    times = pd.Series(pd.to_datetime(["2018-05-20", "2018-05-22", "2018-05-23", "2018-05-14"]))
    starts = start_of_period(times, "week", "2018-05-16")
    assert starts.tolist() == ["2018-05-16", "2018-05-16", "2018-05-23", "2018-05-09"]
    assert day_numbers(starts, "2018-05-16").tolist() == [0, 0, 7, -7]
    assert periods_between("2018-05-09", "2018-05-23", "week", "2018-05-16") == [
        "2018-05-09", "2018-05-16", "2018-05-23",
    ]  # fmt: skip


def test_gaps_are_filled_over_years_and_leap_days():
    assert periods_between("2024-02-28", "2024-03-01", "day") == [
        "2024-02-28", "2024-02-29", "2024-03-01",
    ]  # fmt: skip
    assert periods_between("2023-11-01", "2024-01-01", "month") == [
        "2023-11-01", "2023-12-01", "2024-01-01",
    ]  # fmt: skip
    assert len(periods_between("2024-05-01T22:00", "2024-05-02T01:00", "hour")) == 4
    assert periods_between("2024-05-01", "2024-05-01", "day") == ["2024-05-01"]


def test_hours_have_fractions_of_days_as_numbers():
    assert day_numbers(["2024-05-04T01:00"], "2024-05-01")[0] == pytest.approx(3 + 1 / 24)
    assert np.isnan(day_numbers(["2024-05-04"], "")).all()


@pytest.mark.parametrize("day_zero", ["1.5.2024", "2024-02-30", "first"])
def test_a_day_zero_that_is_no_date_is_refused(day_zero):
    with pytest.raises(SestonError, match=r"trends\.day_zero is .*expected the date of day 0"):
        start_of_period(TIMES, "day", day_zero)


def test_no_times_have_no_periods():
    assert start_of_period(TIMES[:0], "week").tolist() == []
