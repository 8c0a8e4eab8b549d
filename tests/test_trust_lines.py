"""Tables of the stage as text."""

import numpy as np
import pyarrow as pa

from seston.trust.kmeans_density import Overlap
from seston.trust.lines import overlap_lines, strangest_lines


def test_strangest_have_ranks():
    images = pa.table(
        {"image_id": ["s/2", "s/1"], "sample": ["s", "s"], "cluster": [0, 3], "distance": [2.5, 1]}
    )
    text = strangest_lines(images, np.array([100, 99.5], np.float32), ["x", "y"])
    assert text.splitlines() == [
        "rank\timage_id\tsample\tcluster\tdistance\tdistance_percentile\twhy",
        "1\ts/2\ts\t0\t2.5\t100\tx",
        "2\ts/1\ts\t3\t1\t99.5\ty",
    ]


def test_overlaps():
    text = overlap_lines([Overlap(0, -1, 3, 0.75, 1.0)])
    assert text == (
        "cluster\tdensity_cluster\timages\tshare_of_cluster\tshare_of_density\n0\t-1\t3\t0.75\t1\n"
    )
