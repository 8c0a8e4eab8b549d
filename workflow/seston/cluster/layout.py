"""A map in two dimensions of points in many."""

import atexit
import os
import warnings
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import numpy as np
import numpy.typing as npt

FEWEST = 10  # images below which neighbourhoods mean nothing
#: Passes over all neighbours: 200 of few points, 100 of many, where umap-learn makes 500 and 200.
#: Density clusters fit the labels no worse, in a third to half of the time (benchmarks/density.py).
MOST_EPOCHS, FEWEST_EPOCHS, UPDATES = 200, 100, 10_000_000


def lay_out(
    features: npt.NDArray[np.float32],
    rows: npt.NDArray[np.integer],
    distances: npt.NDArray[np.float32],
    min_dist: float,
    seed: int,
) -> npt.NDArray[np.float32]:
    """Return a place in two dimensions for each point.

    UMAP, or the first two principal components where there are fewer than
    `FEWEST` points or all are equal.

    Parameters
    ----------
    features : ndarray of float32, shape (m, P)
        Principal components.
    rows, distances : ndarray, shape (m, K)
        The nearest points of each point, itself the first, and how far they are.
    min_dist : float
        Least distance on the map.
    seed : int

    Returns
    -------
    ndarray of float32, shape (m, 2)

    Notes
    -----
    McInnes, Healy and Melville 2018, arXiv:1802.03426.
    """
    m = len(features)
    if m < FEWEST or np.ptp(features, axis=0).max(initial=0.0) == 0:
        flat = np.zeros((m, 2), np.float32)
        flat[:, : features.shape[1]] = features[:, :2]
        return flat
    _let_numba_cache()
    import umap

    model = umap.UMAP(
        n_neighbors=rows.shape[1],
        # Unlike umap's own search this needs no half minute of compiling in each process.
        precomputed_knn=(rows.astype(np.int32), distances),
        min_dist=min_dist,
        n_epochs=epochs(m),
        init="pca",  # unlike spectral: no failure on separate islands, far islands stay far
        random_state=seed,
        n_jobs=1,  # more threads would make the result depend on their order
    )
    with warnings.catch_warnings():
        # That it cannot place later points from such neighbours; `landmarks.place` does.
        warnings.filterwarnings("ignore", message="precomputed_knn")
        return np.asarray(model.fit_transform(features), np.float32)


def epochs(points: int) -> int:
    """Return how many passes UMAP makes over this many points."""
    return max(FEWEST_EPOCHS, min(MOST_EPOCHS, UPDATES // points))


def _let_numba_cache() -> None:
    """Give numba a folder for compiled code where it would find none to write to.

    It takes the folder of the package or one in HOME, and fails without: in a container or
    an environment of another user, with no HOME. A new folder, for nobody else to write to.
    """
    spec = find_spec("pynndescent")
    beside = Path(spec.origin).parent if spec and spec.origin else Path("/")
    places = [beside, Path(os.environ.get("HOME") or "/nowhere")]
    if "NUMBA_CACHE_DIR" not in os.environ and not any(os.access(x, os.W_OK) for x in places):
        folder = os.environ["NUMBA_CACHE_DIR"] = mkdtemp(prefix="seston-numba-")
        atexit.register(rmtree, folder, ignore_errors=True)
