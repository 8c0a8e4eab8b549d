"""Right answers counted by unit and class: balanced accuracy and its interval.

Organisms of one sample are alike (same water, same light, same minute), so that what
is drawn anew in the bootstrap is the unit they came in, never the single organism.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

DRAWS = 1000
CONFIDENCE = 0.95
_BLOCK = 100  # draws at a time, which bounds the memory


@dataclass(frozen=True)
class Tally:
    """How many were asked, and how many of the answers were right.

    Attributes
    ----------
    units, classes : tuple of str
    asked, right : csr_array of float64, shape (units, classes)
    """

    units: tuple[str, ...]
    classes: tuple[str, ...]
    asked: csr_array
    right: csr_array

    @property
    def images(self) -> int:
        """Number of organisms asked about."""
        return int(self.asked.sum())

    @property
    def balanced(self) -> float:
        """Share of right answers, each class counted the same: the mean recall."""
        if not self.images:
            return float("nan")
        return float(balanced_accuracy(self, np.ones((1, len(self.units))))[0])

    def condensed(self) -> "Tally":
        """Return the same without units and classes that nothing was asked about."""
        units = np.flatnonzero(self.asked.sum(axis=1))
        classes = np.flatnonzero(self.asked.sum(axis=0))
        return Tally(
            tuple(self.units[place] for place in units),
            tuple(self.classes[place] for place in classes),
            self.asked[units][:, classes],
            self.right[units][:, classes],
        )


def count(
    right: npt.NDArray[np.bool_],
    units: npt.NDArray[np.integer],
    classes: npt.NDArray[np.integer],
    unit_names: Sequence[str],
    class_names: Sequence[str],
) -> Tally:
    """Count answers; `units` and `classes` are places in their names, one per organism."""
    shape = (len(unit_names), len(class_names))
    asked = csr_array((np.ones(len(right)), (units, classes)), shape)
    hits = csr_array((right.astype(np.float64), (units, classes)), shape)
    return Tally(tuple(unit_names), tuple(class_names), asked, hits)


def balanced_accuracy(tally: Tally, drawn: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the mean recall over the classes for each draw of units.

    Parameters
    ----------
    tally : Tally
    drawn : ndarray, shape (draws, units)
        How often each unit was drawn.

    Returns
    -------
    ndarray, shape (draws,)
        Not a number where nothing was drawn that was asked about. A class counts by how
        many of its units were drawn, so that classes are drawn with their units: where
        every class is one unit (which sample is it?), this is the bootstrap over classes.
    """
    present = tally.asked.astype(bool).astype(np.float64)
    homes = np.maximum(present.sum(axis=0), 1)
    asked, right = drawn @ tally.asked, drawn @ tally.right
    weight = (drawn @ present) / homes
    recall = right / np.where(asked > 0, asked, 1)
    total = weight.sum(axis=1)
    return np.where(
        total > 0, (weight * recall).sum(axis=1) / np.where(total > 0, total, 1), np.nan
    )


def draw_units(count: int, seed: int) -> npt.NDArray[np.float64]:
    """Return how often each of `count` units is drawn in each of `DRAWS` bootstrap samples."""
    return np.concatenate(list(blocks_of_draws(count, seed)))


def blocks_of_draws(count: int, seed: int) -> Iterator[npt.NDArray[np.float64]]:
    """Yield the rows of `draw_units`, some at a time."""
    rng = np.random.default_rng([seed, 7])
    for _ in range(0, DRAWS, _BLOCK):
        yield rng.multinomial(count, np.full(count, 1 / count), _BLOCK).astype(np.float64)


#: Of fewer units no interval is told: all of n change in one direction by chance alone
#: once in 2^n, and the percentiles of a bootstrap would not show it.
LEAST_UNITS = 6


def interval(values: npt.NDArray[np.floating]) -> tuple[float, float]:
    """Return the percentile interval of bootstrap values (Efron 1979), not-a-numbers left out."""
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(known, [tail, 100 - tail])
    return float(low), float(high)


def accuracy_interval(tally: Tally, seed: int) -> tuple[float, float]:
    """Return the interval of the balanced accuracy over units; none from too few units."""
    if len(tally.units) < LEAST_UNITS:
        return float("nan"), float("nan")
    draws = blocks_of_draws(len(tally.units), seed)
    return interval(np.concatenate([balanced_accuracy(tally, drawn) for drawn in draws]))
