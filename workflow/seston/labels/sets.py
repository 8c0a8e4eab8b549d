"""Label sets: every source of labels apart, as numbers beside the organisms."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston.errors import SestonError
from seston.labels.files import told_of
from seston.labels.table import agreed

RECORDED, FOLDERS = "recorded", "folders"


@dataclass(frozen=True)
class LabelSet:
    """One opinion on what organisms are.

    Attributes
    ----------
    name : str
        ``"recorded"`` (by the instrument's own files), ``"folders"``, or the names of the files.
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
    crops: pa.Table, ready_crops: Collection[str], files: Sequence[Path] = ()
) -> list[LabelSet]:
    """Return whatever labels there are.

    Parameters
    ----------
    crops : pyarrow.Table
        With ``image_id``, ``sample``, ``roi`` and ``label``.
    ready_crops : collection of str
        Samples whose organisms were picture files: there, folders may tell classes.
    files : sequence of pathlib.Path
        Tables of labels, together one set.

    Raises
    ------
    SestonError
        If a file is faulty, or none names an organism of this run.
    """
    sets = [
        _coded(RECORDED, crops["label"], "classes of the instrument's own files"),
        _from_folders(crops, ready_crops),
    ]
    if files:
        sets.append(_from_files(files, crops["image_id"]))
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


def labels_of(files: Sequence[Path], ids: pa.ChunkedArray) -> tuple[dict[int, str], str]:
    """Return the labels that hold, by the place of the image, and what people should know of them.

    Raises
    ------
    SestonError
        If a file is faulty, none names an image of this run, or no label holds.
    """
    told = told_of(files, ids)
    held = agreed(told.rows)
    places = dict(zip((row.image_id for row in told.rows), told.places.tolist(), strict=True))
    found = {places[image]: name for image, name in held.by_image.items() if places[image] >= 0}
    unknown = len(held.by_image) - len(found)
    missing = (
        f"{unknown} of {len(held.by_image)} labelled ids are not of this run" if unknown else ""
    )
    note = "; ".join(text for text in (missing, held.left_out) if text)
    if not found:
        raise SestonError(f"{', '.join(map(str, files))}: no labels of images of this run ({note})")
    return found, note


def _from_files(files: Sequence[Path], ids: pa.ChunkedArray) -> LabelSet:
    found, note = labels_of(files, ids)
    labels = np.full(len(ids), None, dtype=object)
    labels[list(found)] = list(found.values())
    name = "+".join(file.stem for file in files)
    name = name if name not in (RECORDED, FOLDERS) else files[0].name
    return _coded(name, pa.chunked_array([pa.array(labels, pa.string())]), note)


def _coded(name: str, labels: pa.ChunkedArray, note: str) -> LabelSet:
    classes = pc.unique(labels.drop_null()).sort()
    codes = pc.fill_null(pc.index_in(labels, classes), -1)
    return LabelSet(name, codes.to_numpy().astype(np.int64), tuple(classes.to_pylist()), note)
