"""One sample clustered again and again, into several numbers of clusters."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from sklearn.metrics import euclidean_distances

from seston.cluster.nearest import Nearest
from seston.cluster.silhouette import silhouettes
from seston.cluster.stability import agreement, by_weight
from seston.cluster.train import faiss_steps, train

#: The last iteration lowers the objective by less than this share: nearly twice as fast as what
#: k-means itself waits for, at +0.5 % in objective and -0.01 in agreement.
SETTLED = 1e-3
ASKED = 1000  # images whose silhouette is taken, against all of the sample
NORMAL = 1.96  # standard errors of a 95 % interval


@dataclass(frozen=True)
class Trial:
    """What came of one number of clusters: a row of ``sweep.tsv``.

    Attributes
    ----------
    k : int
    objective : float
        Mean squared distance to the centroid, mean of all starts.
    explained : float
        One less the objective over the variance.
    silhouette, silhouette_low, silhouette_high : float
        Mean, and 95 % interval over images and starts.
    ari_seeds, ari_seeds_low, ari_seeds_high : float
        Agreement between starts on the same images.
    ari_bootstrap, ari_bootstrap_low, ari_bootstrap_high : float
        Agreement between clusterings of bootstrap samples, on all images of the sample.
    smallest, empty : int
        Images of the smallest cluster and empty clusters, in the worst start.
    """

    k: int
    objective: float
    explained: float
    silhouette: float
    silhouette_low: float
    silhouette_high: float
    ari_seeds: float
    ari_seeds_low: float
    ari_seeds_high: float
    ari_bootstrap: float
    ari_bootstrap_low: float
    ari_bootstrap_high: float
    smallest: int
    empty: int


class Trials:
    """Clusters one sample again and again.

    Parameters
    ----------
    sample : ndarray of float32, shape (m, P)
        Unit vectors if spherical.
    seeds, bootstraps : int
        Clusterings of the sample that differ in their start, and of bootstrap samples.
    iterations : int
        Lloyd iterations of each.
    spherical : bool
    seed : int
    weights : ndarray of float32, shape (m,), optional
        How much each image counts: clusterings learn from images drawn by them, and what is told
        is told of images drawn by them.
    """

    def __init__(
        self,
        sample: npt.NDArray[np.float32],
        seeds: int,
        bootstraps: int,
        iterations: int,
        spherical: bool,
        seed: int,
        weights: npt.NDArray[np.float32] | None = None,
    ) -> None:
        self.sample, self.seeds, self.bootstraps = sample, seeds, bootstraps
        self.iterations, self.spherical, self.seed = iterations, spherical, seed
        self.weights = weights
        self.counted = self._weighed(np.arange(len(sample)), np.random.default_rng([seed, 6]))
        self.variance = float(sample[self.counted].var(axis=0, dtype=np.float64).sum())
        rng = np.random.default_rng([seed, 1])
        self.asked = rng.choice(self.counted, min(ASKED, len(sample)), replace=False)
        self.distances = euclidean_distances(sample, sample[self.asked]).T

    def run(self, k: int) -> Trial:
        """Cluster into k clusters; what is drawn does not depend on the other numbers tried."""
        starts, objectives, apart = [], [], []
        everything = np.arange(len(self.sample))
        for start in range(self.seeds):
            drawn = self._weighed(everything, np.random.default_rng([self.seed, 7, start]))
            labels, objective = self._clustered(drawn, k, [self.seed, k, 2, start])
            starts.append(labels)
            objectives.append(objective)
            apart.append(silhouettes(self.distances, self.asked, labels, k))
        others = []
        for draw in range(self.bootstraps):
            rng = np.random.default_rng([self.seed, 3, draw])  # the same images for every k
            drawn = rng.integers(len(self.sample), size=len(self.sample))
            drawn = self._weighed(drawn, rng)
            others.append(self._clustered(drawn, k, [self.seed, k, 4, draw])[0])
        sizes = np.array([np.bincount(labels, minlength=k) for labels in starts])
        mean = float(np.mean(objectives))
        explained = 1 - mean / self.variance if self.variance > 0 else np.nan
        return Trial(
            k,
            mean,
            explained,
            *_mean_silhouette(np.array(apart)),
            *agreement([labels[self.counted] for labels in starts]),
            *agreement([labels[self.counted] for labels in others]),
            smallest=int(sizes.min()),
            empty=int((sizes == 0).sum(axis=1).max()),
        )

    def _clustered(
        self, drawn: npt.NDArray[np.int64], k: int, seeds: list[int]
    ) -> tuple[npt.NDArray[np.int64], float]:
        """Train on some rows; return the labels of all of the sample and the objective."""
        one = int(np.random.default_rng(seeds).integers(2**31))
        steps = partial(faiss_steps, settled=SETTLED)
        rows = self.sample[drawn]
        centroids, _ = train(rows, k, self.iterations, self.spherical, one, steps=steps)
        labels, squares = Nearest(centroids).one(self.sample)
        return labels, float(squares[self.counted].mean(dtype=np.float64))

    def _weighed(
        self, drawn: npt.NDArray[np.int64], generator: np.random.Generator
    ) -> npt.NDArray[np.int64]:
        """Return rows drawn by weight of those given; these themselves if all count alike."""
        return drawn if self.weights is None else by_weight(drawn, self.weights, generator)


def _mean_silhouette(apart: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Return mean and interval of silhouettes (starts, images): both are a draw of many."""
    if not np.isfinite(apart).any():
        return np.nan, np.nan, np.nan
    errors = [
        np.std(apart.mean(axis=axis), ddof=1) ** 2 / apart.shape[1 - axis]
        for axis in (0, 1)
        if apart.shape[1 - axis] > 1
    ]
    mean, half = float(apart.mean()), NORMAL * float(np.sqrt(sum(errors)))
    return mean, mean - half, mean + half
