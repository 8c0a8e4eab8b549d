"""The slopes of all classes."""

import pytest

from readable import assert_readable, texts_of
from series_tables import slopes
from seston.report.drawing import style
from seston.report.figures import slopes_figure

EIGHT = [f"bag {i}" for i in range(8)]


def draw(tests, part=0):
    rows = slopes_figure.parts(slopes_figure.slopes_of(tests))[part]
    return slopes_figure.draw_slopes(rows, tests, 0.05)


def shown(figure) -> dict[str, tuple[str, str]]:
    """Mark and face of each class, by its name."""
    looks = {}
    for axes in figure.axes:
        names = [label.get_text() for label in axes.get_yticklabels()]
        for line in axes.lines:
            if line.get_marker() in ("^", "v", "o"):
                name = names[int(line.get_ydata()[0])]
                looks[name] = (line.get_marker(), line.get_markerfacecolor())
    return looks


@pytest.mark.parametrize("classes", [1, 3, 60, 100])
@pytest.mark.parametrize("groups", [[""], EIGHT])
def test_every_number_of_classes_can_be_read(classes, groups):
    assert_readable(draw(slopes(classes, groups)))


def test_all_classes_are_drawn_on_as_many_figures_as_it_takes():
    tests = slopes(230, [""])
    parts = slopes_figure.parts(slopes_figure.slopes_of(tests))
    assert [len(part) for part in parts] == [92, 92]
    names = [name for part in parts for name in part["class"]]
    told = tests[tests["verdict"] != "refused"]
    assert sorted(names) == sorted(told["class"])
    said = [text for text, _ in texts_of(draw(tests))]
    assert any("46 more classes were not tested" in text for text in said)


def test_rises_are_on_top_then_falls_and_looks_tell_the_verdict():
    tests = slopes(20, [""])
    looks = shown(draw(tests))
    words = {"rises": ("^", style.COLOURS[0]), "falls": ("v", style.COLOURS[1]),
             "none": ("o", "white")}  # fmt: skip
    told = tests[tests["verdict"] != "refused"]
    assert looks == {row["class"]: words[row["verdict"]] for _, row in told.iterrows()}
    assert "not tested" in " ".join(text for text, _ in texts_of(draw(tests)))
    order = [label.get_text() for label in draw(tests).axes[0].get_yticklabels()]
    expected = []
    for verdict in ("rises", "falls", "none"):
        some = told[told["verdict"] == verdict]  # all of one q: the steepest first
        expected += some.sort_values("slope_per_day", key=lambda s: -s.abs())["class"].tolist()
    assert order == expected


def test_warnings_are_told_where_they_apply():
    tests = slopes(3, EIGHT)
    said = " ".join(text for text, _ in texts_of(draw(tests)))
    assert "\u2020" not in said
    assert "pooled" not in said
    first = tests.index[tests["scope"] == "site"][0]
    tests.loc[first, "flags"] = "vanishes;sign_flips_when_pooled"
    tests.loc[first, "pooled_slope"] = -tests.loc[first, "slope_per_day"]
    figure = draw(tests)
    said = " ".join(text for text, _ in texts_of(figure))
    assert "\u2020 gone in half of the clusterings" in said
    assert "pooled: the other way" in said
    [cross] = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert cross.get_xdata()[0] == tests.loc[first, "pooled_slope"]


def test_where_all_is_refused_there_is_nothing_to_draw():
    tests = slopes(5, [""])[4:5].assign(flags="too_few_periods")
    assert slopes_figure.slopes_of(tests).empty
    some = " ".join(text for text, _ in texts_of(draw(slopes(4, [""]))))
    assert "not tested" not in some


def test_one_wild_interval_does_not_hide_the_others():
    tests = slopes(6, [""])
    tests.loc[0, "slope_high"] = 40.0
    low, high = draw(tests).axes[0].get_xlim()
    steepest = tests["slope_per_day"].abs().max()
    assert high == -low == pytest.approx(1.05 * 2.5 * steepest)
