"""What the figures show, checked before anything is drawn."""

from base64 import b64decode
from io import BytesIO
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from seston.report.drawing import mosaics, pictures, sparklines, style
from seston.report.drawing.class_colours import class_colours
from seston.report.drawing.pictures import Part
from seston.report.drawing.time_axis import TimeAxis
from seston.report.figures import (
    attention_panels,
    embedding_map,
    evidence_figure,
    loss_curve,
    quality_figure,
)
from seston.report.given import attention_values, evidence


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
    covered = np.zeros(np.asarray(mosaics.paint(bands)).shape[:2], int)
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
    bands = mosaics.pack([crop(100, 100, 2.0)])
    [band] = bands
    board = np.asarray(mosaics.paint(bands))
    assert board.shape[1] == mosaics.WIDTH
    line = (board[band.foot + 32] < 60).all(axis=1)
    length = int(line.argmin())
    # The crop is 100 px of 2 µm, 200 µm in all; the bar is the longest round length.
    width = band.placed[0].box[2]
    assert length in [pytest.approx(um * width / 200, abs=1.5) for um in (20, 50, 100)]
    assert line[length + 10 : length + 200].any()  # its length, in letters beside it


def test_names_stand_over_the_boards_of_a_sheet(tmp_path):
    boards = {name: mosaics.paint(mosaics.pack([crop(100, 60)])) for name in ("one", "other")}
    places = mosaics.save_sheet(boards, tmp_path / "sheet.png")
    sheet = Image.open(tmp_path / "sheet.png")
    high = next(iter(boards.values())).height
    assert sheet.size == (mosaics.WIDTH + 2 * mosaics.MARGIN, 2 * (mosaics.HEAD + high))
    for top in (0, mosaics.HEAD + high):
        assert (np.asarray(sheet)[top : top + mosaics.HEAD] < 100).any()
    for name, board in boards.items():
        assert places[name].path == tmp_path / "sheet.png"
        np.testing.assert_array_equal(np.asarray(sheet.crop(places[name].box)), np.asarray(board))


def test_what_was_shrunk_has_a_dashed_frame():
    bands = mosaics.pack([crop(1700, 100), *[crop(40, 40)] * 15])
    board = np.asarray(mosaics.paint(bands))
    for one in bands[0].placed:
        x, y, w, _ = one.box
        edge = board[y + 1, x : x + w]
        dashes = (abs(edge.astype(int) - (0xD5, 0x5E, 0)) < 8).all(axis=1)
        assert dashes.any() == one.shrunk
        assert not dashes.all()


def test_a_sparkline_is_of_the_series_that_holds_most():
    table = rows(
        cluster=0, site=["a", "b", "b"], period=["2020-01-01", "2020-01-01", "2020-01-03"],
        count=[50, 1, 3], share=[0.5, 0.1, 0.3],
        share_low=[0.4, 0.0, 0.2], share_high=[0.6, 0.2, 0.6],
    )  # fmt: skip
    line = sparklines.sparkline(table, 0, TimeAxis())
    assert line is not None
    assert (line.site, line.first, line.last, line.top) == ("b", "2020-01-01", "2020-01-03", 0.6)
    assert (line.dots, line.hollow) == ("M0.00,20.00h0M100.00,12.00h0", "")
    assert line.lines == "M0.00,20.00L100.00,12.00"
    assert sparklines.sparkline(table[table["site"] == "a"], 0, TimeAxis()) is None


def test_the_axes_of_sparklines_are_those_of_the_figures():
    days = ["2020-01-01", "2020-01-03", "2020-01-05"]
    table = rows(
        cluster=0, site="s", group=["a", "b", "b"], period=days, count=[1, 5, 5],
        share=[0.1, 0.1, 0.2], share_low=[0.0, 0.0, 0.1], share_high=[0.2, 0.9, 0.3],
    )  # fmt: skip
    line = sparklines.sparkline(table, 0, TimeAxis(day_zero="2020-01-01"))
    # Group b was not sampled on the first day of the site: its line starts half-way.
    assert (line.group, line.first, line.last) == ("b", "day 0", "day 4")
    assert line.lines == "M50.00,19.20L100.00,14.40"
    # An interval to 0.9 would press the line to the ground: it is followed to 2.5 times the top.
    assert line.top == pytest.approx(0.5)
    assert line.bands == "M50.00,0.00L100.00,9.60L100.00,19.20L50.00,24.00Z"


