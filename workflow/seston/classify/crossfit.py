"""Answers of heads about organisms that none of them saw, with settings that did not see them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np
import numpy.typing as npt

from seston.classify.heads import Head
from seston.classify.prior import smooth
from seston.classify.sampling import Sampling, adjustment, reweighted, training_prior
from seston.classify.search import Criterion, Losses, best, losses
from seston.progress import Progress

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.float32]
#: Rows, targets, weights and an offset, to one head per setting, the most cautious setting first.
Learner = Callable[[Rows, Floats, Floats, Floats | None], Iterable[Head]]


@dataclass(frozen=True)
class CrossFitted:
    """What a kind of head makes of n labelled organisms.

    Attributes
    ----------
    head : Head
        Learned on all of them, with the setting that was best in all folds.
    logits : ndarray, shape (n, K)
        Of each organism from a head that learned on the other folds, with the setting that was
        best among these; under the training prior of `head`.
    chosen : tuple of int
        Place of the setting of each fold's head.
    final : int
        Place of the setting of `head`.
    tried : list of Losses
        Of each setting, in all folds.
    """

    head: Head
    logits: Floats
    chosen: tuple[int, ...]
    final: int
    tried: list[Losses]


def cross_fit(
    x: Rows,
    votes: Floats,
    folds: npt.NDArray[np.integer],
    learn: Learner,
    sampling: Sampling,
    criterion: Criterion = "nll",
) -> CrossFitted:
    """Learn on all organisms, and on all but those of each fold.

    The setting of the head that a fold is judged by is chosen by heads that saw neither that
    fold nor the one they are tried on. Each pair of folds is left out once, and serves both. With
    two folds only, nothing is left to learn from, and the setting is chosen in both together.

    Parameters
    ----------
    x : ndarray of float32, shape (n, d)
    votes : ndarray, shape (n, K)
        Rows sum to 1.
    folds : ndarray of int, shape (n,)
        At least two.
    learn : callable
    sampling : {"natural", "sqrt", "balanced", "logit_adjusted"}
    criterion : {"nll", "macro_recall"}
    """
    names = np.unique(folds).tolist()
    whole = training_prior(votes.sum(axis=0), sampling)
    within: dict[int, list[Losses]] = {}
    pairs = list(combinations(names, 2)) if len(names) > 2 else []
    with Progress(len(pairs) + len(names) + 1, "heads") as progress:
        for pair in pairs:
            seen = ~np.isin(folds, pair)
            heads = list(_heads(x[seen], votes[seen], learn, sampling))
            prior, natural = _priors(votes[seen], sampling)
            for judged, tried_on in (pair, pair[::-1]):
                there = folds == tried_on
                found = [losses(head(x[there]), votes[there], prior, natural) for head in heads]
                within[judged] = _added(found, within.get(judged))
            progress.add(1)
        logits, chosen = np.empty(votes.shape), []
        answers: list[list[Floats]] = []
        tried: list[Losses] | None = None
        for fold in names:
            there = folds == fold
            heads = list(_heads(x[~there], votes[~there], learn, sampling))
            answers.append([head(x[there]) for head in heads])
            prior, natural = _priors(votes[~there], sampling)
            found = [losses(answer, votes[there], prior, natural) for answer in answers[-1]]
            tried = _added(found, tried)
            answers[-1] = [answer + _moved(prior, whole) for answer in answers[-1]]
            progress.add(1)
        assert tried is not None
        final = best(tried, criterion)
        for fold, answer in zip(names, answers, strict=True):
            chosen.append(best(within[fold], criterion) if within else final)
            logits[folds == fold] = answer[chosen[-1]]
        head = next(islice(_heads(x, votes, learn, sampling), final, None))
        progress.add(1)
    return CrossFitted(head, logits, tuple(chosen), final, tried)


def _heads(x: Rows, votes: Floats, learn: Learner, sampling: Sampling) -> Iterable[Head]:
    targets, weights = reweighted(votes, sampling)
    return learn(x, targets, weights, adjustment(votes.sum(axis=0), sampling))


def _priors(votes: Floats, sampling: Sampling) -> tuple[Floats, Floats]:
    """Return the class frequencies behind a head's answers, and those of its labels."""
    counts = votes.sum(axis=0)
    # A class that the head never saw has the logit of a rare one (see `fit_linear`), not of none.
    prior, natural = training_prior(counts, sampling), smooth(counts)
    return np.where(prior > 0, prior, natural), natural


def _moved(source: Floats, target: Floats) -> Floats:
    """Return what brings logits from one class frequencies to others."""
    return np.log(target) - np.log(source)


def _added(found: Sequence[Losses], before: Sequence[Losses] | None) -> list[Losses]:
    others: Sequence[Losses | None] = before or [None] * len(found)
    return [one.plus(other) for one, other in zip(found, others, strict=True)]
