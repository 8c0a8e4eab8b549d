"""What rebalancing, correction and calibration do to labels of a lake (experiments E2, E3, E5).

    python benchmarks/corrections.py zoolake-2018 WORK [--seeds 3] [--draws 5] [--embeddings-alone]

WORK is that of `label_efficiency.py`, made if it is not there. Linear heads on the embeddings
of the bundled backbone and on measurements, one for each sampler, learn from days that neither
calibration nor test has; their answers about the test days are judged as they are and on a mix of
classes that was shifted on purpose. Then: calibrators beside each other, and a head that learned in
summer on the images of autumn. Printed are means over the splits. Errors of counts are means over
classes of |log(estimated / true)|, for all classes and for those of `COMMON` images and more.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from label_efficiency import LAST_SUMMER_DAY, embedded, prepare, with_measurements
from scipy.special import log_softmax, softmax

from seston.classify import calibration_error as errors
from seston.classify import frequencies, quantifier
from seston.classify.calibration import fit
from seston.classify.correction import corrected
from seston.classify.drift import unlike, unsureness, usual
from seston.classify.headed import fit_head
from seston.classify.prior import em, one_versus_rest, shift
from seston.classify.sampling import Sampling
from seston.classify.scores import confusion, log_count_error, macro, micro, recalls
from seston.classify.task import Task, task_of
from seston.classify.variants import VARIANTS
from seston.labels.manifest import Labelled, read_labelled
from seston.threads import limit_threads

Floats = npt.NDArray[np.float64]

HEADS: dict[str, Sampling] = {
    "linear_natural": "natural",
    "linear": "balanced",
    "linear_sqrt": "sqrt",
    "linear_adjusted": "logit_adjusted",
}
#: The shift: what the shares of classes are multiplied by.
SHIFTED = {"dinobryon": 1 / 3, "cyclops": 5.0, "asplanchna": 10.0}
FEW, COMMON = 50, 20


class Answers(NamedTuple):
    """Logits under `prior` of validation and test, and what is true of them."""

    task: Task
    sampling: Sampling
    validation: Floats
    test: Floats

    @property
    def log_ratio(self) -> Floats:
        """From the prior of the training to that of the labels."""
        return np.log(self.task.natural) - np.log(self.task.prior(self.sampling))

    def calibrated(self, kind: str, through: bool = True) -> Callable[[Floats], Floats]:
        """Return a calibrator that was fitted to validation."""
        truth = self.task.targets[self.task.validation]
        return fit(kind, self.validation, truth, log_ratio=self.log_ratio if through else None)


def posteriors(of: Answers, logits: Floats) -> dict[str, Floats]:
    """Return the posteriors of these images by each correction."""
    source, natural = of.task.prior(of.sampling), of.task.natural
    raw = softmax(logits, axis=1)
    found = {
        "none": raw,
        "one-versus-rest": one_versus_rest(raw, source, natural),
        "multiclass": corrected(raw, source, natural),
    }
    for kind, name in (("temperature", "T"), ("bcts", "BCTS")):
        under = softmax(of.calibrated(kind)(logits), axis=1)
        found[f"{name}, multiclass"] = corrected(under, source, natural)
        found[f"{name}, EM"] = em(under, source).posterior
    return found


def judged(posterior: Floats, votes: Floats, training: Floats) -> dict[str, float]:
    """Return the figures of one set of images."""
    truth, said = votes.argmax(axis=1), posterior.argmax(axis=1)
    matrix = confusion(truth, said, votes.shape[1])
    true, common = votes.sum(axis=0), votes.sum(axis=0) >= COMMON
    rare = recalls(matrix)[(training < FEW) & (true > 0)]
    return {
        "macro": macro(matrix),
        "rare": float(rare.mean()) if len(rare) else float("nan"),
        "micro": micro(matrix),
        "nll": errors.nll(np.log(np.maximum(posterior, 1e-12)), votes),
        "ece": errors.ece(posterior.max(axis=1), truth == said),
        "classwise_ece": float(np.nanmean(errors.classwise_ece(posterior, votes))),
        "counts": log_count_error(posterior.sum(axis=0), true),
        "counts_common": log_count_error(posterior.sum(axis=0)[common], true[common]),
    }


def counted(of: Answers, logits: Floats, votes: Floats, units: Floats) -> list[dict]:
    """Return the errors of counts by each way to count."""
    known = quantifier.learn(
        "temperature", of.validation, of.task.targets[of.task.validation], units,
        of.task.prior(of.sampling), draws=1,
    )  # fmt: skip
    true, common = votes.sum(axis=0), votes.sum(axis=0) >= COMMON
    rows = []
    for method in ("count", "probabilistic", "pacc", "em"):
        estimated = frequencies.estimate(method, logits, known) * len(votes)
        rows.append(
            {
                "correction": f"counted by {method}",
                "counts": log_count_error(estimated, true),
                "counts_common": log_count_error(estimated[common], true[common]),
            }
        )
    return rows


def shifted_rows(votes: Floats, classes: tuple[str, ...], rng: np.random.Generator) -> npt.NDArray:
    """Return rows drawn with return so that classes have other shares, by `SHIFTED`."""
    weight = votes @ np.array([SHIFTED.get(name, 1.0) for name in classes])
    return rng.choice(len(votes), len(votes), p=weight / weight.sum())


def published(logits: Floats, truth: Floats) -> float:
    """Return the temperature that the published code finds: 50 steps of 0.01 from 1.5."""
    temperature = torch.nn.Parameter(torch.full((1,), 1.5))
    z, y = torch.from_numpy(logits).float(), torch.from_numpy(truth.argmax(axis=1))
    search = torch.optim.LBFGS([temperature], lr=0.01, max_iter=50)

    def loss() -> torch.Tensor:
        search.zero_grad()
        value = torch.nn.functional.cross_entropy(z / temperature, y)
        value.backward()
        return value

    search.step(loss)
    return temperature.item()


def calibrators(of: Answers, votes: Floats, training: Floats) -> list[dict]:
    """Return the figures of each calibrator, all of them corrected by Bayes' theorem."""
    truth = of.task.targets[of.task.validation]
    source, natural = of.task.prior(of.sampling), of.task.natural
    found = {
        "none": log_softmax(of.test, axis=1),
        "T as published, then correction": of.test / published(of.validation, truth),
        "T converged, then correction": of.calibrated("temperature", through=False)(of.test),
        **{
            f"{kind} through the correction": of.calibrated(kind)(of.test)
            for kind in ("temperature", "vector", "bcts")
        },
    }
    rows = [
        {"calibration": name} | judged(np.exp(shift(logits, source, natural)), votes, training)
        for name, logits in found.items()
    ]
    fitted = of.calibrated("temperature")
    under = softmax(fitted(of.test), axis=1)
    last = {"calibration": "temperature through, EM"}
    return [*rows, last | judged(em(under, source).posterior, votes, training)]


