"""Stage `export-darwin-core`: what was found where, as OBIS, GBIF and EMODnet take it."""

import csv
import logging
from pathlib import Path

import numpy as np

from seston import store
from seston.classify.counting import Method
from seston.errors import SestonError
from seston.export.darwin_core.archive import write_archive
from seston.export.darwin_core.eml import About, eml
from seston.export.darwin_core.events import event_lines
from seston.export.darwin_core.facts import Share, fact_lines
from seston.export.darwin_core.findings import Dataset, Findings
from seston.export.darwin_core.occurrences import occurrence_lines
from seston.export.darwin_core.terms import EVENT_FILE, FACT_FILE, LICENCES, OCCURRENCE_FILE
from seston.export.found.absent import absent
from seston.export.found.amounts import per_litre
from seston.export.found.held import read_held
from seston.export.found.said import Kind, said_of
from seston.export.found.samples import read_samples
from seston.export.found.taxa import read_aphia_ids, read_taxa, taxa_of
from seston.tsv import as_tsv

log = logging.getLogger("seston")

LEFT_OUT = ("what", "name", "samples", "images", "why")


def export_darwin_core(
    *,
    images: Path,
    samples: Path,
    taxa: Path,
    names: Path | None = None,
    predictions: Path | None = None,
    frequencies: Path | None = None,
    labels: list[Path] | None = None,
    category: Kind = "name",
    method: Method = "em",
    absences: float | None = None,
    confidence: float = 0.95,
    dataset_id: str,
    dataset_name: str,
    institution: str,
    licence: str,
    contact: str,
    email: str,
    abstract: str = "",
    published: str = "",
    archive: Path,
    left_out: Path,
) -> None:
    """Write a Darwin Core archive: events, occurrences, and what was measured of both.

    One occurrence is a class in a sample. Classes without a scientific name and samples without
    a place are left out, and counted.

    Parameters
    ----------
    images : pathlib.Path
        One row per organism.
    samples : pathlib.Path
        One row per sample.
    taxa : pathlib.Path
        The scientific name of each class, by the user.
    names : pathlib.Path, optional
        Names of clusters, with what they say of AphiaIDs.
    predictions : pathlib.Path, optional
        What the classifier takes each organism for.
    frequencies : pathlib.Path, optional
        Class frequencies of each sample, with intervals.
    labels : list of pathlib.Path, optional
        Tables of labels.
    category : {"name", "prediction", "label"}
        What classes are: names of clusters, what the classifier predicts, or labels.
    method : {"em", "pacc", "probabilistic", "count"}
        Which of `frequencies` are exported.
    absences : float, optional
        Write what was not found in samples of which at most this share is of no class; without,
        write none.
    confidence : float
        Of the limits.
    dataset_id : str
        Begins all ids.
    dataset_name : str
        Title of the dataset.
    institution : str
        Code or name of the institution.
    licence : str
        One of CC0-1.0, CC-BY-4.0, CC-BY-NC-4.0.
    contact, email : str
        Whom to ask; ``Surname, Given name``.
    abstract : str
        What the data are.
    published : str
        ISO date.
    archive : pathlib.Path
        Written: the archive (zip).
    left_out : pathlib.Path
        Written: classes and samples that are not in it (tab-separated).

    Raises
    ------
    SestonError
        If the licence is unknown, a table is faulty, or nothing is left to export.
    """
    if licence not in LICENCES:
        raise SestonError(
            f"config: export.darwin_core.licence: found {licence!r}, expected one of"
            f" {', '.join(LICENCES)}"
        )
    said = said_of(category, images, predictions, labels or [], "darwin_core")
    known = read_taxa(taxa, read_aphia_ids(names) if names else None)
    table = read_samples(samples)
    held = read_held(images, table.effort, said)
    water = table.effort["water_ml"].to_numpy(float)
    of = taxa_of(said.classes, known)
    found = Findings(
        Dataset(dataset_id, dataset_name, institution, licence), table, said, held,
        per_litre(held, water, confidence), absent(held, water, of, absences), of, confidence,
    )  # fmt: skip
    _require_something(found, taxa, samples)
    corrected = _read_frequencies(frequencies, method) if frequencies else {}
    about = About(contact, email, abstract, published)
    with store.atomic(archive) as file:
        rows = write_archive(
            file,
            {
                EVENT_FILE: event_lines(found),
                OCCURRENCE_FILE: occurrence_lines(found),
                FACT_FILE: fact_lines(found, corrected, method),
            },
            eml(found, about),
        )
    missing = list(found.left_out())
    store.write_text(as_tsv(LEFT_OUT, missing), left_out)
    for what, name, _, count, why in missing:
        log.warning("left out: %s %s (%d images): %s", what, name or "-", count, why)
    log.info(
        "%s: %s", archive, ", ".join(f"{count} rows of {name}" for name, count in rows.items())
    )


def _require_something(found: Findings, taxa: Path, samples: Path) -> None:
    if not any(True for _ in found.events()):
        raise SestonError(
            f"{samples}: no sample has a latitude and a longitude; OBIS and GBIF need both: add"
            " them to the sample sheet"
        )
    if not any(True for _ in found.occurrences()):
        names = ", ".join(found.held.classes[:5]) or "none"
        raise SestonError(
            f"{taxa}: names none of the classes that samples with a place hold; classes of this run"
            f" are: {names}{', …' if len(found.held.classes) > 5 else ''}"
        )


def _read_frequencies(path: Path, method: Method) -> dict[tuple[str, str], Share]:
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (row["sample"], row["class"]): Share(
                *(float(row[name] or np.nan) for name in Share._fields)
            )
            for row in csv.DictReader(file, delimiter="\t")
            if row["method"] == method
        }