def test_what_spans_decades_has_dots_and_no_bars():
    """A bar on a logarithmic axis would have no foot, and its height would mean nothing."""
    samples = pd.DataFrame({"listed": [1.0, 20, 3000], "volume_ml": [1.0, 2, 3], "focus": np.nan})
    columns = quality_figure.columns_of(3)
    figure = Figure()
    wide, narrow = figure.subplots(2, 1)
    for axes, name in ((wide, "listed"), (narrow, "volume_ml")):
        quality_figure._bars(axes, columns.of(samples[name].to_numpy(), np.sum), name)
    assert (wide.get_yscale(), narrow.get_yscale()) == ("log", "linear")
    assert (len(wide.patches), len(narrow.patches)) == (0, 3)
    assert wide.lines[0].get_ydata().tolist() == [1, 20, 3000]
    assert wide.get_ylabel() == "listed (log)"


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


def test_a_cluster_has_the_same_colour_on_every_map():
    """That of its number, also where other clusters hold no organism, or all have few."""
    places = np.linspace(0, 1, 6)
    table = pd.DataFrame({"map_x": places, "map_y": places, "cluster": [9, 0, 9, 4, 0, 150]})
    figure = embedding_map.draw_by_cluster(embedding_map.Points(table, 6))
    [dots] = figure.axes[0].collections
    drawn = [to_hex(colour) for colour in dots.get_facecolors()]
    colours = class_colours(200)
    assert drawn == [colours[cluster] for cluster in table["cluster"]]
    assert len(set(drawn)) == 4


def attention_of(n: int, models=("pretrained", "finetuned"), heads=2, seed=0) -> dict:
    """Maps as the stage writes them; the organisms 1, 4, 7, … were asked for."""
    rng = np.random.default_rng(seed)
    arrays = {
        "ids": np.array([f"s/{i}" for i in range(n)]), "chosen": np.arange(n) % 3 == 1,
        "pictures": rng.integers(0, 255, (n, 16, 16, 3), dtype=np.uint8), "note": np.array(""),
    }  # fmt: skip
    for scale, model in enumerate(models, start=1):
        arrays[model] = (scale * rng.random((n, heads, 4, 4))).astype(np.float32)
        arrays[f"{model}_rollout"] = (scale * rng.random((n, 4, 4))).astype(np.float32)
    return arrays


def visible(figure) -> list:
    return [axes for axes in figure.axes if axes.get_visible() and axes.images]


def test_a_map_lies_over_its_organism():
    grey = np.full((64, 64, 3), 100, np.uint8)
    values = np.zeros((4, 4))
    values[1, 2] = 0.5
    shown = attention_panels.overlay(grey, values, top=0.5)
    colours = style.matplotlib.colormaps[style.SEQUENCE]
    cover, ground = attention_panels.COVER, 100 / 255
    # A map of 4 patches on 64 px: the middle of row 1, column 2 is at 24, 40.
    for place, value in (((24, 40), 1.0), ((60, 4), 0.0)):
        expected = cover * np.array(colours(value)[:3]) + (1 - cover) * ground
        np.testing.assert_allclose(shown[place], expected, atol=0.03)
    assert shown.min() >= 0
    assert shown.max() <= 1
    even = attention_panels.overlay(grey, np.full((4, 4), 0.125), top=0.5)  # half, by the root
    expected = cover * np.array(colours(0.5)[:3]) + (1 - cover) * ground
    np.testing.assert_allclose(even, np.broadcast_to(expected, even.shape), atol=0.01)


