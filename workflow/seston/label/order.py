"""In which order the images of a cluster are looked at."""

import numpy as np
import numpy.typing as npt

#: Nearest to the centroid first; drawn; nearly of another cluster first; farthest first.
ORDERS = ("typical", "random", "edge", "odd")


class Members:
    """The images of each cluster, in any of `ORDERS`.

    Parameters
    ----------
    cluster, distance, margin : ndarray, shape (n,)
        Of images in ascending order of their ids.
    seed : int
        For the random order; each cluster has a stream of its own.
    """

    def __init__(
        self,
        cluster: npt.NDArray[np.integer],
        distance: npt.NDArray[np.floating],
        margin: npt.NDArray[np.floating],
        seed: int,
    ) -> None:
        self.cluster, self._distance, self._margin = cluster, distance, margin
        self._seed = seed
        self._by_cluster = np.argsort(cluster, kind="stable")
        self._sorted = cluster[self._by_cluster]

    def of(self, cluster: int, order: str = "typical") -> npt.NDArray[np.int64]:
        """Return the rows of a cluster's images, ties by id; none if there is no such cluster."""
        start, stop = np.searchsorted(self._sorted, [cluster, cluster + 1])
        rows = self._by_cluster[start:stop]
        if order == "random":
            return np.random.default_rng([self._seed, cluster]).permutation(rows)
        keys = {
            "typical": self._distance[rows],
            "edge": self._margin[rows],
            "odd": -self._distance[rows],
        }
        return rows[np.argsort(keys[order], kind="stable")]
