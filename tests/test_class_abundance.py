"""Abundances of estimated classes: those of counts, and the doubt about the classes beside."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from seston.classify.abundance import Classified, abundance, shared_biovolumes
from seston.trends.biovolume import Biovolumes
from seston.trends.counted import Counted
from seston.trends.summary import COLUMNS, summarise

CLASSES = ("a", "b")
COUNTS = np.array([[30, 70], [50, 50], [45, 55], [20, 0]])
LIMITS = ["share_low", "share_high", "concentration_low", "concentration_high",
          "biovolume_low", "biovolume_high"]  # fmt: skip


@pytest.fixture
def effort():
    used = COUNTS.sum(axis=1)
    volume = np.array([2.0, 3.0, np.nan, 1.0])
    return pd.DataFrame(
        {
            "sample": list("wxyz"), "site": "lake", "group": "",
            "period": ["2020-05-04"] * 3 + ["2020-05-11"], "time": pd.Timestamp("2020-05-04"),
            "day_number": np.nan, "listed": used, "used": used, "readable": 1.0,
            "volume_ml": volume, "analysed_ml": volume, "water_ml": volume / [1, 2, 1, 1],
            "dilution": [1.0, 2.0, 1.0, 1.0], "noise": 0,
        }
    )  # fmt: skip


def volumes(counts):
    known = counts.astype(float)
    return Biovolumes(known, known * 10, known * 130)


def classified(draws, counts=COUNTS):
    like = np.zeros(len(counts), bool)
    return Classified(counts.astype(float), np.asarray(draws, float), volumes(counts), like)


def test_without_doubt_they_are_those_of_counts(effort):
    expected = summarise(Counted(effort, COUNTS, list(CLASSES), None), volumes(COUNTS), 0.95)
    for draws in (np.zeros((0, 4, 2)), np.tile(COUNTS, (50, 1, 1))):
        found = abundance(effort, classified(draws), CLASSES, 0.95)
        assert list(found.columns) == COLUMNS
        pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-9)


def test_doubt_about_the_classes_widens_all_intervals(effort):
    # All samples lean to one class together: the sums do as well.
    lean = np.linspace(-1, 1, 201)[:, None, None] * np.array([1, -1])
    draws = COUNTS + lean * np.array([[10], [10], [10], [0]])
    sure = abundance(effort, classified(np.tile(COUNTS, (3, 1, 1))), CLASSES, 0.95)
    found = abundance(effort, classified(draws), CLASSES, 0.95)
    first = found.iloc[0]
    assert first["share"] == pytest.approx(125 / 300)
    # 95 % of the leans are within 0.95: 28.5 of 300 images.
    below = np.hypot(125 / 300 - sure.loc[0, "share_low"], 28.5 / 300)
    assert first["share_low"] == pytest.approx(125 / 300 - below)
    # In 2 mL, and 3 mL diluted twofold, there were 30 + 2 x 50 of them; y has no volume.
    rate = (30 + 100) / 5
    assert first["concentration_per_ml"] == pytest.approx(rate)
    above = np.hypot(sure.loc[0, "concentration_high"] - rate, 0.95 * (10 + 20) / 5)
    assert first["concentration_high"] == pytest.approx(rate + above)
    sized = np.hypot(sure.loc[0, "biovolume_high"] - 10 * rate, 9.5 * (10 + 20) / 5)
    assert first["biovolume_high"] == pytest.approx(10 * rate + sized)
    # The last sample is in no doubt.
    pd.testing.assert_frame_equal(found.iloc[2:], sure.iloc[2:])


def test_samples_that_lean_apart_are_less_in_doubt_together(effort):
    lean = np.random.default_rng(0).normal(size=(4000, 4, 1)) * np.array([5, -5])
    apart = abundance(effort, classified(COUNTS + lean), CLASSES, 0.95)
    together = abundance(effort, classified(COUNTS + lean[:, :1]), CLASSES, 0.95)
    assert (apart["share_high"] - apart["share_low"])[0] < (
        together["share_high"] - together["share_low"]
    )[0]


def test_limits_hold_the_value_and_stay_where_they_belong(effort):
    draws = np.clip(COUNTS + np.linspace(-40, 60, 99)[:, None, None], 0, None)
    found = abundance(effort, classified(draws), CLASSES, 0.95)
    for value, low, high in zip(
        ("share", "concentration_per_ml", "biovolume_um3_per_ml"), LIMITS[::2], LIMITS[1::2],
        strict=True,
    ):  # fmt: skip
        known = found[value].notna() & found[high].notna()
        assert known.sum() >= 2
        assert (found.loc[known, low] <= found.loc[known, value]).all()
        assert (found.loc[known, high] >= found.loc[known, value]).all()
        assert (found.loc[known, low] >= 0).all()
    assert found["share_high"].max() <= 1


def test_counts_keep_their_fractions_and_notes_are_told_in_images(effort):
    found = abundance(effort, classified(np.zeros((0, 4, 2)), COUNTS * 0.37), CLASSES, 0.95)
    assert found["count"].tolist() == pytest.approx([46.25, 64.75, 7.4, 0])
    assert "not detected" in found["note"].iloc[3]
    assert "scaled up" not in " ".join(found["note"])


def test_biovolumes_are_shared_by_probability():
    images = pa.table({"biovolume_um3": pa.array([10.0, None, 30.0])})
    chance = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]], np.float32)
    found = shared_biovolumes(images, np.array([1, 1, 0]), chance, 2)
    np.testing.assert_allclose(found.known, [[0.2, 0.8], [0.9, 0.1]], rtol=1e-6)
    np.testing.assert_allclose(found.sums, [[6, 24], [9, 1]], rtol=1e-6)
    np.testing.assert_allclose(found.squares, [[180, 720], [90, 10]], rtol=1e-6)


def test_periods_with_images_unlike_the_labelled_ones_say_so(effort):
    odd = replace(classified(np.zeros((0, 4, 2))), unlike=np.array([True, False, True, False]))
    notes = abundance(effort, odd, CLASSES, 0.95)["note"]
    assert notes[:2].str.endswith("; unlike the labelled images in 2 samples").all()
    assert not notes[2:].str.contains("unlike").any()
