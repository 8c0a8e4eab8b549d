"""Days, samples, groups, instruments and bins of light as levels."""

from datetime import datetime

import numpy as np
import pyarrow as pa

from seston.trust.circumstances import Circumstance, bins, circumstances_of, contingency


def table(**changed):
    columns = {
        "sample": ["b", "a", "b"],
        "group": pa.array(["", None, "net"], pa.string()),
        "instrument": ["ifcb"] * 3,
        "datetime": pa.array([datetime(2024, 5, 2, 23, 59), None, datetime(2024, 5, 3)]),
        "mean_grey": [10.0, None, 30.0],
        "focus": pa.nulls(3, pa.float64()),
    }
    return pa.table(columns | changed)


def test_levels_are_sorted_names_and_unknown_is_minus_1():
    found = circumstances_of(table())
    assert found["sample"].names == ("a", "b")
    assert found["sample"].level.tolist() == [1, 0, 1]
    assert found["group"].names == ("net",)
    assert found["group"].level.tolist() == [-1, -1, 0]
    assert found["day"].names == ("2024-05-02", "2024-05-03")
    assert found["day"].level.tolist() == [0, -1, 1]
    assert found["blur"].names == ()
    assert found["blur"].level.tolist() == [-1, -1, -1]


def test_no_date_at_all():
    found = circumstances_of(table(datetime=pa.nulls(3, pa.timestamp("us"))))
    assert found["day"].names == ()


def test_bins_hold_equally_many():
    values = np.random.default_rng(1).permutation(100).astype(float)
    level, names = bins(values)
    assert np.bincount(level).tolist() == [20] * 5
    assert values[level == 4].min() == 80
    assert names[0] == "0 to 19.8"


def test_bins_of_one_value_and_of_ties():
    level, names = bins(np.array([7.0, 7.0, np.nan]))
    assert level.tolist() == [0, 0, -1]
    assert names == ("7 to 7",)
    level, names = bins(np.array([0.0] * 9 + [1.0]))
    assert level.max() < len(names)


def test_contingency_counts_and_adds_up():
    day = Circumstance("day", np.array([0, 1, 1, -1]), ("x", "y"))
    cluster = np.array([2, 0, 2, 2])
    assert contingency(cluster, day, 3).tolist() == [[0, 1], [0, 0], [1, 1]]
    weights = np.array([0.5, 2, 3, 9])
    assert contingency(cluster, day, 3, weights).tolist() == [[0, 2], [0, 0], [0.5, 3]]
