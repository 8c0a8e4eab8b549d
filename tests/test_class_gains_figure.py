"""Recall, precision and labels of each class."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from readable import assert_readable
from seston.report.figures import class_gains_figure


def table(classes: int) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    recall = rng.uniform(0.2, 0.9, classes)
    return pd.DataFrame(
        {
            "class": [f"class number {i}" for i in range(classes)],
            "labelled": np.geomspace(20000, 2, classes).astype(int), "units": 7,
            "recall": recall, "recall_low": recall - 0.1, "recall_high": recall + 0.1,
            "precision": rng.uniform(size=classes), "recall_corrected": rng.uniform(size=classes),
            "precision_corrected": rng.uniform(size=classes),
        }
    )  # fmt: skip


@pytest.mark.parametrize("classes", [1, 5, 48])
def test_every_size_can_be_read(classes):
    rows = table(classes)
    rows.loc[0, "units"] = 1
    assert_readable(class_gains_figure.draw_gains(rows))


def test_many_classes_go_to_several_figures_those_with_most_labels_first():
    rows = table(100).sample(frac=1, random_state=1)
    parts = class_gains_figure.parts(rows)
    assert [len(part) for part in parts] == [48, 48, 4]
    assert pd.concat(parts)["labelled"].is_monotonic_decreasing


def test_both_stages_stand_on_the_line_of_their_class():
    rows = table(3)
    rows.loc[1, "precision_corrected"] = np.nan  # nothing is called so
    figure = class_gains_figure.draw_gains(rows)
    recall, precision, labelled = figure.axes
    raw, corrected, intervals = recall.collections
    np.testing.assert_allclose(raw.get_offsets()[:, 0], rows["recall"])
    np.testing.assert_allclose(corrected.get_offsets()[:, 0], rows["recall_corrected"])
    assert np.round(raw.get_offsets()[:, 1]).tolist() == [0, 1, 2]
    np.testing.assert_allclose(
        [segment[:, 0] for segment in intervals.get_segments()], rows[["recall_low", "recall_high"]]
    )
    assert np.ma.getmaskarray(precision.collections[1].get_offsets())[1, 0]
    assert [text.get_text() for text in labelled.texts] == ["20,000", "200", "2"]


def test_a_class_of_one_day_is_hollow_and_told():
    rows = table(2)
    rows["units"] = [1, 7]
    figure = class_gains_figure.draw_gains(rows, unit="sample")
    first, second = figure.axes[0].collections[0].get_facecolors()[:, :3]
    assert first.tolist() == list(to_rgb("white")) and second.tolist() != first.tolist()
    assert "labels of one sample only" in [t.get_text() for t in figure.legends[0].texts]
    assert "one" not in str(class_gains_figure.draw_gains(table(2)).legends[0].texts)
