"""The samples of a site as cells: one group in one period."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MOST_CELLS = 400  # the correlations of more take too long; periods are then joined to blocks


@dataclass(frozen=True)
class Cells:
    """N cells, by group and time; those without effort are none.

    Attributes
    ----------
    group : ndarray of int64, shape (N,)
        Number of the group, 0 to G - 1; each has a cell.
    time : ndarray of int64, shape (N,)
        Number of the period (or block of periods), counted by the calendar.
    effort : ndarray, shape (N,)
        mL of water, or images; above 0.
    samples : ndarray of int64, shape (N,)
    width : int
        Periods in a block.
    place : ndarray of int64, shape (m,)
        Cell of each sample; -1 for a sample without effort.
    """

    group: Integers
    time: Integers
    effort: Floats
    samples: Integers
    width: int
    place: Integers

    @property
    def groups(self) -> int:
        """Number of groups."""
        return int(self.group.max()) + 1

    @property
    def periods(self) -> int:
        """Number of sampled periods (or blocks) of the site."""
        return len(np.unique(self.time))

    def total(self, counts: npt.NDArray[np.integer]) -> Floats:
        """Return the images of each cell, (N, ...), from those of each sample, (m, ...)."""
        known = self.place >= 0
        sums = np.zeros((len(self.effort), *counts.shape[1:]))
        np.add.at(sums, self.place[known], counts[known])
        return sums


def cells_of(group: Integers, time: Integers, effort: Floats) -> Cells:
    """Join the samples of each group and period.

    Parameters
    ----------
    group, time : ndarray of int64, shape (m,)
        Numbers of each sample's group and period.
    effort : ndarray, shape (m,)
        Samples where it is NaN or 0 are left out.

    Raises
    ------
    ValueError
        If no sample has any effort.
    """
    known = effort > 0
    if not known.any():
        raise ValueError("no sample with effort: no cells")
    width = 1
    # One block of all periods is the last resort: of very many groups.
    while width <= time.max() and (
        len({*zip(group[known], time[known] // width, strict=True)}) > MOST_CELLS
    ):
        width += 1
    keys, inverse = np.unique(
        np.column_stack([group, time // width])[known], axis=0, return_inverse=True
    )
    place = np.full(len(group), -1)
    place[known] = inverse.ravel()
    sums = np.bincount(inverse.ravel(), effort[known]).astype(np.float64)
    samples = np.bincount(inverse.ravel()).astype(np.int64)
    numbers = np.unique(keys[:, 0], return_inverse=True)[1]
    return Cells(numbers, keys[:, 1], sums, samples, width, place)
