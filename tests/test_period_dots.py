"""A single period."""

import numpy as np
import pytest

from readable import assert_readable, texts_of
from series_tables import tables
from seston.report.figures import period_dots


@pytest.mark.parametrize("groups", [1, 8])
@pytest.mark.parametrize("classes", [1, 12])
@pytest.mark.parametrize("volume", [True, False])
def test_every_size_can_be_read(groups, classes, volume):
    made = tables(groups=groups, classes=classes, periods=1, volume=volume)
    figure = period_dots.draw_dots(made.abundance, range(classes), made.groups)
    assert len(figure.axes) == 1 + volume
    assert_readable(figure)


@pytest.mark.parametrize(
    ("limits", "rates", "keyed"),
    [((0.0, 1.0), (0.0, np.nan), False), ((0.1, 0.5), (0.0, np.nan), True),
     ((0.0, 1.0), (1.0, 4.0), True)],
)  # fmt: skip
def test_the_key_names_intervals_only_where_one_is_drawn(limits, rates, keyed):
    table = tables(classes=2, periods=1).abundance.assign(
        share_low=limits[0], share_high=limits[1], concentration_low=rates[0],
        concentration_high=rates[1],
    )  # fmt: skip
    said = {text for text, _ in texts_of(period_dots.draw_dots(table, [0, 1], [""]))} - {"x"}
    assert ("interval" in said) == keyed


def test_a_class_that_was_not_found_has_its_bound_but_no_mark():
    table = tables(classes=2, periods=1).abundance
    table.loc[table["cluster"] == 1, ["concentration_per_ml", "concentration_low"]] = 0.0
    _, concentrations = period_dots.draw_dots(table, [0, 1], [""]).axes
    [marks] = [line for line in concentrations.lines if len(line.get_xdata()) == 2]
    assert np.isfinite(marks.get_xdata()).tolist() == [True, False]
    [bounds] = concentrations.collections
    low, high = np.array(bounds.get_segments())[1, :, 0]
    assert low == concentrations.get_xlim()[0]
    assert high == table.loc[table["cluster"] == 1, "concentration_high"].item()


def test_intervals_that_go_on_beyond_the_panel_are_marked():
    table = tables(classes=3, periods=1).abundance.assign(concentration_low=0.5)
    table["concentration_per_ml"], table["concentration_high"] = 1.0, [1.5, 2.0, 1e6]
    figure = period_dots.draw_dots(table, [0, 1, 2], [""])
    [roof] = [line for line in figure.axes[1].lines if line.get_markerfacecolor() == "none"]
    np.testing.assert_allclose(roof.get_xydata(), [[figure.axes[1].get_xlim()[1], 2]])
    assert "goes on beyond" in [text for text, _ in texts_of(figure)]
    assert_readable(figure)
    near = period_dots.draw_dots(table[:2], [0, 1], [""])
    assert "goes on beyond" not in [text for text, _ in texts_of(near)]


@pytest.mark.parametrize("groups", [1, 3, 8])
def test_as_many_classes_are_drawn_as_fit_on_a_page(groups):
    names = [f"bag {i}" for i in range(groups)]
    most = period_dots.most_classes(names)
    made = tables(groups=groups, classes=most, periods=1)
    figure = period_dots.draw_dots(made.abundance, range(most), made.groups)
    assert 100 < figure.get_size_inches()[1] * 25.4 < 220
    assert most == {1: 30, 3: 27, 8: 12}[groups]
