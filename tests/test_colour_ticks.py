"""Ticks of bars of colours."""

import numpy as np
import pytest
from matplotlib.colors import AsinhNorm, PowerNorm

from seston.report.drawing.colour_ticks import round_ticks


@pytest.mark.parametrize(
    "norm",
    [AsinhNorm(31.6, 0, 190), AsinhNorm(0.02, 0, 4500), AsinhNorm(1, 0, 1), PowerNorm(0.5, 0, 0.26),
     PowerNorm(0.5, 0, 1e-9), PowerNorm(0.5, 0, 100), PowerNorm(0.5, 0, 53.9)],
)  # fmt: skip
def test_a_bar_of_colours_has_some_round_ticks_that_stand_apart(norm):
    ticks = round_ticks(norm)
    places = np.asarray(norm(ticks), float)
    assert ticks[0] == 0 and 5 <= len(ticks) <= 12
    assert (np.diff(places) > 0.079).all() and places[-1] <= 1
    digits = {f"{tick:e}".split("e")[0].rstrip("0").rstrip(".") for tick in ticks[1:]}
    assert digits <= {"1", "1.5", "2", "3", "4", "5", "6", "8"}


def test_ticks_are_those_that_a_person_would_choose():
    assert round_ticks(PowerNorm(0.5, 0, 0.26)) == [0, 0.01, 0.02, 0.05, 0.1, 0.2]
    assert round_ticks(AsinhNorm(0.02, 0, 4500)) == [0, 0.1, 1, 10, 100, 1000]
