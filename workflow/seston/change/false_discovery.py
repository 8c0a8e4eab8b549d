"""Many tests at once: how many of the changes found are none."""

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control

Floats = npt.NDArray[np.float64]


def q_values(p: npt.ArrayLike) -> Floats:
    """Return the Benjamini-Yekutieli q-value of each test of one family.

    Of the tests with q ≤ 0.05, at most 5 % are expected to be false, however the tests depend
    on each other: shares of one sample sum to 1, so that one class falls when others rise.

    Parameters
    ----------
    p : array_like of float, any shape
        NaN where no test was made; such places do not count among the tests.

    Returns
    -------
    ndarray of float64, of the same shape
        NaN where there was no test.

    Raises
    ------
    ValueError
        If a p-value lies outside 0 to 1.

    References
    ----------
    Benjamini, Y. & Yekutieli, D. (2001). The control of the false discovery rate in multiple
    testing under dependency. Annals of Statistics 29, 1165-1188.
    """
    given = np.asarray(p, np.float64)
    tested = ~np.isnan(given)
    found = np.full(given.shape, np.nan)
    if tested.any():
        found[tested] = false_discovery_control(given[tested], method="by")
    return found


def limit_of(p: npt.ArrayLike, alpha: float) -> float:
    """Return the p-value up to which tests of one family have a q-value of at most alpha.

    alpha k / (m (1 + 1/2 + … + 1/m)) of m tests of which k have; 0 if none has.

    Parameters
    ----------
    p : array_like of float
        NaN where no test was made.
    alpha : float
    """
    q = q_values(p)
    tests = int(np.isfinite(q).sum())
    shown = int((q <= alpha).sum())
    return alpha * shown / (tests * (1 / np.arange(1, tests + 1)).sum()) if tests else 0.0
