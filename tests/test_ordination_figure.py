"""The path of the community through time."""

import numpy as np
import pandas as pd
import pytest

from seston.community import ordination
from seston.report.drawing.time_axis import TimeAxis
from seston.report.figures.ordination_figure import MEAN, MOST_GROUPS, draw_ordination

DAYS = ["2024-05-01", "2024-05-02", "2024-05-03", "2024-05-05", "2024-05-06"]
EXPLAINED = {"bray_curtis": [0.6, 0.25, 0.1], "aitchison": [0.5, None, None]}


def places(groups: tuple[str, ...] = ("",), methods=("bray_curtis", "aitchison")) -> pd.DataFrame:
    rows = [
        (method, group, day, float(place), float(place % 2))
        for method in methods
        for group in (*groups, *([MEAN] if len(groups) > 1 else []))
        for place, day in enumerate(DAYS)
    ]
    return pd.DataFrame(rows, columns=["method", "group", "period", "axis1", "axis2"])


def drawn(table: pd.DataFrame):
    figure = draw_ordination(table, EXPLAINED, TimeAxis("day", "2024-05-01"))
    figure.draw_without_rendering()
    return figure


def test_the_mean_of_groups_is_what_the_community_calls_so():
    assert MEAN == ordination.MEAN


def test_the_path_is_dotted_over_the_gap_and_its_ends_are_named():
    axes = drawn(places()).axes[0]
    dotted, *solid = axes.lines
    assert dotted.get_xdata().tolist() == [0, 1, 2, 3, 4]
    assert [line.get_xdata().tolist() for line in solid] == [[0, 1, 2], [3, 4]]
    assert [text.get_text() for text in axes.texts] == ["day 0", "day 5"]
    assert axes.get_aspect() == 1


def test_what_a_dot_is_stands_in_the_key():
    [legend] = drawn(places()).subfigs[0].legends
    said = [text.get_text() for text in legend.get_texts()]
    assert said == ["composition of one day", "from day to day", "not sampled between"]


def test_names_of_the_ends_keep_off_the_path():
    def sides(*axis1: float) -> list[str]:
        table = places(methods=("bray_curtis",)).iloc[: len(axis1)]
        table = table.assign(axis1=axis1, axis2=0.0)
        return [text.get_horizontalalignment() for text in drawn(table).axes[0].texts]

    assert sides(0, 1, 2, 3, 4) == ["right", "left"]
    assert sides(4, 3, 2, 1, 0) == ["left", "right"]
    assert sides(2, 0, 4, 1, 3) == ["center", "center"]  # above: lines to both sides
    assert sides(1) == ["right"]


def test_axes_tell_what_they_explain():
    bray, aitchison = drawn(places()).axes[:2]
    assert (bray.get_xlabel(), bray.get_ylabel()) == ("axis 1 (60 %)", "axis 2 (25 %)")
    assert (aitchison.get_xlabel(), aitchison.get_ylabel()) == ("axis 1 (50 %)", "axis 2")


def test_colours_are_of_time_not_of_rank():
    [dots] = drawn(places()).axes[0].collections
    np.testing.assert_allclose(dots.get_array(), [0, 1, 2, 4, 5])
    assert dots.norm.vmin == 0 and dots.norm.vmax == 5


def test_each_group_has_a_panel_with_the_others_in_grey():
    figure = drawn(places(("a", "b", "c")))
    small = [axes for axes in figure.axes if axes.get_title(loc="left") in ("a", "b", "c")]
    assert len(small) == 3
    for axes in small:
        grey, own = axes.collections
        assert len(grey.get_offsets()) == 3 * len(DAYS)  # without the mean
        assert len(own.get_offsets()) == len(DAYS)
    limits = np.array([axes.get_xlim() + axes.get_ylim() for axes in small])
    assert np.ptp(limits, axis=0).max() == pytest.approx(0, abs=0.05)
    [legend] = figure.subfigs[0].legends
    said = [text.get_text() for text in legend.get_texts()]
    assert said == ["composition of one group in one day", "mean of groups", "not sampled between"]


def test_more_groups_than_panels_is_said():
    figure = drawn(places(tuple(f"bag {place:02d}" for place in range(MOST_GROUPS + 2))))
    told = figure.subfigs[1].get_suptitle()
    assert told == "Bray-Curtis, the path of each group: 12 of 14"


@pytest.mark.parametrize("days", [1, 2])
def test_a_few_compositions_lie_on_a_line(days):
    table = places(methods=("aitchison",))
    table = table[table["period"].isin(DAYS[:days])].assign(axis2=np.nan)
    figure = drawn(table)
    assert figure.axes[0].get_title(loc="left") == "Aitchison"
