"""Stage `export-boxes`: where organisms are in the pictures they were cut from."""

import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from seston import store
from seston.errors import SestonError
from seston.export.boxes.categories import Categories, Kind
from seston.export.boxes.coco import Coco
from seston.export.boxes.held import Held, by_sample, frames_of
from seston.export.boxes.pictures import BOXED, Header, read_header
from seston.export.boxes.yolo import Yolo
from seston.folders import whole_folder
from seston.parts import TableReader
from seston.progress import Progress
from seston.sheet import Sample, read_sheet
from seston.tsv import as_tsv

log = logging.getLogger("seston")

#: Mistakes that a message names before it only counts.
_NAMED = 5


class Boxed(NamedTuple):
    """A line of ``samples.tsv``: how many organisms of a sample have a box, in how many pictures.

    `turned` is how many of these ask to be turned (EXIF).
    """

    sample: str
    instrument: str
    organisms: int
    boxes: int = 0
    pictures: int = 0
    turned: int = 0


def export_boxes(
    *,
    images: Path,
    sheet: Path,
    predictions: Path | None = None,
    category: Kind = "name",
    formats: list[Literal["coco", "yolo"]] | None = None,
    boxes: Path,
) -> None:
    """Write boxes of organisms in their frames and collages, for training detectors.

    Organisms of instruments that keep no such picture are counted and left out.

    Parameters
    ----------
    images : pathlib.Path
        One row per organism.
    sheet : pathlib.Path
        The sample sheet, which says where the pictures are; their headers are read.
    predictions : pathlib.Path, optional
        What the classifier takes each organism for.
    category : {"name", "prediction", "none"}
        What boxes are said to hold: the name of their cluster, what the classifier predicts, or
        organisms.
    formats : list of {"coco", "yolo"}, optional
        Without, both.
    boxes : pathlib.Path
        The folder to write: ``coco.json``, ``yolo/``, and ``samples.tsv``, a list of samples.
    """
    asked = formats or ["coco", "yolo"]
    given = Categories(category, images, predictions)
    samples: dict[str, Sample] = {one.sample: one for one in read_sheet(sheet, look=False)}
    lines: list[Boxed] = []
    wrong: list[str] = []
    count = len(TableReader(images, "images"))
    with whole_folder(boxes) as folder, Progress(count, "organisms") as progress:
        with ExitStack() as stack:
            coco = None
            if "coco" in asked:
                coco = stack.enter_context(Coco(folder / "coco.json", given.names))
            yolo = Yolo(folder / "yolo", given.names) if "yolo" in asked else None
            for held in by_sample(images, given):
                lines.append(_sample(held, samples, coco, yolo, wrong))
                progress.add(len(held.table))
            _fail_if_any(sheet, wrong)
        store.write_text(as_tsv(Boxed._fields, lines), folder / "samples.tsv")
    _tell(lines)


def _sample(
    held: Held,
    samples: dict[str, Sample],
    coco: Coco | None,
    yolo: Yolo | None,
    wrong: list[str],
) -> Boxed:
    """Write the boxes of a sample; return its line of the list."""
    sample = samples.get(held.sample)
    if sample is None:
        wrong.append(f"{held.sample}: not in the sheet")
        return Boxed(held.sample, "", len(held.table))
    if sample.instrument not in BOXED:
        return Boxed(sample.sample, sample.instrument, len(held.table))
    place = np.stack([held.table[name].to_numpy() for name in ("x", "y", "w", "h")], axis=1)
    place, ids = place.astype(np.int64), held.table["image_id"].to_pylist()
    frames, turned = frames_of(held.table["frame"]), 0
    for frame, rows in frames:
        name = f"{sample.sample}/{frame}"
        try:
            header = read_header(sample, frame)
            _require_inside(header, place[rows])
        except (ValueError, SestonError) as error:
            wrong.append(f"{name}: {error}")
            continue
        turned += header.turned
        if coco is not None:
            coco.picture(name, header.width, header.height)
            for row in rows.tolist():
                coco.box(ids[row], int(held.categories[row]), place[row].tolist())
        if yolo is not None:
            size = (header.width, header.height)
            yolo.picture(name, size, held.categories[rows], place[rows])
    count = len(held.table)
    return Boxed(sample.sample, sample.instrument, count, count, len(frames), turned)


def _require_inside(header: Header, place: npt.NDArray[np.int64]) -> None:
    beyond = (place[:, :2] < 0).any(axis=1)
    beyond |= (place[:, :2] + place[:, 2:] > (header.width, header.height)).any(axis=1)
    if beyond.any():
        box = ",".join(map(str, place[beyond][0].tolist()))
        raise ValueError(
            f"{header.width} x {header.height} px, but an organism has the box {box} (x, y, w, h):"
            " the picture is another one than was segmented"
        )


def _fail_if_any(sheet: Path, wrong: Sequence[str]) -> None:
    if wrong:
        more = [f"… and {len(wrong) - _NAMED} more"] if len(wrong) > _NAMED else []
        raise SestonError(
            f"{sheet}: {len(wrong)} pictures cannot be used; put the raw files back where the sheet"
            " says, or run the workflow again\n  " + "\n  ".join([*wrong[:_NAMED], *more])
        )


def _tell(lines: Sequence[Boxed]) -> None:
    """Tell what was written, and what was left out and why."""
    left: Counter[str] = Counter()
    for line in lines:
        left[line.instrument] += line.organisms - line.boxes
    for instrument, count in sorted(left.items()):
        if count:
            log.warning(
                "%d organisms of %s have no box: no picture with more than one is kept",
                count, instrument,
            )  # fmt: skip
    if turned := sum(line.turned for line in lines):
        log.warning("%d pictures ask to be turned (EXIF); boxes are of them as they lie", turned)
    log.info(
        "%d boxes in %d pictures",
        sum(line.boxes for line in lines), sum(line.pictures for line in lines),
    )  # fmt: skip
