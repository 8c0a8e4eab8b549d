"""What to learn of images on which experts disagree (experiment E4), with SIMULATED experts.

    python benchmarks/experts.py zoolake-2018 WORK [--seeds 5] [--images 1000]

WORK is that of `label_efficiency.py`, made if it is not there. No set at hand has labels by
several people, so four experts are made up. What one says of an image is drawn from his own
probabilities: partly its true class, partly what a head that learned on other days takes it for (so
that they err towards look-alikes, and more on images that are hard to tell), times a liking of his
own for some classes. Each is kept to the images; nobody is always right. Three of them label
1,000 images; the fourth is heard only in the test. Linear heads on the bundled embeddings learn
from that in six ways. Printed: means over the seeds, before and after calibration by a
temperature, and how much more the head is sure of itself than experts agree with it
(`confident`: mean confidence less mean expected agreement), against the head that learned from
one expert, with a paired interval over seeds.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from label_efficiency import embedded, prepare
from scipy import stats
from scipy.special import log_softmax, softmax

from seston.classify.calibration import fit
from seston.classify.calibration_error import brier, ece, nll
from seston.classify.linear import fit_linear
from seston.labels.agreement import (
    any_annotator,
    dawid_skene,
    expected_agreement,
    fleiss_kappa,
    vote_shares,
    weighted_accuracy,
)
from seston.labels.manifest import Labelled, read_labelled
from seston.threads import limit_threads

Floats = npt.NDArray[np.float64]
Said = npt.NDArray[np.int64]

#: What three experts learned from, the last is only asked in the test.
EXPERTS, HEARD = 4, 3
#: How much an expert's word depends on the picture and how much on the truth; how much he likes
#: some classes more than others; how flat his doubts are.
DOUBT, LIKING, FLAT = 0.5, 0.7, 2.0
PENALTY = 30.0
ENTROPY_SMOOTHED = "one expert, smoothed"


def look_alikes(labelled: Labelled, x: npt.NDArray) -> Floats:
    """Return what heads that learned on other days take every organism for, (n, K)."""
    truth, likely = labelled.votes, np.empty(labelled.votes.shape)
    for fold in np.unique(labelled.folds):
        there = labelled.folds == fold
        head = fit_linear(x[~there], truth[~there], np.ones((~there).sum()), PENALTY)
        likely[there] = softmax(head(x[there]) / FLAT, axis=1)
    return likely


def experts(truth: Floats, likely: Floats, rng: np.random.Generator) -> Said:
    """Return what each made-up expert says of every organism, (n, EXPERTS)."""
    said = []
    for _ in range(EXPERTS):
        likes = np.exp(rng.normal(0, LIKING, truth.shape[1]))
        chance = ((1 - DOUBT) * truth + DOUBT * likely) * likes
        total = np.cumsum(chance / chance.sum(axis=1, keepdims=True), axis=1)
        said.append((rng.random(len(truth))[:, None] > total[:, :-1]).sum(axis=1))
    return np.stack(said, axis=1)


def targets(said: Said, classes: int, rng: np.random.Generator) -> dict[str, Floats]:
    """Return what each way to learn makes of the labels of three experts, (n, K)."""
    shares, one = vote_shares(said, classes), np.eye(classes)[said[:, 0]]
    # So much smoothing that it has the mean entropy of the votes.
    entropy = stats.entropy(shares, axis=1).mean()
    amounts = np.linspace(0, 0.9, 181)
    mixed = [stats.entropy([1 - a + a / classes, *[a / classes] * (classes - 1)]) for a in amounts]
    amount = float(np.interp(entropy, mixed, amounts))
    drawn = said[np.arange(len(said)), rng.integers(0, said.shape[1], len(said))]
    # Of three that all disagree, the first is as good as any.
    return {
        "one expert": one,
        ENTROPY_SMOOTHED: (1 - amount) * one + amount / classes,
        "majority": np.eye(classes)[shares.argmax(axis=1)],
        "random expert": np.eye(classes)[drawn],
        "vote shares (KL)": shares,
        "Dawid-Skene": dawid_skene(said, classes),
    }


def judged(log_p: Floats, said: Said) -> dict[str, float]:
    """Return how answers fare with the votes of three experts, and with the fourth."""
    classes = log_p.shape[1]
    votes, held_out = vote_shares(said[:, :HEARD], classes), vote_shares(said[:, HEARD:], classes)
    posterior, answer = np.exp(log_p), log_p.argmax(axis=1)
    sure = posterior.max(axis=1)
    agreed = votes[np.arange(len(answer)), answer]
    entropy = stats.entropy(votes, axis=1)
    return {
        "weighted": weighted_accuracy(votes, answer),
        "agreement": expected_agreement(votes, answer),
        "any": any_annotator(said[:, :HEARD], answer),
        "fourth": expected_agreement(held_out, answer),
        "KL": nll(log_p, votes) - entropy.mean(),
        "Brier": brier(posterior, votes),
        "NLL fourth": nll(log_p, held_out),
        "ECE weighted": ece(sure, agreed / votes.max(axis=1)),
        "ECE agreement": ece(sure, agreed),
        "confident": float(sure.mean() - agreed.mean()),
        "entropies": float(np.corrcoef(stats.entropy(posterior, axis=1), entropy)[0, 1]),
    }


def run(
    labelled: Labelled, x: npt.NDArray, likely: Floats, seed: int, images: int
) -> tuple[list[dict], float]:
    """Make up experts, learn in all ways, and judge; also return how far the experts agree."""
    rng = np.random.default_rng([seed, 4])
    said, classes = experts(labelled.votes, likely, rng), len(labelled.classes)
    parts = labelled.parts[seed % len(labelled.parts)]
    training, validation, test = (np.flatnonzero(parts == part) for part in range(3))
    training = rng.permutation(training)[:images]
    validation = rng.permutation(validation)[: images // 4]
    rows = []
    ways = targets(said[training, :HEARD], classes, rng)
    checked = targets(said[validation, :HEARD], classes, rng)
    for name, learned in ways.items():
        head = fit_linear(x[training], learned, np.ones(len(learned)), PENALTY)
        # Whoever has one expert's labels has no others to calibrate by.
        against = checked["one expert"] if name == ENTROPY_SMOOTHED else checked[name]
        calibrated = fit("temperature", head(x[validation]), against)
        for step, logits in (("raw", head(x[test])), ("T", calibrated(head(x[test])))):
            figures = judged(log_softmax(logits, axis=1), said[test])
            rows.append({"seed": seed, "calibration": step, "learned from": name} | figures)
    return rows, fleiss_kappa(said[:, :HEARD], classes)


def main() -> None:
    """Run all seeds, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--images", type=int, default=1000)
    given = parser.parse_args()
    limit_threads(1)
    labelled = read_labelled(prepare(given.source, given.work, given.splits))
    x = embedded(given.work, labelled)
    rows, kappas, likely = [], [], look_alikes(labelled, x)
    for seed in range(given.seeds):
        found, kappa = run(labelled, x, likely, seed, given.images)
        rows += found
        kappas.append(kappa)
    table = pd.DataFrame(rows)
    print(f"SIMULATED experts; Fleiss' kappa of three {np.mean(kappas):.3f}")
    means = table.drop(columns="seed").groupby(["calibration", "learned from"], sort=False).mean()
    print(means.round(3).to_string())
    print("confidence less agreement, against one expert (95 % interval over seeds):")
    for step, part in table.groupby("calibration", sort=False):
        wide = part.pivot(index="seed", columns="learned from", values="confident")
        for name in wide.columns.drop("one expert"):
            change = (wide[name] - wide["one expert"]).to_numpy()
            reach = stats.t.ppf(0.975, len(change) - 1) * stats.sem(change)
            low, high = change.mean() - reach, change.mean() + reach
            print(f"  {step:4} {name:22} {change.mean():+.3f} ({low:+.3f} to {high:+.3f})")


if __name__ == "__main__":
    main()
