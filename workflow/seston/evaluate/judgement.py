"""Whether a fine-tuned model got worse: labels first, then signs of harm."""

from dataclasses import dataclass

from seston.evaluate.comparison import Difference, between_starts, paired
from seston.evaluate.evidence import Row, Tallies

#: Training on plankton may give up directions that only other pictures need; a model that
#: keeps less than half of them, or of their spread, tells less apart than it did.
KEPT = 0.5
#: Changes that are beyond chance but smaller than this (of 1) change no result.
MATTERS = 0.05
CIRCUMSTANCES = ("sample", "day", "instrument")
_MEANS = {
    "knn_5": "Organisms whose class is named by their 5 nearest neighbours of other days or samples"
    " (share, each class counting the same)",
    "linear_probe": "Organisms whose class is named by a linear probe that never saw their day or"
    " sample (share, each class counting the same)",
    "nmi": "Agreement of k-means with the classes (NMI)",
}


@dataclass(frozen=True)
class Measured:
    """What was measured of a model: figures, and the counts behind them."""

    rows: dict[tuple[str, str, str], Row]
    tallies: Tallies
    fingerprint: str

    def value(self, about: str, measure: str) -> float:
        """Return a figure; not a number = not measured."""
        row = self.rows.get((about, measure, ""))
        return row.value if row else float("nan")


@dataclass(frozen=True)
class Judgement:
    """Whether the fine-tuned model is worse, by what, and why, in sentences."""

    worse: bool
    criterion: str
    reasons: list[str]


def judge(before: Measured, after: Measured, criterion: str, seed: int) -> Judgement:
    """Compare the model before and after training.

    Labels come first: a fall beyond its interval is worse, a rise beyond it is not,
    whatever the other figures say. Where labels cannot tell, or there are none, the
    trained model is worse if it is harmed: collapsed, or less able to know an organism
    again, or drawn to circumstances without knowing organisms better. Otherwise it is
    taken, because it learnt from these very images and nothing measured speaks against it.
    """
    measure = "knn_5" if criterion == "auto" else criterion
    names, difference = _by_labels(before, after, measure, seed)
    harms = find_harm(before, after, seed)
    if difference is None:
        reasons = [
            f"No labels from two days or samples, so {measure} cannot be compared; only signs of"
            " harm were looked for."
        ]
        told = "label-free"
    else:
        reasons = [_sentence(measure, names, difference)]
        told = f"labels:{measure}:{','.join(names)}"
        # Of k-means starts there is no interval over days: a small fall may be of these days only.
        matters = measure != "nmi" or abs(difference.value) > MATTERS
        if difference.fell and matters:
            reasons.append("That is worse than chance explains.")
            return Judgement(True, told, reasons + harms)
        if difference.rose and matters:
            reasons.append("That is better than chance explains.")
            return Judgement(False, told, reasons + harms)
        unknown = difference.low != difference.low
        reasons.append(
            "Too few days or samples to tell a change from chance."
            if unknown
            else "That is no more than chance explains: neither better nor worse."
        )
    if harms:
        return Judgement(True, "label-free", reasons + harms)
    reasons.append(
        "No sign of harm was found, of these: collapsed features, organisms no longer known again"
        " in an altered view, and circumstances told more often with nothing gained."
    )
    return Judgement(False, told, reasons)


def find_harm(before: Measured, after: Measured, seed: int) -> list[str]:
    """Return a sentence for each sign that training has harmed the model."""
    harms = []
    for measure, name in (("feature_std", "spread"), ("effective_rank", "effective rank")):
        first, second = before.value("collapse", measure), after.value("collapse", measure)
        if second < KEPT * first:
            harms.append(
                f"The features have collapsed: their {name} fell from {first:.3g} to {second:.3g},"
                f" to less than {KEPT:.0%}."
            )
    again = _counted(before, after, ("views", "neighbour_agreement", ""), seed)
    if again and again.fell and again.value < -MATTERS:
        harms.append(f"Fewer organisms are known again in an altered view: {_figures(again)}.")
    better_known = again is not None and again.rose
    for measure in CIRCUMSTANCES:
        found = _counted(before, after, ("confounding", measure, ""), seed)
        if found and found.rose and found.value > MATTERS and not better_known:
            harms.append(
                f"The embeddings tell the {measure} more often, without knowing organisms better:"
                f" {_figures(found)}."
            )
    return harms


def _by_labels(
    before: Measured, after: Measured, measure: str, seed: int
) -> tuple[list[str], Difference | None]:
    """Return the names of the label sets, and the mean difference over them."""
    if measure == "nmi":
        known = {
            key[2]: (row, after.rows[key])
            for key, row in sorted(before.rows.items())
            if key[:2] == ("labels", "nmi") and row.groups and key in after.rows
        }
        return list(known), between_starts([*known.values()]) if known else None
    keys = [key for key in sorted(before.tallies) if key[:2] == ("labels", measure)]
    pairs = [(before.tallies[key], after.tallies[key]) for key in keys if key in after.tallies]
    return [key[2] for key in keys], paired(pairs, seed) if pairs else None


def _counted(
    before: Measured, after: Measured, key: tuple[str, str, str], seed: int
) -> Difference | None:
    if key not in before.tallies or key not in after.tallies:
        return None
    return paired([(before.tallies[key], after.tallies[key])], seed)


def _sentence(measure: str, names: list[str], difference: Difference) -> str:
    sets = " and ".join(repr(name) for name in names)
    return (
        f"{_MEANS[measure]}, with the labels {sets}: {_figures(difference)},"
        f" from {difference.units} days or samples."
    )


def _figures(difference: Difference) -> str:
    """Return the figures before and after, and the difference with its interval."""
    said = f"{difference.before:.3f} before and {difference.after:.3f} after training"
    if difference.low != difference.low:
        return f"{said} (difference {difference.value:+.3f}, from too few units for an interval)"
    return (
        f"{said} (difference {difference.value:+.3f},"
        f" {difference.meaning} {difference.low:+.3f} to {difference.high:+.3f})"
    )
