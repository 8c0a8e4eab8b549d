"""The succession plot: which classes, in which order, and what stands beside their curves."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from seston.report.drawing import style
from seston.report.drawing.mosaics import Crop
from seston.report.drawing.time_axis import TimeAxis
from seston.report.figures.succession_figure import COLOURS, draw_succession
from seston.report.given.succession import measure_of, relative, succession, typical_crops

DAYS = ["2024-05-01", "2024-05-02", "2024-05-03", "2024-05-05"]  # the 4th was not sampled
ZERO = TimeAxis("day", "2024-05-01")


def timing(**columns) -> pd.DataFrame:
    plain = {
        "site": "s", "centre": "2024-05-02", "centre_low": "2024-05-01", "flags": "",
        "centre_high": "2024-05-03", "label": "", "shown": 1,
        "centre_day": 1.0, "centre_day_low": 0.0, "centre_day_high": 2.0,
    }  # fmt: skip
    return pd.DataFrame(plain | columns)


def abundance(values: dict[str, list[float]], groups: tuple[str, ...] = ("",)) -> pd.DataFrame:
    rows = [
        (group, day, name, value * (1 + place), value / 10)
        for place, group in enumerate(groups)
        for name, curve in values.items()
        for day, value in zip(DAYS, curve, strict=True)
    ]
    names = ["group", "period", "class", "concentration_per_ml", "share"]
    return pd.DataFrame(rows, columns=names)


def periods(samples: int = 3) -> pd.DataFrame:
    table = pd.DataFrame({"period": [*DAYS, "2024-05-04"], "group": ""})
    table["sampled"] = (table["period"] != "2024-05-04").astype(int)
    table["samples"], table["images"] = samples * table["sampled"], 100 * table["sampled"]
    return table


CURVES = {"early one": [4.0, 2, 0, 0], "late one": [0.0, 0, 1, 8], "rare": [0.0, 0.1, 0, 0]}


def three(**columns) -> pd.DataFrame:
    plain = {"images": [60, 90, 1], "order": [1, 3, 2], "label": ["early", "late", ""]}
    return timing(**{"class": list(CURVES), **plain, **columns})


def test_classes_stand_in_their_order_with_the_mean_of_groups():
    shown = succession(three(), abundance(CURVES, ("a", "b")), periods())
    assert shown.classes["class"].tolist() == ["early one", "rare", "late one"]
    assert shown.measure == "concentration_per_ml"
    # Group b has twice the concentration of a: the mean is 1.5 times that of a.
    late = shown.curves[shown.curves["class"] == "late one"]["value"]
    np.testing.assert_allclose(late, [0, 0, 1.5, 12])
    assert shown.classes["top"].tolist() == [6, pytest.approx(0.15), 12]
    assert shown.effort["period"].tolist() == DAYS


def test_the_classes_with_most_images_are_kept_and_it_is_said():
    shown = succession(three(), abundance(CURVES), periods(), most=2)
    assert shown.classes["class"].tolist() == ["early one", "late one"]
    assert shown.of == 3
    words = texts(draw_succession(shown, ZERO, {}))
    assert any("the 2 of 3 classes with the most images" in word for word in words)


def test_a_class_without_a_centre_is_left_out():
    shown = succession(three(order=[1, 2, np.nan]), abundance(CURVES), periods())
    assert shown.classes["class"].tolist() == ["early one", "late one"]
    assert shown.of == 3


def test_shares_stand_in_where_concentrations_are_mostly_unknown():
    table = abundance(CURVES)
    assert measure_of(table) == "concentration_per_ml"
    table.loc[table["period"] == DAYS[0], "concentration_per_ml"] = np.nan
    assert measure_of(table) == "concentration_per_ml"  # a period without volume is a gap
    table.loc[table["period"] <= DAYS[2], "concentration_per_ml"] = np.nan
    assert measure_of(table) == "share"


def test_the_table_has_the_plotted_numbers():
    table = succession(three(), abundance(CURVES), periods()).table()
    assert len(table) == 3 * len(DAYS)
    assert table.columns[-4:].tolist() == ["period", "concentration_per_ml", "images", "samples"]
    assert table["class"].tolist()[:4] == ["early one"] * 4
    np.testing.assert_allclose(table["concentration_per_ml"][:4], [4, 2, 0, 0])


def test_a_class_that_was_never_there_lies_on_the_floor():
    assert relative(pd.Series([0.0, 0.0]), 0.0).tolist() == [0, 0]
    assert relative(pd.Series([1.0, 4.0]), 4.0).tolist() == [0.25, 1]


def png(value: int) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (4, 3), (value, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def test_every_cluster_of_a_class_has_a_turn_among_the_typical():
    examples = pd.DataFrame(
        [(1, "random", 0, 9), (1, "typical", 0, 1), (1, "typical", 1, 2), (7, "typical", 0, 3),
         (2, "edge", 0, 4)],
        columns=["cluster", "kind", "rank", "value"],
    )  # fmt: skip
    examples["crop"], examples["pixel_um"] = examples["value"].map(png), 1.0
    found = typical_crops(examples, ["A", "A", "A", "A", "B"], most=3)
    reds = {name: [np.asarray(one.image)[0, 0, 0] for one in of] for name, of in found.items()}
    assert reds == {"A": [1, 3, 2], "B": [4]}


def texts(figure) -> list[str]:
    inside = [text.get_text() for axes in figure.axes for text in axes.texts]
    return [*inside, *(text.get_text() for text in figure.texts)]


def drawn(shown, axis=ZERO):
    crop = Crop(Image.new("RGB", (30, 10), (200, 10, 10)), 1.0)
    return draw_succession(shown, axis, {"early one": [crop] * 5}, "the {}".format)


def test_rows_tell_name_label_centre_and_top():
    figure = drawn(succession(three(), abundance(CURVES), periods()))
    words = texts(figure)
    for word in ("the early one", "early, day 1 (0–2)", "up to 4 per mL", "60 images", "1 image"):
        assert word in words
    dated = texts(drawn(succession(three(), abundance(CURVES), periods()), TimeAxis("day")))
    assert "late, 2024-05-02" in dated


@pytest.mark.parametrize(
    ("axis", "centre", "told"),
    [
        (TimeAxis("hour", "2024-05-01"), ["2024-05-13T10:30", "2024-05-12T04:00",
         "2024-05-14T22:00"], "transient?, day 12.4 (11.2–13.9)"),
        (TimeAxis("hour"), ["2024-05-13T10:30", "2024-05-12T04:00", "2024-05-14T22:00"],
         "transient?, 05-13 10 h"),
        (TimeAxis("day", "2024-01-01"), ["2024-05-13", "2024-05-12", "2024-05-14"],
         "transient?, day 133 (132–134)"),
        (TimeAxis("day", "2024-05-14"), ["2024-05-13", "2024-05-12", "2024-05-14"],
         "transient?, day −1 (−2–0)"),
        (TimeAxis("month"), ["2024-05-13", "2024-05-12", "2024-05-14"], "transient?, 2024-05-13"),
    ],
)  # fmt: skip
def test_what_is_told_of_the_centre_ends_before_the_pictures(axis, centre, told):
    ends = ("centre", "centre_low", "centre_high")
    where = dict(zip(ends, centre, strict=True))
    days = np.array(centre, "datetime64[m]") - np.datetime64(axis.day_zero or "NaT")
    where |= {f"centre_day{end[6:]}": day / np.timedelta64(1, "D")
              for end, day in zip(ends, days, strict=True)}  # fmt: skip
    table = three(**where, label="transient", shown=0)
    figure = drawn(succession(table, abundance(CURVES), periods()), axis)
    figure.draw_without_rendering()
    labels = [text for text in figure.axes[0].texts if text.get_text() == told]
    assert len(labels) == 3
    right = figure.axes[1].get_window_extent().x0
    assert all(text.get_window_extent().x1 < right for text in labels)


EXACT = {
    "centre_day": [0.6, 3.4, 1.0], "centre_day_low": [0.52, 3.0, 0.25],
    "centre_day_high": [0.7, 3.75, 1.5],
}  # fmt: skip


def centres(figure) -> tuple[list[float], list[list[float]]]:
    """Return where the diamonds are, and from where to where the bars through them go."""
    curves = figure.axes[2]
    white = [dots for dots in curves.collections
             if len(dots.get_facecolor()) and (dots.get_facecolor() == 1).all()]  # fmt: skip
    bars = [line.get_xdata().tolist() for line in curves.lines if line.get_color() == style.INK]
    return [float(dots.get_offsets()[0, 0]) for dots in white], bars


def test_diamonds_stand_where_the_centre_is_not_at_the_nearest_day():
    shown = succession(three(**EXACT), abundance(CURVES), periods())
    diamonds, bars = centres(drawn(shown))
    assert diamonds == [0.6, 1.0, 3.4]  # in the order of the succession
    assert bars == [[0.52, 0.7], [0.25, 1.5], [3.0, 3.75]]
    table = shown.table().groupby("order").first()
    assert table["centre_day_high"].tolist() == [0.7, 1.5, 3.75]


def test_without_a_day_zero_diamonds_stand_at_the_date():
    axis = TimeAxis("day")
    diamonds, bars = centres(drawn(succession(three(), abundance(CURVES), periods()), axis))
    low, middle, high = axis.places(["2024-05-01", "2024-05-02", "2024-05-03"])
    assert (diamonds, bars) == ([middle] * 3, [[low, high]] * 3)


def test_curves_stop_at_the_missing_day_and_pictures_keep_their_shape():
    figure = drawn(succession(three(), abundance(CURVES), periods()))
    pictures, curves, effort = figure.axes[1], figure.axes[2], figure.axes[4]
    lines = [line.get_xdata() for line in curves.lines if line.get_color() in COLOURS.values()]
    assert [len(x) for x in lines] == [3, 1, 3, 1]  # days 0 to 2, and 4 alone
    assert not any(line.get_xdata()[0] < 3 < line.get_xdata()[-1] for line in curves.lines
                   if line.get_color() in COLOURS.values())  # fmt: skip
    assert len(effort.patches) == len(DAYS) + 1  # and the band of the gap
    assert len(pictures.images) == 3
    figure.draw_without_rendering()
    for picture in pictures.images:
        box = picture.get_window_extent()
        assert box.width / box.height == pytest.approx(3, rel=0.01)


def test_without_pictures_of_these_classes_the_curves_have_their_room():
    shown = succession(three(), abundance(CURVES), periods())
    crop = Crop(Image.new("RGB", (30, 10)), 1.0)
    with_some, with_none = (
        draw_succession(shown, ZERO, {name: [crop]}).axes[2].get_position().width
        for name in ("early one", "a class of another site")
    )
    assert with_none - with_some == pytest.approx(30 / style.TWO_COLUMNS)


def test_few_samples_are_hollow_and_in_the_key():
    figure = drawn(succession(three(), abundance(CURVES), periods(samples=1)))
    white = [bar for bar in figure.axes[4].patches if bar.get_facecolor()[:3] == (1.0, 1.0, 1.0)]
    assert len(white) == len(DAYS)
    [legend] = figure.legends
    keys = [text.get_text() for text in legend.get_texts()]
    assert keys == ["early", "late", "not tested", "centre and interval",
                    "fewer than 3 samples in all"]  # fmt: skip


def test_one_class_one_period_and_nothing_known_of_the_centre():
    table = three(centre="", centre_low="", centre_high="").head(1)
    shown = succession(table, abundance(CURVES).query("period == @DAYS[0]"), periods().head(1))
    figure = drawn(shown)
    figure.draw_without_rendering()
    assert figure.get_size_inches()[0] == pytest.approx(style.TWO_COLUMNS / 25.4)
