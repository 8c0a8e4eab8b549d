"""Measurements in steps of one byte: fine enough to be read as a colour and as a size."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Scale = Literal["linear", "log"]

#: Codes: 0 to `TOP` from the lowest to the highest value, and `MISSING`.
TOP, MISSING = 254, 255


def scale_of(values: Floats) -> Scale:
    """Return how to divide the range of a measurement into steps.

    Sizes span decades, and most are small: without a logarithm a few large ones would leave all
    others on the lowest steps. So ``"log"`` where nothing is negative and the middle value lies
    in the lowest fifth of the range.

    Parameters
    ----------
    values : ndarray of float64
        Known ones only, at least one.
    """
    low, high = values.min(), values.max()
    if low < 0 or not high > 0:
        return "linear"
    return "log" if np.median(values) - low < (high - low) / 5 else "linear"


def steps(values: Floats) -> tuple[npt.NDArray[np.uint8], dict[str, Any]] | None:
    """Return a measurement in steps, with what gives the values back.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Not finite where it is unknown.

    Returns
    -------
    codes : ndarray of uint8, shape (n,)
        `MISSING` where it is unknown.
    scale : dict
        ``scale``, ``low`` (the value of code 0), ``high`` (of `TOP`), ``top``, ``missing``. On a
        logarithmic scale ``low`` is the smallest value above 0, and code 0 holds zeros too.

        None if no value is known.
    """
    known = np.isfinite(values)
    if not known.any():
        return None
    scale = scale_of(values[known])
    low, high = float(values[known].min()), float(values[known].max())
    if scale == "log":
        low = float(values[known & (values > 0)].min())
        places = np.log(np.clip(np.where(known, values, low), low, None) / low)
        span = float(np.log(high / low))
    else:
        places, span = np.where(known, values, low) - low, high - low
    codes = np.rint(places / (span or 1.0) * TOP).astype(np.uint8)
    codes[~known] = MISSING
    return codes, {"scale": scale, "low": low, "high": high, "top": TOP, "missing": MISSING}
