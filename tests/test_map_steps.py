"""Measurements in steps of a byte."""

import numpy as np
import pytest

from seston.report.map.steps import MISSING, TOP, scale_of, steps


def back(values):
    codes, scale = steps(np.array(values, float))
    low, high = scale["low"], scale["high"]
    part = codes / scale["top"]
    found = low * (high / low) ** part if scale["scale"] == "log" else low + part * (high - low)
    return np.where(codes == scale["missing"], np.nan, found), scale


def test_sizes_over_decades_come_back_within_two_percent():
    sizes = np.exp(np.random.default_rng(0).normal(3, 1, 5000))  # 0.5 to 800 µm
    found, scale = back(sizes)
    assert scale["scale"] == "log"
    assert np.abs(found / sizes - 1).max() < 0.02
    assert (scale["low"], scale["high"]) == (sizes.min(), sizes.max())


def test_shares_are_divided_evenly():
    shares = np.random.default_rng(0).uniform(0.2, 1, 5000)
    found, scale = back(shares)
    assert scale["scale"] == "linear"
    assert np.abs(found - shares).max() <= (shares.max() - shares.min()) / TOP / 2 + 1e-12


def test_what_is_unknown_stays_unknown():
    found, _ = back([1.0, np.nan, 3.0, np.inf])
    assert np.isnan(found).tolist() == [False, True, False, True]
    codes, _ = steps(np.array([1.0, np.nan]))
    assert codes.tolist() == [0, MISSING]


def test_nothing_known_is_nothing():
    assert steps(np.array([np.nan, np.nan])) is None
    assert steps(np.array([])) is None


@pytest.mark.parametrize("value", [0.0, 5.0, -3.0])
def test_one_value_for_all_comes_back(value):
    found, _ = back([value, value])
    assert found.tolist() == [value, value]


def test_on_a_logarithmic_scale_zeros_are_on_the_lowest_step():
    values = np.concatenate([[0.0], np.exp(np.linspace(0, 8, 200))])
    codes, scale = steps(values)
    assert scale["scale"] == "log"
    assert scale["low"] == 1.0  # the smallest above zero
    assert codes[0] == codes[1] == 0


def test_what_can_be_negative_has_no_logarithm():
    assert scale_of(np.array([-1.0, 0.1, 0.2, 900.0])) == "linear"