def learned(x: npt.NDArray, gain: Floats | None, task: Task, name: str) -> Answers:
    """Learn one head, and answer about validation and test."""
    head, _ = fit_head(x, task, VARIANTS[name], HEADS[name], 0, gain)
    return Answers(task, HEADS[name], head(x[task.validation]), head(x[task.test]))


def summer(labelled: Labelled) -> tuple[Task, int]:
    """Return what is learned from summer and asked of autumn, and the images of new classes.

    Classes that summer did not have cannot be answered: their images are left out, and counted.
    """
    task = task_of(labelled, VARIANTS["linear"], 1.0, 0)
    early = np.array(labelled.unit_names)[labelled.units] < LAST_SUMMER_DAY
    training = task.training[early[task.training]]
    known = task.targets[training].sum(axis=0) > 0
    late = np.flatnonzero(~early)
    asked = late[task.truth[late][:, known].sum(axis=1) > 0]
    names = tuple(name for name, there in zip(task.classes, known, strict=True) if there)
    validation = task.validation[early[task.validation]]
    narrow = Task(names, task.targets[:, known], task.truth[:, known], training, validation, asked)
    return narrow, len(late) - len(asked)


def strange_days(of: Answers, labelled: Labelled) -> tuple[int, int]:
    """Return how many test days are unlike what was learned from (p < 0.05), and of how many."""
    source, natural = of.task.prior(of.sampling), of.task.natural

    def answered(logits: Floats) -> Floats:
        return corrected(softmax(of.calibrated("temperature")(logits), axis=1), source, natural)

    seen = answered(of.validation)
    known = usual(unsureness(seen), seen, labelled.units[of.task.validation])
    posterior, units = answered(of.test), labelled.units[of.task.test]
    found = []
    for unit in np.unique(units):
        there = posterior[units == unit]
        found.append(unlike(known, unsureness(there), there.mean(axis=0)).p)
    return int((np.array(found) < 0.05).sum()), len(found)


