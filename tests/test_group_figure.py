"""The comparison of groups: courses and ratios."""

import numpy as np
import pytest

from readable import assert_readable, texts_of
from series_tables import differing, tables
from seston.report.drawing import style
from seston.report.drawing.time_axis import TimeAxis
from seston.report.figures import group_figure

DAYS = TimeAxis()


def draw(made, found, time=DAYS):
    classes = group_figure.compared(found.tests, found.curves)
    return group_figure.draw_comparison(
        classes, found.tests, found.curves, found.effects, made.abundance, made.effort,
        made.groups, time, 0.05,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "unit", "time"),
    [
        ({"groups": 8, "classes": 9, "periods": 23, "missing": (5,)}, "per mL",
         TimeAxis("day", "2024-05-08")),
        ({"groups": 2, "classes": 1, "periods": 12, "volume": False}, "share", DAYS),
        ({"groups": 3, "classes": 2, "periods": 48, "period": "hour"}, "per mL", TimeAxis("hour")),
    ],
)  # fmt: skip
def test_every_size_can_be_read(options, unit, time):
    made = tables(**options)
    assert_readable(draw(made, differing(made, unit), time))


def test_the_surest_difference_comes_first_and_untested_classes_last():
    made = tables(groups=2, classes=4)
    found = differing(made)
    found.tests["q_groups"] = [0.2, 0.01, np.nan, 0.5]
    found.tests["q_interaction"] = [0.3, 0.9, np.nan, 0.001]
    expected = ["cluster 3", "cluster 1", "cluster 0", "cluster 2"]
    assert group_figure.compared(found.tests, found.curves) == expected
    only = found.curves[found.curves["class"] == "cluster 2"]
    assert group_figure.compared(found.tests, only) == ["cluster 2"]


def test_a_mark_says_since_when_the_groups_differ():
    made = tables(groups=2, classes=1)
    found = differing(made, since=3)
    figure = draw(made, found)
    start = sorted(made.abundance["period"].unique())[3]
    dashed = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert [line.get_xdata()[0] for line in dashed] == [DAYS.places([start])[0]]
    said = [text for text, _ in texts_of(figure)]
    assert f"level q 0.01; differ from {start}" in said  # beside the marks, not over them
    assert "differ from here on" in said
    none = draw(made, differing(made, q=0.4))
    assert not any("from here on" in text or "differ from" in text for text, _ in texts_of(none))


def test_curves_bands_and_ratios_are_those_of_the_tables():
    made = tables(groups=2, classes=1, volume=False)
    found = differing(made, "share")
    courses, ratios = draw(made, found).axes
    fitted = [line.get_ydata() for line in courses.lines if line.get_linestyle() == "-"]
    np.testing.assert_allclose(fitted[0], 100 * 2.0 * 0.05)
    np.testing.assert_allclose(fitted[1], 100 * 0.8 * 0.05)
    marks = [line for line in ratios.lines if line.get_marker() in style.MARKERS]
    assert [line.get_xdata()[0] for line in marks] == [2.0, 0.8]
    faces = [line.get_markerfacecolor() for line in marks]
    assert faces == [style.COLOURS[0], "white"]  # only the first differs
    low, high = ratios.get_xlim()
    assert low < 0.8 / 1.3 < 2.6 < high == pytest.approx(1 / low)


def test_of_classes_that_are_equally_sure_the_most_frequent_comes_first():
    made = tables(groups=2, classes=3)
    found = differing(made)
    found.tests[["q_groups", "q_interaction"]] = np.nan
    found.curves.loc[found.curves["class"] == "cluster 2", "fitted"] *= 10
    assert group_figure.compared(found.tests, found.curves)[0] == "cluster 2"
    assert group_figure.compared(found.tests, found.curves.iloc[:0]) == []


def test_bars_stay_within_the_time_that_is_drawn():
    made = tables(groups=2, classes=1, periods=60, period="hour")
    morning = made.effort["period"].str[11:13] == "08"
    found = differing(made)
    figure = group_figure.draw_comparison(
        ["cluster 0"], found.tests, found.curves, found.effects, made.abundance,
        made.effort[morning], made.groups, TimeAxis("hour"), 0.05,
    )  # fmt: skip
    low, high = figure.axes[0].get_xlim()
    [bars] = [one for one in figure.axes[0].collections if len(one.get_paths()) == 3 * 2 and
              not one.get_clip_on()]  # fmt: skip
    x = np.concatenate([path.vertices[:, 0] for path in bars.get_paths()])
    assert low <= x.min() and x.max() <= high


def test_none_found_stands_on_the_edge_of_a_logarithmic_axis():
    made = tables(groups=2, classes=1)
    made.abundance.loc[0, "concentration_per_ml"] = 0.0
    courses, _ = draw(made, differing(made)).axes
    marks = [line for line in courses.lines if line.get_marker() == style.MARKERS[1]]
    edge = courses.get_ylim()[0]
    assert edge > 0
    # The table begins with the fjord, which is the second group by name.
    assert marks[0].get_ydata()[0] == edge
    assert courses.get_yticklabels()[0].get_text() == "none"
    assert courses.get_yticks()[0] == edge
    seen = made.abundance["concentration_per_ml"]
    assert edge == pytest.approx(seen[seen > 0].min() / 2)


def test_how_sure_a_difference_is_stands_above_it():
    made = tables(groups=2, classes=1)
    found = differing(made, q=0.0001)
    told = [text for text, _ in texts_of(draw(made, found))]
    assert any(text.startswith("level q <0.001; differ from 2") for text in told)
    found.tests["q_interaction"] = 0.25
    found.tests["since"] = ""
    assert "level q <0.001, course q 0.25" in [text for text, _ in texts_of(draw(made, found))]
    found.tests[["q_groups", "q_interaction"]] = np.nan
    assert "not tested" in [text for text, _ in texts_of(draw(made, found))]
