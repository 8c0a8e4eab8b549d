"""What corrections, calibrators and ways of counting are worth where the truth is known.

Fifteen Gaussian classes as frequent as those of Schanz et al. (2023), and a classifier that knows
their densities, show what a correction does to accuracy and counts. Eight Gaussian classes, of
which a linear classifier knows some labels only, show how often intervals of counts cover: in
samples mixed as the labels are, and in others where each class is a random factor (of 2.7 to
either side) more or less frequent.
"""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from seston.classify.calibration import Kind, fit
from seston.classify.calibration_error import classwise_ece, ece, nll
from seston.classify.counting import Method
from seston.classify.frequencies import frequencies
from seston.classify.prior import em, one_versus_rest, shift
from seston.classify.quantifier import Quantifier, learn
from seston.classify.scores import confusion, log_count_error, macro, micro

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

TRAIN = np.array(
    [59, 125299, 4416, 56, 1691, 100, 88, 77, 5755, 95, 288, 664, 12, 207, 4536]
)  # fmt: skip
TEST = np.array([18, 35801, 1263, 16, 484, 29, 27, 23, 1648, 29, 83, 191, 5, 61, 1296])
NATURAL = np.array([0.5, 0.2, 0.12, 0.08, 0.05, 0.03, 0.015, 0.005])
METHODS: tuple[Method, ...] = ("em", "pacc", "probabilistic", "count")
OVERCONFIDENCE = 1.8


def main(quick: bool) -> None:
    corrections()
    coverage(quick)


def likelihoods(counts: Integers, seed: int) -> tuple[Floats, Integers]:
    """Return log-likelihoods (n, K) of images of classes at random places, and their classes."""
    centres = 0.9 * np.random.default_rng(0).normal(size=(len(counts), 10))
    truth = np.repeat(np.arange(len(counts)), counts)
    images = centres[truth] + np.random.default_rng(seed).normal(size=(len(truth), 10))
    return images @ centres.T - (centres**2).sum(axis=1) / 2, truth


def corrections() -> None:
    """Print the table of corrections, on images mixed as in training and on others."""
    prior, even = TRAIN / TRAIN.sum(), np.full(len(TRAIN), 1 / len(TRAIN))
    moved = TEST.copy()
    moved[4] *= 10
    moved[1] //= 3
    moved[2] *= 5
    other, said = likelihoods(TEST, 2)
    sure = OVERCONFIDENCE * log_softmax(other, axis=1)
    votes = np.eye(len(TRAIN))[said]
    through = fit("temperature", sure, votes, log_ratio=np.log(prior / even))
    apart = fit("temperature", sure, votes)
    for name, counts in (("test as training", TEST), ("test shifted", moved)):
        likelihood, truth = likelihoods(counts, 1)
        balanced = log_softmax(likelihood, axis=1)
        tilted = OVERCONFIDENCE * balanced
        rows: dict[str, Callable[[], Floats]] = {
            "ideal at training prior": lambda b=balanced: softmax(b + np.log(prior), axis=1),
            "balanced, uncorrected": lambda b=balanced: np.exp(b),
            "+ one-versus-rest": lambda b=balanced: one_versus_rest(np.exp(b), even, prior),
            "+ multiclass": lambda b=balanced: np.exp(shift(b, even, prior)),
            "+ EM": lambda b=balanced: em(np.exp(b), even).posterior,
            "over-confident + multiclass": lambda t=tilted: np.exp(shift(t, even, prior)),
            "over-confident + EM": lambda t=tilted: em(softmax(t, axis=1), even).posterior,
            "T through + multiclass": lambda t=tilted: np.exp(shift(through(t), even, prior)),
            "T through + EM": lambda t=tilted: em(softmax(through(t), axis=1), even).posterior,
            "T apart + multiclass": lambda t=tilted: np.exp(shift(apart(t), even, prior)),
        }
        print(f"\n{name:28} micro macro   NLL   ECE  cwECE log-count")
        for row, posterior in rows.items():
            print(f"{row:28} {_figures(posterior(), truth)}")


