import numpy as np
import pandas as pd

from seston.change.verdicts import Series, flagged, judge, rows


def test_judge_by_q_and_the_sign_of_z():
    table = pd.DataFrame(
        {"p": [0.001, 0.001, 0.5, np.nan], "z": [3.0, -3.0, 0.7, np.nan],
         "refused": ["", "", "", "constant"]}
    )  # fmt: skip
    found = judge(table, 0.05)
    assert found["verdict"].tolist() == ["rises", "falls", "none", "refused"]
    assert found["direction"].tolist() == [1, -1, 0, 0]
    # 3 tests: q = 0.001 · 3 · (1 + 1/2 + 1/3) / 2
    np.testing.assert_allclose(found["q"][:2], 0.00275)
    assert np.isnan(found["q"][3])


def test_flags_are_joined():
    table = pd.DataFrame({"flags": ["", "a", "a"]})
    assert flagged(table, "b", [True, True, False])["flags"].tolist() == ["b", "a;b", "a"]
    assert flagged(table, "b", False)["flags"].tolist() == ["", "a", "a"]


def test_each_series_is_refused_for_its_own_reason():
    values = np.random.default_rng(1).normal(size=(12, 3))
    values[:, 1] = 7
    series = Series(["a", "b", "c"], values, np.array([12, 12, 4]))
    assert series.refusals() == ["", "constant", "too_rarely_found"]
    found = series.trends(0.95)
    assert np.isnan(found.p).tolist() == [False, True, True]
    assert Series(["a"], values[:9, :1], np.array([9])).refusals() == ["too_few_periods"]
    hours = Series(["a"], np.arange(2001.0)[:, None], np.array([2001]))
    assert hours.refusals() == ["too_many_periods"]


def test_rows_tell_of_gaps_and_of_classes_that_are_mostly_absent():
    values = np.random.default_rng(2).normal(size=(14, 2))
    values[[0, 5, 6]] = np.nan
    days = [f"2024-05-{day:02d}" for day in range(1, 15)]
    found = rows(Series(["a", "b"], values, np.array([11, 5])), days, 1.0, 0.95)
    assert found["periods"].tolist() == [11, 11]
    assert found["gaps"].tolist() == [2, 2]
    assert found["first"].tolist() == ["2024-05-02"] * 2
    assert found["flags"].tolist() == ["", "mostly_absent"]


def test_nothing_sampled():
    found = rows(Series(["a"], np.full((3, 1), np.nan), np.array([0])), list("abc"), 1.0, 0.95)
    assert found.loc[0, ["periods", "gaps", "first", "refused"]].tolist() == [
        0, 0, "", "too_few_periods",
    ]  # fmt: skip
