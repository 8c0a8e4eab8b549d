"""The composition of each group in each period, and how far two of them are apart."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import pdist, squareform
from skbio.stats.composition import clr

from seston.trends.classes import UNLABELLED
from seston.trends.counted import Counted
from seston.trends.periods import Period, periods_between

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Method = Literal["bray_curtis", "aitchison"]

METHODS: tuple[Method, ...] = ("bray_curtis", "aitchison")

LEAST_IMAGES = 10  # fewer images say nothing of a composition

#: Share of samples, or of compositions, that may have fewer images than the number
#: that is called equal: one bad day must not set the effort of all.
TAIL = 0.1


@dataclass(frozen=True)
class Compositions:
    """What was found in each sampled period of each group of one site, by group and period.

    Attributes
    ----------
    group, period : ndarray of str, shape (n,)
    day_number : ndarray of float64, shape (n,)
        NaN without a day 0.
    place : ndarray of int64, shape (n,)
        Number of the period on the calendar, from 0 for the site's first.
    counts : ndarray of int64, shape (n, K)
        Images of each class, of all samples together. Classes that the site never
        had have no column, nor have images without a label.
    classes : list of str, length K
    """

    group: npt.NDArray[np.str_]
    period: npt.NDArray[np.str_]
    day_number: Floats
    place: Integers
    counts: Integers
    classes: list[str]

    def __len__(self) -> int:
        return len(self.group)

    def part(self, rows: npt.NDArray) -> "Compositions":
        """Return some of them."""
        rowwise = ("group", "period", "day_number", "place", "counts")
        return replace(self, **{name: getattr(self, name)[rows] for name in rowwise})

    def with_enough(self) -> "Compositions":
        """Return those with at least `LEAST_IMAGES` images."""
        return self.part(self.counts.sum(axis=1) >= LEAST_IMAGES)


def without_unlabelled(counted: Counted) -> Counted:
    """Return the counts without the images that have no label.

    Nobody said what they are: as a class of their own they would be one more kind of
    organism, and the largest at that.
    """
    keep = [name != UNLABELLED for name in counted.classes]
    classes = [name for name in counted.classes if name != UNLABELLED]
    return replace(counted, counts=counted.counts[:, keep], classes=classes)


def compositions(counted: Counted, period: Period, day_zero: str) -> Compositions:
    """Add up the samples of each group and period of one site.

    Samples weigh by their images, as they do in the table of abundances.

    Parameters
    ----------
    counted : Counted
        Of one site, with at least one sample.
    period : {"hour", "day", "week", "month"}
    day_zero : str
        As they were read with.
    """
    counted = without_unlabelled(counted)
    cells = counted.effort.groupby(["group", "period"])  # in the order of both
    counts = np.zeros((cells.ngroups, len(counted.classes)), np.int64)
    np.add.at(counts, cells.ngroup().to_numpy(), counted.counts)
    first = cells.first().reset_index()
    starts = first["period"]
    calendar = periods_between(starts.min(), starts.max(), period, day_zero)
    place = {start: number for number, start in enumerate(calendar)}
    there = counts.sum(axis=0) > 0
    return Compositions(
        first["group"].to_numpy(str),
        starts.to_numpy(str),
        first["day_number"].to_numpy(float),
        np.array([place[start] for start in starts], np.int64),
        counts[:, there],
        [name for name, found in zip(counted.classes, there, strict=True) if found],
    )


def equal_images(images: Integers) -> int:
    """Return the number of images that all but the poorest tenth have; 0 if none has enough."""
    enough = images[images >= LEAST_IMAGES]
    return int(np.quantile(enough, TAIL, method="inverted_cdf")) if len(enough) else 0


def distances(counts: Integers, method: Method, equal: int) -> Floats:
    r"""Return how far compositions are apart.

    Parameters
    ----------
    counts : ndarray of int64, shape (n, K)
        Each with an image.
    method : {"bray_curtis", "aitchison"}
    equal : int
        For Aitchison's distance: images of a typical poor composition.

    Returns
    -------
    ndarray of float64, shape (n, n)

    Notes
    -----
    Bray-Curtis is that of the square roots of shares, so that the commonest class does not decide
    alone. Aitchison's is Euclid's between centred log-ratios. Their zeros need a start: half an
    image in `equal`, the same for all compositions and added to every share. Replacing zeros by
    what each composition could have detected makes two of unequal effort differ in every class
    that neither has.
    """
    return squareform(pdist(coordinates(counts, method, equal), _METRIC[method]))


def coordinates(counts: npt.NDArray, method: Method, equal: int) -> Floats:
    """Return what distances are between, (..., K): roots of shares, or centred log-ratios."""
    shares = counts / counts.sum(axis=-1, keepdims=True)
    return np.sqrt(shares) if method == "bray_curtis" else clr(shares + 0.5 / equal)


def apart(here: Floats, there: Floats, method: Method) -> Floats:
    """Return the distance between coordinates, pair by pair: (..., K) to (...)."""
    gap = here - there
    if method == "aitchison":
        return np.sqrt((gap**2).sum(axis=-1))
    return np.abs(gap).sum(axis=-1) / (here + there).sum(axis=-1)


_METRIC: dict[Method, str] = {"bray_curtis": "braycurtis", "aitchison": "euclidean"}
