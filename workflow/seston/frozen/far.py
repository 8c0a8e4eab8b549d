"""Images that lie beyond the limit of their cluster, with their rows: where news is looked for."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seston import store
from seston.cluster.points import Points
from seston.errors import SestonError

#: Images kept, drawn where there are more: the search takes time and memory with their square.
MOST = 5_000


@dataclass(frozen=True)
class Far:
    """Images beyond the limits, all of them or some drawn.

    Attributes
    ----------
    rows : ndarray of float32, shape (m, D)
        As the clustering sees them.
    distance : ndarray, shape (m,)
        To the own centroid.
    among : float
        Images that these are found among: all of the run, times the share that was drawn.
    """

    rows: npt.NDArray[np.float32]
    distance: npt.NDArray[np.float64]
    among: float


def draw_far(
    points: Points,
    distance: npt.NDArray[np.float64],
    beyond: npt.NDArray[np.bool_],
    seed: int,
) -> tuple[Far, npt.NDArray[np.int64]]:
    """Return the far images, at most `MOST`, and which they are.

    Parameters
    ----------
    points : Points
    distance, beyond : ndarray, shape (n,)
        Of each image, by ascending id.
    seed : int

    Returns
    -------
    far : Far
    which : ndarray of int, shape (m,)
        Places in the order of the ids, ascending.
    """
    which = np.flatnonzero(beyond)
    share = min(1.0, MOST / len(which)) if len(which) else 1.0
    if share < 1:
        drawn = np.random.default_rng(seed).choice(len(which), MOST, replace=False)
        which = which[np.sort(drawn)]
    return Far(points.take(points.order[which]), distance[which], len(beyond) * share), which


def write_far(far: Far, clustering: str, path: Path) -> None:
    """Write far images, with the fingerprint of the clustering they are far from."""
    with store.atomic(path) as temporary, temporary.open("wb") as file:
        np.savez(file, rows=far.rows, distance=far.distance, among=far.among, clustering=clustering)


def read_far(path: Path, clustering: str) -> Far:
    """Read far images.

    Raises
    ------
    SestonError
        If the file is missing or damaged, or they are far from another clustering.
    """
    try:
        with np.load(path) as file:
            far = Far(file["rows"], file["distance"], float(file["among"]))
            of = str(file["clustering"])
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise SestonError(
            f"{path}: not readable as far images ({error!r}); delete it and run again"
        ) from error
    if of != clustering:
        raise SestonError(
            f"{path} is of clustering {of[:12]}, expected {clustering[:12]}; delete it and run"
            " again"
        )
    return far
