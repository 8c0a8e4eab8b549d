"""Every label that was given, one row each, from whatever source; and why it is left out, if it is.

Steps that leave labels out never take rows away: they write the reason beside them. So what is
learned and what is told to be left out are always all that was read.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from seston.errors import SestonError
from seston.labels.files import told_of
from seston.labels.rows import TAKEN
from seston.labels.sets import FOLDERS, RECORDED, LabelSet, label_sets

Source: TypeAlias = Literal["auto", "file", "recorded", "folders"]

#: Columns of the table of labels that are left out.
COLUMNS = ("image_id", "label", "annotator", "file", "line", "why")


def gather(
    crops: pa.Table, ready: Collection[str], files: Sequence[Path], use: Source
) -> tuple[pd.DataFrame, str]:
    """Return all labels of a run, and the source they are of.

    Parameters
    ----------
    crops : pyarrow.Table
        ``image_id``, ``sample``, ``roi`` and ``label`` of all organisms, by ascending id.
    ready : collection of str
        Samples whose organisms were picture files, so that folders may tell classes.
    files : sequence of pathlib.Path
        Tables of labels.
    use : {"auto", "file", "recorded", "folders"}
        Of which source; ``auto`` is the first of the others that has labels.

    Returns
    -------
    words : pandas.DataFrame
        `COLUMNS`, and ``place`` of the image in `crops` (-1 if it is not of this run). ``why`` is
        empty for labels that are taken.
    source : str

    Raises
    ------
    SestonError
        If a table is faulty, or there are no labels of this source.
    """
    if use == "file" and not files:
        raise SestonError(
            "config: labels.use is 'file', but labels.file is ''; name a table of labels there"
        )
    if files and use in ("auto", "file"):
        return _of_files(files, crops["image_id"]), "file"
    sets = {one.name: one for one in label_sets(crops, ready)}
    source = next((name for name in (RECORDED, FOLDERS) if name in sets), None)
    source = source if use == "auto" else use if use in sets else None
    if source is None:
        where = {
            "auto": "there is no labels.file, no instrument recorded classes, and no folder of"
            " ready crops is named as one",
            RECORDED: "no instrument recorded classes (only a FlowCam's .cla holds any)",
            FOLDERS: "no folder of ready crops is named as one",
        }
        raise SestonError(
            f"no labels to learn from: {where[use]}; name a table of labels in labels.file, or set"
            " classify.head to 'none'"
        )
    return _of_set(sets[source], crops["image_id"]), source


def _of_files(files: Sequence[Path], ids: pa.ChunkedArray) -> pd.DataFrame:
    told = told_of(files, ids)
    why = [
        reason or ("" if row.status == TAKEN else row.status)
        for row, reason in zip(told.rows, told.why, strict=True)
    ]
    cells = [(row.image_id, row.label, row.annotator, str(row.file), row.line) for row in told.rows]
    if "" not in why:
        counts = ", ".join(f"{count} {reason}" for reason, count in Counter(why).most_common())
        raise SestonError(f"{', '.join(map(str, files))}: no labels to learn from ({counts})")
    words = pd.DataFrame(cells, columns=COLUMNS[:-1])
    return words.assign(why=why, place=told.places)


def _of_set(found: LabelSet, ids: pa.ChunkedArray) -> pd.DataFrame:
    place = np.flatnonzero(found.codes >= 0)
    return pd.DataFrame(
        {
            "image_id": ids.take(pa.array(place)).to_pylist(),
            "label": np.array(found.classes, dtype=object)[found.codes[place]],
            "annotator": "",
            "file": found.name,
            "line": None,
            "why": "",
            "place": place,
        }
    )


def said_by(
    words: pd.DataFrame, classes: Sequence[str], annotators: Sequence[str]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the places of all labelled images, ascending, and what each annotator said of them.

    Returns
    -------
    places : ndarray of int64, shape (n,)
    said : ndarray of int64, shape (n, A)
        Place in `classes`; -1 = none.
    """
    taken = words[words["why"] == ""]
    places, row = np.unique(taken["place"].to_numpy(), return_inverse=True)
    said = np.full((len(places), len(annotators)), -1)
    who = pd.Index(annotators).get_indexer(pd.Index(taken["annotator"]))
    said[row, who] = pd.Index(classes).get_indexer(pd.Index(taken["class"]))
    return places, said
