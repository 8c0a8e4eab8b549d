"""What speaks for each model: its figures, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from seston.errors import SestonError
from seston.report.given.measures import CONFOUNDERS, CONTINUOUS, MODELS, OF_STARTS, measure_of
from seston.report.given.reading import read_text_table
from seston.report.wording import listing, quoted

TEXTS = ("about", "measure", "set", "better", "note")
NUMBERS = ("value", "low", "high", "chance", "images", "groups")


@dataclass(frozen=True)
class Row:
    """One measure on one set, by the models; a model that lacks it is not among `found`."""

    about: str
    measure: str
    set: str
    better: str
    found: dict[str, pd.Series]

    @property
    def change(self) -> float | None:
        """Fine-tuned less pre-trained; None without both."""
        if len(self.found) < 2:
            return None
        before, after = (float(self.found[model]["value"]) for model in MODELS)
        return after - before

    @property
    def told(self) -> str:
        """``"better"`` or ``"worse"`` after the training, in as far as the measure can tell."""
        change = self.change
        if change is None or not self.better or not measure_of(self.measure).visible(change):
            return ""
        return "better" if (change > 0) == (self.better == "higher") else "worse"

    @property
    def apart(self) -> bool | None:
        """Whether the intervals lie apart; None where there are not two over days or samples."""
        limits = [one[["low", "high"]].to_numpy(float) for one in self.found.values()]
        if (
            len(limits) < 2
            or self.measure in OF_STARTS
            or any(pd.isna(pair).any() for pair in limits)
        ):
            return None
        (low, high), (other_low, other_high) = limits
        return bool(high < other_low or other_high < low)


def read_evidence(paths: Sequence[Path]) -> pd.DataFrame:
    """Read the evidence of each model, with a column `model` from the folder of its file.

    Raises
    ------
    SestonError
        If a file is unreadable, its folder names no model, or a model comes twice.
    """
    parts: dict[str, pd.DataFrame] = {}
    for path in paths:
        model = path.resolve().parent.name
        if model not in MODELS or model in parts:
            raise SestonError(
                f"{path}: expected one <model>/evidence.tsv per model,"
                f" the models {' and '.join(MODELS)}"
            )
        parts[model] = read_text_table(path, TEXTS, NUMBERS).assign(model=model)
    in_order = [parts[model] for model in MODELS if model in parts]
    if not in_order:
        return pd.DataFrame(columns=[*TEXTS, *NUMBERS, "model"])
    return pd.concat(in_order, ignore_index=True)


def rows_of(evidence: pd.DataFrame, about: str) -> list[Row]:
    """Return the measures of one kind that any model has a value for, in the order of the files."""
    known = evidence[(evidence["about"] == about) & evidence["value"].notna()]
    rows = []
    for (measure, labels), some in known.groupby(["measure", "set"], sort=False):
        found = {str(one["model"]): one for _, one in some.iterrows()}
        better = str(some["better"].iloc[0])
        rows.append(Row(about, str(measure), str(labels), better, found))
    return rows


def notes_of(evidence: pd.DataFrame, absent: bool) -> list[tuple[str, str]]:
    """Return each note on figures that are there, or absent, once: about what, and what it says.

    A model is named where the note is not of all.
    """
    models = set(evidence["model"])
    here = evidence[evidence["value"].isna() == absent]
    if absent:
        here = here.assign(note=here["note"].replace("", "no reason is given"))
    told = []
    for (about, note), some in here[here["note"] != ""].groupby(["about", "note"], sort=False):
        measures = [measure_of(name).name for name in dict.fromkeys(some["measure"]) if name]
        sets = [quoted(name) for name in dict.fromkeys(some["set"]) if name]
        where = [MODELS[name] for name in dict.fromkeys(some["model"])]
        named = f"{about}: {listing(measures, most=9)}" if measures else str(about)
        more = "; ".join(sets + (where if len(where) < len(models) else []))
        told.append((f"{named} ({more})" if more else named, str(note)))
    return told


def confounding_told(evidence: pd.DataFrame, model: str) -> list[str]:
    """Return a sentence for each thing that can be told from the embedding of this model."""
    sentences = []
    for row in rows_of(evidence, "confounding"):
        if model not in row.found or row.measure not in CONFOUNDERS:
            continue
        value, chance = (row.found[model][name] for name in ("value", "chance"))
        text = measure_of(row.measure).text
        by_chance = "" if pd.isna(chance) else f", {text(chance)} by chance"
        if row.measure in CONTINUOUS:
            told = (
                f"Of the differences in {row.measure}, {text(value)} can be read from it (R\u00b2)"
            )
        else:
            what = CONFOUNDERS[row.measure].capitalize()
            told = f"{what} can be told from the embedding in {text(value)} of cases"
        sentences.append(f"{told}{by_chance}.")
    return sentences
