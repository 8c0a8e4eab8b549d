import numpy as np
import pytest

from seston.label.order import ORDERS, Members

#        row      0    1    2    3    4    5
CLUSTER = np.array([1, 0, 1, 1, 2, 1])
DISTANCE = np.array([0.5, 0.1, 0.2, 0.5, 0.0, 0.9])
MARGIN = np.array([0.3, 0.9, 0.8, 0.1, 0.4, 0.3])


@pytest.fixture
def members():
    return Members(CLUSTER, DISTANCE, MARGIN, 7)


@pytest.mark.parametrize(
    ("order", "rows"),
    [("typical", [2, 0, 3, 5]), ("edge", [3, 0, 5, 2]), ("odd", [5, 0, 3, 2])],
)
def test_by_distance_and_margin_ties_by_id(members, order, rows):
    assert members.of(1, order).tolist() == rows


def test_at_random_all_of_the_cluster_and_the_same_each_time(members):
    drawn = members.of(1, "random").tolist()
    assert sorted(drawn) == [0, 2, 3, 5]
    assert drawn == Members(CLUSTER, DISTANCE, MARGIN, 7).of(1, "random").tolist()
    others = [Members(CLUSTER, DISTANCE, MARGIN, seed).of(1, "random") for seed in range(4)]
    assert any(drawn != other.tolist() for other in others)


@pytest.mark.parametrize("order", ORDERS)
def test_one_image_or_none(members, order):
    assert members.of(2, order).tolist() == [4]
    assert members.of(3, order).tolist() == []
