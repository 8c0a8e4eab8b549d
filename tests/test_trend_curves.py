"""Small multiples of classes, with the effort below them."""

import numpy as np
import pandas as pd
import pytest

from readable import assert_readable, texts_of
from series_tables import tables
from seston.report.drawing import style, trend_curves
from seston.report.drawing.marks import CONCENTRATION, SHARE
from seston.report.drawing.time_axis import TimeAxis

DAYS = TimeAxis()


def draw(made, time=DAYS, most=None):
    top, title = (
        trend_curves.biggest(made.abundance, "cluster", most or 12),
        "{:02} Asterionella formosa b",
    )
    groups = made.groups
    return trend_curves.draw_curves(made.abundance, made.effort, top, groups, time, title.format)


def panels(figure) -> list:
    return [axes for axes in figure.axes if axes.get_visible()]


@pytest.mark.parametrize(
    ("options", "time"),
    [
        ({"groups": 8, "classes": 9, "periods": 23, "day_zero": "2024-05-08"},
         TimeAxis("day", "2024-05-08")),
        ({"groups": 1, "classes": 12, "periods": 200, "samples": 1, "volume": False,
          "missing": tuple(range(90, 140))}, DAYS),
        ({"groups": 2, "classes": 3, "periods": 5}, DAYS),
        ({"groups": 3, "classes": 4, "periods": 60, "period": "hour"}, TimeAxis("hour")),
        ({"groups": 1, "classes": 1, "periods": 40, "period": "month"}, TimeAxis("month")),
    ],
)  # fmt: skip
def test_every_size_can_be_read(options, time):
    assert_readable(draw(tables(**options), time, most=12 if options["groups"] < 4 else 8))


def test_concentrations_stand_beside_shares_wherever_they_are_known():
    with_volume, without = (tables(classes=2, volume=known) for known in (True, False))
    units = [axes.texts[0].get_text() for axes in panels(draw(with_volume))]
    assert units == ["%", "per mL"] * 2
    units = [axes.texts[0].get_text() for axes in panels(draw(without))]
    assert units == ["%"] * 2


def test_the_values_drawn_are_those_of_the_table():
    made = tables(classes=1, periods=4)
    share, concentration = panels(draw(made))
    for axes, measure in ((share, SHARE), (concentration, CONCENTRATION)):
        expected = measure.factor * made.abundance[measure.value]
        np.testing.assert_allclose(axes.lines[0].get_ydata(), expected)


def test_below_each_series_stands_what_it_rests_on():
    made = tables(groups=2, classes=1, periods=3)
    images, water = ("images", "water_ml")
    for axes, what in zip(panels(draw(made)), (images, water), strict=True):
        strip = axes.collections[-1]
        tops = [path.vertices[:, 1].max() for path in strip.get_paths()]
        sums = made.effort.groupby("period")[what].sum()
        # The second group's bar stands on the first's; the tallest fills the strip.
        foot, head = trend_curves.effort_bars.STRIP
        np.testing.assert_allclose((np.array(tops[1::2]) - foot) / (head - foot), sums / sums.max())
    told = " ".join(text for text, _ in texts_of(draw(made)))
    assert f"images per day (at most {made.effort.groupby('period')['images'].sum().max()})" in told


def test_a_missing_day_is_a_gap_in_line_and_bars():
    made = tables(classes=1, periods=9, missing=(4,), volume=False)
    [axes] = panels(draw(made))
    assert np.isnan(axes.lines[0].get_ydata()).sum() == 1
    assert len(axes.collections[-1].get_paths()) == 8


def test_periods_with_few_samples_are_hollow_and_the_key_says_so():
    few, enough = (tables(classes=1, samples=n, volume=False) for n in (2, 3))
    faces = [panels(draw(made))[0].lines[1].get_markerfacecolor() for made in (few, enough)]
    assert faces == ["white", style.COLOURS[0]]
    said = [{text for text, _ in texts_of(draw(made))} for made in (few, enough)]
    assert ["fewer than 3 samples" in texts for texts in said] == [True, False]


def test_with_many_groups_each_series_is_wider_and_fewer_are_drawn():
    assert trend_curves.most_classes(["a"] * 3) == 12
    assert trend_curves.most_classes(["a"] * 8) == 8
    wide = panels(draw(tables(groups=8, classes=2)))
    narrow = panels(draw(tables(groups=2, classes=2)))
    assert len(wide) == len(narrow) == 4
    assert wide[0].get_subplotspec().get_gridspec().ncols == 2
    assert narrow[0].get_subplotspec().get_gridspec().ncols == 4


def test_the_biggest_come_first_and_ties_by_name():
    table = pd.DataFrame({"cluster": [1, 2, 3, 4], "count": [5, 9, 5, 0]})
    assert trend_curves.biggest(table, "cluster", 9) == [2, 1, 3]
    assert trend_curves.biggest(table, "cluster", 1) == [2]
