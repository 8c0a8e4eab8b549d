"""So many images of each cluster."""

import numpy as np

from seston.trust.drawing import BYTES, draw_each, per_cluster


def test_few_of_each_and_the_same_again():
    cluster = np.repeat([0, 1, 4], [100, 3, 20])
    drawn = draw_each(cluster, 5, 1)
    assert np.bincount(cluster[drawn]).tolist() == [5, 3, 0, 0, 5]
    assert (np.diff(drawn) > 0).all()
    assert draw_each(cluster, 5, 1).tolist() == drawn.tolist()
    assert draw_each(cluster, 5, 2).tolist() != drawn.tolist()
    assert draw_each(cluster, 1000, 1).tolist() == list(range(123))


def test_rows_of_all_clusters_fit_into_memory():
    assert per_cluster(300, 40, 384) == 300
    for k in (500, 2000, 9999):
        each = per_cluster(300, k, 384)
        assert 1 < each < 300
        assert each * k * 384 * 4 <= BYTES < (each + 1) * k * 384 * 4
    assert per_cluster(300, 10**6, 384) == 1