def test_maps_of_one_organism_share_their_scale():
    attention = attention_of(1)
    figure = attention_panels.draw_attention(attention, [0])
    organism, *maps = visible(figure)
    np.testing.assert_array_equal(organism.images[0].get_array(), attention["pictures"][0])
    assert [axes.get_title(loc="left") for axes in maps] == [
        "attention, before", "attention, after", "rollout, before", "rollout, after",
    ]  # fmt: skip
    means = [attention[model][0].mean(axis=0) for model in ("pretrained", "finetuned")]
    rollouts = [attention[f"{model}_rollout"][0] for model in ("pretrained", "finetuned")]
    for axes, values, kind in zip(
        maps, means + rollouts, [means] * 2 + [rollouts] * 2, strict=True
    ):
        top = max(one.max() for one in kind)
        expected = attention_panels.overlay(attention["pictures"][0], values, top)
        np.testing.assert_allclose(axes.images[0].get_array(), expected, atol=1e-5)
        assert axes.get_xlabel() == f"{values.min():.4f} \u2013 {values.max():.4f}"


def test_every_value_drawn_is_in_the_tables():
    attention = attention_of(3)
    table = attention_values.attention_table(attention)
    assert len(table) == 2 * 3 * 16
    keys = ["image_id", "model", "row", "column"]
    cell = table.set_index(keys).loc[("s/2", "finetuned", 1, 3)]
    assert cell["attention"] == pytest.approx(attention["finetuned"][2, :, 1, 3].mean())
    assert cell["rollout"] == pytest.approx(attention["finetuned_rollout"][2, 1, 3])
    heads = attention_values.heads_table(attention).set_index([*keys, "head"])
    assert len(heads) == 2 * 3 * 2 * 16
    value = heads.loc[("s/1", "pretrained", 0, 2, 2), "attention"]
    assert value == pytest.approx(attention["pretrained"][1, 1, 0, 2])


@pytest.mark.parametrize(
    ("heads", "models", "there"), [(3, 2, 2), (6, 2, 2), (3, 1, 2), (12, 1, 1)]
)
def test_each_head_is_drawn_before_and_after(heads, models, there):
    names = ("pretrained", "finetuned")[:models]
    attention = attention_of(there, names, heads)
    figure = attention_panels.draw_heads(attention, range(there))
    assert len(visible(figure)) == there * (1 + heads * models)
    titles = [axes.get_title(loc="left") for axes in visible(figure)]
    assert titles.count(f"head {heads}") == models
    named = [axes.get_ylabel() for axes in visible(figure) if axes.get_ylabel()]
    assert named == (["before", "after"] * there if models == 2 else [])


@pytest.mark.parametrize("models", [("pretrained",), ("pretrained", "finetuned")])
def test_as_many_organisms_are_drawn_as_there_are_up_to_the_most(models):
    for there, figures in ((7, [6, 1]), (30, [6, 6, 6, 6])):
        attention = attention_of(there, models)
        parts = attention_values.figures_of(attention)
        assert [len(part) for part in parts] == figures
        order = [image for part in parts for image in part]
        asked = [i for i in order if i % 3 == 1]
        assert order[: len(asked)] == asked == list(range(1, there, 3))  # the chosen ones first
        assert attention_values.attention_table(attention)["image_id"].nunique() == sum(figures)
    drawn = visible(attention_panels.draw_attention(attention, parts[0][:3]))
    assert len(drawn) == 3 * (1 + 2 * len(models))
    assert [a.get_xlabel() for a in drawn if "s\n" in a.get_xlabel()] == [
        "\u2605 s\n1", "\u2605 s\n4", "\u2605 s\n7",
    ]  # fmt: skip


