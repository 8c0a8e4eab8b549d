"""Label sets: every source of labels apart, as numbers beside the organisms."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston.errors import SestonError
from seston.labels.table import read_agreed

RECORDED, FOLDERS = "recorded", "folders"


@dataclass(frozen=True)
class LabelSet:
    """One opinion on what organisms are.

    Attributes
    ----------
    name : str
        ``"recorded"`` (by the instrument's own files), ``"folders"``, or the name of a file.
    codes : ndarray of int64, shape (n,)
        Place of each organism's label in `classes`; -1 = none.
    classes : tuple of str
    note : str
        What people should know of it, such as how many ids were not found.
    """

    name: str
    codes: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    note: str = ""


def label_sets(
    crops: pa.Table, ready_crops: Collection[str], file: Path | None = None
) -> list[LabelSet]:
    """Return whatever labels there are.

    Parameters
    ----------
    crops : pyarrow.Table
        With ``image_id``, ``sample``, ``roi`` and ``label``.
    ready_crops : collection of str
        Samples whose organisms were picture files: there, folders may tell classes.
    file : pathlib.Path or None
        A table of labels.

    Raises
    ------
    SestonError
        If the file is faulty, or names no organism of this run.
    """
    sets = [
        _coded(RECORDED, crops["label"], "classes of the instrument's own files"),
        _from_folders(crops, ready_crops),
    ]
    if file is not None:
        sets.append(_from_file(file, crops["image_id"]))
    return [one for one in sets if one.classes]


def class_of_folders(roi: str) -> str | None:
    """Return the class that the folders above a crop tell, or None.

    Parts without any letter are dates or numbers, no classes:
    ``"Copepoda/2018-05-22/7.png"`` is of ``"Copepoda"``.
    """
    parts = [part for part in roi.split("/")[:-1] if any(map(str.isalpha, part))]
    return "/".join(parts) or None


def _from_folders(crops: pa.Table, ready_crops: Collection[str]) -> LabelSet:
    nested = pc.and_(
        pc.is_in(crops["sample"], pa.array(sorted(ready_crops), pa.string())),
        pc.match_substring(crops["roi"], "/"),
    )
    labels = np.full(len(crops), None, dtype=object)
    rows = np.flatnonzero(nested.to_numpy())
    labels[rows] = [class_of_folders(roi) for roi in crops["roi"].filter(nested).to_pylist()]
    told = pa.chunked_array([pa.array(labels, pa.string())])
    return _coded(FOLDERS, told, "the sub-folders of the crops, taken as their classes")


def _from_file(file: Path, ids: pa.ChunkedArray) -> LabelSet:
    labels = read_agreed(file)
    found = labels.by_image
    names = pa.array(found, pa.string())
    place = pc.index_in(ids, names)
    known = len(ids) - place.null_count
    if not known:
        raise SestonError(
            f"{file}: none of its {len(found)} ids is of this run; found {next(iter(found))!r},"
            f" expected <sample>/<roi> as {ids[0].as_py() if len(ids) else 'sample-1/1'!r};"
            " set labels.file to a table of this run, or to '' for none"
        )
    unknown = len(found) - known
    told = f"{unknown} of {len(found)} labelled ids are not of this run" if unknown else ""
    note = "; ".join(text for text in (told, labels.left_out) if text)
    name = file.stem if file.stem not in (RECORDED, FOLDERS) else file.name
    values = pa.chunked_array([pa.array(found.values(), pa.string())])
    return _coded(name, values.take(place), note)


def _coded(name: str, labels: pa.ChunkedArray, note: str) -> LabelSet:
    classes = pc.unique(labels.drop_null()).sort()
    codes = pc.fill_null(pc.index_in(labels, classes), -1)
    return LabelSet(name, codes.to_numpy().astype(np.int64), tuple(classes.to_pylist()), note)