def show(rows: list[dict], by: list[str]) -> None:
    """Print means over splits and draws."""
    found = pd.DataFrame(rows).groupby(by, sort=False).mean(numeric_only=True)
    print(found.round(4).to_string(na_rep=""), flush=True)


def main() -> None:
    """Run all, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--embeddings-alone", action="store_true")
    given = parser.parse_args()
    limit_threads(1)
    labelled = read_labelled(prepare(given.source, given.work, given.seeds))
    x, gain = with_measurements(given.work, labelled)
    if given.embeddings_alone:
        x, gain = embedded(given.work, labelled), None
    grid, fits, usual_days = [], [], []
    for split in range(given.seeds):
        task = task_of(labelled, VARIANTS["linear"], 1.0, split)
        votes, training = task.truth[task.test], task.counts
        units = labelled.units[task.validation]
        for name, sampling in HEADS.items():
            of = learned(x, gain, task, name)
            rng = np.random.default_rng([split, 1])
            tests = [("natural", np.arange(len(votes)))] + [
                ("shifted", shifted_rows(votes, task.classes, rng)) for _ in range(given.draws)
            ]
            for test, rows in tests:
                about = {"test": test, "sampling": sampling}
                for correction, posterior in posteriors(of, of.test[rows]).items():
                    figures = judged(posterior, votes[rows], training)
                    grid.append(about | {"correction": correction} | figures)
                if sampling == "balanced":
                    more = counted(of, of.test[rows], votes[rows], units)
                    grid += [about | one for one in more]
            if sampling == "balanced":
                fits += calibrators(of, votes, training)
                usual_days.append(strange_days(of, labelled))
    print(f"sampling and correction (a class of fewer than {FEW} training images is rare)")
    show(grid, ["test", "sampling", "correction"])
    print("calibration of the balanced head, natural test")
    show(fits, ["calibration"])
    task, new = summer(labelled)
    votes = task.truth[task.test]
    print(
        f"learned before {LAST_SUMMER_DAY} from {len(task.training)} labels of"
        f" {len(task.classes)} classes; asked of {len(votes)} later images ({new} of classes that"
        " were not there before are left out)"
    )
    of, rows = learned(x, gain, task, "linear"), []
    for correction, posterior in posteriors(of, of.test).items():
        rows.append({"correction": correction} | judged(posterior, votes, task.counts))
    show(rows + counted(of, of.test, votes, labelled.units[task.validation]), ["correction"])
    told, days = np.sum(usual_days, axis=0)
    flagged, late = strange_days(of, labelled)
    print(
        f"days that are told to be unlike the labels: {flagged} of {late} after {LAST_SUMMER_DAY};"
        f" of days like those of the training {told} of {days}"
    )


if __name__ == "__main__":
    main()
