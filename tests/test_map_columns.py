"""Whole numbers as a page keeps them: the same numbers come back, in as few bytes as they need."""

import numpy as np
import pytest

from seston.report.map.columns import Blocks
from synthetic_map import read_column


def back(values, by_cluster=None, cluster=None, **more):
    blocks = Blocks()
    column = blocks.column("a", np.array(values), by_cluster=by_cluster, **more)
    return column, read_column(blocks.data["a"][1], column, cluster).tolist()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], "u8"), ([0], "u8"), ([255, 0, 7], "u8"), ([256, 0], "u16"), ([65_535], "u16"),
        ([65_536, 3], "u32"), ([2**32 - 1, 0, 2**31], "u32"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("delta", [False, True])
def test_the_same_numbers_come_back(values, kind, delta):
    column, found = back(values, delta=delta)
    assert found == values
    assert (column["kind"], column["count"], column["delta"]) == (kind, len(values), delta)


@pytest.mark.parametrize("values", [[-1], [2**32]])
def test_numbers_that_do_not_fit_are_refused(values):
    with pytest.raises(ValueError, match="does not fit"):
        back(values)


def test_in_the_order_of_clusters_members_of_one_lie_together():
    cluster = np.array([2, 0, 5, 0, 2])
    order = np.argsort(cluster, kind="stable")
    column, found = back([300, 1, 9, 2, 400], by_cluster=order, cluster=cluster)
    assert found == [300, 1, 9, 2, 400]
    assert column["by_cluster"]
    blocks = Blocks()
    blocks.column("a", np.array([300, 1, 9, 2, 400]), by_cluster=order)
    plain = read_column(blocks.data["a"][1], column | {"by_cluster": False}, None)
    assert plain.tolist() == [1, 2, 300, 400, 9]  # clusters 0, 0, 2, 2, 5


def test_what_is_alike_within_clusters_is_smaller_in_their_order():
    rng = np.random.default_rng(0)
    cluster = rng.integers(40, size=40_000)
    values = 1500 * cluster + rng.integers(900, size=40_000)
    blocks = Blocks()
    blocks.column("as it is", values)
    blocks.column("by cluster", values, by_cluster=np.argsort(cluster, kind="stable"))
    assert len(blocks.data["by cluster"][1]) < 0.8 * len(blocks.data["as it is"][1])


def test_two_blocks_of_one_name_are_refused():
    blocks = Blocks()
    blocks.add("a", b"x")
    with pytest.raises(ValueError, match="two blocks"):
        blocks.add("a", b"y")


def test_elements_say_what_they_hold():
    blocks = Blocks()
    blocks.add("a", b"\x00\xff", "image/webp")
    assert blocks.elements() == [{"id": "a", "type": "image/webp;base64", "text": "AP8="}]
