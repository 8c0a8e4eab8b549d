"""Which model is used: the fine-tuned one, unless it is shown to be worse."""

import json
import logging
from pathlib import Path
from typing import Literal

from seston import store
from seston.errors import SestonError
from seston.evaluate.evidence import read_counts, read_evidence
from seston.evaluate.judgement import Judgement, Measured, judge
from seston.models.header import read_header

log = logging.getLogger("seston")


def choose(
    *,
    results_dir: Path,
    models: list[str],
    asked: Literal["auto", "pretrained", "finetuned"],
    criterion: Literal["auto", "knn_5", "linear_probe", "nmi"],
    seed: int,
    chosen: Path,
    verdict: Path,
) -> None:
    """Choose the model whose clusters make tables, trends and report.

    Parameters
    ----------
    results_dir : pathlib.Path
        Folder with ``<model>/evidence.tsv``, ``<model>/evidence_counts.tsv`` and
        ``<model>/model.safetensors``.
    models : list of str
        ``pretrained``, and ``finetuned`` where there is one.
    asked : {'auto', 'pretrained', 'finetuned'}
        ``auto`` takes the fine-tuned model unless it is worse.
    criterion : {'auto', 'knn_5', 'linear_probe', 'nmi'}
        The figure that labels are asked for; ``auto`` is ``knn_5``.
    seed : int
        Of the bootstrap.
    chosen : pathlib.Path
        File to write: the name of the model.
    verdict : pathlib.Path
        File to write: the same with reasons, as JSON.

    Raises
    ------
    SestonError
        If a file is missing or faulty, the evidence is not of the same organisms, or a
        model is asked for that is not there.
    """
    measured = {model: _read(results_dir / model) for model in models}
    if asked != "auto" and asked not in measured:
        raise SestonError(f"cluster.model is {asked!r}, but there is only {', '.join(models)}")
    if set(measured) == {"pretrained", "finetuned"}:
        try:
            found = judge(measured["pretrained"], measured["finetuned"], criterion, seed)
        except ValueError as error:
            raise SestonError(f"{results_dir}: {error}; delete both evidence.tsv") from error
        by, name = "settings", str(asked)
        if asked == "auto":
            by, name = "evidence", "pretrained" if found.worse else "finetuned"
    else:
        found = Judgement(False, "", ["There is one model only."])
        by, name = "only model", models[0]
    if by == "settings":
        found.reasons.insert(0, f"The settings ask for the {name} model.")
    if found.worse:
        log.warning("the fine-tuned model is worse: %s", " ".join(found.reasons))
    log.info("%s model (%s)", name, by)
    told = {
        "chosen": name,
        "criterion": found.criterion,
        "decided_by": by,
        "worse": found.worse,
        "reasons": found.reasons,
        "fingerprints": {model: one.fingerprint for model, one in measured.items()},
    }
    store.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", verdict)
    store.write_text(name + "\n", chosen)


def _read(folder: Path) -> Measured:
    rows = read_evidence(folder / "evidence.tsv")
    return Measured(
        {(row.about, row.measure, row.set): row for row in rows},
        read_counts(folder / "evidence_counts.tsv"),
        read_header(folder / "model.safetensors")["fingerprint"],
    )
