"""Ratios of all classes and groups."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from readable import assert_readable
from series_tables import differing, tables
from seston.report.drawing import style
from seston.report.figures import ratios_figure


@pytest.mark.parametrize(("classes", "groups"), [(1, 2), (4, 8), (60, 8), (130, 3)])
def test_every_size_can_be_read(classes, groups):
    made = tables(groups=groups, classes=classes, periods=4)
    found = differing(made)
    drawn = ratios_figure.ordered(found.tests, found.effects)
    assert len(drawn) == min(classes, 100)
    assert_readable(ratios_figure.draw_ratios(drawn, found.effects, made.groups, 0.05))


def test_colours_are_doublings_and_dots_are_sure():
    made = tables(groups=2, classes=2, periods=4)
    effects = differing(made).effects
    effects["ratio"] = [4.0, 0.25, 1.0, np.nan]
    figure = ratios_figure.draw_ratios(["cluster 0", "cluster 1"], effects, made.groups, 0.05)
    [picture] = figure.axes[0].images
    np.testing.assert_allclose(picture.get_array().filled(np.nan), [[2, -2], [0, np.nan]])
    assert (picture.norm.vmin, picture.norm.vmax) == (-2, 2)
    np.testing.assert_allclose(picture.to_rgba(picture.get_array())[1, 1, :3], to_rgb(style.GAP))
    [dots] = figure.axes[0].lines
    assert (dots.get_xdata().tolist(), dots.get_ydata().tolist()) == ([0, 0], [0, 1])


def test_classes_without_a_ratio_are_left_out_and_the_surest_come_first():
    made = tables(groups=2, classes=3, periods=4)
    found = differing(made)
    found.tests["q_interaction"] = [0.5, np.nan, 1e-5]
    effects = found.effects.assign(ratio=[2.0, 0.5, np.nan, np.nan, 1.0, 1.0])
    assert ratios_figure.ordered(found.tests, effects) == ["cluster 2", "cluster 0"]
