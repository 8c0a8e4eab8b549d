"""The fitted part of the map, and images placed among it.

`umap.transform` places 2,300 images a second of processor time; among their nearest landmarks it
is tens of thousands, and they lie nearly as well.
"""

from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA

from seston.cluster.layout import lay_out
from seston.cluster.neighbors import nearest, neighbor_index, neighbors_among
from seston.cluster.regions import NOISE

Floats = npt.NDArray[np.float32]

NEAREST = 10  # landmarks that place an image
#: An image is noise if it is farther from its nearest landmark than this share of the landmarks
#: are from theirs: landmarks are drawn at random, so of ordinary images one in 1,000 is.
WITHIN = 0.999


@dataclass(frozen=True)
class Landmarks:
    """Images that have a place on the map.

    Attributes
    ----------
    index : faiss.Index
        Their features, of P principal components.
    places : ndarray of float32, shape (m, 2)
    reach : float
        Distance among the features up to which an image belongs to a landmark.
    """

    index: faiss.Index
    places: Floats
    reach: float


def fit_components(sample: Floats, components: int) -> PCA:
    """Fit at most this many principal components to embeddings (m, D), m > 0."""
    solver = "covariance_eigh" if len(sample) > sample.shape[1] else "full"
    # Of one image, or equal ones, sklearn also works out 0 / 0, which is not used.
    with np.errstate(invalid="ignore"):
        return PCA(min(components, *sample.shape), svd_solver=solver).fit(sample)


def fit_landmarks(features: Floats, neighbors: int, min_dist: float, seed: int) -> Landmarks:
    """Lay out principal components (m, P), m > 0, as a map.

    Parameters
    ----------
    features : ndarray of float32, shape (m, P)
    neighbors : int
        Neighbours of UMAP, the image itself counted; fewer where there are not that many.
    min_dist : float
        Least distance on the map.
    seed : int
    """
    index = neighbor_index(features, seed)
    near = min(neighbors, max(1, len(features) - 1))
    rows, distances = neighbors_among(index, features, near)
    places = lay_out(features, rows, distances, min_dist, seed)
    return Landmarks(index, places, _reach(distances))


def place(
    features: Floats, landmarks: Landmarks, labels: npt.NDArray[np.int32]
) -> tuple[Floats, npt.NDArray[np.int32]]:
    """Return place and density cluster of images among the landmarks.

    The place is the mean of the nearest landmarks' places, weighted by inverse distance; the
    cluster is that of the nearest one, or noise beyond its reach.

    Parameters
    ----------
    features : ndarray of float32, shape (n, P)
    landmarks : Landmarks
    labels : ndarray of int32, shape (m,)
        Density clusters of the landmarks.

    Returns
    -------
    places : ndarray of float32, shape (n, 2)
    labels : ndarray of int32, shape (n,)
    """
    found, distances = nearest(landmarks.index, features, min(NEAREST, len(labels)))
    weights = 1 / np.maximum(distances, 1e-6)  # none for what was not found: at infinity
    weights /= weights.sum(axis=1, keepdims=True)
    places = np.einsum("ij,ijk->ik", weights, landmarks.places[found])
    own = np.where(distances[:, 0] <= landmarks.reach, labels[found[:, 0]], NOISE)
    return places.astype(np.float32), own.astype(np.int32)


def _reach(distances: Floats) -> float:
    """Return the reach by distances (m, K) from each landmark to itself and the nearest others."""
    if distances.shape[1] < 2:
        return 0.0
    return float(np.quantile(distances[:, 1], WITHIN, method="higher"))
