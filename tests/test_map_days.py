"""The steps of the map through time, and where points fall."""

import numpy as np
import pandas as pd
import pytest

from seston.report.figures import map_days as module
from seston.report.figures.map_days import HIGH, MARGIN, WIDE, days


def calendar(images: dict[int, int | None]) -> pd.DataFrame:
    """A day each; None where nothing was sampled. Two groups, the second without images."""
    rows = []
    for day, count in images.items():
        period = str(np.datetime64("2024-05-01") + day)
        sampled = int(count is not None)
        for group, share in (("a", count or 0), ("b", 0)):
            rows.append((group, period, sampled, 2 * sampled, share))
    return pd.DataFrame(rows, columns=["group", "period", "sampled", "samples", "images"])


def points(images: dict[int, int | None]) -> pd.DataFrame:
    periods = [
        str(np.datetime64("2024-05-01") + d) for d, n in images.items() for _ in range(n or 0)
    ]
    place = np.arange(len(periods), dtype=float)
    return pd.DataFrame({"map_x": place, "map_y": -place / 2, "period": periods})


def test_a_missing_day_is_a_step_without_points():
    images = {0: 3, 1: 5, 2: None, 3: 4}
    found = days(points(images).sample(frac=1, random_state=1), calendar(images))
    steps = found.steps
    assert steps["first"].tolist() == [f"2024-05-0{day}" for day in (1, 2, 3, 4)]
    assert steps["sampled"].tolist() == [1, 1, 0, 1]
    assert steps["samples"].tolist() == [4, 4, 0, 4]
    assert steps["images_so_far"].tolist() == [3, 8, 8, 12]
    assert steps["points"].tolist() == [3, 5, 0, 4]
    assert [len(one) for one in found.pixels] == [3, 5, 0, 4]
    assert found.slots.tolist() == [3, 5, -1, 4]
    # Points lie from upper left to lower right in the order of time.
    assert (np.diff([one.mean() for one in found.pixels if len(one)]) > 0).all()


def test_days_between_regular_samples_are_no_steps_but_a_gap_is_one():
    images = {day: 2 if day % 4 == 0 and day != 8 else None for day in range(17)}
    found = days(points(images), calendar(images))
    assert found.steps["sampled"].tolist() == [1, 1, 0, 1, 1]
    gap = found.steps.iloc[2]
    assert (gap["first"], gap["last"], gap["periods"]) == ("2024-05-06", "2024-05-12", 7)
    assert len(found.slots) == 17
    assert (found.slots == -1).sum() == 13


def test_many_periods_share_a_bar(monkeypatch):
    monkeypatch.setattr(module, "MOST_SLOTS", 4)
    images = {day: 1 + day for day in range(10)}
    found = days(points(images), calendar(images))
    assert found.each == 3
    assert found.slots.tolist() == [6, 15, 24, 10]
    assert found.steps["periods"].tolist() == [3, 3, 3, 1]
    assert found.steps["last"].tolist()[-2:] == ["2024-05-09", "2024-05-10"]
    assert found.steps["images_so_far"].iloc[-1] == 55


def test_both_axes_have_one_scale_and_nothing_is_left_out():
    square = pd.DataFrame(
        {"map_x": [0.0, 4, 4, 0], "map_y": [0.0, 0, 2, 2], "period": ["2024-05-01"] * 4}
    )
    [pixels] = days(square, calendar({0: 4})).pixels
    row, column = np.divmod(pixels, WIDE)
    zoom = (WIDE - 2 * MARGIN) / 4
    assert np.ptp(column) == pytest.approx(4 * zoom, abs=1)
    assert np.ptp(row) == pytest.approx(2 * zoom, abs=1)
    assert row[0] > row[2]  # up is up
    assert column.min() >= MARGIN and column.max() <= WIDE - MARGIN
    assert row.min() >= MARGIN and row.max() <= HIGH - MARGIN


def test_images_without_a_place_are_counted_but_not_drawn():
    some = points({0: 3, 1: 3})
    some.loc[:1, "map_x"] = np.nan
    found = days(some, calendar({0: 3, 1: 3}))
    assert found.steps["points_so_far"].tolist() == [1, 4]
    assert found.steps["images_so_far"].tolist() == [3, 6]


def test_a_point_of_no_sampled_period_is_refused():
    with pytest.raises(ValueError, match="as sampled"):
        days(points({0: 1, 1: 1}), calendar({0: 1, 1: None, 2: 1}))
    with pytest.raises(ValueError, match="no period"):
        days(points({0: 0}), calendar({0: None}))
