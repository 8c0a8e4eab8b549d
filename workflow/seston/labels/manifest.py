"""The manifest: which images are labelled, as what, by whom, and what each is used for."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.schemas import LABELLED

Integers: TypeAlias = npt.NDArray[np.int64]

TRAIN, VALIDATION, TEST = range(3)
KIND = "labelled"


@dataclass(frozen=True, eq=False)
class Labelled:
    """Labelled organisms.

    Attributes
    ----------
    ids : pyarrow.Array of string, length n
        Ascending.
    classes : tuple of str, length K
        Ascending: the same for every part and fold, whatever occurs in it.
    annotators : tuple of str, length A
        ``""`` for one that is not told.
    said : ndarray of int64, shape (n, A)
        Class of each annotator's label; -1 = none.
    votes : ndarray of float64, shape (n, K)
        What is learned: shares of the classes, each row sums to 1.
    codes : ndarray of int64, shape (n,)
        Class of most votes; -1 where the first two have as many.
    units : ndarray of int64, shape (n,)
        Place of each organism's unit in `unit_names`; no unit is parted.
    unit_names : tuple of str
    kind : str
        What a unit is: ``"day"``, ``"sample"``, ``"site"`` or ``"group"``.
    folds : ndarray of int64, shape (n,)
        Fold of cross-fitting, from 0.
    parts : ndarray of int8, shape (S, n)
        `TRAIN`, `VALIDATION` or `TEST`, for each seed of experiments.
    ranks : ndarray of int32, shape (S, n)
        Place in the order of its class within its part, from 0; -1 in the test part. The first
        ones are what a smaller share of the labels holds.
    """

    ids: pa.Array
    classes: tuple[str, ...]
    annotators: tuple[str, ...]
    said: Integers
    votes: npt.NDArray[np.float64]
    codes: Integers
    units: Integers
    unit_names: tuple[str, ...]
    kind: str
    folds: Integers
    parts: npt.NDArray[np.int8]
    ranks: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ids)


def training_rows(labelled: Labelled, seed: int, fraction: float) -> Integers:
    """Return the rows that are learned from, ascending.

    Parameters
    ----------
    labelled : Labelled
    seed : int
        Place among the seeds, from 0.
    fraction : float
        Share of the labels of each class, rounded up; above 1, so many of each class. Less is
        always part of more.
    """
    return _first(labelled, seed, fraction, TRAIN)


def validation_rows(labelled: Labelled, seed: int, fraction: float) -> Integers:
    """Return the rows by which settings are chosen: no larger a share than is learned from."""
    return _first(labelled, seed, fraction, VALIDATION)


def _first(labelled: Labelled, seed: int, fraction: float, part: int) -> Integers:
    if not fraction > 0:
        raise ValueError(f"a share of {fraction} of the labels: expected a number above 0")
    rows = np.flatnonzero(labelled.parts[seed] == part)
    # Images on which annotators are equally divided are a class of their own here, the last.
    of_class = labelled.codes[rows]
    counts = np.bincount(
        of_class % (len(labelled.classes) + 1), minlength=len(labelled.classes) + 1
    )
    # 0.07 * 100 is a little more than 7.
    most = np.ceil(fraction * counts - 1e-9) if fraction <= 1 else np.full(len(counts), fraction)
    if fraction > 1:
        most[-1] = 0  # they are of no single class
    return rows[labelled.ranks[seed][rows] < most[of_class]]


def write_labelled(labelled: Labelled, path: Path) -> None:
    """Write a manifest, whole or not at all; equal ones give the same bytes."""
    names = np.array([*labelled.classes, None], dtype=object)
    table = pa.table(
        {
            "image_id": labelled.ids,
            "class": pa.array(names[labelled.codes], pa.string()),
            "unit": pa.array(
                np.array(labelled.unit_names, dtype=object)[labelled.units], pa.string()
            ),
            "fold": labelled.folds,
            "said": _lists(labelled.said, pa.int32()),
            "votes": _lists(labelled.votes, pa.float64()),
            "parts": _lists(labelled.parts.T, pa.int8()),
            "ranks": _lists(labelled.ranks.T, pa.int32()),
        }
    )
    facts = {
        "classes": json.dumps(labelled.classes),
        "annotators": json.dumps(labelled.annotators),
        "units": labelled.kind,
    }
    store.write_table(table, path, LABELLED, KIND, fingerprint(labelled), **facts)


def read_labelled(path: Path) -> Labelled:
    """Read a manifest.

    Raises
    ------
    SestonError
        If the file is missing, damaged or of another kind.
    """
    table = store.read_table(path, KIND)
    facts = store.metadata(table.schema)
    classes = tuple(json.loads(facts["classes"]))
    units = table["unit"].combine_chunks()
    unit_names = units.unique().sort()
    codes = pc.index_in(table["class"].combine_chunks(), pa.array(classes, pa.string()))
    return Labelled(
        ids=table["image_id"].combine_chunks(),
        classes=classes,
        annotators=tuple(json.loads(facts["annotators"])),
        said=_matrix(table["said"], np.int64),
        votes=_matrix(table["votes"], np.float64),
        codes=codes.fill_null(-1).to_numpy().astype(np.int64),
        units=pc.index_in(units, unit_names).to_numpy().astype(np.int64),
        unit_names=tuple(unit_names.to_pylist()),
        kind=facts["units"],
        folds=table["fold"].to_numpy().astype(np.int64),
        parts=np.ascontiguousarray(_matrix(table["parts"], np.int8).T),
        ranks=np.ascontiguousarray(_matrix(table["ranks"], np.int32).T),
    )


def fingerprint(labelled: Labelled) -> str:
    """Return the fingerprint of what was labelled, as what, and of all parts and folds."""
    names = (labelled.classes, labelled.annotators, labelled.unit_names, labelled.kind)
    ids = "\n".join(labelled.ids.to_pylist()).encode()
    learned: list[npt.NDArray] = [labelled.said, labelled.votes, labelled.units]
    used: list[npt.NDArray] = [labelled.folds, labelled.parts, labelled.ranks]
    return store.fingerprint(names, ids, *(array.tobytes() for array in learned + used))


def _lists(rows: npt.NDArray, kind: pa.DataType) -> pa.FixedSizeListArray:
    flat = pa.array(np.ascontiguousarray(rows).ravel(), kind)
    return pa.FixedSizeListArray.from_arrays(flat, rows.shape[1])


def _matrix(column: pa.ChunkedArray, kind: type) -> npt.NDArray:
    lists = column.combine_chunks()
    return lists.flatten().to_numpy().astype(kind).reshape(len(lists), lists.type.list_size)
