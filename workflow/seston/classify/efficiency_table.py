"""Stage `efficiency-table`: all variants and fractions side by side, and what labels they save."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seston.classify.efficiency_ratio import ratios
from seston.classify.efficiency_scores import (
    CORRECTIONS,
    Figures,
    by_unit,
    figures,
    posteriors,
    recalls_of_draws,
)
from seston.classify.task import task_of
from seston.classify.trial import read_trial
from seston.classify.variants import Variant, variant_of
from seston.errors import SestonError
from seston.evaluate.tally import draw_units
from seston.labels.manifest import Labelled, read_labelled
from seston.progress import Progress
from seston.tsv import write_tsv

log = logging.getLogger("seston")

Floats = npt.NDArray[np.float64]

COLUMNS = (
    "variant", "fraction", "labels", "validation", "seed", "correction", *Figures._fields,
    "steps", "seconds",
)  # fmt: skip
RATIOS = ("measure", "variant", "against", "fraction", "ratio", "low", "high", "note")
#: Measures that ratios are told of: raw, and after the correction of the prior.
MEASURES = ("macro", "micro", "macro_corrected", "micro_corrected")
#: Draws behind the interval of a ratio.
DRAWS = 500


def efficiency_table(
    *,
    labelled: Path,
    efficiency_dir: Path,
    variants: list[str],
    fractions: list[str],
    seeds: int,
    seed: int,
    table: Path,
    ratio: Path,
    noise: list[str] | None = None,
) -> None:
    """Judge the answers of all variants, and tell how many labels each saves.

    Parameters
    ----------
    labelled : Path
        The labels, and how they are split.
    efficiency_dir : Path
        Folder of the answers: <variant>/<fraction>/<seed>.parquet and .json.
    variants, fractions : list of str
        Those that were tried.
    seeds : int
        Splits of the labels.
    seed : int
        Of the bootstrap: days (or samples) and splits are drawn with return.
    table : Path
        Written: a row for each variant, fraction, split and correction.
    ratio : Path
        Written: labels that training from scratch needs, over those of each other variant.
    noise : list of str
        Classes that are no organisms, for binary variants.
    """
    labels = read_labelled(labelled)
    drawn = _draws(len(labels.unit_names), seeds, seed)
    ordered = sorted(fractions, key=float)
    rows: list[tuple[object, ...]] = []
    curves: dict[str, dict[str, Floats]] = {}  # variant, measure: (draws, fractions)
    counts: dict[str, Floats] = {}
    with Progress(len(variants) * len(ordered) * seeds, "trainings") as progress:
        for name in variants:
            way, found, used = variant_of(name), [], []
            for text in ordered:
                told, points, learned = _judged(
                    labels, way, efficiency_dir, text, seeds, noise or [], drawn
                )
                rows += told
                found.append(points)
                used.append(learned)
                progress.add(seeds)
            curves[name] = {
                measure: np.stack([one[measure] for one in found], axis=1) for measure in MEASURES
            }
            counts[name] = np.array(used)
    write_tsv(dict(zip(COLUMNS, zip(*rows, strict=True), strict=True)), table)
    lines = _ratio_rows([variant_of(name) for name in variants], ordered, curves, counts)
    write_tsv({name: [line[i] for line in lines] for i, name in enumerate(RATIOS)}, ratio)
    log.info("%d rows of %d variants, %d ratios", len(rows), len(variants), len(lines))


def _draws(units: int, seeds: int, seed: int) -> tuple[Floats, Floats]:
    """Return how often each unit and each split is drawn, (draws, U) and (draws, S).

    The first row is all of them, once.
    """
    splits = np.random.default_rng([seed, 11]).multinomial(seeds, np.full(seeds, 1 / seeds), DRAWS)
    days = np.concatenate([np.ones((1, units)), draw_units(units, seed)[:DRAWS]])
    return days, np.concatenate([np.ones((1, seeds)), splits]) / seeds


def _judged(
    labels: Labelled, way: Variant, folder: Path, fraction: str, seeds: int,
    noise: Sequence[str], drawn: tuple[Floats, Floats],
) -> tuple[list[tuple[object, ...]], dict[str, Floats], float]:  # fmt: skip
    """Return the rows of a fraction, its measures in all draws, and the labels that it used."""
    days, splits = drawn
    rows: list[tuple[object, ...]] = []
    sums = {measure: np.zeros(len(days)) for measure in MEASURES}
    used = []
    for split in range(seeds):
        path = folder / way.name / fraction / f"{split}.parquet"
        record = _record(path.with_suffix(".json"))
        task = task_of(labels, way, float(fraction), split, noise)
        trial = read_trial(path, labels.ids, task, np.array(record["prior"]))
        votes, units = task.truth[task.test], labels.units[task.test]
        used.append(len(task.training) + len(task.validation))
        for correction, posterior in posteriors(trial, task).items():
            rows.append(
                (way.name, float(fraction), len(task.training), len(task.validation), split,
                 correction, *figures(posterior, votes), record["steps"], record["seconds"])
            )  # fmt: skip
            suffix = {"none": "", "multiclass": "_corrected"}.get(correction)
            if suffix is not None:
                counted = by_unit(posterior, votes, units, len(labels.unit_names))
                micro, macro = recalls_of_draws(counted, days)
                sums[f"micro{suffix}"] += splits[:, split] * micro
                sums[f"macro{suffix}"] += splits[:, split] * macro
    assert {row[5] for row in rows} == set(CORRECTIONS)
    return rows, sums, float(np.mean(used))


def _ratio_rows(
    ways: Sequence[Variant], fractions: Sequence[str], curves: dict[str, dict[str, Floats]],
    counts: dict[str, Floats],
) -> list[tuple[object, ...]]:  # fmt: skip
    """Return the ratios of each variant against each that learned from scratch."""
    found: list[tuple[object, ...]] = []
    for measure in MEASURES:
        for way in ways:
            for other in ways:
                if way.from_scratch or not other.from_scratch or way.binary != other.binary:
                    continue
                of = ratios(
                    curves[way.name][measure], curves[other.name][measure],
                    counts[way.name], counts[other.name],
                )  # fmt: skip
                found += [
                    (measure, way.name, other.name, float(fraction), *one)
                    for fraction, one in zip(fractions, of, strict=True)
                ]
    return found


def _record(path: Path) -> dict[str, Any]:
    """Return what a trial tells of itself: ``prior``, ``steps`` and ``seconds``."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return {key: record[key] for key in ("prior", "steps", "seconds")}
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SestonError(
            f"{path}: not readable as the record of a trial ({error!r}); delete it and run again"
        ) from error
