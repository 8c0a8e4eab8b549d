import numpy as np
import pytest

from seston.change.mann_kendall import mann_kendall
from seston.change.pooling import mean_of_groups
from seston.change.series import tested as what_is_tested
from seston.change.site import Settings, trend_tests
from totals_by_hand import experiment

DAILY = Settings(1.0, 0.95, 0.05)


def noisy(seed, groups=3, periods=23, classes=2, slope=0.0, level=100.0):
    generator = np.random.default_rng(seed)
    time = np.arange(periods)[:, None] * slope
    return level * np.exp(generator.normal(0, 0.3, (groups, periods, classes)) + time)


def of(table, scope, name="class 0"):
    return table[(table["scope"] == scope) & (table["class"] == name)]


def test_rows_and_families():
    table = trend_tests(experiment(noisy(1)), "concentration", DAILY)
    assert (table["scope"] == "site").sum() == 2 + 2  # classes, rejected and noise
    assert (table["scope"] == "group").sum() == 3 * 2 + 3 * 2
    assert table.loc[table["class"] == "", "measure"].unique().tolist() == [
        "rejected_share", "noise_share",
    ]  # fmt: skip
    # No noise image at all: nothing to test.
    noise = table[table["measure"] == "noise_share"]
    assert noise["refused"].unique().tolist() == ["too_rarely_found"]
    assert noise["p"].isna().all()


def test_a_rise_is_found_in_all_groups_and_over_them():
    rates = noisy(2, slope=[0.1, 0.0])
    table = trend_tests(experiment(rates), "concentration", DAILY)
    assert of(table, "site")["verdict"].tolist() == ["rises"]
    assert of(table, "group")["verdict"].tolist() == ["rises"] * 3
    np.testing.assert_allclose(of(table, "site")["slope_per_day"], 0.1, atol=0.02)
    np.testing.assert_allclose(of(table, "site")["pooled_slope"], 0.1, atol=0.02)
    assert of(table, "site", "class 1")["verdict"].tolist() == ["none"]


def test_slopes_are_per_day_whatever_the_period():
    found = experiment(noisy(2, slope=0.1))
    daily = trend_tests(found, "concentration", DAILY)
    weekly = trend_tests(found, "concentration", Settings(7.0, 0.95, 0.05))
    np.testing.assert_allclose(weekly["slope_high"] * 7, daily["slope_high"])


def test_simpson_falls_in_each_bag_and_rises_when_pooled():
    # Each bag falls to a third; ever more of the water is taken from the rich one.
    rates = noisy(3, groups=2, classes=1, slope=-0.05, level=1e3)
    rates[1] *= 100
    volume = np.stack([np.geomspace(30, 0.3, 23), np.geomspace(0.3, 30, 23)])
    table = trend_tests(experiment(rates, volume), "concentration", DAILY)
    row = of(table, "site").iloc[0]
    assert row["verdict"] == "falls"
    assert row["pooled_slope"] > 0
    assert row["flags"] == "sign_flips_when_pooled"


def test_refusals_say_why():
    short = trend_tests(experiment(noisy(4, periods=9)), "concentration", DAILY)
    assert short["verdict"].unique().tolist() == ["refused"]
    assert (short["flags"].str.split(";").str[0] == "too_few_periods").all()
    rates = noisy(4, groups=1)
    rates[:, 4:, 1] = 0
    table = trend_tests(experiment(rates), "concentration", DAILY)
    assert of(table, "site", "class 1")["flags"].tolist() == ["too_rarely_found;mostly_absent"]
    assert len(of(table, "group")) == 0
    volume = np.ones((2, 23))
    volume[0, 12:] = volume[1, :12] = 0
    table = trend_tests(experiment(noisy(4, groups=2), volume), "concentration", DAILY)
    assert of(table, "site")["flags"].tolist() == ["groups_apart"]
    assert (of(table, "group")["verdict"] != "refused").all()


def test_a_group_without_a_volume_says_so():
    volume = np.ones((6, 23))
    volume[5] = 0
    rates = noisy(4, groups=6, slope=0.1)
    table = trend_tests(experiment(rates, volume), "concentration", DAILY)
    groups = table.query("scope == 'group' and `class` == 'class 0'")
    assert groups["flags"].tolist() == [""] * 5 + ["not_measured"]
    assert groups["verdict"].tolist() == ["rises"] * 5 + ["refused"]
    five = trend_tests(experiment(rates[:5], volume[:5]), "concentration", DAILY)
    np.testing.assert_allclose(of(table, "site")["p"], of(five, "site")["p"])


def test_one_class_without_a_volume_is_refused():
    table = trend_tests(experiment(noisy(5, classes=1)), "share", DAILY)
    assert of(table, "site")["flags"].tolist() == ["one_class;share_only"]


def test_a_gap_is_counted_and_is_no_zero():
    rates, volume = noisy(6, groups=2, slope=0.1), np.ones((2, 23))
    volume[:, 9] = 0
    table = trend_tests(experiment(rates, volume), "concentration", DAILY)
    row = of(table, "site").iloc[0]
    assert (row["periods"], row["gaps"], row["first"], row["last"]) == (
        22, 1, "2024-05-01", "2024-05-23",
    )  # fmt: skip
    np.testing.assert_allclose(row["slope_per_day"], 0.1, atol=0.02)


def test_a_trend_that_reclusterings_do_not_find_vanishes():
    found = experiment(noisy(7, slope=[0.1, 0.1]))
    still = what_is_tested(experiment(noisy(8, slope=[0.1, 0.0])), "concentration")
    table = trend_tests(found, "concentration", DAILY, iter([still] * 4))
    assert of(table, "site")["reclusterings_same"].tolist() == [4]
    assert of(table, "site")["flags"].tolist() == [""]
    assert of(table, "site", "class 1")["reclusterings_same"].tolist() == [0]
    assert of(table, "site", "class 1")["flags"].tolist() == ["vanishes"]


@pytest.mark.parametrize("phi", [0, 0.6])
def test_weather_that_all_groups_share_makes_no_trends(phi):
    generator = np.random.default_rng([9, int(10 * phi)])
    weather = generator.normal(size=(23, 200))
    for i in range(1, 23):
        weather[i] = phi * weather[i - 1] + np.sqrt(1 - phi**2) * weather[i]
    rates = 20 * np.exp(0.5 * weather + generator.normal(0, 0.2, (7, 23, 200)))
    series = mean_of_groups(what_is_tested(experiment(generator.poisson(rates)), "concentration"))
    p = mann_kendall(series, np.arange(23), None).p
    assert 0.005 < np.mean(p <= 0.05) < 0.1  # 0.03 to 0.07, and 200 series
