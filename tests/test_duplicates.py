import numpy as np
import pytest

from seston.imaging.duplicates import overlap, stay
from seston.imaging.objects import Organism


def square(x: int, y: int, side: int = 20) -> Organism:
    return Organism(x, y, np.ones((side, side), bool))


def test_overlap_is_the_shared_part_of_the_area_of_both():
    assert overlap(square(0, 0), square(0, 0)) == 1
    assert overlap(square(0, 0), square(10, 0)) == pytest.approx(200 / 600)
    assert overlap(square(0, 0), square(20, 0)) == 0
    assert overlap(square(5, 5, 10), square(0, 0)) == pytest.approx(100 / 400)


def test_only_masks_count_not_boxes():
    upper = Organism(0, 0, np.triu(np.ones((20, 20), bool), 1))
    lower = Organism(0, 0, np.tril(np.ones((20, 20), bool)))
    assert overlap(upper, lower) == 0


def test_what_stays_is_told():
    now = [square(0, 0), square(50, 52), square(100, 110), square(200, 200)]
    before = [square(100, 100), square(50, 50), square(1, 0)]
    assert stay(now, before) == [True, True, False, False]
    assert stay(now, []) == [False] * 4
    assert stay([], before) == []


def test_more_than_fit_into_one_block_are_told():
    now = [square(30 * (k % 20), 30 * (k // 20)) for k in range(300)]
    assert stay(now, now[::-1]) == [True] * 300
    assert stay(now, now[250:]) == [False] * 250 + [True] * 50
