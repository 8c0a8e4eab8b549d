"""Confusion matrices."""

import numpy as np
import pandas as pd
import pytest

from readable import assert_readable
from seston.report.figures import confusion_figure
from seston.report.figures.confusion_figure import MOST_CLASSES, Confusion


def table(counts: np.ndarray, correction: str = "none") -> pd.DataFrame:
    names = [f"c{i:02d}" for i in range(len(counts))]
    return pd.DataFrame(
        [{"correction": correction, "true": t, "predicted": p, "count": counts[i, j]}
         for i, t in enumerate(names) for j, p in enumerate(names)]
    )  # fmt: skip


@pytest.mark.parametrize("classes", [1, 2, 9, 16, 25, 70])
@pytest.mark.parametrize("matrices", [1, 2])
def test_every_size_can_be_read(classes, matrices):
    counts = np.random.default_rng(1).poisson(3, (classes, classes)) + 50 * np.eye(classes)
    order = [f"c{i:02d}" for i in range(classes)]
    found = {
        correction: confusion_figure.confusion_of(table(counts, correction), correction, order)
        for correction in ("none", "em")[:matrices]
    }
    named = "a class with a long name {}".format if classes < 30 else str
    assert_readable(confusion_figure.draw_confusion(found, named))


def test_rows_are_true_and_sum_to_one():
    counts = np.array([[8, 2, 0], [1, 3, 0], [0, 0, 0]])
    found = confusion_figure.confusion_of(table(counts), "none", ["c00", "c01", "c02"])
    np.testing.assert_allclose(
        found.shares, [[0.8, 0.2, 0], [0.25, 0.75, 0], [np.nan] * 3], equal_nan=True
    )
    figure = confusion_figure.draw_confusion({"none": found})
    texts = {(int(t.get_position()[1]), int(t.get_position()[0])): t.get_text()
             for t in figure.axes[0].texts}  # fmt: skip
    assert texts == {(0, 0): "80", (0, 1): "20", (1, 0): "25", (1, 1): "75"}
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == [
        "c00 (10)", "c01 (4)", "c02 (0)",
    ]  # fmt: skip


def test_classes_stand_by_their_labels_and_the_rarest_together():
    size = MOST_CLASSES + 3
    counts = np.diag(np.arange(1, size + 1))
    counts[0, 5] = 7  # the rarest is taken for one that is left out as well
    rows = table(counts)
    order = confusion_figure.most_frequent(rows)
    assert order[0] == f"c{size - 1:02d}" and set(order[-3:]) == {"c01", "c02", "c03"}
    found = confusion_figure.confusion_of(rows, "none", order)
    assert len(found.classes) == MOST_CLASSES + 1 and found.classes[-1] == ""
    assert found.counts.sum() == counts.sum()
    assert found.counts[-1, -1] == 2 + 3 + 4
    assert found.counts[order.index("c00"), order.index("c05")] == 7


def test_only_the_correction_that_is_asked_for_counts():
    rows = pd.concat([table(np.eye(2), "none"), table(5 * np.eye(2), "em")])
    assert confusion_figure.confusion_of(rows, "em", ["c00", "c01"]).counts.trace() == 10
    assert isinstance(confusion_figure.confusion_of(rows, "none", ["c00"]), Confusion)
