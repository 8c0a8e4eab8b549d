"""How often each class is seen in training, and what a head comes to expect from that.

A head learns the posterior under the class frequencies that it was trained with: those of the
labels, or others where rare classes were drawn more often. Whoever uses its answers elsewhere
must know which (`training_prior`), or corrects twice or not at all.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

Sampling = Literal["natural", "sqrt", "balanced", "logit_adjusted"]
Floats = npt.NDArray[np.float64]

#: A class is drawn in proportion to its number of labels to this power.
_POWERS = {"natural": 1.0, "logit_adjusted": 1.0, "sqrt": 0.5, "balanced": 0.0}


def class_shares(counts: npt.NDArray, kind: Sampling) -> Floats:
    """Return the share (K,) of each class in what is trained on; 0 for a class without labels."""
    counts = np.asarray(counts, np.float64)
    there = counts > 0
    shares = np.where(there, np.where(there, counts, 1.0) ** _POWERS[kind], 0.0)
    return shares / shares.sum()


def training_prior(counts: npt.NDArray, kind: Sampling) -> Floats:
    """Return the class frequencies (K,) under which a head's logits are log posteriors.

    With ``"logit_adjusted"`` the logarithm of the shares was added to the logits in training
    (`adjustment`) and is left away afterwards: the head answers as if classes were equally
    frequent.

    References
    ----------
    Menon, A. K. et al. (2021). Long-tail learning via logit adjustment. ICLR.
    """
    return class_shares(counts, "balanced" if kind == "logit_adjusted" else kind)


def adjustment(counts: npt.NDArray, kind: Sampling) -> Floats | None:
    """Return what (K,) is added to the logits in training only, if anything."""
    if kind != "logit_adjusted":
        return None
    shares = class_shares(counts, "natural")
    return np.log(np.where(shares > 0, shares, 1.0))


def reweighted(votes: Floats, kind: Sampling) -> tuple[Floats, Floats]:
    """Return targets and weights that stand for drawing classes in other proportions.

    Drawing organisms of class k *w* times as often is, on average, the same as counting what
    they add to the loss *w* times. An organism on whose class people differ counts with each
    of its classes by that class's weight.

    Parameters
    ----------
    votes : ndarray, shape (n, K)
        Shares of the annotators; rows sum to 1.
    kind : {"natural", "sqrt", "balanced", "logit_adjusted"}

    Returns
    -------
    targets : ndarray, shape (n, K)
        Rows sum to 1.
    weights : ndarray, shape (n,)
        Of mean 1.
    """
    counts = votes.sum(axis=0)
    shares = class_shares(counts, kind)
    per_class = np.divide(shares, counts, out=np.zeros_like(shares), where=counts > 0) * len(votes)
    seen = votes * per_class
    weights = seen.sum(axis=1)
    return seen / weights[:, None], weights


def draws(
    codes: npt.NDArray[np.int64], kind: Sampling, size: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Return the rows of one epoch, in random order.

    Each class gets its share of `size` exactly (what is left over goes to the largest
    remainders); within a class every organism is drawn equally often, but for one.

    Parameters
    ----------
    codes : ndarray of int64, shape (n,)
        Class of each organism; -1: not drawn.
    kind : {"natural", "sqrt", "balanced", "logit_adjusted"}
    size : int
    rng : numpy.random.Generator
    """
    counts = np.bincount(codes[codes >= 0])
    exact = class_shares(counts, kind) * size
    wanted = np.floor(exact).astype(np.int64)
    largest = np.argsort(wanted - exact, kind="stable")
    wanted[largest[: size - wanted.sum()]] += 1
    parts = [np.empty(0, np.int64)]
    for code in np.flatnonzero(wanted):
        rows = np.flatnonzero(codes == code)
        whole, rest = divmod(int(wanted[code]), len(rows))
        parts += [np.tile(rows, whole), rng.choice(rows, rest, replace=False)]
    return rng.permutation(np.concatenate(parts))
