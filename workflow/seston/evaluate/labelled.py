"""Evidence from labels: whether organisms of one kind lie together, in samples not seen before."""

import numpy as np
import numpy.typing as npt

from seston.evaluate.agreement import MEASURES, kmeans_agreement
from seston.evaluate.evidence import Row, Tallies, joined, share
from seston.evaluate.neighbours import nearest, unit_rows, vote
from seston.evaluate.organisms import Drawn
from seston.evaluate.probe import linear_probe
from seston.evaluate.tally import count
from seston.labels.sets import LabelSet

KNN = (5, 20)
JUDGED = (*(f"knn_{k}" for k in KNN), "linear_probe")
_NAMED = 5


def across_units(
    labels: LabelSet, drawn: Drawn, folds: int, seed: int
) -> tuple[list[Row], Tallies]:
    """Ask neighbours and a linear probe, neither of which saw the unit of the organism.

    Classes that occur in one unit only cannot be asked about and are left out.

    Parameters
    ----------
    labels : LabelSet
        Of all organisms.
    drawn : Drawn
        Organisms with a label.
    folds, seed : int

    Returns
    -------
    rows : list of Row
        Balanced accuracy by `JUDGED`, with intervals over units; chance is one of the
        classes, which is exact for whatever answers without looking.
    tallies : dict
        The right answers, by unit and class.
    """
    codes = labels.codes[drawn.rows]
    homes = _homes(codes, drawn.units, len(labels.classes))
    note = joined(labels.note, f"never by organisms of the same {drawn.kind}", drawn.note)
    if single := [labels.classes[code] for code in np.flatnonzero(homes == 1)]:
        more = f" and {len(single) - _NAMED} more" if len(single) > _NAMED else ""
        some = ", ".join(single[:_NAMED]) + more
        note = joined(note, f"classes left out, as in one {drawn.kind} only: {some}")
    if (homes > 1).sum() < 2:
        told = joined(note, f"fewer than two classes occur in two {drawn.kind}s")
        return [Row("labels", measure, labels.name, note=told) for measure in JUDGED], {}
    part = drawn.part(np.flatnonzero(homes[codes] > 1))
    truth = labels.codes[part.rows]
    near = nearest(unit_rows(part.vectors), max(KNN), apart=part.units)
    answers = [vote(near, truth, k) for k in KNN]
    answers.append(linear_probe(part.vectors, truth, part.units, folds))
    found: list[Row] = []
    tallies: Tallies = {}
    for measure, answer in zip(JUDGED, answers, strict=True):
        right = answer == truth
        tally = count(right, part.units, truth, part.unit_names, labels.classes).condensed()
        chance = 1 / len(tally.classes)
        found.append(share("labels", measure, tally, chance, "higher", seed, labels.name, note))
        tallies["labels", measure, labels.name] = tally
    return found, tallies


def by_clusters(labels: LabelSet, drawn: Drawn, seed: int) -> list[Row]:
    """Cluster the organisms into as many clusters as they have classes, and compare.

    Values are means over several starts of k-means, low and high the worst and the best.
    """
    codes = labels.codes[drawn.rows]
    classes = len(np.unique(codes))
    if classes < 2:
        told = joined(labels.note, "fewer than two classes")
        return [Row("labels", measure, labels.name, note=told) for measure in MEASURES]
    found, by_chance = kmeans_agreement(drawn.vectors, codes, seed)
    starts = f"low and high are the worst and the best of {len(found)} starts of k-means"
    note = joined(labels.note, drawn.note, starts)
    groups = len(np.unique(drawn.units))
    return [
        Row(
            "labels",
            measure,
            labels.name,
            value=float(values.mean()),
            low=float(values.min()),
            high=float(values.max()),
            chance=float(chance.mean()),
            better="higher",
            images=len(drawn),
            groups=groups,
            note=note,
        )
        for measure, values, chance in zip(MEASURES, found.T, by_chance.T, strict=True)
    ]


def _homes(
    codes: npt.NDArray[np.int64], units: npt.NDArray[np.int64], classes: int
) -> npt.NDArray[np.int64]:
    """Return in how many units each class occurs."""
    pairs = np.unique(np.stack([codes, units]), axis=1)
    return np.bincount(pairs[0], minlength=classes)
