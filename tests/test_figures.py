"""What the figures show, checked before anything is drawn."""

from io import BytesIO
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from seston.report import (
    attention_panels,
    embedding_map,
    heatmaps,
    loss_curve,
    mosaics,
    pictures,
    sparklines,
    style,
    trend_curves,
)


def crop(width: int, height: int, pixel_um: float = np.nan) -> mosaics.Crop:
    return mosaics.Crop(Image.new("RGB", (width, height), (200, 10, 10)), pixel_um)


def rows(**columns) -> pd.DataFrame:
    """Rows of the table of abundances, of one site and group unless told."""
    table = pd.DataFrame(columns)
    plain = {"site": "s", "group": "", "samples": 3, "images": 100, "few_samples": 0}
    for name, value in plain.items():
        if name not in table:
            table[name] = value
    for name in ("concentration_per_ml", "concentration_low", "concentration_high"):
        if name not in table:
            table[name] = np.nan
    return table


def placed(bands: list[mosaics.Band]) -> list[tuple[int, int, int, int]]:
    return [one.box for band in bands for one in band.placed]


def test_organisms_keep_their_relative_size():
    [band] = mosaics.pack([crop(20, 40, 1.0), crop(30, 10, 1.0), crop(25, 25, 1.0)])
    for one in band.placed:
        ratio = np.array(one.box[2:]) * band.um_per_pixel / np.array(one.crop.image.size)
        np.testing.assert_allclose(ratio, 1, atol=0.05)
    assert not any(one.shrunk for one in band.placed)


def test_size_is_true_in_micrometres_where_calibrations_differ():
    [band] = mosaics.pack([crop(30, 30, 1.0), crop(30, 30, 2.0), crop(30, 30, 2.0)])
    widths = sorted(one.box[2] for one in band.placed)
    assert widths[1] == pytest.approx(2 * widths[0], abs=2)


def test_what_cannot_be_compared_lies_in_bands_of_its_own():
    bands = mosaics.pack([crop(9, 9), crop(9, 9, 62.0), crop(9, 9, 0.5), crop(9, 9, 0.6)])
    assert [len(band.placed) for band in bands] == [2, 1, 1]
    assert np.isnan(bands[2].um_per_pixel)


def test_nothing_overlaps_or_leaves_the_board():
    rng = np.random.default_rng(3)
    bands = mosaics.pack(
        [crop(*map(int, rng.integers(5, 300, 2)), pixel_um=um) for um in [0.5] * 9 + [62.0] * 7]
    )
    covered = np.zeros(mosaics.paint(bands).shape[:2], int)
    for x, y, w, h in placed(bands):
        assert x + w <= mosaics.WIDTH
        covered[y : y + h, x : x + w] += 1
    assert covered.max() == 1
    assert covered.sum() == sum(w * h for *_, w, h in placed(bands))
    assert bands[-1].foot <= mosaics.HEIGHT + mosaics.FOOT


def test_a_giant_is_shrunk_and_marked():
    [band] = mosaics.pack([crop(1700, 100), *[crop(40, 40)] * 15])
    assert [one.shrunk for one in band.placed].count(True) == 1
    giant = next(one for one in band.placed if one.shrunk)
    others = next(one for one in band.placed if not one.shrunk)
    assert giant.box[2] == pytest.approx(mosaics.MOST_RATIO * others.box[2], abs=4)


@pytest.mark.parametrize(("most", "length"), [(37, 20), (50, 50), (9.9, 5), (0.3, 0.2), (1e3, 1e3)])
def test_scale_bars_have_round_lengths(most, length):
    assert mosaics.nice_length(most) == pytest.approx(length)


def test_a_scale_bar_is_as_long_as_it_says():
    figure = mosaics.draw_mosaic({"one": [crop(100, 100, 2.0)]})
    [axes] = figure.axes
    [bar] = axes.lines
    [box] = (image.get_extent() for image in axes.images)
    told = next(text.get_text() for text in axes.texts if "µm" in text.get_text())
    [band] = mosaics.pack([crop(100, 100, 2.0)])
    assert box[1] == mosaics.WIDTH
    length = bar.get_xdata()[1] - bar.get_xdata()[0]
    # The crop is 100 px of 2 µm, 200 µm in all.
    assert float(told.split()[0]) == pytest.approx(200 * length / band.placed[0].box[2], rel=0.01)


def test_the_succession_runs_down_the_diagonal():
    table = rows(
        cluster=[7, 7, 3, 3, 5, 5],
        period=["2020-01-06", "2020-01-20"] * 3,
        count=[9, 1, 1, 9, 0, 0],
        share=[0.09, 0.01, 0.01, 0.09, 0.0, 0.0],
    )
    heat = heatmaps.share_map(table, "week")
    assert heat.clusters == [7, 3]  # 5 was never seen
    assert heat.columns == ["2020-01-06", "2020-01-13", "2020-01-20"]
    np.testing.assert_allclose(heat.values, [[0.9, np.nan, 0.1], [0.1, np.nan, 0.9]])
    np.testing.assert_array_equal(heat.sampled, [True, False, True])
    assert heatmaps.concentration_map(table, heat) is None


