"""Reliability diagrams, and error against coverage."""

import numpy as np
import pandas as pd
import pytest

from readable import assert_readable
from seston.report.figures import reliability_figure


def tables(stages: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    sure = np.array([0.3, 0.55, 0.9])
    rows, risk = [], []
    for stage in stages:
        rows += [
            {"stage": stage, "bin": i, "confidence": c, "right": c - 0.1, "low": c - 0.2,
             "high": c, "images": 10 * (i + 1)} for i, c in enumerate(sure)
        ]  # fmt: skip
        risk += [{"stage": stage, "coverage": c, "threshold": 1 - c, "error": 0.2 * c}
                 for c in (0.5, 1.0)]  # fmt: skip
    return pd.DataFrame(rows), pd.DataFrame(risk)


@pytest.mark.parametrize("stages", [["raw"], ["raw", "calibrated", "corrected"]])
def test_every_number_of_stages_can_be_read(stages):
    reject = {"threshold": 0.5, "coverage": 0.8, "error": 0.16, "error_high": 0.4}
    figure = reliability_figure.draw_reliability(*tables(stages), reject)
    assert_readable(figure)
    assert len(figure.axes) == 2 * len(stages) + 1


def test_points_intervals_and_counts_are_those_of_the_table():
    figure = reliability_figure.draw_reliability(*tables(["corrected"]))
    diagram, strip, risk = figure.axes
    diagonal, line = diagram.lines
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    np.testing.assert_allclose(line.get_xydata(), [[0.3, 0.2], [0.55, 0.45], [0.9, 0.8]])
    [bars] = diagram.collections
    np.testing.assert_allclose(bars.get_segments()[2], [[0.9, 0.7], [0.9, 0.9]])
    [counts] = strip.collections
    assert [segment[1, 1] for segment in counts.get_segments()] == [10, 20, 30]
    np.testing.assert_allclose(risk.lines[-1].get_xydata(), [[0.5, 0.1], [1.0, 0.2]])


def test_bins_without_an_image_are_no_points():
    rows, risk = tables(["raw"])
    rows.loc[1, ["confidence", "right", "low", "high", "images"]] = [np.nan] * 4 + [0]
    figure = reliability_figure.draw_reliability(rows, risk)
    assert len(figure.axes[0].lines[1].get_xdata()) == 2


def test_the_reject_option_is_within_its_panel():
    reject = {"threshold": 0.5, "coverage": 0.8, "error": 0.16, "error_high": 0.4}
    panel = reliability_figure.draw_reliability(*tables(["raw"]), reject).axes[-1]
    assert panel.get_ylim()[1] >= 0.4
    assert panel.lines[-1].get_xydata().tolist() == [[0.8, 0.16]]
    assert panel.texts[0].get_text() == "set: 80 % named"
