"""New images beside the earlier run: what the columns of drift.tsv say."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import jensenshannon

from seston.frozen.baseline import COLUMNS
from seston.frozen.comparison import compare, composition_shift


def test_the_composition_shift_is_the_jensen_shannon_distance():
    rng = np.random.default_rng(1)
    counts = np.r_[rng.poisson(3, (6, 5)), [[0, 0, 0, 0, 0]], [[2, 4, 6, 8, 0]]]
    shares = np.array([0.1, 0.2, 0.3, 0.4, 0.0])
    found = composition_shift(counts, shares)
    expected = [jensenshannon(row, shares, base=2) for row in counts[:6]]
    assert np.allclose(found[:6], expected)
    assert np.isnan(found[6]) and found[7] == pytest.approx(0, abs=1e-7)


def test_counts_shares_and_shifts_by_hand():
    """Cluster 0 has 200 images, cluster 1 too few for a limit, cluster 2 none."""
    usual = pd.DataFrame(
        [
            [0, 200, 20, 200 / 210, 1, 4, 5, 6, 8, 9, 0.01],
            [1, 10, 5, 10 / 210, 1, 2, 3, 4, 5, 6, 1 / 11],
            [2, 0, np.nan, 0, *[np.nan] * 6, 1],
        ],
        columns=COLUMNS,
    )
    alike = {"factor": 1.0, "rho": 0.0, "freedom": 9}
    images = pd.DataFrame(
        {
            "sample": ["a", "a", "a", "b", "b", "b"],
            "cluster": [0, 0, 1, 0, 2, 1],
            "distance": [9.5, 7, 100, 5, 3, 4],
        }
    )
    scatter = {"samples": alike, "clusters": alike}
    table = compare(images, ["a", "b", "empty"], usual, {"scatter": scatter})
    assert table["level"].tolist() == ["all", *["sample"] * 3, *["cluster"] * 3]
    assert table["images"].tolist() == [6, 3, 3, 0, 3, 2, 1]
    assert table["tested"].tolist() == [3, 2, 1, 0, 3, 0, 0]
    assert table["beyond"].tolist() == [1, 1, 0, 0, 1, 0, 0]
    assert np.allclose(table["share"][[0, 1, 2, 4]], [1 / 3, 1 / 2, 0, 1 / 3])
    assert np.allclose(table["expected"][[0, 1, 2, 4]], 0.01)
    assert table["p"][[3, 5, 6]].isna().all() and (table["drift"] == 0).all()
    # Less the median, in interquartile ranges: 2.25, 1 and 48.5; 0, none and 0.5.
    expected = [1, 2.25, 0.25, np.nan, 1, 24.5, np.nan]
    assert np.allclose(table["distance_shift"], expected, equal_nan=True)
