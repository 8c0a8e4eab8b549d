"""What a classifier gains by leaving out what it is unsure of."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

Floats = npt.NDArray[np.float64]

RISK = ["coverage", "threshold", "error"]


def risk_coverage(confidence: npt.NDArray, right: npt.NDArray) -> pd.DataFrame:
    """Return how often the most confident predictions are wrong, for each number of them.

    Parameters
    ----------
    confidence : ndarray, shape (n,)
    right : ndarray, shape (n,)
        Whether each prediction is right, or the share of experts that agree.

    Returns
    -------
    pandas.DataFrame
        Columns `RISK`, from few to all: the share of images (``coverage``) whose confidence is at
        least ``threshold``, and the share of these that is wrong (``error``). One row for each
        confidence that occurs.
    """
    threshold, images, wrong = _steps(confidence, right)
    return pd.DataFrame(
        {
            "coverage": images / max(len(confidence), 1),
            "threshold": threshold,
            "error": wrong / images,
        }
    )


def aurc(confidence: npt.NDArray, right: npt.NDArray) -> float:
    """Return the area under the risk-coverage curve: the mean error over all coverages.

    Images of the same confidence are taken to be in random order (Geifman, Uziel & El-Yaniv
    2019, ICLR). NaN without images.
    """
    _, images, wrong = _steps(confidence, right)
    if not len(images):
        return float("nan")
    number = np.arange(1, int(images[-1]) + 1)
    return float((np.interp(number, np.append(0, images), np.append(0, wrong)) / number).mean())


class Reject(NamedTuple):
    """From which confidence on a prediction is kept, and what may be expected of those kept.

    Attributes
    ----------
    threshold : float
        Predictions of at least this confidence are kept; infinity keeps none.
    coverage : float
        Share of the images that is kept.
    error : float
        Share of these that is wrong, one wrong image added to those that were seen.
    error_high : float
        Upper limit of that share, at the confidence level asked for; images taken as independent.
    """

    threshold: float
    coverage: float
    error: float
    error_high: float


def reject_below(
    confidence: npt.NDArray,
    right: npt.NDArray,
    most_error: float,
    confidence_level: float = 0.95,
) -> Reject:
    """Return the threshold that keeps most images with an expected error of at most `most_error`.

    Parameters
    ----------
    confidence, right : ndarray, shape (n,)
        As in `risk_coverage`, of images that the classifier has not seen and that are as frequent
        as those it will be used on.
    most_error : float
        Such as 0.1.
    confidence_level : float
        Of the one-sided limit.

    Returns
    -------
    Reject
        With a threshold of infinity if no confidence is high enough; NaN stands for its errors.

    Notes
    -----
    The error counts one wrong image more than were seen, (w + 1) / (n + 1), as conformal risk
    control does (Angelopoulos et al. 2024, ICLR): the threshold is chosen because few images above
    it were wrong, so that the plain share would promise too much. The limit is Clopper and
    Pearson's (1934).
    """
    threshold, images, wrong = _steps(confidence, right)
    error = (wrong + 1) / (images + 1)
    good = np.flatnonzero(error <= most_error)
    if not len(good):
        return Reject(float("inf"), 0.0, float("nan"), float("nan"))
    last = good[-1]
    kept, failed = images[last], wrong[last]
    high = stats.beta.ppf(confidence_level, failed + 1, kept - failed) if failed < kept else 1.0
    return Reject(
        float(threshold[last]), float(kept / len(confidence)), float(error[last]), float(high)
    )


def _steps(confidence: npt.NDArray, right: npt.NDArray) -> tuple[Floats, Floats, Floats]:
    """Return each confidence, highest first, the images of at least that, and the wrong ones."""
    levels, place = np.unique(-np.asarray(confidence, dtype=np.float64), return_inverse=True)
    wrong = np.bincount(place, 1 - np.asarray(right, dtype=np.float64), len(levels))
    return -levels, np.bincount(place, minlength=len(levels)).cumsum().astype(float), wrong.cumsum()
