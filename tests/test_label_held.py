"""What a page holds: as much as its budget allows."""

import numpy as np
import pytest

from seston.label.held import hold


class Pictures:
    """Sheets of 10 bytes a picture."""

    def sheet(self, rows):
        return bytes(10 * len(rows))


def of_cluster(first, size):
    rows = np.arange(first, first + size)
    return {"typical": rows, "odd": rows[::-1]}


def test_each_image_once_and_its_place_in_each_order():
    [one], shown = hold([of_cluster(100, 4)], Pictures(), 3, 10**6, 0)
    assert shown == 3
    assert one.rows.tolist() == [100, 101, 102, 103]
    assert one.places == {"typical": [0, 1, 2], "odd": [3, 2, 1]}
    assert len(one.sheet) == 40


@pytest.mark.parametrize("clusters", [3, 25])
def test_fewer_images_of_all_clusters_where_they_do_not_fit(clusters):
    chosen = [of_cluster(100 * i, 100) for i in range(clusters)]
    budget = clusters * (14 + 5) * 2 * 8  # 8 of each of two orders: 10 bytes as base64, 5 of text
    held, shown = hold(chosen, Pictures(), 40, budget, 5)
    assert 5 <= shown <= 8
    assert all(len(one.places["odd"]) == shown for one in held)
    assert sum(len(one.rows) for one in held) * (40 / 3 + 5) <= budget


def test_the_first_clusters_alone_where_not_even_one_image_of_each_fits():
    held, shown = hold([of_cluster(10 * i, 10) for i in range(30)], Pictures(), 5, 100, 0)
    assert shown == 1
    assert [bool(one.sheet) for one in held] == [True] * 3 + [False] * 27
    assert held[-1].places == {} and not len(held[-1].rows)


def test_an_empty_cluster_has_no_sheet():
    [one], _ = hold([of_cluster(0, 0)], Pictures(), 5, 100, 0)
    assert one.sheet == b"" and one.places == {"typical": [], "odd": []}
    assert hold([], Pictures(), 5, 100, 0) == ([], 5)
