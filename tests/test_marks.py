"""How a series is drawn, whatever it is of."""

import numpy as np
import pandas as pd
import pytest

from readable import texts_of
from series_tables import tables
from seston.report.drawing import marks, style
from seston.report.drawing.time_axis import TimeAxis

DAYS = TimeAxis()


def rows(values, low, high, periods=None, few=0) -> pd.DataFrame:
    starts = periods or [f"2024-05-{day:02d}" for day in range(1, len(values) + 1)]
    return pd.DataFrame(
        {"period": starts, "few_samples": few, "share": values, "share_low": low,
         "share_high": high, "concentration_per_ml": values, "concentration_low": low,
         "concentration_high": high}
    )  # fmt: skip


def drawn(table, measure=marks.SHARE, groups=1):
    axes = style.new_figure(90, 40).subplots()
    return axes, marks.draw_series(axes, table, measure, 0, groups, DAYS)


def test_an_interval_of_a_share_that_says_nothing_is_not_drawn():
    table = rows([0.1, 0.1, 0.3, 0.2], [0.0, 0.0, 0.2, np.nan], [1.0, 0.3, 1.0, 0.4])
    low, high = marks.limits(table, marks.SHARE)
    np.testing.assert_array_equal(low, [np.nan, 0, 20, np.nan])
    np.testing.assert_array_equal(high, [np.nan, 30, 100, np.nan])
    low, _ = marks.limits(table, marks.CONCENTRATION)
    assert low[0] == 0  # 0 to 1 per mL is news
    axes, _ = drawn(table)
    segments = axes.collections[0].get_segments()
    np.testing.assert_allclose([one[:, 1] for one in segments], [[0, 30], [20, 100]])


def test_lines_and_bands_stop_at_gaps():
    days = [f"2024-05-{day:02d}" for day in range(1, 30) if day not in (10, 20, 21)] * 1
    table = rows([0.2] * len(days), 0.1, 0.3, days)
    axes, _ = drawn(table)
    broken = np.flatnonzero(np.isnan(axes.lines[0].get_ydata()))
    assert broken.tolist() == [9, 19]
    assert axes.lines[0].get_xdata()[10] == DAYS.places(["2024-05-11"])[0]


def test_bands_take_the_place_of_bars_where_there_is_no_room():
    long, short = (rows([0.2] * n, 0.1, 0.3, pd.date_range("2024-05-01", periods=n)
                        .strftime("%Y-%m-%d").tolist()) for n in (61, 60))  # fmt: skip
    kinds = [type(drawn(table)[0].collections[0]).__name__ for table in (long, short)]
    assert kinds == ["FillBetweenPolyCollection", "LineCollection"]
    # Bands of many groups would hide each other.
    assert type(drawn(long, groups=8)[0].collections[0]).__name__ == "LineCollection"


def test_a_period_alone_between_gaps_keeps_its_interval_beside_bands():
    days = pd.date_range("2024-05-01", periods=70).strftime("%Y-%m-%d").tolist()
    del days[31], days[29]
    axes, _ = drawn(rows([0.2] * 68, 0.1, 0.3, days))
    _, alone = axes.collections
    [segment] = alone.get_segments()
    np.testing.assert_allclose(segment[:, 0], DAYS.places(["2024-05-31"])[0])
    np.testing.assert_allclose(segment[:, 1], [10, 30])


def test_hollow_marks_are_those_of_few_samples():
    axes, _ = drawn(rows([0.1, 0.2, 0.3], 0.0, 0.4, few=np.array([1, 0, 1])))
    full, hollow = axes.lines[1:]
    assert (full.get_ydata().tolist(), hollow.get_ydata().tolist()) == ([20.0], [10.0, 30.0])
    assert (full.get_markerfacecolor(), hollow.get_markerfacecolor()) == (style.COLOURS[0], "white")


@pytest.mark.parametrize(
    ("values", "high", "top"),
    [([1.0, 2.0], [1.5, 3.0], 3.0), ([1.0, 2.0], [1.5, 90.0], 5.0), ([0.0, 0.0], [4.0, 3.0], 4.0),
     ([1.0, 2.0], [np.nan, np.nan], 2.0), ([np.nan, np.nan], [np.nan, np.nan], 0.0)],
)  # fmt: skip
def test_a_very_long_interval_leaves_the_panel(values, high, top):
    low = np.where(np.isnan(high), np.nan, 0.0)
    axes, reach = drawn(rows(values, low, high), marks.CONCENTRATION)
    assert reach.top == pytest.approx(1.06 * top)
    cut = marks.fit(axes, [reach])
    assert axes.get_ylim() == (0, pytest.approx(1.06 * top or 1))
    # Whoever looks is told which intervals are longer than they seem.
    roofs = [line.get_xydata() for line in axes.lines if line.get_marker() is marks.CUT]
    beyond = [(x, reach.top) for x, end in zip(reach.x, high, strict=False) if end > 1.06 * top]
    assert cut == bool(beyond) == bool(roofs)
    np.testing.assert_allclose(np.reshape(roofs, (-1, 2)), np.reshape(beyond, (-1, 2)))


def test_a_panel_of_nothing_has_an_axis_all_the_same():
    axes, reach = drawn(rows([np.nan], np.nan, np.nan))
    assert not marks.fit(axes, [reach])
    assert axes.get_ylim() == (0, 1)
    assert not marks.fit(axes, []) and axes.get_ylim() == (0, 1)
    marks.fit(axes, [], 1e-3)
    assert axes.get_ylim() == (0, 1e-3)


def test_groups_stand_beside_each_other_within_a_step():
    moved = marks.beside(["2020-01-06", "2020-01-13", "2020-01-20"], 3, DAYS)
    np.testing.assert_allclose(moved, [-7 * 2 / 9, 0, 7 * 2 / 9])
    assert marks.beside(["2020-01-06"], 1, DAYS).tolist() == [0]
    hours = marks.beside(["2020-01-06T01:00", "2020-01-06T02:00"], 2, TimeAxis("hour"))
    np.testing.assert_allclose(hours, [-1 / 6 / 24, 1 / 6 / 24])


def test_each_of_eight_groups_has_a_look_of_its_own():
    made = tables(groups=8, classes=1)
    figure = style.new_figure(180, 30)
    figure.subplots()
    marks.legend(figure, made.groups, True, True)
    [legend] = figure.legends
    looks = {(one.get_color(), one.get_marker()) for one in legend.legend_handles[:8]}
    assert len(looks) == 8 == len(set(style.COLOURS)) == len(set(style.MARKERS))
    said = [text for text, _ in texts_of(figure)]
    assert {*made.groups, "fewer than 3 samples", "interval"} <= set(said)


def test_one_group_without_a_name_needs_no_key():
    figure = style.new_figure(180, 30)
    marks.legend(figure, [""], False, False)
    assert not figure.legends


def test_ticks_of_a_logarithmic_axis_are_round_and_few():
    assert marks.log_ticks(0.4, 2.5, 5) == ([0.5, 1.0, 2.0], ["0.5", "1", "2"])
    ticks, labels = marks.log_ticks(1e-4, 1e5, 4)
    assert 2 <= len(ticks) <= 4
    assert all(np.log10(tick) == pytest.approx(round(np.log10(tick))) for tick in ticks)
    assert len(labels) == len(ticks)


def test_a_small_p_is_never_zero():
    assert [marks.chance(p) for p in (0.0, 0.0004, 0.0123, 0.5)] == [
        "<0.001", "<0.001", "0.012", "0.5",
    ]  # fmt: skip
