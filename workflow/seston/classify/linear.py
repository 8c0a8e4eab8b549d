"""A linear head on embeddings: multinomial logistic regression on soft targets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax, logsumexp, softmax
from threadpoolctl import threadpool_limits

from seston.classify.heads import Head, standardisation

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.float32]

ITERATIONS = 500
#: The gradient at which the search ends, in nats per organism: far below what a label tells.
TOLERANCE = 1e-5
#: Strengths of the penalty that are tried; see `fit_linear`.
PENALTIES = (1000.0, 300.0, 100.0, 30.0, 10.0, 3.0)
#: Curvature along a bias, in organisms, that is taken for granted.
_LEAST = 0.1
#: Directions in which rows vary by less than this share of the most are rounding.
_RANK = 1e-10


def fit_linear(
    x: Rows,
    votes: Floats,
    weights: Floats,
    penalty: float,
    *,
    offset: Floats | None = None,
    gains: Floats | None = None,
) -> Head:
    r"""Return the head of least penalised cross-entropy.

    Parameters
    ----------
    x : ndarray of float32, shape (n, d)
        Standardised within; the head takes rows as they are.
    votes : ndarray, shape (n, K)
        Soft targets; rows sum to 1.
    weights : ndarray, shape (n,)
        What each organism counts for, of mean 1.
    penalty : float
        Of the squared weights, per n organisms.
    offset : ndarray, shape (K,), optional
        Added to the logits in training only; see `seston.classify.sampling.adjustment`.
    gains : ndarray, shape (d,), optional
        Standardised numbers are multiplied by these before they are learned from.

    Notes
    -----
    .. math:: \sum_i w_i \sum_k -v_{ik} \log p_{ik} + \frac{\lambda}{2} \lVert W \rVert^2

    over standardised features, the bias not penalised: convex, and with :math:`\lambda > 0`
    the minimum is one. A class without any organism is left out of it; its constant logit
    makes it as rare as one of K further organisms would be, so that it is answered hardly ever and
    never impossible.
    """
    return next(iter(path(x, votes, weights, [penalty], offset=offset, gains=gains)))


def _one_thread() -> threadpool_limits:
    """Keep products of matrices to one thread.

    They are small here: several threads wait for each other, for twelve times the CPU time on two
    cores, and round the sums in another order.
    """
    return threadpool_limits(limits=1, user_api="blas")


def path(
    x: Rows,
    votes: Floats,
    weights: Floats,
    penalties: Sequence[float] = PENALTIES,
    *,
    offset: Floats | None = None,
    gains: Floats | None = None,
) -> Iterator[Head]:
    """Yield the head of each penalty; each search starts where the one before ended.

    Parameters are those of `fit_linear`; the strongest penalty should come first.
    """
    there = np.flatnonzero((votes * weights[:, None]).sum(axis=0) > 0)
    with _one_thread():
        targets, axes = votes[:, there], _Axes.of(x, weights, gains)
        rows = axes.rows(x)
    added = np.zeros(len(there)) if offset is None else offset[there]
    start = np.zeros((len(there), rows.shape[1] + 1))  # the bias behind the weights
    start[:, -1] = np.log((targets * weights[:, None]).sum(axis=0) / weights.sum()) - added
    for penalty in penalties:
        step = _steps(start, rows, weights, penalty, added)
        with _one_thread():
            found = minimize(
                _objective, (start / step).ravel(), (rows, targets, weights, penalty, added, step),
                jac=True, method="L-BFGS-B",
                options={"maxiter": ITERATIONS, "maxfun": 2 * ITERATIONS, "gtol": TOLERANCE,
                         "ftol": 1e-7, "maxcor": 20},
            )  # fmt: skip
        start = found.x.reshape(start.shape) * step
        yield _whole(start, there, votes.shape[1], rows, axes)


@dataclass(frozen=True)
class _Axes:
    """Standardised rows along the directions in which they vary.

    A rotation changes neither the penalty nor the minimum. Along directions in which the rows that
    are learned from do not vary all weights are 0, so these can be left out, and along the others
    the loss is a sum of nearly independent parts, which spares four in five steps.

    Attributes
    ----------
    mean, scale : ndarray, shape (d,)
    turn : ndarray of float32, shape (d, r)
        Orthonormal columns.
    """

    mean: Floats
    scale: Floats
    turn: Rows

    @classmethod
    def of(cls, x: Rows, weights: Floats, gains: Floats | None) -> "_Axes":
        mean, scale = standardisation(x)
        if gains is not None:
            scale = scale / gains
        rows = ((x - mean) / scale).astype(np.float32)
        pulled = rows * np.sqrt(weights / weights.sum())[:, None].astype(np.float32)
        if len(x) < x.shape[1]:
            _, sizes, turn = np.linalg.svd(pulled.astype(np.float64), full_matrices=False)
            spread, turn = sizes**2, turn.T
        else:
            spread, turn = np.linalg.eigh((pulled.T @ pulled).astype(np.float64))
        kept = spread > _RANK * spread.max()
        return cls(mean, scale, turn[:, kept].astype(np.float32))

    def rows(self, x: Rows) -> Rows:
        """Return rows along the directions."""
        return ((x - self.mean) / self.scale).astype(np.float32) @ self.turn


def _objective(
    flat: Floats, rows: Rows, targets: Floats, weights: Floats, penalty: float, added: Floats,
    step: Floats,
) -> tuple[float, Floats]:  # fmt: skip
    """Return the loss per organism, and its gradient; products of matrices in float32."""
    n, parameters = len(rows), flat.reshape(targets.shape[1], -1) * step
    w = parameters[:, :-1]
    logits = (rows @ w.T.astype(np.float32)).astype(np.float64) + parameters[:, -1] + added
    log_p = log_softmax(logits, axis=1)
    loss = -(weights * (targets * log_p).sum(axis=1)).sum() + penalty / 2 * (w**2).sum()
    error = (np.exp(log_p) - targets) * weights[:, None]
    gradient = np.empty_like(parameters)
    gradient[:, :-1] = (rows.T @ error.astype(np.float32)).T + penalty * w
    gradient[:, -1] = error.sum(axis=0)
    return loss / n, (gradient * step).ravel() / n


def _steps(start: Floats, rows: Rows, weights: Floats, penalty: float, added: Floats) -> Floats:
    """Return how far to go along each parameter: the loss is about as steep along all of these."""
    chance = softmax(rows @ start[:, :-1].T.astype(np.float32) + start[:, -1] + added, axis=1)
    bend = (weights[:, None] * chance * (1 - chance)).astype(np.float32)
    curvature = np.empty_like(start)
    curvature[:, :-1] = bend.T @ rows**2 + penalty
    curvature[:, -1] = bend.sum(axis=0) + _LEAST
    return np.sqrt(len(rows) / curvature)


def _whole(
    found: Floats, there: npt.NDArray[np.intp], classes: int, rows: Rows, axes: _Axes
) -> Head:
    """Return the head for rows as they are, and for all classes."""
    w, b = np.zeros((classes, len(axes.mean))), np.zeros(classes)
    w[there] = found[:, :-1] @ axes.turn.T / axes.scale
    b[there] = found[:, -1] - w[there] @ axes.mean
    if len(there) < classes:
        logits = rows @ found[:, :-1].T.astype(np.float32) + found[:, -1]
        absent = np.setdiff1d(np.arange(classes), there)
        b[absent] = logsumexp(logits, axis=1).mean() - np.log(classes * len(rows))
    return Head(w.astype(np.float32), b.astype(np.float32))
