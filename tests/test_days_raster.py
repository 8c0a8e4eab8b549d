"""The map as a picture of few colours."""

import numpy as np
import pandas as pd

from seston.report.figures.days_raster import (
    EARLIER,
    FIRST_EARLIER,
    FIRST_TODAY,
    PALETTE,
    TODAY,
    count,
    maps,
    side_of,
)
from seston.report.figures.map_days import HIGH, MARGIN, WIDE, Days

MIDDLE = HIGH // 2 * WIDE + WIDE // 2


def of(*pixels: list[int]) -> Days:
    return Days(pd.DataFrame(), np.empty(0, np.int64), [np.array(p, np.int64) for p in pixels], 1)


def test_every_blue_is_darker_than_every_grey():
    """Relative luminance, WCAG 2.1: what is left to an eye without colours."""
    parts = PALETTE / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    earlier, today = luminance[FIRST_EARLIER:FIRST_TODAY], luminance[FIRST_TODAY:]
    assert (len(earlier), len(today)) == (len(EARLIER), len(TODAY))
    assert (earlier.min() + 0.05) / (today.max() + 0.05) > 1.8
    assert (np.diff(earlier) < 0).all() and (np.diff(today) < 0).all()


def test_todays_points_are_blue_and_grey_the_day_after():
    far = MIDDLE + 50
    first, second = maps(of([MIDDLE], [far]))
    assert first.shape == (HIGH, WIDE)
    assert first.ravel()[MIDDLE] >= FIRST_TODAY and first.ravel()[far] == 0
    assert FIRST_EARLIER <= second.ravel()[MIDDLE] < FIRST_TODAY <= second.ravel()[far]


def test_more_points_are_darker():
    crowd = [MIDDLE] * 40
    [first, second] = maps(of([*crowd, MIDDLE + 50], [MIDDLE + 90]))
    assert first.ravel()[MIDDLE] > first.ravel()[MIDDLE + 50]
    assert second.ravel()[MIDDLE] > second.ravel()[MIDDLE + 50]


def test_a_point_is_as_large_as_its_side_says():
    for side, area in ((1, 1), (2, 4), (3, 5), (4, 12), (5, 21), (12, 112)):
        spread = count(np.array([MIDDLE]), side)
        assert (spread.sum(), spread.max()) == (area, 1)
        rows, columns = np.divmod(np.flatnonzero(spread), WIDE)
        assert np.ptp(rows) == np.ptp(columns) == side - 1
    assert [side_of(n) for n in (10, 4000, 10_000, 100_000, 1_000_000)] == [6, 5, 3, 2, 1]


def test_dots_of_small_maps_are_larger_and_none_reaches_over_an_edge():
    areas = [np.count_nonzero(next(maps(of([MIDDLE]), larger))) for larger in (1, 2)]
    assert areas == [32, 112]
    corner = MARGIN * WIDE + MARGIN
    rows, columns = np.nonzero(next(maps(of([corner]), 2)))
    assert min(rows.min(), columns.min()) >= 0 and columns.max() < 2 * MARGIN


def test_a_step_without_points_shows_the_days_before():
    _, gap = maps(of([MIDDLE], []))
    assert set(np.unique(gap)) == {0, FIRST_EARLIER + len(EARLIER) - 1}
