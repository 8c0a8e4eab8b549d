"""The files of the branch with labels, as options of the report."""

from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter


@Parameter(name="*")  # each is an option by its own name: --classifier-scores
@dataclass(frozen=True)
class ClassifierFiles:
    """Tables of the stages labelled, judge and quantify.

    Attributes
    ----------
    class_frequencies : Path, optional
        Shares of the classes in each sample (``class_frequencies.tsv``).
    abundance_class : Path, optional
        Abundances of the classes (``abundance_class.tsv``).
    classifier_scores : Path, optional
        How right the classifier is (``classifier_scores.tsv``); with all others but the
        last two.
    classifier_classes : Path, optional
        The same of each class (``classifier_classes.tsv``).
    classifier_confusion : Path, optional
        Which class is taken for which (``classifier_confusion.tsv``).
    classifier_reliability : Path, optional
        Whether stated probabilities hold (``classifier_reliability.tsv``).
    classifier_risk : Path, optional
        How many errors go with the least sure images (``classifier_risk.tsv``).
    judge_json : Path, optional
        How it was judged, and from when on an image is left without a class (``judge.json``).
    labels_json : Path, optional
        The labels in numbers (``labels.json``).
    left_out : Path, optional
        Labels that were not used, with the reason (``left_out.tsv``).
    """

    class_frequencies: Path | None = None
    abundance_class: Path | None = None
    classifier_scores: Path | None = None
    classifier_classes: Path | None = None
    classifier_confusion: Path | None = None
    classifier_reliability: Path | None = None
    classifier_risk: Path | None = None
    judge_json: Path | None = None
    labels_json: Path | None = None
    left_out: Path | None = None


NO_CLASSIFIER = ClassifierFiles()
