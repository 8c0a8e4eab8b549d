"""A head on features that stay as they are: every setting, judged on validation."""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt

from seston.classify.heads import Head
from seston.classify.linear import path
from seston.classify.sampling import Sampling, adjustment, reweighted
from seston.classify.task import Task
from seston.classify.trial import Tried
from seston.classify.variants import PENALTIES, Variant

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.float32]


def fit_head(
    x: Rows,
    task: Task,
    variant: Variant,
    sampling: Sampling,
    seed: int,
    gains: Floats | None = None,
) -> tuple[Head, list[Tried]]:
    """Return the head whose answers about validation cost least, and all that were tried.

    Parameters
    ----------
    x : ndarray of float32, shape (n, d)
        Features of all rows of the manifest that the task names.
    task : Task
    variant : Variant
        Tells which kind of head.
    sampling : Sampling
    seed : int
        Of the start of an MLP.
    gains : ndarray, shape (d,), optional
        What standardised features are multiplied by.
    """
    found = [
        (name, head, task.cost(head(x[task.validation]), sampling))
        for name, head in _heads(x[task.training], task, variant, sampling, seed, gains)
    ]
    first = int(np.argmin([cost for _, _, cost in found]))  # of equal ones the most cautious
    tried = [
        Tried("head", name, cost, 0, place == first) for place, (name, _, cost) in enumerate(found)
    ]
    return found[first][1], tried


def fit_again(
    x: Rows,
    task: Task,
    variant: Variant,
    sampling: Sampling,
    seed: int,
    tried: Sequence[Tried],
    gains: Floats | None = None,
) -> Head:
    """Return the head that learns from validation too, with the setting that `fit_head` took.

    Its answers about validation are worth nothing; those of the head of `fit_head` are for that.
    """
    taken = next(place for place, one in enumerate(tried) if one.taken)
    whole = task.with_validation()
    heads = _heads(x[whole.training], whole, variant, sampling, seed, gains)
    return next(islice(heads, taken, None))[1]


def _heads(
    x: Rows, task: Task, variant: Variant, sampling: Sampling, seed: int, gains: Floats | None
) -> Iterator[tuple[str, Head]]:
    """Yield each setting and its head, the most cautious first."""
    targets, weights = reweighted(task.targets[task.training], sampling)
    offset = adjustment(task.counts, sampling)
    if variant.head == "linear":
        names = [f"penalty {penalty:g}" for penalty in PENALTIES]
        heads = path(x, targets, weights, PENALTIES, offset=offset, gains=gains)
        yield from zip(names, heads, strict=True)
        return
    from seston.classify.mlp import SETTINGS, mlp_path  # torch, only where it is asked for

    mlps = mlp_path(x, targets, weights, offset=offset, gains=gains, seed=seed)
    yield from zip(SETTINGS, mlps, strict=True)
