"""How many images of a sample are of each class, with intervals.

The interval is of the images that are there, not of the water: what a perfect classifier would
count is without doubt. How the next sample of that water would differ is another question
(`seston.trends`). Nor does it believe the posteriors: held-out images of known classes are
mixed as the sample seems to be and counted in the same way, and how wrong that is, is the doubt.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seston.classify.counting import Method, estimate, most_likely, unbounded, under
from seston.classify.quantifier import Floats, Integers, Quantifier

TRIAL = 25  # draws from which the bias is found, before the doubt is


class Frequencies(NamedTuple):
    """Shares of the classes among the images of a sample.

    Attributes
    ----------
    share, low, high : ndarray, shape (K,)
        Estimate and interval; NaN limits where the quantifier has no draws.
    draws : ndarray, shape (B, K)
        Shares that are as likely as each other; draw b of all samples goes by the same draw of
        labelled images, so that sums over samples are as uncertain as they should be.
    """

    share: Floats
    low: Floats
    high: Floats
    draws: Floats


def frequencies(
    method: Method,
    logits: npt.NDArray,
    quantifier: Quantifier,
    *,
    seed: int,
    confidence: float = 0.95,
) -> Frequencies:
    """Return the share of each class among n images, with intervals.

    Parameters
    ----------
    method, logits, quantifier
        As in `estimate`.
    seed : int
        Another for each sample.
    confidence : float

    Notes
    -----
    A bootstrap (Efron & Tibshirani 1993, chapters 8 and 10) in which the held-out images stand for
    the world. In each draw, the quantifier was learned from labelled units drawn anew; n held-out
    images, of each class as many as the sample seems to have and at least one, are drawn with
    replacement and counted by it. The mean error is the bias, which a first `TRIAL` of draws
    takes off so that images are mixed as the sample is, not as it was counted; limits lie as far
    from the estimate without it as errors do from their mean, to either side (Hall 1988, Annals
    of Statistics 16:927). So intervals of ``count`` and ``probabilistic`` may lie aside of their
    estimates, which they include all the same.
    """
    share = estimate(method, logits, quantifier)
    number = len(quantifier.calibrators)
    if not number:
        nothing = np.full(len(share), np.nan)
        return Frequencies(share, nothing, nothing, np.zeros((0, len(share))))
    rng = np.random.default_rng([seed, 29])
    found = share
    if method == "pacc":  # errors of shares that stop at 0 would be lopsided
        found = unbounded(quantifier.posterior(logits).mean(axis=0), quantifier.transfer)
    trial = min(TRIAL, number)
    mixed = share - _errors(method, share, len(logits), quantifier, trial, rng).mean(axis=0)
    errors = _errors(method, mixed, len(logits), quantifier, number, rng)
    middle = found - errors.mean(axis=0)
    half = np.quantile(np.abs(errors - errors.mean(axis=0)), confidence, axis=0)
    low, high = np.clip([middle - half, middle + half], 0, 1)
    draws = np.clip(found - errors, 0, 1)
    return Frequencies(share, np.minimum(low, share), np.maximum(high, share), draws)


def _errors(
    method: Method,
    mixed: Floats,
    images: int,
    known: Quantifier,
    number: int,
    rng: np.random.Generator,
) -> Floats:
    """Return estimated less true shares of held-out images mixed like that, in so many draws."""
    wanted = np.maximum(mixed, 0) * known.counted
    counts = np.maximum(np.rint(wanted / wanted.sum() * images), known.counted).astype(np.int64)
    truth = counts / counts.sum()
    errors = np.empty((number, len(truth)))
    for draw in range(number):
        rows, often = known.mixture(counts, rng)
        errors[draw] = _count_anew(method, known, draw, rows, often, truth) - truth
    return errors


def _count_anew(
    method: Method, known: Quantifier, draw: int, rows: Integers, often: Integers, start: Floats
) -> Floats:
    """Return the shares of the classes among held-out images, each so often, by one draw."""
    logits = known.held_out[rows]
    if method == "pacc":
        return unbounded(often @ known.posterior(logits) / often.sum(), known.transfers[draw])
    posterior = known.posterior(logits, draw)
    if method == "em":
        return most_likely(posterior / known.source, often, np.maximum(start, 1e-9))
    corrected = under(posterior, known.source, known.priors[draw])
    if method == "count":
        return np.bincount(corrected.argmax(axis=1), often, len(start)) / often.sum()
    return often @ corrected / often.sum()
