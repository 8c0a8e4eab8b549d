"""Estimated against labelled counts."""

import numpy as np
import pandas as pd
import pytest

from readable import assert_readable
from seston.report.drawing.class_colours import class_colours
from seston.report.figures import count_scatter_figure


def table(true: list[float], counted: list[float]) -> tuple[pd.DataFrame, dict[str, str]]:
    names = [f"class {i}" for i in range(len(true))]
    rows = pd.DataFrame({"class": names, "true_count": true, "counted": counted})
    rows["expected_raw"] = 4 * rows["true_count"]
    rows["expected_corrected"] = rows["true_count"]
    return rows, dict(zip(names, class_colours(len(names)), strict=True))


@pytest.mark.parametrize("classes", [1, 2, 12, 60])
def test_every_size_can_be_read(classes):
    true = np.geomspace(3, 50000, classes).round()
    counted = true * np.random.default_rng(3).lognormal(0, 1, classes)
    assert_readable(count_scatter_figure.draw_counts(*table(true.tolist(), counted.tolist())))


def test_panels_hold_the_points_and_tell_how_far_off_they_are():
    figure = count_scatter_figure.draw_counts(*table([10, 100, 1000], [12, 100, 500]))
    left, middle, right = figure.axes
    np.testing.assert_allclose(
        left.collections[0].get_offsets(), [[10, 12], [100, 100], [1000, 500]]
    )
    assert [axes.get_title(loc="left").split("\n")[1] for axes in (left, middle, right)] == [
        f"off by ×{off} in the median class" for off in ("1.2", "4", "1")
    ]
    assert left.get_xlim() == left.get_ylim() == right.get_ylim()


def test_what_is_far_off_is_named_and_no_more():
    figure = count_scatter_figure.draw_counts(*table([10, 100, 1000], [12, 100, 500]))
    named = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert named == [["class 2"], ["class 0", "class 1", "class 2"], []]


def test_a_class_that_is_never_named_stays_in_the_figure_as_fewer():
    figure = count_scatter_figure.draw_counts(*table([10, 100, 1000], [0, 100, 1000]))
    low = figure.axes[0].get_ylim()[0]
    [[x, y]] = figure.axes[0].collections[1].get_offsets()
    assert x == 10 and low < y < 1.2 * low
    assert "fewer" in [text.get_text() for text in figure.legends[0].texts]
    assert count_scatter_figure.factor_off([0, 5, 20], [10, 10, 10]).tolist() == [np.inf, 2, 2]


def test_classes_that_nobody_labelled_for_certain_are_left_out():
    rows, colours = table([10, 0, 1000], [12, 1, 900])
    figure = count_scatter_figure.draw_counts(rows, colours)
    assert len(figure.axes[0].collections[0].get_offsets()) == 2
