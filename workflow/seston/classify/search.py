"""How settings of a head are compared: the same few trials for every head, on organisms unseen.

A head that was trained on rebalanced classes leans to the rare ones. Its answers are brought to
the frequencies of the labels before they are judged: otherwise the setting that leans least
would win, whatever it learned.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from seston.classify.prior import shift

Floats = npt.NDArray[np.float64]
Criterion = Literal["nll", "macro_recall"]


class Losses(NamedTuple):
    """What answers about n organisms cost; losses of several parts can be added.

    Attributes
    ----------
    nll : float
        Sum of the cross-entropies, nats.
    organisms : float
    right, asked : ndarray, shape (K,)
        Organisms of each class that were found, and that there are; an organism on whose class
        people differ counts for each of them by its share.
    """

    nll: float
    organisms: float
    right: Floats
    asked: Floats

    def plus(self, other: "Losses | None") -> "Losses":
        """Return both together."""
        if other is None:
            return self
        return Losses(
            self.nll + other.nll,
            self.organisms + other.organisms,
            self.right + other.right,
            self.asked + other.asked,
        )

    def score(self, criterion: Criterion) -> float:
        """Return the mean cross-entropy, or 1 - the mean recall of the classes that were asked."""
        if criterion == "nll":
            return self.nll / self.organisms
        asked = self.asked > 0
        return 1 - float((self.right[asked] / self.asked[asked]).mean())


def losses(logits: Floats, votes: Floats, source: Floats, target: Floats) -> Losses:
    """Return what these answers cost, at the class frequencies `target`.

    Parameters
    ----------
    logits : ndarray, shape (n, K)
        Log posteriors, up to a constant of each row, under the class frequencies `source`.
    votes : ndarray, shape (n, K)
        The truth; rows sum to 1.
    source, target : ndarray, shape (K,)
    """
    log_p = shift(logits, source, target)
    found = np.arange(votes.shape[1]) == log_p.argmax(axis=1)[:, None]
    cost = -np.where(votes > 0, votes * log_p, 0).sum()
    return Losses(float(cost), float(len(votes)), (votes * found).sum(axis=0), votes.sum(axis=0))


def best(tried: Sequence[Losses], criterion: Criterion = "nll") -> int:
    """Return the place of the best setting; of equal ones the first, so the most cautious."""
    return int(np.argmin([one.score(criterion) for one in tried]))
