"""Which relabellings of groups a test may try when days resemble the days before.

Compositions of one group are a series, not independent samples, so shuffling them singly finds
differences where there are none. Here the labels of groups are shuffled within blocks of
successive periods: each group's stretch of the series stays whole. What remains are the pairs of
periods on both sides of a border between blocks: they are alike within a group and not between
groups. Only pairs of periods that lie far apart (`periods_apart`) count therefore.
"""

from itertools import permutations as permuted
from itertools import product
from math import ceil, factorial, log

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

APART = 10  # periods between two compositions that count, at least
MEMORY = 0.0061  # correlation that may be left between them: 0.6 ** 10
WEAK = 0.15  # correlations that short series of few classes have by chance
SPAN = 1.5  # a series must be so many times as long, or hardly a pair is that far apart
THREE = 2.3  # times the periods apart that three blocks need
ALIKE = 0.5  # correlation of successive periods above which short blocks are too alike
LEAST_PERIODS = 21  # from first to last: of fewer, persistence is not known well enough
IN_BLOCK = 3  # compositions that each group needs in each block
LEAST_RELABELLINGS = 20  # of fewer, no p-value could be below 0.05


def periods_apart(first: float, second: float) -> int:
    """Return how many periods apart compositions must be to count.

    Parameters
    ----------
    first, second : float
        Correlation of compositions of a group that are 1 and 2 periods apart; NaN if unknown. It
        may fall at once, by the chance of counting, and then slowly: `second` / `first` is how
        it goes on, if `second` can be told from 0.
    """
    if not first > WEAK:
        return APART
    decay = min(max(first, second / first if second > WEAK else 0.0), 0.97)
    return max(APART, 1 + ceil(log(MEMORY / first) / log(decay) - 1e-9))


def block_of(place: Integers, apart: int, first: float) -> Integers:
    """Return the block of each composition, (n,), by the number of its period on the calendar.

    As many blocks as have two periods more than those apart: shorter ones resemble the next. But
    three if there is room for `THREE` and successive periods are not too alike (`first`, as in
    `periods_apart`), since two blocks of eight groups call a group that differs from all others,
    which are alike, by one name in one of eight relabellings. With three at AR(1) 0.6 and 23
    periods, 7.6 % of tests were wrong instead of 5.7 %.
    """
    place = place - place.min()
    span = int(place.max()) + 1
    three = span >= THREE * apart and not first > ALIKE
    return place * max(2 + three, span // (apart + 2)) // span


def complete(group: npt.NDArray, block: Integers) -> npt.NDArray[np.bool_]:
    """Return which compositions belong to groups with enough of them in every block, (n,)."""
    groups, code = np.unique(group, return_inverse=True)
    held = np.zeros((len(groups), int(block.max()) + 1), np.int64)
    np.add.at(held, (code, block), 1)
    enough = np.min(held, axis=1) >= IN_BLOCK
    return np.asarray(enough)[code]


def relabellings(groups: int, blocks: int) -> int:
    """Return how many ways there are to relabel that differ in more than names."""
    return factorial(groups) ** (blocks - 1)


def labellings(groups: int, blocks: int, permutations: int, rng: np.random.Generator) -> Integers:
    """Return who is called group 0, 1, … in each block, (P, blocks, groups); first as they are.

    All `relabellings` where these are no more than the permutations wanted, otherwise so many
    drawn, and the first.
    """
    if relabellings(groups, blocks) <= permutations:
        orders = list(permuted(range(groups)))
        return np.array([(orders[0], *rest) for rest in product(orders, repeat=blocks - 1)])
    called = np.tile(np.arange(groups), (1 + permutations, blocks, 1))
    called[1:] = rng.permuted(called[1:], axis=2)
    return called


def agreement(
    products: Floats,
    code: Integers,
    block: Integers,
    place: Integers,
    apart: int,
    called: Integers,
) -> Floats:
    r"""Return how alike the compositions of a group are, as called.

    Parameters
    ----------
    products : ndarray of float64, shape (n, n)
        Inner products of compositions, centred.
    code, block, place : ndarray of int64, shape (n,)
        Number of the group, of the block, and of the period on the calendar.
    apart : int
        Periods that two compositions must be apart to count.
    called : ndarray of int64, shape (P, blocks, groups)
        As `labellings` gives them.

    Returns
    -------
    ndarray of float64, shape (P,)
        :math:`\sum_g \sum_{i,j \in g} G_{ij} / n_g` over pairs of different blocks that are at
        least `apart` periods apart. Over all pairs this would be the sum of
        squares between groups.
    """
    groups, blocks = int(code.max()) + 1, int(block.max()) + 1
    counted = (block[:, None] != block) & (np.abs(place[:, None] - place) >= apart)
    member = np.eye(groups * blocks)[block * groups + code]
    between = (member.T @ (products * counted) @ member).reshape(blocks, groups, blocks, groups)
    size = member.sum(axis=0).reshape(blocks, groups)
    sums, sizes = np.zeros(called.shape[::2]), np.zeros(called.shape[::2])
    for here in range(blocks):
        sizes += size[here][called[:, here]]
        for there in range(blocks):
            sums += between[here, called[:, here], there, called[:, there]]
    return (sums / sizes).sum(axis=1)


def p_value(values: Floats) -> float:
    """Return the share of values, the first included, that are at least as high as the first."""
    slack = 1e-12 * np.abs(values).max()  # one labelling under two names is summed in another order
    return float((values >= values[0] - slack).mean())
