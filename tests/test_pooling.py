import numpy as np

from seston.change.pooling import are_apart, mean_of_groups


def test_the_mean_of_complete_groups():
    values = np.arange(24.0).reshape(2, 4, 3)
    np.testing.assert_allclose(mean_of_groups(values), values.mean(axis=0))


def test_a_missing_cell_of_a_rich_group_makes_no_poor_day():
    # Group 2 is always 10 higher; both follow the same days.
    days = np.array([1.0, 5, 2, 4, 3])
    values = np.stack([days, days + 10])[:, :, None]
    values[1, 2] = np.nan
    np.testing.assert_allclose(mean_of_groups(values)[:, 0], days + 5)


def test_a_day_without_any_sample_stays_unknown():
    values = np.ones((2, 3, 1))
    values[:, 1] = np.nan
    assert np.isnan(mean_of_groups(values)[:, 0]).tolist() == [False, True, False]


def test_groups_that_were_sampled_in_turn_are_brought_to_one_level():
    time = np.arange(10.0)
    values = np.full((2, 10, 1), np.nan)
    values[0, ::2, 0] = 0.5 * time[::2]
    values[1, 1::2, 0] = 0.5 * time[1::2] + 7
    np.testing.assert_allclose(mean_of_groups(values)[:, 0], 0.5 * time + 3.5)


def test_groups_one_after_the_other_do_not_speak_for_time():
    values = np.full((2, 10, 1), np.nan)
    values[0, :5], values[1, 5:] = 1, 2
    assert are_apart(~np.isnan(values[:, :, 0]))
    assert np.isnan(mean_of_groups(values)).all()
    assert not are_apart(np.ones((2, 10), bool))


def test_common_weather_is_not_taken_for_several_series():
    # Seven copies of one series are one series: the mean has the same value, not a quieter one.
    series = np.random.default_rng(1).normal(size=(1, 20, 2))
    np.testing.assert_allclose(mean_of_groups(np.repeat(series, 7, axis=0)), series[0])


def test_no_sample_at_all():
    assert np.isnan(mean_of_groups(np.full((2, 3, 1), np.nan))).all()
