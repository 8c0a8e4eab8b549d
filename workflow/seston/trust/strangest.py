"""The strangest organisms: those that fit their cluster least, with what may explain it."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TOP = 100
#: Images as which the spread of all counts in that of a cluster: three images have none.
PRIOR = 10
#: No cluster and no sample fills the list: at most twice its even part, but always so many.
ALWAYS = 5

SHARP = 5.0  # percentile of focus below which an image is called blurred
SIZE = 3.0  # times larger or smaller than the cluster's median
GREY = 3.0  # robust standard deviations lighter or darker than the cluster
BETWEEN = 0.02  # of the distance: as far from the next cluster as from its own


@dataclass(frozen=True)
class Looks:
    """What explains a strange image; each of shape (n,), NaN where it is not known."""

    at_border: npt.NDArray[np.bool_]
    focus: Floats
    esd: Floats
    grey: Floats
    margin: Floats


def strangeness(cluster: npt.NDArray[np.int64], distance: Floats, k: int) -> Floats:
    """Return the distance of each image in units of its cluster's spread.

    The spread is the root mean square distance; in a cluster of n images it counts n times
    in a geometric mean with that of all images, which counts `PRIOR` times: neither a loose
    cluster nor a tiny one owns the list.
    """
    sizes = np.bincount(cluster, minlength=k)
    own = np.sqrt(np.bincount(cluster, distance**2, k) / np.maximum(sizes, 1))
    all_ = np.sqrt(np.mean(distance**2)) if len(distance) else 0.0
    weight = sizes / (sizes + PRIOR)
    here = (own**weight * all_ ** (1 - weight))[cluster]
    return np.divide(distance, here, out=np.zeros_like(distance), where=here > 0)


def choose(
    score: Floats, cluster: npt.NDArray[np.int64], sample: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return at most `TOP` images, strangest first, ties in order; see `at_most`."""
    most = {name: at_most(len(np.unique(of))) for name, of in (("c", cluster), ("s", sample))}
    taken: Counter[tuple[str, int]] = Counter()
    chosen: list[int] = []
    for image in np.argsort(-score, kind="stable"):
        owners = (("c", int(cluster[image])), ("s", int(sample[image])))
        if all(taken[owner] < most[owner[0]] for owner in owners):
            taken.update(owners)
            chosen.append(int(image))
            if len(chosen) == TOP:
                break
    return np.array(chosen, np.int64)


def at_most(owners: int) -> int:
    """Return how many of the list one cluster (or sample) of so many may have."""
    return TOP if owners == 1 else max(ALWAYS, -(-2 * TOP // max(1, owners)))


def reasons(
    chosen: npt.NDArray[np.int64],
    cluster: npt.NDArray[np.int64],
    distance: Floats,
    looks: Looks,
) -> list[str]:
    """Return for each chosen image one phrase: what about the picture may explain it."""
    blurred = np.nanpercentile(looks.focus, SHARP) if np.isfinite(looks.focus).any() else -np.inf
    said = []
    for image in chosen:
        own = np.flatnonzero(cluster == cluster[image])
        said.append(_reason(int(image), own, distance, looks, float(blurred)))
    return said


def _reason(
    image: int, own: npt.NDArray[np.int64], distance: Floats, looks: Looks, blurred: float
) -> str:
    if looks.at_border[image]:
        return "cut off by the edge of the picture"
    if looks.focus[image] < blurred:
        return "blurred: among the 5 % least sharp images"
    size = looks.esd[image] / _median(looks.esd[own])
    if size > SIZE:
        return f"{size:.1f} times the diameter usual in its cluster"
    if size < 1 / SIZE:
        return f"{1 / size:.1f} times smaller in diameter than usual in its cluster"
    usual = _median(looks.grey[own])
    scatter = 1.4826 * _median(np.abs(looks.grey[own] - usual))
    if abs(looks.grey[image] - usual) > GREY * scatter:
        return f"{'lighter' if looks.grey[image] > usual else 'darker'} than usual in its cluster"
    if looks.margin[image] < BETWEEN * distance[image]:
        return "between two clusters"
    return "unlike its cluster; no measurement says why"


def _median(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")
