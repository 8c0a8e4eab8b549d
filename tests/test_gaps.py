"""Where nothing was sampled."""

import numpy as np

from seston.report.drawing.gaps import gaps, unbroken


def test_one_missing_day_of_daily_samples_is_a_gap():
    days = np.array([0.0, 1, 2, 4, 5])
    assert unbroken(days) == [slice(0, 3), slice(3, 5)]
    assert gaps(days) == [(2.0, 4.0)]


def test_the_shortest_series_with_a_gap():
    assert gaps(np.array([0.0, 1, 3])) == [(1.0, 3.0)]


def test_jitter_around_a_usual_step_is_none():
    assert gaps(np.array([0.0, 4, 7, 12, 16, 20])) == []
    assert gaps(np.array([0.0, 4, 8, 12, 20, 24])) == [(12.0, 20.0)]


def test_short_series_have_no_gap():
    for places in ([], [3.0], [3.0, 90.0]):
        assert gaps(np.array(places)) == []
        assert unbroken(np.array(places)) == [slice(0, len(places))] * (len(places) > 0)
