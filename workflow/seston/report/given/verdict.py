"""Which model was chosen, and why, in plain sentences."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seston.errors import SestonError
from seston.report.given.measures import MODELS, measure_of
from seston.report.given.reading import read_json
from seston.report.wording import listing, quoted


@dataclass(frozen=True)
class Verdict:
    """Which model is used and why (``verdict.json``).

    Attributes
    ----------
    criterion : str
        ``about:measure:set``, or empty where nothing was compared.
    decided_by : str
        ``"evidence"``, ``"settings"`` or ``"only model"``.
    worse : bool
        Whether the fine-tuned model is worse by the criterion.
    reasons : tuple of str
        Sentences for the reader.
    fingerprints : dict of str to str
        Of the models compared.
    """

    chosen: str
    criterion: str
    decided_by: str
    worse: bool
    reasons: tuple[str, ...]
    fingerprints: dict[str, str]

    @property
    def sentence(self) -> str:
        """Which model is used, in a plain sentence."""
        used = f"This report uses the {MODELS[self.chosen]} model"
        if self.decided_by == "only model":
            return f"{used}: it is the only one of this run."
        if self.decided_by == "settings":
            return f"{used}, because the settings ask for it."
        by = f"by {self.yardstick}, " if self.yardstick else ""
        if self.worse:
            return f"{used}: {by}the fine-tuned one is worse."
        if self.chosen == "finetuned":
            return f"{used}: {by}it is no worse than the pre-trained one."
        return f"{used}: {by}the fine-tuned one did not show more."

    @property
    def yardstick(self) -> str:
        """The criterion in words; empty where there is none."""
        about, measure, labels = (*self.criterion.split(":", 2), "", "")[:3]
        if about == "label-free":
            return "signs of harm"
        name = measure_of(measure).name if measure else ""
        if about != "labels":
            return name
        sets = [quoted(one) for one in labels.split(",") if one]
        return f"{name} on the label {'set' if len(sets) < 2 else 'sets'} {listing(sets)}".rstrip()


def read_verdict(path: Path) -> Verdict:
    """Read which model was chosen.

    Raises
    ------
    SestonError
        If the file is unreadable, incomplete or names an unknown model.
    """
    keys = ("chosen", "criterion", "decided_by", "worse", "reasons", "fingerprints")
    told: dict[str, Any] = read_json(path, keys)
    if told["chosen"] not in MODELS or told["chosen"] not in told["fingerprints"]:
        raise SestonError(
            f"{path}: chosen is {told['chosen']!r}, expected {' or '.join(MODELS)};"
            " delete it and run again"
        )
    return Verdict(
        chosen=told["chosen"],
        criterion=told["criterion"] or "",
        decided_by=told["decided_by"],
        worse=bool(told["worse"]),
        reasons=tuple(map(str, told["reasons"])),
        fingerprints={name: str(value) for name, value in told["fingerprints"].items()},
    )