def test_gaps_are_grey_and_not_the_colour_of_zero():
    table = rows(
        cluster=[0, 0], period=["2020-01-01", "2020-01-03"], count=[5, 0], share=[0.5, 0.0]
    )
    figure = heatmaps.draw_shares(heatmaps.share_map(table, "day"), "lake")
    [picture] = figure.axes[0].images
    colours = picture.to_rgba(picture.get_array())[0, :, :3]
    np.testing.assert_allclose(
        colours[1], np.array(Image.new("RGB", (1, 1), style.GAP))[0, 0] / 255
    )
    assert np.abs(colours[2] - colours[1]).max() > 0.3


def test_periods_with_few_samples_are_hollow():
    table = rows(
        cluster=[0, 0], period=["2020-01-01", "2020-01-02"], count=[5, 5], share=[0.1, 0.2],
        share_low=[0.05, 0.0], share_high=[0.2, 1.0], few_samples=[0, 1],
    )  # fmt: skip
    figure = trend_curves.draw_curves(table, [0], [""])
    faces = figure.axes[0].collections[-1].get_facecolors()
    assert (faces[0] != faces[1]).any()
    np.testing.assert_array_equal(faces[1], [1, 1, 1, 1])


def test_an_interval_that_says_nothing_is_not_drawn():
    low, high = trend_curves.intervals(
        pd.DataFrame({"share_low": [0.0, 0.0, 0.2], "share_high": [1.0, 0.3, 1.0]})
    )
    np.testing.assert_array_equal(low, [np.nan, 0.0, 0.2])
    np.testing.assert_array_equal(high, [np.nan, 0.3, 1.0])


@pytest.mark.parametrize(
    ("limits", "rates", "keyed"),
    [((0.0, 1.0), (0.0, np.nan), False), ((0.1, 0.5), (0.0, np.nan), True),
     ((0.0, 1.0), (1.0, 4.0), True)],
)  # fmt: skip
def test_the_key_names_intervals_only_where_one_is_drawn(limits, rates, keyed):
    table = rows(
        cluster=[0, 1], period="2020-01-01", count=[5, 2], share=[0.3, 0.2],
        share_low=limits[0], share_high=limits[1], concentration_per_ml=2.0,
        concentration_low=rates[0], concentration_high=rates[1],
    )  # fmt: skip
    [legend] = trend_curves.draw_dots(table, [0, 1], [""]).legends
    assert ("interval" in {text.get_text() for text in legend.get_texts()}) == keyed
    [legend] = trend_curves.draw_curves(table, [0, 1], [""]).legends
    of_shares = limits != (0.0, 1.0)
    assert ("interval" in {text.get_text() for text in legend.get_texts()}) == of_shares


def test_groups_stand_beside_each_other_within_a_step():
    moved = trend_curves.beside(["2020-01-06", "2020-01-13", "2020-01-20"], 3).astype(int) / 60 / 24
    np.testing.assert_allclose(moved, [-7 * 2 / 9, 0, 7 * 2 / 9], atol=0.001)
    assert trend_curves.beside(["2020-01-06"], 1).astype(int).tolist() == [0]


def test_the_biggest_come_first_and_ties_by_name():
    table = rows(cluster=[1, 2, 3, 4], period="p", count=[5, 9, 5, 0], share=0.1)
    assert trend_curves.biggest(table, "cluster", 9) == [2, 1, 3]
    assert trend_curves.biggest(table, "cluster", 1) == [2]


def test_a_sparkline_is_of_the_series_that_holds_most():
    table = rows(
        cluster=0, site=["a", "b", "b"], period=["2020-01-01", "2020-01-01", "2020-01-03"],
        count=[50, 1, 3], share=[0.5, 0.1, 0.3],
        share_low=[0.4, 0.0, 0.2], share_high=[0.6, 0.2, 0.6],
    )  # fmt: skip
    line = sparklines.sparkline(table, 0)
    assert line is not None
    assert (line.site, line.first, line.last, line.top) == ("b", "2020-01-01", "2020-01-03", 0.6)
    assert line.dots == [(0.0, 20.0, False), (100.0, 12.0, False)]
    assert line.lines == "M0.00,20.00L100.00,12.00"
    assert sparklines.sparkline(table[table["site"] == "a"], 0) is None


def test_the_map_draws_a_sample_that_the_seed_fixes(monkeypatch):
    monkeypatch.setattr(embedding_map, "MOST_POINTS", 50)
    images = pd.DataFrame(
        {"image_id": range(200), "map_x": [np.nan] * 20 + [1.0] * 180, "map_y": 2.0}
    )
    points, again = (embedding_map.choose_points(images, seed=4) for _ in range(2))
    assert (len(points.table), points.of) == (50, 180)
    assert points.table["image_id"].min() >= 20
    pd.testing.assert_frame_equal(points.table, again.table)


