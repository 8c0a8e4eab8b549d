"""Heat maps of classes through time: normalised, shares, concentrations."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from readable import assert_readable
from series_tables import tables
from seston.report.drawing import style
from seston.report.drawing.time_axis import TimeAxis
from seston.report.figures import heatmaps

DAYS, WEEKS = TimeAxis(), TimeAxis("week")


def rows(**columns) -> pd.DataFrame:
    plain = {"group": "", "samples": 3, "images": 100, "concentration_per_ml": np.nan}
    return pd.DataFrame(columns).assign(**{k: v for k, v in plain.items() if k not in columns})


def test_the_succession_runs_down_the_diagonal():
    table = rows(
        cluster=[7, 7, 3, 3, 5, 5],
        period=["2020-01-06", "2020-01-20"] * 3,
        count=[9, 1, 1, 9, 0, 0],
        share=[0.09, 0.01, 0.01, 0.09, 0.0, 0.0],
    )
    heat = heatmaps.normalised_map(table, WEEKS)
    assert heat.clusters == [7, 3]  # 5 was never seen
    assert heat.columns == ["2020-01-06", "2020-01-13", "2020-01-20"]
    np.testing.assert_allclose(heat.values, [[0.9, np.nan, 0.1], [0.1, np.nan, 0.9]])
    np.testing.assert_array_equal(heat.effort, [100, np.nan, 100])
    plain = heatmaps.share_map(table, heat)
    assert plain.clusters == heat.clusters
    np.testing.assert_allclose(plain.values, [[0.09, np.nan, 0.01], [0.01, np.nan, 0.09]])
    told = plain.table("share")
    assert told.iloc[1].tolist() == [7, "2020-01-20", 0.01]
    assert len(told) == 4


def test_concentrations_stand_over_the_water_they_rest_on():
    table = rows(
        cluster=[0, 1] * 2, group=["a", "a", "b", "b"], period="2020-01-06", count=[8, 2, 6, 4],
        share=[0.8, 0.2, 0.6, 0.4], concentration_per_ml=[4.0, 1.0, 2.0, np.nan],
    )  # fmt: skip
    effort = pd.DataFrame(
        {"group": ["a", "b"], "period": "2020-01-06", "samples": 3, "water_ml": [2.0, 3.0]}
    )
    heat = heatmaps.normalised_map(table, WEEKS)
    known = heatmaps.concentration_map(table, effort, heat)
    assert known is not None
    np.testing.assert_allclose(known.values, [[3.0], [1.0]])  # each group weighs the same
    assert (known.effort.tolist(), known.what, heat.effort.tolist()) == ([5], "water, mL", [200])
    blank = table.assign(concentration_per_ml=np.nan)
    assert heatmaps.concentration_map(blank, effort, heat) is None


def test_gaps_are_grey_and_not_the_colour_of_zero():
    table = rows(
        cluster=[0, 0], period=["2020-01-01", "2020-01-03"], count=[5, 0], share=[0.5, 0.0]
    )
    figure = heatmaps.draw_normalised(heatmaps.normalised_map(table, DAYS), "lake", DAYS)
    [picture] = figure.axes[0].images
    colours = picture.to_rgba(picture.get_array())[0, :, :3]
    np.testing.assert_allclose(colours[1], to_rgb(style.GAP))
    assert np.abs(colours[2] - colours[1]).max() > 0.3


def test_classes_seen_once_do_not_pale_the_others():
    made = tables(classes=9, periods=30)
    once = made.abundance["period"] == made.abundance["period"].min()
    table = made.abundance.assign(share=lambda t: t["share"].where((t["cluster"] > 0) | once, 0.0))
    heat = heatmaps.normalised_map(table, DAYS)
    [picture] = heatmaps.draw_normalised(heat, "lake", DAYS).axes[0].images
    assert heat.values.max() == 1
    tops = np.sort(heat.values.max(axis=1))
    assert tops[6] <= picture.norm.vmax < tops[8]
    share = heatmaps.draw_shares(heatmaps.share_map(table, heat), "lake", DAYS)
    [picture] = share.axes[0].images
    assert picture.norm.vmax == pytest.approx(100 * table["share"].max())


@pytest.mark.parametrize(
    ("options", "time"),
    [
        ({"groups": 8, "classes": 60, "periods": 23, "missing": (3,)},
         TimeAxis("day", "2024-05-08")),
        ({"classes": 3, "periods": 5}, DAYS),
        ({"classes": 100, "periods": 200, "missing": tuple(range(50, 120))}, DAYS),
        ({"classes": 4, "periods": 60, "period": "hour"}, TimeAxis("hour", "2024-05-06")),
        ({"classes": 4, "periods": 30, "period": "month"}, TimeAxis("month")),
    ],
)  # fmt: skip
def test_every_size_can_be_read(options, time):
    made = tables(**options)
    heat = heatmaps.normalised_map(made.abundance, time)
    known = heatmaps.concentration_map(made.abundance, made.effort, heat)
    title = "site 1"
    assert_readable(heatmaps.draw_normalised(heat, title, time))
    assert_readable(heatmaps.draw_shares(heatmaps.share_map(made.abundance, heat), title, time))
    assert_readable(heatmaps.draw_concentrations(known, title, time, "{} a long name".format))
