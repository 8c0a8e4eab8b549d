"""Labelled organisms in parts that share no day (or sample, site, group), with all classes in each.

Organisms of one day share water, weather and the state of the instrument: a judgement on days that
were learned from is too good. Days are dealt to parts so that every class is divided as it should
be, the rare ones as much as the frequent: one after the other to where it fits best, then again,
until none fits better elsewhere; in several orders, of which the best is taken.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from seston.labels.manifest import TEST, TRAIN, VALIDATION

Integers: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

#: Orders that are tried: where units are few, and good divisions fewer, many.
MOST_STARTS, FEWEST_STARTS = 100, 4
PASSES = 20
#: A share below this is none.
NOTHING = 1e-9


def folds_of(units: Integers, votes: Floats, folds: int, rng: np.random.Generator) -> Integers:
    """Return the fold of each organism.

    What is learned without a fold holds every class, where that can be: of a class in two units
    or more, not all are in one fold.

    Parameters
    ----------
    units : ndarray of int64, shape (n,)
        Unit of each organism, from 0; each has at least one.
    votes : ndarray of float64, shape (n, K)
    folds : int
        At most as many as there are units.
    rng : numpy.random.Generator
    """
    targets = np.full(folds, 1 / folds)
    return _deal(units, votes, targets, 1 - np.eye(folds), np.full(folds, 1e6), rng)


def parts_of(
    units: Integers, votes: Floats, test: float, validation: float, rng: np.random.Generator
) -> npt.NDArray[np.int8]:
    """Return the part of each organism: `TRAIN`, `VALIDATION` or `TEST`.

    Every class is in training; of those in two units or more, as many as can be are in the test
    part too, then in the validation part.

    Parameters
    ----------
    units, votes, rng
        As for `folds_of`.
    test, validation : float
        Shares of the labels that are meant for these parts.
    """
    targets = np.zeros(3)
    targets[[TRAIN, VALIDATION, TEST]] = 1 - test - validation, validation, test
    first = np.zeros(3)
    first[[TRAIN, VALIDATION, TEST]] = 1e6, 1, 1e3
    return _deal(units, votes, targets, np.eye(3), first, rng).astype(np.int8)


def ranks_of(
    parts: npt.NDArray[np.int8], codes: Integers, rng: np.random.Generator
) -> npt.NDArray[np.int32]:
    """Return the place of each organism in a random order of its class and part; -1 for `TEST`.

    Parameters
    ----------
    parts : ndarray of int8, shape (n,)
    codes : ndarray of int64, shape (n,)
        Class of each; those of -1 are in an order of their own.
    rng : numpy.random.Generator
    """
    order = np.lexsort((rng.permutation(len(codes)), codes, parts))
    groups = np.stack([parts[order].astype(np.int64), codes[order]])
    first = np.flatnonzero(np.any(np.diff(groups, axis=1, prepend=-2) != 0, axis=0))
    sizes = np.diff(first, append=len(codes))
    ranks = np.empty(len(codes), np.int32)
    ranks[order] = np.arange(len(codes)) - np.repeat(first, sizes)
    return np.where(parts == TEST, np.int32(-1), ranks)


def _deal(
    units: Integers, votes: Floats, targets: Floats, needs: Floats, weights: Floats,
    rng: np.random.Generator,
) -> Integers:  # fmt: skip
    """Return the part of each organism, out of P parts.

    Parameters
    ----------
    targets : ndarray, shape (P,)
        Share of each class that each part should hold.
    needs : ndarray, shape (R, P)
        Sums of parts in which every class should be.
    weights : ndarray, shape (R,)
        What a class costs that is not in such a sum.
    """
    held = np.zeros((int(units.max()) + 1, votes.shape[1] + 1))
    np.add.at(held[:, :-1], units, votes)
    held[:, -1] = np.bincount(units)  # the organisms together count as one class more
    shares = held / np.maximum(held.sum(axis=0), NOTHING)

    def cost(sums: Floats) -> Floats:
        lacking = (needs @ sums < NOTHING).sum(axis=-1) @ weights
        return np.square(sums - targets[:, None]).sum(axis=(-2, -1)) + lacking

    starts = min(MOST_STARTS, max(FEWEST_STARTS, 1000 // len(shares)))
    orders = [rng.permutation(len(shares)) for _ in range(starts)]
    # What weighs most first: where there are many units, as a rule the best order.
    orders[0] = orders[0][np.argsort(-shares.max(axis=1)[orders[0]], kind="stable")]
    tried = [_settle(shares, order, len(targets), cost) for order in orders]
    return min(tried, key=lambda one: one[0])[1][units]


def _settle(
    shares: Floats, order: Integers, parts: int, cost: Callable[[Floats], Floats]
) -> tuple[float, Integers]:
    """Return the cost and the part of each unit, dealt out in this order."""
    sums = np.zeros((parts, shares.shape[1]))
    place = np.full(len(shares), -1)
    # What may be gained must be more than what rounding gives, or units would move for ever.
    for turn in range(PASSES):
        moved = False
        for unit in order:
            if turn:
                sums[place[unit]] -= shares[unit]
            # sums of all parts, for each part that the unit may join
            joined = sums + np.eye(parts)[:, :, None] * shares[unit]
            costs = cost(joined)
            best = int(costs.argmin())
            if place[unit] < 0 or costs[best] < costs[place[unit]] - NOTHING:
                place[unit], moved = best, True
            sums = joined[place[unit]]
        if not moved:
            break
    return float(cost(sums)), place
