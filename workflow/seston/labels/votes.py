"""What is learned of an image that several people labelled."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from seston.errors import SestonError
from seston.labels.agreement import dawid_skene, vote_shares

Integers: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

#: Ways to make one target of several labels; anything else is the name of an annotator.
WAYS = ("votes", "agreed", "majority", "random", "dawid_skene")


def require_way(way: str, annotators: Sequence[str]) -> None:
    """Raise `SestonError` unless this is one of `WAYS`, or somebody's name."""
    if way not in (*WAYS, *annotators):
        names = [name for name in annotators if name]
        who = (
            f"or one of the annotators {', '.join(names)}" if names else "and no annotator is told"
        )
        raise SestonError(
            f"config: labels.annotators: found {way!r}, expected {', '.join(WAYS)}, {who}"
        )


def kept_by(
    said: Integers, way: str, annotators: Sequence[str]
) -> tuple[npt.NDArray[np.bool_], str]:
    """Return which images are learned from, and why the others are not.

    Parameters
    ----------
    said : ndarray of int64, shape (n, A)
        Each row has at least one label.
    way : str
    annotators : sequence of str, length A
    """
    if way == "agreed":
        highest = said.max(axis=1)
        return ((said == highest[:, None]) | (said < 0)).all(axis=1), "annotators disagree"
    if way not in WAYS:
        return said[:, list(annotators).index(way)] >= 0, f"not labelled by {way}"
    return np.ones(len(said), bool), ""


def targets(
    said: Integers, classes: int, way: str, annotators: Sequence[str], rng: np.random.Generator
) -> Floats:
    """Return what is learned of each image, shares of the classes, (n, K).

    Parameters
    ----------
    said : ndarray of int64, shape (n, A)
    classes : int
        K
    way : str
        ``votes`` and ``agreed``: the shares of those who labelled it; ``majority``: the class of
        most votes, in equal parts of those that have as many; ``random``: the label of one of
        them; ``dawid_skene``: how probable each class is, from how reliable each of them is; else
        what that annotator said.
    annotators : sequence of str, length A
    rng : numpy.random.Generator
        Of ``random``.
    """
    if way == "dawid_skene":
        return dawid_skene(said, classes)
    if way == "random":
        # The label of whoever draws the highest number, of those who gave one.
        chosen = np.where(said >= 0, rng.random(said.shape), -1).argmax(axis=1)
        return np.eye(classes)[said[np.arange(len(said)), chosen]]
    if way not in WAYS:
        return np.eye(classes)[said[:, list(annotators).index(way)]]
    shares = vote_shares(said, classes)
    if way != "majority":
        return shares
    most = np.isclose(shares, shares.max(axis=1, keepdims=True))
    return most / most.sum(axis=1, keepdims=True)


def codes_of(votes: Floats) -> Integers:
    """Return the class of most votes of each image; -1 where the first two have as many."""
    # Beside them one of no votes, so that there is a second where there is one class.
    first, second = np.sort(np.pad(votes, ((0, 0), (1, 0))), axis=1)[:, :-3:-1].T
    return np.where(np.isclose(first, second), -1, votes.argmax(axis=1))
