"""Diversity through time, a row or column of panels for each group."""

import numpy as np
import pandas as pd
import pytest

from seston.report.drawing.group_grid import BEHIND, BLUE, MOST_ROWS, RED
from seston.report.drawing.time_axis import TimeAxis
from seston.report.figures.diversity_figure import courses, draw_diversity


def diversity(groups: int = 3, days: int = 5, **columns) -> pd.DataFrame:
    rows = [
        (f"bag {group}", f"2024-05-{day + 1:02d}", order, 100.0 * (group + 1), 40.0 / (order + 1))
        for group in range(groups)
        for day in range(days)
        for order in (0, 1, 2)
        if day != 2  # a gap
    ]
    table = pd.DataFrame(rows, columns=["group", "period", "order", "images", "hill"])
    plain = {
        "what": "class", "coverage": 0.9, "equal": 50.0, "at_coverage": 0.85, "flags": "",
        "hill_low": 0.8 * table["hill"], "hill_high": 1.2 * table["hill"],
        "hill_at_coverage": 1.1 * table["hill"],
    }  # fmt: skip
    return table.assign(**(plain | columns))


def lines(axes, colour: str) -> list:
    return [line for line in axes.lines if line.get_color() == colour]


def test_a_row_for_each_group_with_the_others_behind():
    figure = draw_diversity(diversity(), TimeAxis("day", "2024-05-01"))
    panels = np.array(figure.axes).reshape(3, 5)
    assert [axes.get_ylabel() for axes in panels[:, 0]] == ["bag 0", "bag 1", "bag 2"]
    assert panels[0, 0].get_title(loc="left") == "all classes\n(q = 0)"
    richness = panels[1, 0]
    own = lines(richness, BLUE)
    assert [line.get_xdata().tolist() for line in own] == [[0, 1], [3, 4]]  # day 2 is a gap
    assert {*own[0].get_ydata()} == {40}
    assert len(lines(richness, BEHIND)) == 2 * 2
    np.testing.assert_allclose(lines(richness, RED)[0].get_ydata(), 44)
    assert richness.get_ylim()[0] == 0 and richness.get_ylim()[1] > 48


def test_all_is_within_the_axes():
    table = diversity()
    table.loc[table["group"] == "bag 2", ["hill", "hill_high", "hill_at_coverage"]] *= 3
    figure = draw_diversity(table, TimeAxis())
    panels = np.array(figure.axes).reshape(3, 5)
    assert panels[0, 0].get_ylim()[1] > 1.2 * 120
    assert panels[0, 4].get_ylim()[1] > 300


def test_one_group_has_the_whole_width_and_no_others():
    figure = draw_diversity(diversity(groups=1), TimeAxis())
    panels = figure.axes
    assert len({round(axes.get_subplotspec().colspan.start) for axes in panels}) == 1
    assert [axes.get_ylabel() for axes in panels][-2:] == ["coverage, %", "images"]
    [legend] = figure.legends
    keys = [text.get_text() for text in legend.get_texts()]
    assert keys == ["at 50 images a sample", "interval", "at a coverage of 85 %"]


def test_too_few_images_are_a_gap_and_a_hollow_bar():
    table = diversity(groups=1)
    poor = table["period"] == "2024-05-04"
    table.loc[poor, ["hill", "hill_low", "hill_high", "hill_at_coverage"]] = np.nan
    figure = draw_diversity(table, TimeAxis("day", "2024-05-01"))
    richness, images = figure.axes[0], figure.axes[-1]
    assert sorted(x for line in lines(richness, BLUE) for x in line.get_xdata()) == [0, 1, 4]
    hollow = [bar for bar in images.patches if bar.get_facecolor()[:3] == (1.0, 1.0, 1.0)]
    assert [bar.get_x() + bar.get_width() / 2 for bar in hollow] == [pytest.approx(3)]
    assert "too few images" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_more_groups_than_rows_are_the_biggest_and_it_is_said():
    figure = draw_diversity(diversity(groups=MOST_ROWS + 4, days=2), TimeAxis())
    shown = [axes.get_ylabel() for axes in figure.axes[::5]]
    assert shown == sorted(f"bag {group}" for group in range(4, MOST_ROWS + 4))
    assert figure.legends[0].get_title().get_text() == "the 10 of 14 groups with the most images"


def test_the_number_of_clusters_is_told_to_be_chosen():
    table = diversity(what="cluster", flags="scatter_unknown;fixed_by_k")
    figure = draw_diversity(table, TimeAxis())
    assert figure.axes[0].get_title(loc="left") == "all clusters\n(q = 0, fixed by k)"


def test_what_has_no_course_or_says_the_same_twice_is_not_drawn():
    both = pd.concat([diversity(), diversity(what="cluster", flags="fixed_by_k")])
    [(what, rows)] = courses(both)  # nobody gave a name
    assert what == "class" and set(rows["what"]) == {"cluster"}
    other = both.assign(hill=both["hill"] + (both["what"] == "cluster"))
    assert [what for what, _ in courses(other)] == ["class", "cluster"]
    assert [set(rows["what"]) for _, rows in courses(other)] == [{"class"}, {"cluster"}]
    assert courses(diversity(days=1)) == []
    assert courses(diversity().iloc[:0]) == []


def test_coverage_ends_at_all_there_is():
    figure = draw_diversity(diversity(groups=1, coverage=1.0), TimeAxis())
    low, high = figure.axes[3].get_ylim()
    assert 97 < low < 98 and 100 < high < 100.2
    figure = draw_diversity(diversity(groups=1, coverage=0.5), TimeAxis())
    low, high = figure.axes[3].get_ylim()
    assert 46 < low < 50 and 100 < high < 104


def test_nothing_known_still_draws():
    nothing = dict.fromkeys(["hill", "hill_low", "hill_high", "hill_at_coverage", "equal"], np.nan)
    figure = draw_diversity(diversity(1, 1, **nothing, at_coverage=np.nan), TimeAxis())
    figure.draw_without_rendering()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["too few images"]