@pytest.mark.parametrize("models", [("pretrained",), ("pretrained", "finetuned")])
def test_nothing_of_the_attention_leaves_the_figure_or_overlaps(models):
    attention = attention_of(3, models, heads=6)
    attention["ids"] = np.array([f"{'sample' * 9}-{i}/{'roi' * 20}{i}" for i in range(3)])
    for draw in (attention_panels.draw_attention, attention_panels.draw_heads):
        figure = draw(attention, range(3))
        figure.draw_without_rendering()
        boxes = [axes.get_tightbbox() for axes in figure.axes if axes.get_visible()]
        width, height = figure.bbox.size
        assert min(min(box.x0, box.y0) for box in boxes) >= 0
        assert max(box.x1 for box in boxes) <= width
        assert max(box.y1 for box in boxes) <= height
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def figures_row(measure: str, before, after=None, better="higher", labels="") -> evidence.Row:
    keys = ["value", "low", "high", "chance", "model"]
    both = (("pretrained", before), ("finetuned", after))
    found = {name: pd.Series([*told, name], keys) for name, told in both if told is not None}
    return evidence.Row("labels", measure, labels, better, found)


def marks(axes, marker: str) -> list[float]:
    return [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == marker]


def test_models_stand_above_each_other_with_intervals_and_chance():
    rows = [
        figures_row("knn_5", (0.6, 0.5, 0.7, 0.1), (0.8, 0.75, 0.85, 0.2), labels="a"),
        figures_row("nmi", (0.4, np.nan, np.nan, np.nan), labels="a"),
        figures_row("knn_5", (0.3, 0.2, 0.4, 0.1), (0.2, 0.1, 0.3, 0.1), labels="b"),
    ]
    figure = evidence_figure.draw_labels(rows, "finetuned")
    first, second = figure.axes
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["a", "b"]
    assert (marks(first, "o"), marks(first, "s")) == ([0.6, 0.4], [0.8])
    assert (marks(second, "o"), marks(second, "s")) == ([0.3], [0.2])
    parts = [part for lines in first.collections for part in lines.get_segments()]
    segments = [part[:, 0].tolist() for part in parts if len(part)]
    assert [0.5, 0.7] in segments
    assert [0.75, 0.85] in segments
    assert [0.1, 0.1] in segments
    assert [0.2, 0.2] in segments
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "pre-trained", "fine-tuned (used)", "interval", "by chance",
    ]  # fmt: skip
    assert [text.get_text() for text in first.get_yticklabels()] == [
        "5 nearest neighbours", "clusters: NMI",
    ]  # fmt: skip


def test_the_key_of_evidence_names_only_what_is_drawn():
    rows = [figures_row("nmi", (0.4, np.nan, np.nan, np.nan))]
    [legend] = evidence_figure.draw_labels(rows, "pretrained").legends
    assert [text.get_text() for text in legend.get_texts()] == ["pre-trained (used)"]


def test_label_free_measures_have_axes_of_their_own_from_zero():
    gap = (np.nan,) * 3
    rows = [
        figures_row("neighbour_agreement", (0.5, 0.4, 0.6, 0.01)),
        figures_row("effective_rank", (40.0, *gap), (50.0, *gap)),
        figures_row("uniformity", (-2.5, *gap), (-2.0, *gap), better="lower"),
        figures_row("feature_std", (0.5, *gap), (0.6, *gap), better=""),
    ]
    figure = evidence_figure.draw_label_free(rows, "finetuned")
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_xlabel() for axes in shown] == [
        "better \u2192",
        "better \u2192",
        "\u2190 better",
        "",
    ]
    for axes, (low, high) in zip(shown, [(0, 0.6), (0, 50), (-2.5, 0), (0, 0.6)], strict=True):
        left, right = axes.get_xlim()
        assert left < low < high < right
    assert shown[0].xaxis.get_major_formatter()(0.2) == "20 %"


def test_confounding_below_nothing_is_drawn_inside():
    rows = [
        figures_row("day", (0.3, 0.2, 0.4, 0.02), better="lower"),
        figures_row("size", (-0.1, -0.2, 0.0, 0.0), better=""),
    ]
    figure = evidence_figure.draw_confounding(rows, "pretrained")
    [axes] = figure.axes
    assert axes.get_xlim()[0] < -0.2
    assert "size: neither" in axes.get_xlabel()


def test_a_model_without_attention_draws_nothing():
    assert not attention_values.has_maps({"ids": np.array(["a"]), "note": np.array("no")})


