"""Texts that hide little."""

import numpy as np
import pytest

from seston.report.drawing.free_places import ABOVE, BELOW, LEFT, RIGHT, along, freest

ORIGIN, SIZE = np.zeros(2), np.array([4.0, 1.0])


def points(*xy: tuple[float, float]) -> np.ndarray:
    return np.array(xy, float).reshape(-1, 2)


@pytest.mark.parametrize(
    ("drawn", "place"),
    [
        (points(), RIGHT),
        (points((3, 0)), LEFT),
        (points((3, 0), (-2, 0.2)), ABOVE),
        (points((3, 0), (-2, 0), (1, 1)), BELOW),
        (points((3, 0), (3, 0.1), (-2, 0), (-2, 0.1), (1, 1), (0, -1), (1, -1)), ABOVE),
        (points((3, 0.9), (5.5, 0), (0.1, 0)), RIGHT),  # beside the text, or nearer than it is
    ],
)
def test_the_side_with_least_is_chosen(drawn, place):
    assert freest(ORIGIN, SIZE, 0.5, drawn) == place


def test_another_text_is_worse_than_any_number_of_points():
    crowd = np.tile(points((-2, 0), (0, 1), (0, -1)), (9, 1))
    other = RIGHT.box(np.array([1.0, 0.5]), SIZE, 0.5)
    assert freest(ORIGIN, SIZE, 0.5, crowd) == RIGHT
    assert freest(ORIGIN, SIZE, 0.5, crowd, [other]) == LEFT
    assert freest(ORIGIN, SIZE, 0.5, crowd, [other], (ABOVE, BELOW)) == BELOW


def test_a_line_is_found_between_its_points():
    path = points((0, 0), (10, 0), (10, 10))
    assert freest(ORIGIN, SIZE, 0.5, path) == RIGHT
    assert freest(ORIGIN, SIZE, 0.5, along(path)) == LEFT
    assert {(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (5.0, 0.0)} <= set(map(tuple, along(path)))
    assert along(points((1, 2))).tolist() == [[1, 2]]


def test_boxes_lie_beside_the_point_with_room():
    for place, corners in (
        (RIGHT, [[0.5, -0.5], [4.5, 0.5]]), (LEFT, [[-4.5, -0.5], [-0.5, 0.5]]),
        (ABOVE, [[-2, 0.5], [2, 1.5]]), (BELOW, [[-2, -1.5], [2, -0.5]]),
    ):  # fmt: skip
        np.testing.assert_allclose(place.box(ORIGIN, SIZE, 0.5), corners)
    assert (RIGHT.horizontal, LEFT.horizontal, ABOVE.vertical) == ("left", "right", "bottom")
