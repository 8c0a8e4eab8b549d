"""Squared distances split into those between and within groups, and how they fade with time."""

from dataclasses import dataclass
from math import nan

import numpy as np
import numpy.typing as npt

from seston.community.blocks import APART, agreement, p_value

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Comparison:
    """Groups compared.

    Attributes
    ----------
    f, r2 : float
        Pseudo-F, and share of the squared distances, of groups; that of periods removed before.
    p : float
    dispersion_f, dispersion_p : float
        The same of the distances to the centroid of the own group and block.
    """

    f: float
    r2: float
    p: float
    dispersion_f: float
    dispersion_p: float


def compare(
    distances: Floats,
    group: npt.NDArray,
    block: Integers,
    place: Integers,
    apart: int,
    called: Integers,
) -> Comparison:
    """Compare the compositions of groups (Anderson 2001), by relabelling in blocks of time.

    Parameters
    ----------
    distances : ndarray of float64, shape (n, n)
    group : ndarray of str, shape (n,)
    block, place : ndarray of int64, shape (n,)
        Number of the block and of the period on the calendar.
    apart : int
        Periods that two compositions must be apart to count for p.
    called : ndarray of int64, shape (P, blocks, groups)
        Labels of groups, as they are and permuted; see `blocks.labellings`.

    Notes
    -----
    The mean of each period is taken away first, so that the course that groups have in common is
    neither difference nor scatter. p does not come from F, which pairs of neighbouring days would
    inflate, but from the part of the sum of squares that `blocks.agreement` tells of; labels are
    exchangeable there up to the correlation `blocks.MEMORY`. With 8 groups, 23 periods and 30 or
    100 classes, F with the same permutations rejected a true null hypothesis of nominal 5 % in 22
    to 51 % of cases at AR(1) 0.6 (``benchmarks/calibration.py community`` has the rates of p).

    For dispersions (PERMDISP, Anderson 2006) the distance is that to the centroid of the own group
    in the own block: one centroid for the whole series would tie the blocks together. Two groups
    are mirror images once the mean of each period is gone; there it is left in.
    """
    code = np.unique(group, return_inverse=True)[1]
    whole = -0.5 * distances**2
    plain = _centred(whole, np.zeros_like(place))
    adjusted = _centred(whole, place)
    of_groups = agreement(adjusted, code, block, place, apart, called)
    f, r2 = _pseudo_f(adjusted, code, place)
    spread = _to_centroid(adjusted if code.max() > 1 else plain, block * (code.max() + 1) + code)
    scatter = _centred(np.outer(spread, spread), place)
    of_spread = agreement(scatter, code, block, place, apart, called)
    return Comparison(
        f, r2, p_value(of_groups),
        _pseudo_f(scatter, code, place)[0], p_value(of_spread),
    )  # fmt: skip


def persistence(distances: Floats, group: npt.NDArray, place: Integers) -> tuple[float, float]:
    """Return the correlation of compositions of a group that are 1 and 2 periods apart.

    Told from their squared distances, as shares of those of compositions `APART` or more periods
    apart (a variogram), so that lasting differences between groups do not matter and no mean has
    to be estimated. NaN where there are no such pairs.
    """
    held = _centred(-0.5 * distances**2, place)
    square = np.diag(held)[:, None] + np.diag(held) - 2 * held
    lag = np.where(group[:, None] == group, place[:, None] - place, 0)
    one, two, far = (
        float(square[pairs].mean()) if pairs.any() else nan
        for pairs in (lag == 1, lag == 2, lag >= APART)
    )
    return (1 - one / far, 1 - two / far) if far > 0 else (nan, nan)


def _centred(products: Floats, within: Integers) -> Floats:
    """Return inner products of what is left when the mean of each class has been taken away."""
    member = np.eye(int(within.max()) + 1)[within]
    member = member[:, member.any(axis=0)]
    rest = np.eye(len(within)) - member / member.sum(axis=0) @ member.T
    return rest @ products @ rest


def _pseudo_f(products: Floats, code: Integers, place: Integers) -> tuple[float, float]:
    """Return pseudo-F and the share explained; NaN where nothing is left to explain."""
    member = np.eye(int(code.max()) + 1)[code]
    between = float((np.diag(member.T @ products @ member) / member.sum(axis=0)).sum())
    total = float(np.trace(products))
    freedom = len(code) - len(np.unique(place)) - int(code.max())
    if freedom <= 0 or not total > 0 or not total > between:
        return nan, nan
    return between / int(code.max()) / ((total - between) / freedom), between / total


def _to_centroid(products: Floats, cell: Integers) -> Floats:
    """Return the distance of each composition to the centroid of its cell, (n,)."""
    # Bray-Curtis is not Euclid's: a squared distance may come out below 0, by little.
    return np.sqrt(np.abs(np.diag(_within(products, cell))))


def _within(products: Floats, cell: Integers) -> Floats:
    return _centred(products, np.unique(cell, return_inverse=True)[1])
