"""Dense regions of a map as clusters; what lies between them is noise."""

import numpy as np
import numpy.typing as npt

from seston.cluster.layout import FEWEST

NOISE = -1


def dense_regions(
    places: npt.NDArray[np.float32], min_cluster_size: int, min_samples: int
) -> npt.NDArray[np.int32]:
    """Return the cluster of each place (m, 2) by HDBSCAN; 0 is the largest, -1 is noise.

    With fewer than `FEWEST` places, or fewer than `min_samples` or `min_cluster_size`, all are
    noise.

    Notes
    -----
    Campello, Moulavi and Sander 2013, doi:10.1007/978-3-642-37456-2_14, through the library
    hdbscan: its dual-tree algorithm grows as n log n, scikit-learn's as n to 2.2.
    """
    if len(places) < max(FEWEST, min_samples, min_cluster_size):
        return np.full(len(places), NOISE, np.int32)
    from hdbscan import HDBSCAN

    model = HDBSCAN(
        min_cluster_size=min_cluster_size,
        min_samples=min_samples,
        algorithm="boruvka_kdtree",
        approx_min_span_tree=False,
        core_dist_n_jobs=1,
    )
    labels = model.fit_predict(places.astype(np.float64))
    sizes = np.bincount(labels[labels >= 0], minlength=int(labels.max()) + 1)
    number = np.empty(len(sizes) + 1, np.int32)
    number[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    number[NOISE] = NOISE
    return number[labels]
