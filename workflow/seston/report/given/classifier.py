"""The classes that were learned from labels: how they were judged, what was found of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from seston.errors import SestonError
from seston.report.drawing.class_colours import class_colours
from seston.report.given.classifier_files import ClassifierFiles
from seston.report.given.names import LONGEST
from seston.report.given.reading import read_json, read_text_table
from seston.report.wording import distinct, short

Row = dict[Any, Any]  # of a table, by column

#: Text and numbers of each table, by the option that gives it.
TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "classifier_scores": (
        ("calibration", "correction", "note"),
        ("images", "units", "micro", "micro_low", "micro_high", "macro", "macro_low", "macro_high",
         "nll", "brier", "ece", "adaptive_ece", "classwise_ece", "log_count_error"),
    ),
    "classifier_classes": (
        ("class",),
        ("labelled", "units", "recall", "recall_low", "recall_high", "precision",
         "recall_corrected", "precision_corrected", "true_count", "counted", "expected_raw",
         "expected_corrected", "classwise_ece"),
    ),
    "classifier_confusion": (("correction", "true", "predicted"), ("count",)),
    "classifier_reliability": (
        ("stage",), ("bin", "confidence", "right", "low", "high", "images"),
    ),
    "classifier_risk": (("stage",), ("coverage", "threshold", "error")),
    "class_frequencies": (
        ("sample", "site", "group", "datetime", "class", "method", "drift", "note"),
        ("images", "share", "low", "high"),
    ),
}  # fmt: skip
#: Of the table of abundances among those of other levels.
LEVEL = "class"
JUDGED = tuple(name for name in TABLES if name.startswith("classifier_"))
REQUIRED = (*TABLES, "abundance_class", "judge_json")
TOLD = ("unit", "head", "sampling", "calibration", "max_error", "reject")
LABELS = ("source", "organisms", "annotators", "several", "disagree")
LEFT_OUT = ("image_id", "label", "why")
#: The correction that goes with each of the settings ``classify.prior``.
CORRECTIONS = {"em": "em", "training": "multiclass", "uniform": "none"}


@dataclass(frozen=True)
class Classifier:
    """Classes that were learned from labels.

    Attributes
    ----------
    scores, classes, confusion, reliability, risk : pandas.DataFrame
        How right it is on labelled images of which it had learned nothing: as the tables
        ``classifier_*.tsv``.
    frequencies : pandas.DataFrame
        ``class_frequencies.tsv``; `drift` is boolean.
    told : dict
        How it was judged (``judge.json``).
    labels : dict
        The labels in numbers (``labels.json``); empty for a classifier of an earlier run.
    left_out : pandas.DataFrame or None
        Labels that were not used; None for such a classifier.
    settings : dict
        The section ``classify``.
    """

    scores: pd.DataFrame
    classes: pd.DataFrame
    confusion: pd.DataFrame
    reliability: pd.DataFrame
    risk: pd.DataFrame
    frequencies: pd.DataFrame
    told: dict[str, Any]
    labels: dict[str, Any] = field(default_factory=dict)
    left_out: pd.DataFrame | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def correction(self) -> str:
        """How the prior was corrected in what is predicted."""
        return CORRECTIONS[str(self.settings.get("prior", "em"))]

    @property
    def colours(self) -> dict[str, str]:
        """The colour of each class in all figures."""
        names = sorted(self.classes["class"])
        return dict(zip(names, class_colours(len(names)), strict=True))

    @property
    def unit(self) -> str:
        """What was held out as a whole: ``"day"``, ``"sample"``, ``"site"`` or ``"group"``."""
        return str(self.told["unit"])

    @property
    def reject(self) -> dict[str, float | None]:
        """From which probability on an image is named (`threshold`), and what that leaves.

        `coverage`, `error` and `error_high`; these are None where nothing is sure enough.
        """
        return self.told["reject"]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by the name of their files."""
        found = {name: getattr(self, name.removeprefix("classifier_")) for name in JUDGED}
        found["class_frequencies"] = self.frequencies
        return found if self.left_out is None else found | {"left_out": self.left_out}

    def title(self, name: str) -> str:
        """Return how to call a class."""
        names = self.classes["class"].tolist()
        return dict(zip(names, distinct(names, LONGEST), strict=True)).get(name, short(name))

    def score(self, correction: str, *, calibrated: bool = True) -> Row:
        """Return the row of the scores of this correction, with or without calibration."""
        kind = str(self.told["calibration"]) if calibrated else "none"
        rows = self.scores[
            (self.scores["calibration"] == kind) & (self.scores["correction"] == correction)
        ]
        if rows.empty:
            raise SestonError(
                f"classifier_scores.tsv has no row of calibration {kind!r} and correction"
                f" {correction!r}; delete it and run again from judge"
            )
        return rows.iloc[0].to_dict()

    @property
    def drifted(self) -> pd.DataFrame:
        """A row for each sample whose images are unlike the labelled ones, in time."""
        odd = self.frequencies[self.frequencies["drift"]]
        return odd.drop_duplicates("sample").sort_values(["datetime", "sample"], kind="stable")


def read_classifier(
    files: ClassifierFiles, samples: pd.DataFrame, settings: Mapping[str, Any]
) -> Classifier | None:
    """Read what was given; None where nothing was.

    Parameters
    ----------
    files : ClassifierFiles
    samples : pandas.DataFrame
        Of the run; `sample`.
    settings : mapping
        All settings of the run.

    Raises
    ------
    SestonError
        If a file is unreadable or missing beside the others, or tells of samples or classes that
        are not there.
    """
    given = {name: path for name, path in vars(files).items() if path is not None}
    if not given:
        return None
    if missing := [name for name in REQUIRED if name not in given]:
        raise SestonError(
            f"report: --{missing[0].replace('_', '-')} is missing; give all tables of the"
            " classifier, or none"
        )
    tables = {name: read_text_table(given[name], *columns) for name, columns in TABLES.items()}
    frequencies = tables.pop("class_frequencies")
    frequencies["drift"] = frequencies["drift"].str.lower().isin(("true", "1"))
    found = Classifier(
        **{name.removeprefix("classifier_"): table for name, table in tables.items()},
        frequencies=frequencies,
        told=read_json(given["judge_json"], TOLD),
        labels=read_json(given["labels_json"], LABELS) if "labels_json" in given else {},
        left_out=read_text_table(given["left_out"], LEFT_OUT, ()) if "left_out" in given else None,
        settings=dict(settings.get("classify") or {}),
    )
    known = {"sample": set(samples["sample"]), "class": set(found.classes["class"])}
    for column, there in known.items():
        if strange := sorted(set(frequencies[column]) - there):
            raise SestonError(
                f"{given['class_frequencies']} tells of the {column} {strange[0]!r}, which"
                f" {'this run' if column == 'sample' else given['classifier_classes']} does not"
                " have; delete it and run again from quantify"
            )
    return found
