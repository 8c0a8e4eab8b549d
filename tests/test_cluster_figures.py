"""The figures of the sweep and of the tree, read back from what was drawn."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from seston.cluster.ward import cut, images_of, ward
from seston.report.drawing import style
from seston.report.figures.sweep_figure import draw_sweep
from seston.report.figures.tree_figure import MOST_LEAVES, draw_tree


def tables(k: int, groups: int):
    rng = np.random.default_rng(k)
    sizes = rng.integers(0, 500, k)
    merges = ward(rng.normal(size=(k, 4)), sizes)
    tree = pd.DataFrame(merges, columns=["left", "right", "height", "fine"])
    tree["images"] = images_of(merges, sizes)[k:]
    coarse = cut(merges, sizes, groups)
    return tree, pd.DataFrame({"cluster": range(k), "coarse": coarse}), sizes, merges


@pytest.mark.parametrize(("k", "groups"), [(2, 1), (8, 3), (60, 12), (MOST_LEAVES, 30)])
def test_every_join_is_drawn_at_its_height_in_the_colour_of_its_group(k, groups, tmp_path):
    tree, coarse, sizes, merges = tables(k, groups)
    figure = draw_tree(tree, coarse, sizes)
    joins, bars = figure.axes
    [lines] = [one for one in joins.collections if isinstance(one, LineCollection)]
    heights = sorted(segment[:, 0].max() for segment in lines.get_segments())
    assert np.allclose(heights, merges[:, 2])
    grey = [to_hex(colour) == style.FAINT for colour in lines.get_colors()]
    assert sum(grey) == groups - 1  # the joins of groups
    order = [int(label.get_text().split()[0]) for label in joins.get_yticklabels()]
    assert sorted(order) == list(range(k))
    assert [text.get_text() for text in bars.texts] == [f"{sizes[one]:,}" for one in order]
    dashed = [line for line in joins.get_lines() if line.get_linestyle() == "--"]
    if groups > 1:
        [line] = dashed
        assert merges[k - groups - 1, 2] <= line.get_xdata()[0] <= merges[k - groups, 2]
    shown = coarse["coarse"].to_numpy()[order]
    assert (np.diff(shown) != 0).sum() == groups - 1  # groups lie together
    if k < MOST_LEAVES:  # seconds, for one more size
        style.save_png(figure, tmp_path, "tree")


def test_what_cannot_be_drawn_is_said():
    tree, coarse, sizes, _ = tables(MOST_LEAVES + 1, 5)
    [text] = draw_tree(tree, coarse, sizes).texts
    assert text.get_text() == "201 clusters: too many to draw; the tree is in tree.tsv and tree.nwk"
    one = draw_tree(tree[:0], coarse[:1], np.array([9]))
    assert one.texts[0].get_text() == "one cluster makes no tree"


def a_sweep(rows: int) -> pd.DataFrame:
    curve = np.linspace(0.9, 0.2, rows)
    table = pd.DataFrame({"k": [5, 7, 10, 14, 20][:rows], "explained": 1 - curve / 2})
    for name in ("silhouette", "ari_seeds", "ari_bootstrap"):
        table[name], table[f"{name}_low"], table[f"{name}_high"] = curve, curve - 0.1, curve + 0.1
    return table


FACTS = {"k": 10, "why": "10 clusters: so", "images": 500, "of": 9000, "cautions": ["take care"]}


@pytest.mark.parametrize("used", [10, 40])
def test_the_number_by_rule_and_the_one_used_are_marked(used, tmp_path):
    figure = draw_sweep(a_sweep(5), FACTS, used)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[-2:] == (["by rule", "used"] if used == 40 else ["other images", "by rule"])
    for axes in figure.axes:
        marked = {line.get_xdata()[0] for line in axes.get_lines() if len(line.get_xdata()) == 2}
        assert marked == {10, used}
    told = " ".join(figure.get_supxlabel().split())
    assert told == (
        "By rule: 10 clusters: so. On 500 of 9,000 images; bands are 95 % intervals. But take care."
    )
    style.save_png(figure, tmp_path, "sweep")


def test_the_curves_are_the_numbers_of_the_table():
    table = a_sweep(5)
    tight, apart, repeatable = draw_sweep(table, FACTS, 10).axes
    assert np.array_equal(tight.get_lines()[0].get_ydata(), table["explained"])
    drawn = {line.get_label(): line.get_ydata() for line in apart.get_lines()}
    assert np.array_equal(drawn["silhouette"], table["silhouette"])
    score = table["silhouette"] * table["explained"]
    assert np.array_equal(drawn["times explained variance"], score)
    assert np.array_equal(repeatable.get_lines()[1].get_ydata(), table["ari_bootstrap"])


@pytest.mark.parametrize(
    ("tried", "told"),
    [([2, 3], ["2", "3"]), ([5, 7, 10, 14, 20, 28, 40, 57, 80, 113, 160], ["5", "10", "20", "40",
     "80", "160"]), ([40], ["40"]), ([900, 1000, 1100], ["900", "1,000", "1,100"])],
)  # fmt: skip
def test_numbers_tried_are_told_as_far_as_there_is_room(tried, told):
    table = pd.DataFrame({"k": tried}).reindex(columns=a_sweep(1).columns).astype(float)
    table["k"] = tried
    axes = draw_sweep(table, FACTS | {"k": tried[0]}, tried[0]).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == told


def test_a_sweep_of_one_number_without_figures_is_drawn(tmp_path):
    table = a_sweep(1)
    table.loc[0, table.columns != "k"] = np.nan
    style.save_png(draw_sweep(table, FACTS | {"k": 5}, 5), tmp_path, "sweep")
