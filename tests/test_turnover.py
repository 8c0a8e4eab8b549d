"""Change from period to period, and what counting alone would give."""

import numpy as np
import pytest

from seston.community.compositions import Compositions, distances
from seston.community.turnover import COLUMNS, turnover


def made(rows):
    group, period, place, counts = zip(*rows, strict=True)
    return Compositions(
        np.array(group), np.array(period), np.full(len(rows), np.nan), np.array(place),
        np.array(counts), [str(k) for k in range(len(counts[0]))],
    )  # fmt: skip


ROWS = [
    ("a", "2024-05-01", 0, [50, 50, 0, 0]), ("a", "2024-05-02", 1, [50, 49, 1, 0]),
    ("a", "2024-05-06", 5, [0, 20, 50, 30]), ("b", "2024-05-02", 1, [90, 10, 0, 0]),
]  # fmt: skip


def test_each_period_is_compared_with_the_next_of_its_group():
    found = made(ROWS)
    table = turnover("lake", found, 0.95, 1)
    assert list(table) == COLUMNS
    assert table[["period", "next_period"]].to_numpy().tolist() == [
        ["2024-05-01", "2024-05-02"], ["2024-05-02", "2024-05-06"],
    ]  # fmt: skip
    assert table["days"].tolist() == [1, 4]
    assert table["gained"].tolist() == [1, 1] and table["lost"].tolist() == [0, 1]
    for method in ("bray_curtis", "aitchison"):
        far = distances(found.counts, method, 100)
        assert table[method].tolist() == pytest.approx([far[0, 1], far[1, 2]])
    assert table["per_day"].tolist() == pytest.approx((table["bray_curtis"] / [1, 4]).tolist())
    assert table["flags"].tolist() == ["within_noise", "over_a_gap"]
    assert turnover("lake", found, 0.95, 1).equals(table)
    assert not turnover("lake", found, 0.95, 2)["aitchison_by_chance"].equals(
        table["aitchison_by_chance"]
    )


def test_hours_are_parts_of_a_day():
    rows = [("", f"2024-05-01T{hour:02d}:00", hour, [20, 20]) for hour in (0, 6)]
    assert turnover("lake", made(rows), 0.95, 1)["days"].tolist() == [0.25]


def test_two_samples_of_one_water_exceed_the_floor_as_often_as_told():
    rng = np.random.default_rng(5)
    share = rng.dirichlet(np.full(20, 0.3))
    sizes = np.exp(rng.uniform(np.log(30), np.log(3000), 801)).astype(int)
    rows = [
        ("", str(np.datetime64("2020-01-01") + day), day, rng.multinomial(size, share))
        for day, size in enumerate(sizes)
    ]
    table = turnover("lake", made(rows), 0.9, 1)
    for method in ("bray_curtis", "aitchison"):
        rate = (table[method] > table[f"{method}_by_chance"]).mean()
        assert 0.07 <= rate <= 0.13  # 0.1, with a standard error of 0.011


def test_nothing_to_compare():
    assert len(turnover("lake", made(ROWS[-1:]), 0.95, 1)) == 0
    assert list(turnover("lake", made(ROWS).part(np.zeros(4, bool)), 0.95, 1)) == COLUMNS