def _figures(posterior: Floats, truth: Integers) -> str:
    classes = posterior.shape[1]
    votes, said = np.eye(classes)[truth], posterior.argmax(axis=1)
    matrix = confusion(truth, said, classes)
    gaps = ece(posterior.max(axis=1), said == truth), classwise_ece(posterior, votes).mean()
    counts = log_count_error(posterior.sum(axis=0), votes.sum(axis=0))
    loss = nll(np.log(posterior), votes)
    return (
        f"{micro(matrix):.3f} {macro(matrix):.3f} {loss:.3f} {gaps[0]:.3f} {gaps[1]:.4f}"
        f" {counts:9.2f}"
    )


def coverage(quick: bool) -> None:
    """Print how often 95 % intervals of counts cover, and how wrong the estimates are."""
    worlds, draws = (6, 40) if quick else (24, 60)
    print(
        f"\n{worlds} worlds, two samples of 1,000 images of each mixture in each, {draws} draws\n"
        "labels rarest calibrator  mixture  method        covers  width  error  log-count"
    )
    for labels, rarest in ((2000, 30), (600, 20), (600, 5)):
        for kind in ("vector", "temperature"):
            found: dict[tuple[str, Method], list[Floats]] = {}
            for seed in range(worlds):
                for key, row in one_world(seed, labels, rarest, kind, draws):
                    found.setdefault(key, []).append(row)
            for (mixture, method), rows in found.items():
                covers, width, error, factor = np.mean(rows, axis=0)
                print(
                    f"{labels:6} {rarest:6} {kind:11} {mixture:8} {method:14} {covers:5.3f}"
                    f" {width:6.4f} {error:6.4f} {factor:6.2f}",
                    flush=True,
                )


def one_world(
    seed: int, labels: int, rarest: int, kind: Kind, draws: int
) -> Iterator[tuple[tuple[str, Method], Floats]]:
    """Yield coverage, width, error and log count error of each sample and method."""
    rng = np.random.default_rng([seed, labels, rarest])
    classes = len(NATURAL)
    centres = 1.1 * rng.normal(size=(classes, 10))

    def draw(counts: Integers) -> tuple[Floats, Integers]:
        truth = np.repeat(np.arange(classes), counts)
        return centres[truth] + rng.normal(size=(len(truth), 10)), truth

    images, truth = draw(np.maximum(rng.multinomial(labels, NATURAL), rarest))
    units = rng.integers(0, 30, len(truth))
    held_out = np.full((len(truth), classes), -30.0)  # a class that the other folds lack
    for fold in range(5):
        inside = units % 5 == fold
        head = _head(images[~inside], truth[~inside])
        held_out[np.ix_(inside, head.classes_)] = head.decision_function(images[inside])
    head = _head(images, truth)
    even = np.full(classes, 1 / classes)
    known = learn(kind, held_out, np.eye(classes)[truth], units, even, draws=draws, seed=seed)
    for mixture in ("natural", "shifted"):
        for number in range(2):
            prior = NATURAL * np.exp(rng.normal(size=classes) * (mixture == "shifted"))
            counts = rng.multinomial(1000, prior / prior.sum())
            logits = head.decision_function(draw(counts)[0])
            for method in METHODS:
                yield (mixture, method), _judge(method, logits, known, counts, number)


def _judge(
    method: Method, logits: Floats, known: Quantifier, counts: Integers, seed: int
) -> Floats:
    found, truth = frequencies(method, logits, known, seed=seed), counts / counts.sum()
    covers = (found.low <= truth) & (truth <= found.high)
    error = np.abs(found.share - truth).mean()
    factor = log_count_error(found.share * counts.sum(), counts)
    return np.array([covers.mean(), (found.high - found.low).mean(), error, factor])


def _head(images: Floats, truth: Integers) -> LogisticRegression:
    return LogisticRegression(class_weight="balanced", max_iter=200, tol=1e-3).fit(images, truth)