@pytest.mark.parametrize("days", range(1, 14))
def test_the_dates_below_the_map_have_room(days):
    images = pd.DataFrame(
        {
            "datetime": pd.date_range("2020-01-01", periods=days),
            "map_x": np.arange(days),
            "map_y": np.arange(days) % 3,
        }
    )
    figure = embedding_map.draw_by_day(embedding_map.Points(images, days))
    figure.canvas.draw()
    labels = figure.axes[-1].get_xticklabels()
    names = [label.get_text() for label in labels]
    assert {"2020-01-01", f"2020-01-{days:02d}"} <= set(names)
    assert len(names) == len(set(names)) >= min(days, 3)
    boxes = sorted((b.x0, b.x1) for b in (label.get_window_extent() for label in labels))
    letter = (boxes[0][1] - boxes[0][0]) / len(names[0])
    assert all(right[0] - left[1] > letter for left, right in pairwise(boxes))


def test_two_hundred_clusters_have_two_hundred_colours():
    colours = embedding_map.many_colours(200)
    assert len(np.unique((colours * 255).round(), axis=0)) == 200
    assert colours.min() >= 0
    assert colours.max() <= 1


def test_maps_of_one_organism_share_their_scale():
    rng = np.random.default_rng(0)
    attention = {
        "ids": np.array(["s/1"]), "tiles": np.zeros((1, 8, 8, 3), np.uint8),
        "pretrained": rng.random((1, 2, 4, 4)), "finetuned": 3 * rng.random((1, 2, 4, 4)),
    }  # fmt: skip
    figure = attention_panels.draw_attention(attention)
    before, after = [a.images[0] for a in figure.axes if a.get_visible() and a.images][1:]
    assert before.get_clim() == after.get_clim()
    top = attention["finetuned"].mean(axis=1).max()
    assert after.get_clim() == (0, top)
    assert before.norm(top / 4) == after.norm(top / 4) == pytest.approx(0.5)  # square root
    table = attention_panels.attention_table(attention)
    assert len(table) == 2 * 16
    cell = table[(table["model"] == "finetuned") & (table["row"] == 1) & (table["column"] == 2)]
    assert cell["attention"].item() == pytest.approx(attention["finetuned"][0, :, 1, 2].mean())


@pytest.mark.parametrize("models", [("pretrained",), ("pretrained", "finetuned")])
def test_as_many_organisms_are_drawn_as_there_are_up_to_the_most(models):
    rng = np.random.default_rng(0)
    for there, drawn in ((7, 7), (30, attention_panels.MOST_IMAGES)):
        attention = {
            "ids": np.array([f"s/{i}" for i in range(there)]),
            "tiles": np.zeros((there, 8, 8, 3), np.uint8),
            **{name: rng.random((there, 2, 4, 4)) for name in models},
        }
        figure = attention_panels.draw_attention(attention)
        shown = [axes for axes in figure.axes if axes.get_visible()]
        assert len(shown) == drawn * (1 + len(models))
        labels = {axes.get_xlabel() for axes in shown}
        assert {f"s/{i}" for i in range(drawn)} <= labels
        assert attention_panels.attention_table(attention)["image_id"].nunique() == drawn


def test_a_model_without_attention_draws_nothing():
    assert not attention_panels.has_maps({"ids": np.array(["a"]), "note": np.array("no")})


def test_a_collapse_can_be_seen():
    history = pd.DataFrame(
        {"step": [1, 2, 3], "loss": [3.0, 2.0, 1.0], "feature_std": [0.1, 0.0, 0.0]}
    )
    loss, spread = loss_curve.draw_loss(history).axes
    assert loss.get_ylabel() == "loss"
    assert spread.get_ylim()[0] == 0
    assert len(loss_curve.draw_loss(history.drop(columns="feature_std")).axes) == 1


def test_pictures_shrink_until_they_fit(tmp_path):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (400, 400, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    steps = ((400, 90), (200, 80), (50, 60))
    whole, less = pictures.embed({"a": tmp_path / "a.png"}, steps, 10**6)
    assert (whole["a"].width, less) == (400, False)
    small, less = pictures.embed({"a": tmp_path / "a.png"}, steps, 6000)
    assert (small["a"].width, less) == (50, True)
    assert len(small["a"].uri) <= 6000
    with pytest.raises(pictures.SestonError, match="do not fit"):
        pictures.embed({"a": tmp_path / "a.png"}, steps, 10)


def test_a_crop_keeps_its_colours():
    out = BytesIO()
    Image.new("L", (3, 2), 77).save(out, "PNG")
    one = mosaics.decode(out.getvalue(), None)
    assert one.image.size == (3, 2)
    assert one.image.getpixel((0, 0)) == (77, 77, 77)
    assert np.isnan(one.pixel_um)
