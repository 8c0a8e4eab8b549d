"""Every period of each site and group, with rejected images and noise."""

import numpy as np
import pandas as pd
import pytest

from seston.trends.calendar import COLUMNS, every_period
from seston.tsv import write_tsv


def effort(*rows):
    """Samples from (site, group, period, listed, used, noise, analysed_ml)."""
    names = ["site", "group", "period", "listed", "used", "noise", "analysed_ml"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(volume_ml=table["analysed_ml"], water_ml=table["analysed_ml"] / 2)


SEA = effort(
    ("sea", "g1", "2024-05-01", 100, 90, 9, 1.0),
    ("sea", "g1", "2024-05-01", 100, 70, 7, np.nan),
    ("sea", "g1", "2024-05-04", 50, 50, 0, 2.0),
    ("sea", "g2", "2024-05-03", 0, 0, 0, 3.0),
)


def test_every_group_has_every_period_of_its_site():
    found = every_period(SEA, "day", "2024-05-02", 0.95)
    assert list(found.columns) == COLUMNS
    days = [f"2024-05-0{day}" for day in (1, 2, 3, 4)]
    assert found["period"].tolist() == days * 2
    assert found["group"].tolist() == ["g1"] * 4 + ["g2"] * 4
    assert found["day_number"].tolist() == [-1, 0, 1, 2] * 2
    assert found["sampled"].tolist() == [1, 0, 0, 1, 0, 0, 1, 0]
    assert found["samples"].tolist() == [2, 0, 0, 1, 0, 0, 1, 0]
    assert found["few_samples"].tolist() == [1] * 8


def test_numbers_are_sums_and_a_gap_is_empty(tmp_path):
    found = every_period(SEA, "day", "", 0.95)
    write_tsv(dict(found), tmp_path / "periods.tsv")
    told = pd.read_csv(tmp_path / "periods.tsv", sep="\t", dtype=str, keep_default_na=False)
    first = told.iloc[0]
    assert first[["listed", "images", "rejected", "noise"]].tolist() == ["200", "160", "40", "16"]
    assert first[["rejected_share", "noise_share"]].tolist() == ["0.2", "0.1"]
    assert first[["samples_with_volume", "analysed_ml", "water_ml"]].tolist() == ["1", "1", "0.5"]
    assert first["note"].endswith("volume unknown in 1 of 2 samples")
    gap = told.iloc[1]
    assert gap["note"] == "not sampled"
    empty = [name for name in COLUMNS if name not in (
        "site", "group", "period", "sampled", "samples", "few_samples", "samples_with_volume",
        "note",
    )]  # fmt: skip
    assert set(gap[empty]) == {""}
    nothing = told.iloc[6]  # sampled, no image listed
    assert nothing[["listed", "rejected_share", "noise_high"]].tolist() == ["0", "", ""]
    assert nothing["analysed_ml"] == "3"


def test_whole_numbers_stay_whole(tmp_path):
    many = effort(*[("x", "", "2024-05-01", 3_000_001, 3_000_000, 0, 1.0)] * 2)
    write_tsv(dict(every_period(many, "day", "", 0.95)), tmp_path / "periods.tsv")
    assert "\t6000002\t6000000\t2\t" in (tmp_path / "periods.tsv").read_text()


def test_a_single_sample_leaves_the_shares_open():
    found = every_period(SEA[2:3].reset_index(drop=True), "day", "", 0.95).iloc[0]
    assert (found["rejected_low"], found["rejected_high"]) == (0, 1)
    assert "rejected scatter unknown: no two samples" in found["note"]


def test_intervals_take_the_sample_as_the_unit():
    rng = np.random.default_rng(1)
    true, covered, plain = 0.1, [], []
    for _ in range(40):
        own = rng.beta(true * 19, (1 - true) * 19, (20, 3))  # rho 0.05
        refused = rng.binomial(400, own)
        rows = [
            ("x", "", f"2024-05-{day + 1:02d}", 400, 400 - count, 0, np.nan)
            for day, line in enumerate(refused)
            for count in line
        ]
        found = every_period(effort(*rows), "day", "", 0.95)
        covered.append((found["rejected_low"] <= true) & (true <= found["rejected_high"]))
        mean = refused.mean(axis=1) / 400
        plain.append(abs(mean - true) < 1.96 * np.sqrt(true * (1 - true) / 1200))
    assert 0.93 < np.mean(covered) < 0.985
    assert np.mean(plain) < 0.6


@pytest.mark.parametrize("period", ["hour", "day", "week", "month"])
def test_no_samples_have_no_periods(period):
    found = every_period(SEA[:0], period, "", 0.95)
    assert list(found.columns) == COLUMNS
    assert len(found) == 0
