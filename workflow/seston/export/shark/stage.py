"""Stage `export-shark`: one flat table of classes and samples, by the column names of SHARK."""

import csv
import logging
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seston import __version__, store
from seston.export.found.absent import absent
from seston.export.found.amounts import Amounts, per_litre
from seston.export.found.held import Held, read_held
from seston.export.found.said import PREDICTED, Kind, Said, said_of
from seston.export.found.samples import Samples, read_samples
from seston.export.found.taxa import read_aphia_ids, read_taxa, taxa_of
from seston.export.found.taxon import Taxon
from seston.export.shark.columns import COLUMNS, from_sheet
from seston.tsv import as_tsv

log = logging.getLogger("seston")

_METHODS = "biovolume: doi:10.4319/lom.2012.10.278; carbon: doi:10.4319/lo.2000.45.3.0569"
Cells = dict[str, object]


def export_shark(
    *,
    images: Path,
    samples: Path,
    taxa: Path | None = None,
    names: Path | None = None,
    predictions: Path | None = None,
    scores: Path | None = None,
    labels: list[Path] | None = None,
    category: Kind = "name",
    absences: float | None = None,
    table: Path,
) -> None:
    """Write a flat table: one row per class found in a sample, with what it was found by.

    A sample in which nothing was found has one row without a class, so that none is lost.

    Parameters
    ----------
    images : pathlib.Path
        One row per organism.
    samples : pathlib.Path
        One row per sample.
    taxa : pathlib.Path, optional
        The scientific name of each class, by the user; without it, names stay empty.
    names : pathlib.Path, optional
        Names of clusters, with what they say of AphiaIDs.
    predictions : pathlib.Path, optional
        What the classifier takes each organism for.
    scores : pathlib.Path, optional
        How well the classifier finds each class.
    labels : list of pathlib.Path, optional
        Tables of labels.
    category : {"name", "prediction", "label"}
        What classes are: names of clusters, what the classifier predicts, or labels.
    absences : float, optional
        Write zeros of what was not found, in samples of which at most this share is of no class;
        without, write none.
    table : pathlib.Path
        Written (tab-separated).
    """
    said = said_of(category, images, predictions, labels or [], "shark")
    known = read_taxa(taxa, read_aphia_ids(names) if names else None) if taxa else {}
    told = read_samples(samples)
    held = read_held(images, told.effort, said)
    water = told.effort["water_ml"].to_numpy(float)
    # Zeros are of classes here, whether or not they are taxa.
    of = taxa_of(said.classes, known)
    classes = [taxon or Taxon(f"class {number}") for number, taxon in enumerate(of)]
    found = _Found(
        told, said, held, per_litre(held, water, 0.95), absent(held, water, classes, absences), of,
        read_f1(scores) if scores else {}, water,
    )  # fmt: skip
    rows = 0

    def lines() -> Iterator[list[object]]:
        nonlocal rows
        for cells in _lines(found):
            rows += 1
            yield [cells.get(name) for name in COLUMNS]

    store.write_text(as_tsv(COLUMNS, lines()), table)
    unnamed = [name for name, taxon in zip(said.classes, of, strict=True) if taxon is None]
    if unnamed:
        log.warning("%d classes have no LATNM: %s", len(unnamed), ", ".join(unnamed[:20]))
    log.info("%d rows of %d samples", rows, len(told.rows))


class _Found(NamedTuple):
    """What rows are made of."""

    samples: Samples
    said: Said
    held: Held
    amounts: Amounts
    absent: npt.NDArray[np.bool_]
    taxa: list[Taxon | None]
    f1: Mapping[str, float]
    water: npt.NDArray[np.float64]


def _lines(found: _Found) -> Iterator[Cells]:
    own = from_sheet(found.samples.further)
    for row, sample in enumerate(found.samples.rows):
        cells = _of_sample(found, row) | {name: sample[name] for name in own if sample[name]}
        told = (found.held.counts[row, :-1] > 0) | found.absent[row]
        for code in np.flatnonzero(told).tolist():
            yield cells | _of_class(found, row, code)
        if not told.any():
            yield cells


def _of_sample(found: _Found, row: int) -> Cells:
    sample, amounts = found.samples.rows[row], found.amounts
    when = found.samples.effort["time"].iloc[row]
    timed = when != when.normalize()  # midnight is the date alone, as in sheets without a time
    depth = found.samples.depth(row)
    number = re.search(r"IFCB(\d+)", sample["sample"]) if sample["instrument"] == "ifcb" else None
    return {
        "MYEAR": when.year, "STATN": sample["site"],
        "DATE_TIME": f"{when:%Y%m%d%H%M%S}" if timed else f"{when:%Y%m%d}",
        "SDATE": f"{when:%Y-%m-%d}", "STIME": f"{when:%H:%M:%S}" if timed else "",
        "LATIT": sample["latitude"], "LONGI": sample["longitude"], "MNDEP": depth, "MXDEP": depth,
        "SMVOL": sample["volume_ml"], "IFCBNO": number[1] if number else "",
        "SMPNO": sample["sample"], "QFLAG": sample["flags"],
        "COEFF": float(1000 / found.water[row]),
        "UNCLASSIFIED_COUNTS": int(found.held.unclassified[row]),
        "UNCLASSIFIED_ABUNDANCE": float(amounts.abundance[row, -1]),
        "UNCLASSIFIED_VOLUME": float(amounts.biovolume[row, -1]),
        "IMAGE_VERIFICATION": found.said.status, "CLASSPROG": f"Seston {__version__}",
        "CLASSIFIER_USED": found.said.by if found.said.status == PREDICTED else "",
        "METDC": _METHODS,
    }  # fmt: skip


def _of_class(found: _Found, row: int, code: int) -> Cells:
    at, name, taxon = (row, code), found.held.classes[code], found.taxa[code]
    count, amounts = int(found.held.counts[at]), found.amounts
    carbon = {"diatom": amounts.diatom, "protist": amounts.protist}.get(
        taxon.carbon if taxon else ""
    )
    cells: Cells = {
        "COUNT": count, "IMAGE_COUNT": count, "CLASS_NAME": name, "CLASS_F1": found.f1.get(name),
    }  # fmt: skip
    # Where nobody labelled the others, what they hold of the class is not known.
    if not (found.said.partial and found.held.unclassified[row]):
        cells |= {
            "ABUND": float(amounts.abundance[at]), "BIOVOL": float(amounts.biovolume[at]),
            "C_CONC": None if carbon is None else float(carbon[at]),
        }  # fmt: skip
    if taxon:
        cells |= {
            "LATNM": taxon.name, "SFLAG": taxon.qualifier, "APHIA_ID": taxon.aphia_id,
            "LATNM_SFLAG": f"{taxon.name} {taxon.qualifier}".strip(),
        }  # fmt: skip
    return cells


def read_f1(scores: Path) -> dict[str, float]:
    """Return F1 of each class in percent: the harmonic mean of its precision and its recall.

    Both are those after the correction, where the classifier never looked; a class that lacks
    either has none.
    """
    found = {}
    with scores.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            cells = (row["recall_corrected"], row["precision_corrected"])
            if all(cells):
                recall, precision = map(float, cells)
                both = recall + precision
                found[row["class"]] = 200 * recall * precision / both if both else 0.0
    return {name: value for name, value in found.items() if math.isfinite(value)}
