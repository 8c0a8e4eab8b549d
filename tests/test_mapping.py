"""Old and new clusters paired by what they have in common."""

from itertools import permutations

import numpy as np
import pyarrow as pa
from scipy.spatial.distance import jaccard as dissimilarity

from seston.naming.mapping import jaccard, map_clusters, mapping_table


def clustering(cluster, ids=None):
    names = [f"s/{i:04d}" for i in (range(len(cluster)) if ids is None else ids)]
    table = pa.table({"image_id": names, "cluster": pa.array(cluster, pa.int32())})
    return table.sort_by("image_id")


def test_the_pairs_are_the_best_of_all_permutations():
    rng = np.random.default_rng(4)
    before = rng.integers(0, 5, 300)
    after = np.where(rng.random(300) < 0.5, (before * 2 + 1) % 5, rng.integers(0, 5, 300))
    mapping = map_clusters(clustering(before), 5, clustering(after), 5)

    def overlap(old, new):
        return 1 - dissimilarity(before == old, after == new)

    expected = max(
        permutations(range(5)), key=lambda olds: sum(overlap(o, n) for n, o in enumerate(olds))
    )
    assert mapping.partner.tolist() == list(expected)
    for old in range(5):
        for new in range(5):
            assert np.isclose(mapping.jaccard[old, new], overlap(old, new))


def test_only_common_images_count():
    old = clustering([0, 0, 1, 1, 1], ids=[1, 2, 3, 4, 99])
    new = clustering([1, 1, 0, 0, 2, 2], ids=[2, 1, 4, 3, 50, 51])
    mapping = map_clusters(old, 2, new, 4)
    assert mapping.common.tolist() == [[0, 2, 0, 0], [2, 0, 0, 0]]
    assert mapping.partner.tolist() == [1, 0, -1, -1]
    assert mapping.jaccard.max() == 1


def test_parts_of_a_split_cluster_inherit_and_mixtures_do_not():
    before = np.repeat([0, 1, 2], [10, 6, 4])
    after = np.r_[np.repeat([0, 1], 5), [2, 2, 2, 3, 3, 3], [2, 2, 2, 4]]
    mapping = map_clusters(clustering(before), 3, clustering(after), 5)
    # New 2 is three of old 1 and three of old 2: nobody's, though it may be somebody's partner.
    assert [mapping.heir(new) for new in range(5)] == [0, 0, -1, 1, 2]
    assert [mapping.source(new) for new in range(5)] == [0, 0, 1, 1, 2]
    assert set(mapping.partner[:2]) == {0, -1}
    table = mapping_table(mapping)
    assert table[["new", "old", "common"]].to_numpy().tolist() == [
        [0, 0, 5], [1, 0, 5], [2, 1, 3], [2, 2, 3], [3, 1, 3], [4, 2, 1],
    ]  # fmt: skip
    assert table["kept"].tolist() == [1, 1, 0, 0, 1, 1]
    assert table["share_new"].tolist() == [1, 1, 0.5, 0.5, 1, 1]
    assert table["share_old"].tolist() == [0.5, 0.5, 0.5, 0.75, 0.5, 0.25]


def test_empty_clusters_have_no_overlap():
    assert jaccard(np.zeros((2, 3), np.int64)).tolist() == [[0] * 3] * 2
