"""What held-out images teach about counting: how to calibrate, what is taken for what, and doubt.

Everything here comes from labelled images that the classifier has not seen (cross-fitting), so
that it is as wrong about them as about new ones.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.special import softmax

from seston.classify.calibration import Calibrator, Kind, fit
from seston.classify.prior import smooth

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

#: The calibrator that counting goes by, whatever calibrates the answers: intervals by EM of nominal
#: 95 % covered 76 to 88 % with a temperature alone, and 91 to 97 % with this one.
COUNTING: Kind = "vector"
#: A class found in fewer days or samples is drawn anew image by image: a class of one day would
#: seem to be known without any doubt.
LEAST_UNITS = 4
#: Images of each class that are taken to look like any other: among m held-out images, there may
#: be kinds that one in m is of, and that none was seen of.
GHOSTS = 1.0


@dataclass(frozen=True)
class Quantifier:
    """How posteriors become counts, as learned from held-out images, once and B times anew.

    Attributes
    ----------
    source : ndarray, shape (K,)
        Prior that the classifier learned under.
    prior : ndarray, shape (K,)
        Frequencies of the classes among the labelled images.
    calibrator : Calibrator
    transfer : ndarray, shape (K, K)
        Mean calibrated posterior, under `source`, of each class (rows) over the images of each
        class (columns).
    calibrators : tuple of Calibrator, length B
        The same fitted to labelled units drawn anew.
    transfers : ndarray, shape (B, K, K)
        And the transfer matrices of these, all of the posteriors of `calibrator`.
    priors : ndarray, shape (B, K)
        And the frequencies of their classes.
    held_out : ndarray, shape (m, K)
        Logits of held-out images, sorted by class.
    sizes : ndarray of int64, shape (K,)
        How many of them are of each class.
    """

    source: Floats
    prior: Floats
    calibrator: Calibrator
    transfer: Floats
    calibrators: tuple[Calibrator, ...]
    transfers: Floats
    priors: Floats
    held_out: Floats
    sizes: Integers

    @property
    def counted(self) -> npt.NDArray[np.bool_]:
        """Whether there are held-out images of each class (K,)."""
        return self.sizes > 0

    def posterior(self, logits: npt.NDArray, draw: int | None = None) -> Floats:
        """Return calibrated posteriors (n, K) under `source`, of all or by draw `draw`."""
        calibrator = self.calibrator if draw is None else self.calibrators[draw]
        return softmax(calibrator(logits), axis=1)

    def mixture(self, counts: Integers, rng: np.random.Generator) -> tuple[Integers, Integers]:
        """Return rows of `held_out` and how often each is drawn, of each class `counts` times.

        Some of them look as images of that class never did (`GHOSTS`). Classes without held-out
        images add none.
        """
        codes = np.repeat(np.arange(len(counts)), np.where(self.counted, counts, 0))
        strange = rng.beta(GHOSTS, np.maximum(self.sizes, 1))
        ghosts = rng.random(len(codes)) < strange[codes]
        codes[ghosts] = rng.choice(np.flatnonzero(self.counted), size=int(ghosts.sum()))
        often = np.bincount(_any_of(self.sizes, codes, rng), minlength=len(self.held_out))
        rows = np.flatnonzero(often)
        return rows, often[rows]


def _any_of(sizes: Integers, codes: Integers, rng: np.random.Generator) -> Integers:
    """Return a row drawn for each class in `codes`, of images sorted by class."""
    return (sizes.cumsum() - sizes)[codes] + rng.integers(sizes[codes])


def transfer(
    posterior: npt.NDArray, votes: npt.NDArray, weights: npt.NDArray | None = None
) -> Floats:
    """Return the mean posterior of each class (rows) over the images of each class (columns).

    Parameters
    ----------
    posterior, votes : ndarray, shape (n, K)
        An image of divided votes counts for several columns by their shares.
    weights : ndarray of shape (n,) or None

    Returns
    -------
    ndarray, shape (K, K)
        Columns sum to 1. That of a class without images says that it is never mistaken.
    """
    shares = votes if weights is None else votes * weights[:, None]
    total = shares.sum(axis=0)
    mean = (posterior.T @ shares) / np.where(total > 0, total, 1)
    return np.where(total > 0, mean, np.eye(len(total)))


def learn(
    kind: Kind,
    logits: npt.NDArray,
    votes: npt.NDArray,
    units: npt.NDArray,
    source: npt.NDArray,
    *,
    draws: int = 200,
    seed: int = 0,
) -> Quantifier:
    """Learn from held-out images how to count, and how much that is in doubt.

    Parameters
    ----------
    kind : {"none", "temperature", "vector", "bcts"}
        Of the calibrator, which is fitted through the correction to the frequencies of the
        held-out images.
    logits, votes : ndarray, shape (n, K)
    units : ndarray of int, shape (n,)
        Day or sample of each image, whose images are alike.
    source : ndarray, shape (K,)
        Prior that the classifier learned under.
    draws : int
        B. Each weighs the units by exponential variates (the Bayesian bootstrap, Rubin 1981), which
        unlike draws with replacement leaves no class without images.
    seed : int
    """
    votes = np.asarray(votes, dtype=np.float64)
    source = np.asarray(source, dtype=np.float64)
    prior = smooth(votes.sum(axis=0))
    calibrator = fit(kind, logits, votes, log_ratio=np.log(prior / source))
    posterior = softmax(calibrator(logits), axis=1)
    codes = votes.argmax(axis=1)
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes, minlength=len(source))
    rng = np.random.default_rng([seed, 31])
    priors, calibrators, transfers = [], [], []
    for weight in unit_weights(votes, units, draws, seed):
        ghosts = order[_any_of(sizes, rng.choice(np.flatnonzero(sizes), size=len(source)), rng)]
        rows = np.append(np.arange(len(votes)), ghosts)
        said = np.vstack([votes, np.eye(len(source))])
        weight = np.append(weight, rng.gamma(GHOSTS, size=len(source)))
        drawn = smooth(weight @ said)
        ratio = np.log(drawn / source)
        priors.append(drawn)
        calibrators.append(
            fit(kind, logits[rows], said, log_ratio=ratio, weights=weight, start=calibrator)
        )
        transfers.append(transfer(posterior[rows], said, weight))
    classes = len(source)
    return Quantifier(
        source,
        prior,
        calibrator,
        transfer(posterior, votes),
        tuple(calibrators),
        np.array(transfers).reshape(draws, classes, classes),
        np.array(priors).reshape(draws, classes),
        np.asarray(logits)[order],
        sizes,
    )


def unit_weights(votes: npt.NDArray, units: npt.NDArray, draws: int, seed: int) -> Floats:
    """Return a weight of mean 1 for each image in each draw (B, n), the same within a unit.

    Images of classes that occur in fewer than `LEAST_UNITS` units have weights of their own.
    Weights are exponential where there are many units (or images), and vary more where there
    are few, by as much as Student's t is wider than what few would seem to tell.
    """
    rng = np.random.default_rng([seed, 23])
    names, unit = np.unique(units, return_inverse=True)
    main = votes.argmax(axis=1)
    classes = votes.shape[1]
    places = np.unique(np.stack([main, unit]), axis=1)[0]
    alone = np.bincount(places, minlength=classes)[main] < LEAST_UNITS
    of_units = rng.gamma(_shape(len(names)), size=(draws, len(names))) / _shape(len(names))
    weights = of_units[:, unit]
    shape = _shape(np.bincount(main, minlength=classes))[main[alone]]
    weights[:, alone] = rng.gamma(shape, size=(draws, len(shape))) / shape
    return weights


def _shape(several: npt.ArrayLike) -> Floats:
    """Return the shape of gamma variates that weigh so many; 1 (exponential) for very many."""
    number = np.maximum(several, 2)
    wider = stats.t.ppf(0.975, number - 1) / stats.norm.ppf(0.975)
    return (number - 1) / (number + 1) / wider**2
