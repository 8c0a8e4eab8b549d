"""Tables of labels of all forms, several at once, and the images of a run that they speak of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston.errors import SestonError
from seston.instruments.text import read_lines
from seston.labels import ecotaxa
from seston.labels.ecotaxa import read_ecotaxa_rows
from seston.labels.rows import NAMED, TAKEN, LabelRow
from seston.labels.table import REQUIRED, read_label_rows

UNKNOWN = "not of this run"
SEVERAL = "fits several images of this run"
ALIKE = "fits an image that another object fits as well"


@dataclass(frozen=True)
class Told:
    """What tables say of the images of a run.

    Attributes
    ----------
    rows : list of LabelRow
        In the order of the files; images of this run by their ids here.
    places : ndarray of int64, shape (m,)
        Place of each row's image in the run; -1 = it is not known.
    why : list of str, length m
        Why it is not known; "" where it is.
    """

    rows: list[LabelRow]
    places: npt.NDArray[np.int64]
    why: list[str]


def told_of(files: Sequence[Path], ids: pa.ChunkedArray) -> Told:
    """Read all tables of labels, and find their images in a run.

    Parameters
    ----------
    files : sequence of pathlib.Path
        Each a table of `seston.labels.table` or one of EcoTaxa, known by its header.
    ids : pyarrow.ChunkedArray of string
        Of all images of the run.

    Raises
    ------
    SestonError
        If a table is faulty, none names an image of this run, or one annotator says two things
        of an image in two tables.
    """
    rows = [row for file in dict.fromkeys(files) for row in read_rows(file)]
    names = pa.array([row.image_id for row in rows], pa.string())
    places = pc.fill_null(pc.index_in(names, ids.combine_chunks()), -1).to_numpy().astype(np.int64)
    why = ["" if place >= 0 else UNKNOWN for place in places]
    by_other = [number for number in np.flatnonzero(places < 0) if rows[number].also]
    known = _known_as(ids, {name for number in by_other for name in rows[number].also})
    objects: dict[int, set[str]] = {}
    for number in by_other:
        found = next((known[name] for name in rows[number].also if name in known), [])
        if len(found) == 1:
            places[number], why[number] = found[0], ""
            objects.setdefault(found[0], set()).add(rows[number].image_id)
        elif found:
            why[number] = SEVERAL
    for number in by_other:
        if len(objects.get(places[number], ())) > 1:
            places[number], why[number] = -1, ALIKE
        elif places[number] >= 0:
            rows[number] = replace(rows[number], image_id=ids[int(places[number])].as_py())
    if not (places >= 0).any():
        raise SestonError(_of_another_run(files, rows, ids))
    _require_one_voice(rows)
    return Told(rows, places, why)


def read_rows(path: Path) -> list[LabelRow]:
    """Return all rows of a table of labels, whatever its form.

    Raises
    ------
    SestonError
        If it is faulty, or no table of labels.
    """
    first = next((line for line in read_lines(path, "table of labels", 65536) if line.strip()), "")
    columns = {cell.strip() for cell in first.split("\t")}
    if first.startswith("PK\x03\x04"):
        raise SestonError(
            f"{path}: an archive, expected a table of labels; unpack it, and name the table in it"
        )
    if first.strip() == "v3":
        raise SestonError(
            f"{path}: a classification of VisualSpreadsheet, expected a table of labels; classes of"
            " FlowCam runs are read from the .cla beside each run: set labels.use to 'recorded'"
        )
    by_ecotaxa = columns & {ecotaxa.ID, ecotaxa.CATEGORY} and not columns & set(REQUIRED)
    return read_ecotaxa_rows(path) if by_ecotaxa else read_label_rows(path)


def _known_as(ids: pa.ChunkedArray, wanted: set[str]) -> dict[str, list[int]]:
    """Return the images that go by each of these names elsewhere.

    An image ``sample/folder/a7.png`` is also ``folder/a7.png``, ``a7.png`` and ``a7``, but a number
    alone is no name; an IFCB's ``bin/00007`` is ``bin_00007``.
    """
    if not wanted:
        return {}
    sample = pc.replace_substring_regex(ids, "(?s)/.*", "")
    roi = pc.replace_substring_regex(ids, "^[^/]*/", "")
    name = pc.replace_substring_regex(roi, "(?s).*/", "")
    bare = pc.replace_substring_regex(name, r"(?i)\.(png|jpe?g|gif|bmp|tiff?)$", "")
    names = pa.array(sorted(name for name in wanted if not name.isdecimal()), pa.string())
    found: dict[str, set[int]] = {}
    for known in (ids, roi, name, bare, pc.binary_join_element_wise(sample, bare, "_")):
        here = pc.is_in(known, names)
        places = np.flatnonzero(here.to_numpy())
        for place, called in zip(places.tolist(), known.filter(here).to_pylist(), strict=True):
            found.setdefault(called, set()).add(place)
    return {called: sorted(places) for called, places in found.items()}


def _require_one_voice(rows: Iterable[LabelRow]) -> None:
    """Raise `SestonError` where one annotator calls an image by two names, in two tables."""
    said: dict[tuple[str, str], LabelRow] = {}
    mistakes = []
    for row in rows:
        if row.status == TAKEN:
            first = said.setdefault((row.image_id, row.annotator), row)
            if row.label != first.label:
                mistakes.append(
                    f"{row.file}, line {row.line}: {row.image_id} is {row.label!r}, but"
                    f" {first.label!r} in {first.file}, line {first.line}"
                )
    if mistakes:
        shown = "\n  ".join(mistakes[:NAMED])
        more = f"\n  and {len(mistakes) - NAMED} more" if len(mistakes) > NAMED else ""
        raise SestonError(
            "labels.file: one annotator says two things; keep one, or where these are two people,"
            f" name them in a column annotator\n  {shown}{more}"
        )


def _of_another_run(files: Sequence[Path], rows: Sequence[LabelRow], ids: pa.ChunkedArray) -> str:
    named = ", ".join(map(str, files))
    expected = ids[0].as_py() if len(ids) else "sample-1/1"
    if not rows:
        return f"{named}: no labels; expected the columns {' and '.join(REQUIRED)}"
    images = {row.image_id for row in rows}
    return (
        f"{named}: none of {'its' if len(files) == 1 else 'their'} {len(images)} ids is of this"
        f" run; found {rows[0].image_id!r}, expected <sample>/<roi> as {expected!r};"
        " set labels.file to a table of this run, or to '' for none"
    )
