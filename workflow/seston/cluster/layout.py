"""A map in two dimensions of points in many."""

import atexit
import os
import warnings
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import faiss
import numpy as np
import numpy.typing as npt

FEWEST = 10  # images below which neighbourhoods mean nothing


def lay_out(
    features: npt.NDArray[np.float32], neighbors: int, min_dist: float, seed: int
) -> npt.NDArray[np.float32]:
    """Return a place in two dimensions for each row (m, P).

    UMAP, or the first two principal components where there are fewer than
    `FEWEST` rows or all rows are equal.
    """
    spread = np.ptp(features, axis=0).max(initial=0.0)
    if len(features) < FEWEST or spread == 0:
        flat = np.zeros((len(features), 2), np.float32)
        flat[:, : features.shape[1]] = features[:, :2]
        return flat
    _let_numba_cache()
    import umap

    near = min(neighbors, len(features) - 1)
    model = umap.UMAP(
        n_neighbors=near,
        precomputed_knn=nearest_neighbors(features, near),
        min_dist=min_dist,
        init="pca",  # unlike spectral: no failure on separate islands, far islands stay far
        random_state=seed,
        n_jobs=1,  # more threads would make the result depend on their order
    )
    with warnings.catch_warnings():
        # That it cannot place later points from such neighbours; `density.place` does.
        warnings.filterwarnings("ignore", message="precomputed_knn")
        return np.asarray(model.fit_transform(features), np.float32)


def nearest_neighbors(
    features: npt.NDArray[np.float32], count: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return the rows nearest to each row (m, P), itself among them, and their distances.

    Both of shape (m, count). Exact, and without the half minute of compiling that the
    search of umap costs in each process.
    """
    index = faiss.IndexFlatL2(features.shape[1])
    index.add(features)
    squares, rows = index.search(features, count)
    squares[rows == np.arange(len(features))[:, None]] = 0  # what rounding left
    return rows.astype(np.int32), np.sqrt(squares)


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
