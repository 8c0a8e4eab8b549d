"""Dates, hours and day numbers on an axis."""

import numpy as np
import pandas as pd
import pytest

from seston.report.drawing import style
from seston.report.drawing.time_axis import TimeAxis


def ticks(time: TimeAxis, starts, most=6):
    axes = style.new_figure(90, 40).subplots()
    beside = time.mark(axes, starts, most)
    return [label.get_text() for label in axes.get_xticklabels()], axes.get_xlim(), beside


def test_days_are_numbered_from_day_zero():
    time = TimeAxis("day", "2024-05-03")
    np.testing.assert_allclose(time.places(["2024-05-01", "2024-05-03", "2024-05-25"]), [-2, 0, 22])
    assert time.labels(["2024-05-01", "2024-05-25"]) == ["\u22122", "22"]
    assert time.name("2024-05-14") == "day 11"
    labels, (low, high), beside = ticks(time, ["2024-05-01", "2024-05-02", "2024-05-25"])
    assert (low, high) == pytest.approx((-2.6, 22.6))
    assert labels == ["0", "5", "10", "15", "20"]
    assert beside == "day of the experiment (day 0 is 2024-05-03)"


def test_hours_have_their_own_places_and_names():
    plain, numbered = TimeAxis("hour"), TimeAxis("hour", "2024-05-01")
    starts = ["2024-05-01T00:00", "2024-05-02T13:00"]
    assert np.diff(plain.places(starts)) == pytest.approx(37 / 24)
    assert numbered.places(starts).tolist() == pytest.approx([0, 37 / 24])
    assert plain.labels(starts) == ["05-01 00 h", "05-02 13 h"]
    assert numbered.labels(starts) == ["0, 00 h", "1, 13 h"]
    assert plain.step(starts[:1]) == pytest.approx(1 / 24)


def test_ticks_are_dates_that_need_nothing_beside_them_but_the_year():
    days = pd.date_range("2024-05-03", periods=23).strftime("%Y-%m-%d")
    labels, _, beside = ticks(TimeAxis(), days)
    assert labels[0].endswith(" May")
    assert beside == "2024"
    labels, _, beside = ticks(TimeAxis(), ["2023-11-01", "2024-02-01"])
    assert "2024" in labels
    assert beside == "2023\u20132024"


@pytest.mark.parametrize("most", [3, 4, 7])
@pytest.mark.parametrize("periods", [1, 2, 5, 60, 200, 3000])
@pytest.mark.parametrize("step", ["h", "D", "7D"])
def test_there_are_ticks_but_no_more_than_asked_for(most, periods, step):
    dates = pd.date_range("2024-05-06", periods=periods, freq=step)
    for time in (TimeAxis("hour" if step == "h" else "day"), TimeAxis("day", "2024-05-01")):
        labels, (low, high), _ = ticks(time, dates.to_numpy("datetime64[m]"), most)
        assert 1 <= len(labels) <= most
        assert low < high
        assert len(set(labels)) == len(labels)


def test_the_columns_of_heat_maps_are_named_at_even_steps():
    columns = ["2024-05-01", None, "2024-05-09", "2024-05-10", None, "2024-05-20"]
    assert TimeAxis().heat_ticks(columns, 2) == ([0, 3], ["2024-05-01", "2024-05-10"])