def test_a_collapse_can_be_seen():
    history = pd.DataFrame(
        {"step": [1, 2, 3], "loss": [3.0, 2.0, 1.0], "feature_std": [0.1, 0.0, 0.0]}
    )
    loss, spread = loss_curve.draw_loss(history).axes
    assert loss.get_ylabel() == "loss"
    assert spread.get_ylim()[0] == 0
    assert len(loss_curve.draw_loss(history.drop(columns="feature_std")).axes) == 1


def test_columns_that_are_not_drawn_or_empty_do_no_harm():
    history = pd.DataFrame(
        {"step": [1, 2, 3], "loss": [3.0, 2.0, 1.0], "learning_rate": ["", "0.1", "0.2"],
         "feature_std": "", "machine": "one"}
    )  # fmt: skip
    loss, rate = loss_curve.draw_loss(history).axes
    assert rate.get_ylabel() == "learning rate"
    assert rate.lines[0].get_xdata().tolist() == [2, 3]
    assert loss.lines[0].get_ydata().tolist() == [3.0, 2.0, 1.0]


def test_pictures_shrink_until_they_fit(tmp_path):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (400, 400, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    part, steps = {"a": Part(tmp_path / "a.png")}, ((400, 90), (200, 80), (50, 60))
    whole, less = pictures.embed(part, steps, 10**6)
    assert (whole["a"].width, less) == (400, False)
    small, less = pictures.embed(part, steps, 6000)
    assert (small["a"].width, less) == (50, True)
    assert len(small["a"].uri) <= 6000
    with pytest.raises(pictures.SestonError, match="1 figures do not fit"):
        pictures.embed(part, steps, 10)


def test_parts_of_a_file_are_pictures_of_their_own(tmp_path):
    halves = np.full((100, 200, 3), 255, np.uint8)
    halves[:, :80] = 0
    Image.fromarray(halves).save(tmp_path / "a.png")
    boxes = {"black": (0, 0, 80, 100), "white": (80, 0, 200, 50)}
    parts = {name: Part(tmp_path / "a.png", box) for name, box in boxes.items()}
    found, _ = pictures.embed(parts, ((400, 90),), 10**6, threads=2)
    assert {name: (one.width, one.height) for name, one in found.items()} == {
        "black": (80, 100), "white": (120, 50),
    }  # fmt: skip
    for name, one in found.items():
        image = Image.open(BytesIO(b64decode(one.uri.removeprefix(pictures.HEAD))))
        assert np.asarray(image.convert("L")).mean() == pytest.approx(
            255 * (name == "white"), abs=3
        )


def test_a_few_files_tell_that_all_are_too_large(tmp_path, monkeypatch):
    """Of many files not all are encoded in vain; and what comes out fits as closely as it can."""
    rng, parts = np.random.default_rng(0), {}
    for place in range(60):
        side = 20 + 4 * place
        Image.fromarray(rng.integers(0, 255, (side, side, 3), dtype=np.uint8)).save(
            tmp_path / f"{place}.png"
        )
        parts[place] = Part(tmp_path / f"{place}.png")
    steps = ((300, 95), (60, 80), (30, 60))
    sizes = [sum(len(p.uri) for p in pictures.embed(parts, (s,), 10**8)[0].values()) for s in steps]
    made, encode = [], pictures.encode
    monkeypatch.setattr(
        pictures, "encode", lambda image, *step: (made.append(step), encode(image, *step))[1]
    )
    found, less = pictures.embed(parts, steps, sizes[1])
    assert less and max(one.width for one in found.values()) == 60
    assert list(found) == list(parts)
    assert made.count(steps[0]) <= pictures.MOST_TRIED < 60
    assert made.count(steps[1]) <= pictures.MOST_TRIED + 60
    assert steps[2] not in made


def test_a_crop_keeps_its_colours():
    out = BytesIO()
    Image.new("L", (3, 2), 77).save(out, "PNG")
    one = mosaics.decode(out.getvalue(), None)
    assert one.image.size == (3, 2)
    assert one.image.getpixel((0, 0)) == (77, 77, 77)
    assert np.isnan(one.pixel_um)
