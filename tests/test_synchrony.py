"""Which classes rise and fall in all groups together."""

import numpy as np
import pandas as pd
import pytest

from seston.change.series import choose_measure, totals
from seston.change.series import tested as what_is_tested
from seston.community.courses import courses
from seston.community.synchrony import synchrony
from seston.trends.counted import Counted


def counted(counts, volume, dilution=1.0):
    """Groups a and b on the same days, from counts (2, days, K)."""
    _, days, k = counts.shape
    period = (np.datetime64("2024-05-01") + np.arange(days)).astype(str)
    effort = pd.DataFrame(
        {"group": np.repeat(["a", "b"], days), "period": np.tile(period, 2), "day_number": np.nan}
    )
    effort["analysed_ml"] = np.asarray(volume, float)
    effort["dilution"] = dilution
    effort["listed"] = effort["used"] = counts.sum(axis=2).ravel()
    effort["noise"] = 0
    effort["water_ml"] = effort["analysed_ml"] / effort["dilution"]
    return Counted(effort, counts.reshape(-1, k), [f"kind {i}" for i in range(k)], None)


def test_courses_are_log_concentrations_with_one_start_for_each_group():
    counts = np.array([[[20, 0, 0], [30, 10, 0]], [[10, 5, 0], [40, 0, 0]]])
    of = courses(counted(counts, [2, 4, 1, 4], dilution=2.0), "day", "")
    assert of.measure == "concentration" and of.classes == ["kind 0", "kind 1"]
    assert of.group.tolist() == [0, 0, 1, 1] and of.place.tolist() == [0, 1, 0, 1]
    assert of.there.tolist() == [[True, False], [True, True], [True, True], [True, False]]
    # Counts times dilution by mL; the typical water is 1.5 and 1.25 mL, before dilution.
    start = np.array([1 / 3, 1 / 3, 0.4, 0.4])[:, None]
    expected = np.log(np.array([[20, 0], [15, 5], [20, 10], [20, 0]]) + start)
    assert of.values == pytest.approx(expected)


def test_periods_without_volume_are_left_out_or_shares_taken():
    counts = np.full((2, 3, 2), 20)
    some = courses(counted(counts, [1, 1, np.nan, 1, 1, 1]), "day", "")
    assert some.measure == "concentration" and some.values.shape == (5, 2)
    assert np.isfinite(some.values).all()
    counts[1, 2] = 4  # fewer images than a composition needs
    most = courses(counted(counts, [1, 1, 1, 1] + [np.nan] * 2), "day", "")
    assert most.measure == "share" and most.place.tolist() == [0, 1, 2, 0, 1]
    assert most.values == pytest.approx(0)  # two classes of one share


def test_what_trends_are_tested_of_is_the_same():
    here = counted(planted(), np.r_[np.nan, np.ones(31)])
    of = courses(here, "day", "")
    found = totals(here, sorted(here.effort["period"].unique()))
    assert of.measure == choose_measure(found)[0]
    assert of.values == pytest.approx(what_is_tested(found, of.measure)[of.group, of.place])


def planted():
    rng = np.random.default_rng(1)
    common, own = rng.normal(size=16), rng.normal(size=(2, 16))
    mean = np.stack([np.exp(3 + np.tile(common, (2, 1))), np.exp(3 + own)], axis=2)
    absent = np.zeros((2, 16, 1))
    absent[0, 3] = 9
    return np.concatenate([rng.poisson(mean), np.full((2, 16, 1), 50), absent], axis=2).astype(int)


def test_a_common_course_is_found():
    table, refusal = synchrony("fjord", courses(counted(planted(), 1.0), "day", ""), 0.95)
    assert refusal == "" and table["class"].tolist() == [f"kind {i}" for i in range(4)]
    assert (table["groups"] == 2).all() and (table["periods"] == 16).all()
    together, alone, still, absent = (row for _, row in table.iterrows())
    assert together["p"] < 0.001 < 0.05 < alone["p"]
    assert alone["synchrony_low"] < 0 < 0.5 < together["synchrony_low"] < together["synchrony"]
    assert still["flags"] == "never_changes" and np.isnan(still["p"])
    assert absent["flags"] == "mostly_absent" and np.isnan(absent["synchrony"])


def test_shares_are_told():
    table, _ = synchrony("fjord", courses(counted(planted(), np.nan), "day", ""), 0.95)
    assert table["flags"].str.endswith("share_only").all()


def test_refusals():
    short = planted()[:, :9]
    table, refusal = synchrony("fjord", courses(counted(short, 1.0), "day", ""), 0.95)
    assert refusal == "too_few_periods" and table["p"].isna().all()
    assert (table["flags"] == "too_few_periods").all()
    alone = counted(planted(), 1.0)
    alone.effort["group"] = ""
    table, refusal = synchrony("lake", courses(alone, "day", ""), 0.95)
    assert refusal == "one_group" and not len(table)
    apart = counted(planted(), 1.0)
    apart.effort["period"] = (np.datetime64("2024-05-01") + np.arange(32)).astype(str)
    assert synchrony("", courses(apart, "day", ""), 0.95)[1] == "too_few_periods"
