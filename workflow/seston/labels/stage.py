"""Labels of all sources become the manifest of what is learned, and a list of what is not."""

import json
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from seston import store
from seston.id_order import in_order
from seston.labels.classes import (
    count_images,
    exclude_classes,
    leave_out_few,
    mark,
    merge_classes,
)
from seston.labels.manifest import Labelled, write_labelled
from seston.labels.splits import folds_of, parts_of, ranks_of
from seston.labels.summary import summarise
from seston.labels.units import SplitBy, units_of
from seston.labels.votes import codes_of, kept_by, require_way, targets
from seston.labels.words import COLUMNS, Source, gather, said_by
from seston.sheet import read_sheet
from seston.tsv import write_tsv

log = logging.getLogger("seston")


def labelled(
    *,
    segment_dir: Path,
    shards: list[str],
    sheet: Path,
    use: Source,
    merge: str,
    few: int,
    annotators: str,
    split_by: SplitBy,
    folds: int,
    seeds: int,
    test: float,
    validation: float,
    seed: int,
    manifest: Path,
    summary: Path,
    left_out: Path,
    labels: tuple[Path, ...] = (),
    exclude: tuple[str, ...] = (),
) -> None:
    """Bring the labels of all sources into one table, and say what each image is used for.

    Parameters
    ----------
    segment_dir : pathlib.Path
        Folder with ``<shard>/crops.parquet``.
    shards : list of str
        Names of the shards.
    sheet : pathlib.Path
        The sample sheet.
    use : {"auto", "file", "recorded", "folders"}
        The source of the labels; ``auto`` is the first of the others that has any.
    merge : str
        JSON: the labels of each new class, as ``{"copepod": ["cyclops"]}``.
    few : int
        Classes of fewer labelled images are left out.
    annotators : str
        What counts of several labels: ``votes``, ``agreed``, ``majority``, ``random``,
        ``dawid_skene`` or the name of an annotator.
    split_by : {"auto", "day", "sample", "site", "group"}
        What is never divided between learning and judging.
    folds : int
        Of cross-fitting.
    seeds : int
        Divisions into parts for training, validation and test.
    test, validation : float
        Shares of the labels in these parts.
    seed : int
        Of every draw.
    manifest : pathlib.Path
        Parquet to write; see `seston.labels.manifest`.
    summary : pathlib.Path
        JSON to write: labels per class, annotator and reason to leave them out.
    left_out : pathlib.Path
        Table to write: every label that is not learned from, and why.
    labels : tuple of pathlib.Path
        Tables of labels, by people or of EcoTaxa.
    exclude : tuple of str
        Classes that are left out.

    Raises
    ------
    SestonError
        If labels or settings are faulty, or too few labels are left.
    """
    paths = [segment_dir / name / "crops.parquet" for name in shards]
    columns = ("image_id", "sample", "roi", "label")
    crops = in_order([store.read_table(path, "crops", columns) for path in paths])
    samples = read_sheet(sheet)
    ready = [one.sample for one in samples if one.instrument == "images"]
    words, source = gather(crops, ready, labels, use)
    taken = words[words["why"] == ""]
    who = tuple(sorted(set(taken["annotator"])))
    require_way(annotators, who)
    words, classes = _choose(words, who, json.loads(merge), exclude, few, annotators)
    places, said = said_by(words, classes, who)
    votes = targets(said, len(classes), annotators, who, np.random.default_rng([seed, 0]))
    codes = codes_of(votes)
    of = crops["sample"].take(pa.array(places)).to_pylist()
    units, unit_names, kind = units_of(of, samples, split_by, folds)
    fewer = min(folds, len(unit_names))
    each = partial(_divided, units, votes, codes, test, validation)
    parts, ranks = zip(
        *(each(np.random.default_rng([seed, 2, s])) for s in range(seeds)), strict=True
    )
    found = Labelled(
        ids=crops["image_id"].take(pa.array(places)).combine_chunks(),
        classes=classes,
        annotators=who,
        said=said,
        votes=votes,
        codes=codes,
        units=units,
        unit_names=unit_names,
        kind=kind,
        folds=folds_of(units, votes, fewer, np.random.default_rng([seed, 1])),
        parts=np.stack(parts),
        ranks=np.stack(ranks),
    )
    write_labelled(found, manifest)
    out = words[words["why"] != ""]
    write_tsv({name: out[name].tolist() for name in COLUMNS}, left_out)
    files = [str(path) for path in labels] if source == "file" else []
    facts: dict[str, Any] = {"source": source, "files": files}
    facts |= {"images": len(crops), "labels": len(words)} | summarise(found, out, annotators)
    store.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", summary)
    log.info("%d of %d images are labelled, in %d classes of %d %ss", len(found), len(crops),
             len(classes), len(unit_names), kind)  # fmt: skip
    log.info("%d of %d labels are left out: %s", len(out), len(words), left_out)
    for note in facts["notes"]:
        log.warning("%s", note)


def _choose(
    words: pd.DataFrame, who: Sequence[str], merge: Mapping[str, Sequence[str]],
    exclude: Sequence[str], few: int, way: str,
) -> tuple[pd.DataFrame, tuple[str, ...]]:  # fmt: skip
    """Return the labels, those marked that are not learned, and the classes that are."""
    words = merge_classes(words, merge)
    names = tuple(sorted(set(words["class"])))

    def without(words: pd.DataFrame) -> pd.DataFrame:
        places, said = said_by(words, names, who)
        kept, why = kept_by(said, way, who)
        return mark(words, words["place"].isin(places[~kept]), why)

    # Whether annotators agree is asked before an opinion is left out.
    words = without(exclude_classes(without(words), exclude))
    _, said = said_by(words, names, who)
    # What is drawn, or weighed by reliability, needs the classes that are found only here.
    counted = way if way in who else "votes"
    codes = codes_of(targets(said, len(names), counted, who, np.random.default_rng(0)))
    left = set(words["class"][words["why"] == ""])
    images = {name: n for name, n in count_images(codes, names).items() if name in left}
    words = without(leave_out_few(words, images, few))
    return words, tuple(sorted(set(words["class"][words["why"] == ""])))


def _divided(
    units: npt.NDArray[np.int64], votes: npt.NDArray[np.float64], codes: npt.NDArray[np.int64],
    test: float, validation: float, rng: np.random.Generator,
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int32]]:  # fmt: skip
    """Return part and rank of each organism, for one seed."""
    parts = parts_of(units, votes, test, validation, rng)
    return parts, ranks_of(parts, codes, rng)
