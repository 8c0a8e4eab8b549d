"""Where it can be said that a class was not there."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seston.export.found.held import Held
from seston.export.found.taxon import Taxon

Flags = npt.NDArray[np.bool_]


def absent(
    held: Held, water_ml: npt.NDArray, taxa: Sequence[Taxon | None], most: float | None
) -> Flags:
    """Return which classes were looked for in a sample and not found.

    A sample tells of absences if it is known how much water its images stand for, and if at most
    the share `most` of them is of no class. A class is not absent where its taxon, one within it,
    or one that it is within was found by another class: what was called *Daphnia* may be any of its
    species.

    Parameters
    ----------
    held : Held, m samples and K classes
    water_ml : ndarray, shape (m,)
        NaN where unknown.
    taxa : sequence of Taxon or None, length K
        Of the classes.
    most : float or None
        None: nothing is said to be absent.

    Returns
    -------
    ndarray of bool, shape (m, K)
    """
    counts = held.counts[:, :-1]
    if most is None:
        return np.zeros(counts.shape, bool)
    told = np.isfinite(water_ml) & (held.unclassified <= most * held.counts.sum(axis=1))
    found = counts > 0
    within = np.array(
        [[bool(a and b and b.is_within(a)) for b in taxa] for a in taxa], bool
    ).reshape(len(taxa), len(taxa))
    related = (within | within.T).astype(np.int64)
    elsewhere = (found.astype(np.int64) @ related) > 0
    return told[:, None] & ~found & ~elsewhere
