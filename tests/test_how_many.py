import numpy as np
import pytest

from seston.cluster.how_many import choose, series


@pytest.mark.parametrize(
    ("images", "tried"),
    [
        (1_000_000, [5, 7, 10, 14, 20, 28, 40, 57, 80, 113, 160]),
        (800, [5, 7, 10, 14, 20, 28, 40]),
        (799, [5, 7, 10, 14, 20, 28]),  # 40 clusters would have fewer than 20 images each
        (50, [5]),
        (7, [3]),
        (2, [1]),
        (1, [1]),
    ],
)
def test_the_numbers_tried_fit_the_images(images, tried):
    assert series(images) == tried


def arrays(*rows):
    return (np.array(row, float) for row in rows)


def test_the_highest_product_is_taken():
    choice = choose([5, 10, 20, 40], *arrays([0.3, 0.2, 0.2, 0.1], [0.3, 0.6, 0.5, 0.9], [1] * 4))
    assert choice.k == 10  # 0.09, 0.12, 0.10, 0.09
    assert choice.why == (
        "10 clusters: the highest product of silhouette (0.200) and explained variance (60 %)"
        " of the 4 numbers tried"
    )
    assert choice.cautions == ()


def test_the_ends_of_the_range_and_poor_agreement_are_told():
    up = choose([5, 10], *arrays([0.1, 0.2], [0.5, 0.6], [0.9, 0.49]))
    assert up.k == 10
    assert [caution.split(";")[0] for caution in up.cautions] == [
        "10 is the largest number tried",
        "clusterings of other images agree little with 10 clusters (adjusted Rand index 0.49):"
        " the images form no clear clusters of that number",
    ]
    down = choose([5, 10], *arrays([0.4, 0.2], [0.5, 0.6], [0.5, 0.2]))
    assert down.k == 5
    assert down.cautions == ("5 is the smallest number tried; fewer may suit better",)


def test_numbers_without_a_silhouette_are_passed_over():
    assert choose([1, 2, 3], *arrays([np.nan, 0.1, 0.2], [0, 0.5, 0.1], [1, 1, 1])).k == 2
    none = choose([1], *arrays([np.nan], [np.nan], [np.nan]))
    assert none.k == 1
    assert none.why == "1 clusters: too few different images to compare numbers of clusters"


def test_where_no_agreement_was_measured_nothing_is_said_of_it():
    assert choose([5, 7, 9], *arrays([0.1, 0.3, 0.1], [0.5] * 3, [np.nan] * 3)).cautions == ()
