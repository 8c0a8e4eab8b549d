"""Turnover between sampled periods."""

from itertools import pairwise

import numpy as np
import pandas as pd

from seston.report.drawing.time_axis import TimeAxis
from seston.report.figures.turnover_figure import draw_turnover

STARTS = ["2024-05-01", "2024-05-02", "2024-05-03", "2024-05-07"]


def turnover(groups: tuple[str, ...] = ("",)) -> pd.DataFrame:
    rows = [
        (group, *pair, 0.1 * (1 + place), 2.0 + place, 3, place)
        for group in groups
        for place, pair in enumerate(pairwise(STARTS))
    ]
    names = ["group", "period", "next_period", "bray_curtis", "aitchison", "gained", "lost"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(days=1.0, bray_curtis_by_chance=0.05, aitchison_by_chance=1.0, flags="")


def test_a_distance_reaches_from_the_one_period_to_the_next():
    figure = draw_turnover(turnover(), TimeAxis("day", "2024-05-01"))
    bray = figure.axes[0]
    chance, _, steps, joints = bray.collections
    level = np.array(steps.get_segments())
    np.testing.assert_allclose(level[:, :, 0], [[0, 1], [1, 2], [2, 6]])  # the gap is long
    np.testing.assert_allclose(level[:, :, 1], [[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]])
    np.testing.assert_allclose(np.array(joints.get_segments())[:, :, 0], [[1, 1], [2, 2]])
    assert {float(y) for one in chance.get_segments() for y in one[:, 1]} == {0.05}
    assert bray.get_ylim()[0] == 0 and bray.get_ylim()[1] > 0.3


def test_classes_are_gained_above_and_lost_below():
    figure = draw_turnover(turnover(), TimeAxis("day", "2024-05-01"))
    heights = [bar.get_height() for bar in figure.axes[2].patches]
    assert heights == [3, 3, 3, 0, -1, -2]
    figure.draw_without_rendering()
    assert all(one.get_text().isdigit() for one in figure.axes[2].get_yticklabels())  # no sign


def test_groups_have_rows_of_their_own():
    figure = draw_turnover(turnover(("a", "b", "c")), TimeAxis())
    panels = np.array(figure.axes).reshape(3, 3)
    assert [axes.get_ylabel() for axes in panels[:, 0]] == ["a", "b", "c"]
    assert len({axes.get_ylim() for axes in panels[:, 1]}) == 1
    figure.draw_without_rendering()
