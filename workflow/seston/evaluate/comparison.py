"""Two models asked about the same organisms: the difference, with its paired interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seston.evaluate.evidence import Row
from seston.evaluate.tally import (
    LEAST_UNITS,
    Tally,
    balanced_accuracy,
    blocks_of_draws,
    interval,
)

Pair = tuple[Tally, Tally]


@dataclass(frozen=True)
class Difference:
    """What changed from one model to the other.

    Attributes
    ----------
    before, after, value : float
        The two figures and their difference, after less before.
    low, high : float
        Between which the difference lies; not a number = from one unit only, so unknown.
    units : int
        Independent units behind it.
    meaning : str
        What low and high are.
    """

    before: float
    after: float
    low: float
    high: float
    units: int
    meaning: str = "95 % interval"

    @property
    def value(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def fell(self) -> bool:
        """Whether it fell by more than chance explains."""
        return self.high < 0

    @property
    def rose(self) -> bool:
        """Whether it rose by more than chance explains."""
        return self.low > 0


def paired(pairs: Sequence[Pair], seed: int) -> Difference:
    """Compare the balanced accuracies of two models.

    Both were asked about the same organisms, so each bootstrap draws one set of units for
    both: what makes a day easy or hard falls out of the difference. Several label sets are
    averaged, each counting by its number of units, since those are what it knows.

    Parameters
    ----------
    pairs : sequence of (Tally, Tally)
        Before and after, for each label set.
    seed : int

    Raises
    ------
    ValueError
        If the two of a pair were not asked the same.
    """
    for before, after in pairs:
        same = (before.units, before.classes) == (after.units, after.classes)
        if not same or (before.asked != after.asked).nnz:
            raise ValueError("the models were not asked about the same organisms")
    names = sorted({name for before, _ in pairs for name in before.units})
    place = {name: number for number, name in enumerate(names)}
    mine = [np.array([place[name] for name in before.units]) for before, _ in pairs]
    weights = np.array([len(before.units) for before, _ in pairs], dtype=np.float64)

    def both(drawn: np.ndarray) -> np.ndarray:
        """Return the weighted means before and after for each draw, shape (2, draws)."""
        each = np.array(
            [
                [balanced_accuracy(tally, drawn[:, units]) for tally in pair]
                for pair, units in zip(pairs, mine, strict=True)
            ]
        )
        weight = np.where(np.isfinite(each), weights[:, None, None], 0)
        total = weight.sum(axis=0)
        mean = (weight * np.nan_to_num(each)).sum(axis=0) / np.where(total > 0, total, 1)
        return np.where(total > 0, mean, np.nan)

    first, second = both(np.ones((1, len(names))))[:, 0]
    low, high = float("nan"), float("nan")
    if len(names) >= LEAST_UNITS:
        means = np.concatenate([both(d) for d in blocks_of_draws(len(names), seed)], axis=1)
        low, high = interval(means[1] - means[0])
    return Difference(float(first), float(second), low, high, len(names))


def between_starts(pairs: Sequence[tuple[Row, Row]]) -> Difference:
    """Compare figures of which only the range over several starts is known.

    The interval reaches from the worst after less the best before to the contrary, so
    that a fall is one of every start against every other.
    """
    weights = [before.groups for before, _ in pairs]

    def mean(place: int, name: str) -> float:
        return float(np.average([getattr(pair[place], name) for pair in pairs], weights=weights))

    return Difference(
        mean(0, "value"),
        mean(1, "value"),
        mean(1, "low") - mean(0, "high"),
        mean(1, "high") - mean(0, "low"),
        max(weights),  # sets share their days: a lower bound of how many there are
        "range over the starts",
    )
