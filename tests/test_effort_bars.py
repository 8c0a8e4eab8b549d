"""Bars of what is behind a series, and the shares that were not used."""

import numpy as np
import pandas as pd
import pytest

from readable import assert_readable
from series_tables import tables
from seston.report.drawing import effort_bars, style
from seston.report.drawing.time_axis import TimeAxis

DAYS = TimeAxis()


def effort() -> pd.DataFrame:
    return pd.DataFrame(
        {"group": ["a", "b", "c", "a"], "images": [10, 5, 2, 8],
         "period": ["2024-05-01", "2024-05-01", "2024-05-01", "2024-05-04"]}
    )  # fmt: skip


def test_groups_are_stacked_and_the_others_are_grey_on_top():
    corners, colours = effort_bars.stack(effort(), ["a", "b"], "images", DAYS)
    spans = corners[:, :2, 1].tolist()
    assert spans == [[0, 10], [10, 15], [15, 17], [0, 8]]
    assert colours == [style.COLOURS[0], style.COLOURS[1], style.GAP, style.COLOURS[0]]
    width, start = 3 * effort_bars.WIDTH, DAYS.places(["2024-05-01"])[0]
    np.testing.assert_allclose(corners[0, [0, 2], 0], [start - width / 2, start + width / 2])


def test_what_is_not_known_has_no_bar():
    table = effort().assign(images=[np.nan, 5, 0, np.nan])
    corners, _ = effort_bars.stack(table, ["a", "b"], "images", DAYS)
    assert corners[:, :2, 1].tolist() == [[0, 5]]
    assert effort_bars.most(table, "images") == 5
    assert effort_bars.most(table.assign(images=np.nan), "images") == 0


@pytest.mark.parametrize("groups", [1, 8])
@pytest.mark.parametrize("volume", [True, False])
def test_rejected_and_noise_are_series_of_their_own(groups, volume):
    made = tables(groups=groups, volume=volume, periods=23, missing=(4, 5))
    figure = effort_bars.draw_effort(made.periods, made.groups, DAYS)
    assert_readable(figure)
    named = [axes.get_ylabel() for axes in figure.axes]
    water = ["water, mL"] if volume else []
    assert named == ["samples", "images", *water, "rejected, %", "noise, %"]
    np.testing.assert_allclose(np.unique(figure.axes[-1].lines[1].get_ydata()), 30)
    low, high = figure.axes[-1].get_xlim()  # unsampled periods have their place
    assert (low, high) == pytest.approx(
        (DAYS.places([made.periods["period"].min()])[0] - 0.6,
         DAYS.places([made.periods["period"].max()])[0] + 0.6), abs=0.3,
    )  # fmt: skip


def test_without_density_clusters_there_is_no_series_of_noise():
    made = tables()
    blank = {name: np.nan for name in ("noise_share", "noise_low", "noise_high")}
    figure = effort_bars.draw_effort(made.periods.assign(**blank), made.groups, DAYS)
    assert [axes.get_ylabel() for axes in figure.axes][-1] == "rejected, %"
