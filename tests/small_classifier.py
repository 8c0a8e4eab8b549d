"""A classifier of Gaussian classes, made without any stage."""

import numpy as np

from seston.classify.crossfit import cross_fit
from seston.classify.held_out import calibrator
from seston.classify.linear import path
from seston.classify.prior import smooth
from seston.classify.references import References
from seston.classify.sampling import training_prior
from seston.classify.saved import Card, Classifier, HeldOut

CLASSES = ("Ceratium", "NA", "Dinobryon")
SHARES = (0.6, 0.3, 0.1)
DIM = 8


def images(codes, rng, shift=0.0):
    """Return embeddings of organisms of these classes."""
    middle = 2.0 * np.eye(DIM)[codes] + shift
    return (middle + rng.normal(size=(len(codes), DIM))).astype(np.float32)


def classifier(organisms=600, units=30, seed=0, sampling="balanced"):
    """Return a classifier that was learned on this many organisms of this many days."""
    rng = np.random.default_rng(seed)
    codes = np.r_[np.arange(3), rng.choice(3, organisms - 3, p=SHARES)]
    x, votes = images(codes, rng), np.eye(3)[codes]
    unit = rng.integers(0, units, organisms)
    folds = unit % 4

    def learn(x, votes, weights, offset):
        return path(x, votes, weights, (30.0, 3.0), offset=offset)

    fitted = cross_fit(x, votes, folds, learn, sampling)
    source, target = training_prior(votes.sum(axis=0), sampling), smooth(votes.sum(axis=0))
    fit = calibrator("temperature", fitted.logits, votes, source, target)
    card = Card(
        classes=CLASSES, embeddings="of a model", dim=DIM, kind="linear", sampling=sampling,
        calibration="temperature", setting="penalty 3", counts=tuple(votes.sum(axis=0).tolist()),
        training_prior=tuple(source.tolist()), label_prior=tuple(target.tolist()),
        scale=tuple(fit.scale.tolist()), bias=tuple(fit.bias.tolist()), unit_kind="day",
    )  # fmt: skip
    references = References.draw(x, codes, unit, seed)
    held = HeldOut(fitted.logits, votes, unit, folds, references.distance(x, apart=unit))
    return Classifier(card, fitted.head, held, references)
