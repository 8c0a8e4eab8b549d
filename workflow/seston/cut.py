"""One sample, cut into organisms: tables of what is used, what is not, and the effort."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from seston import schemas
from seston.instruments import instrument
from seston.instruments.contract import MIN_SIDE, Effort, Flag, Reading, Rejection, Roi
from seston.organisms import crop_rows
from seston.recorded import recorded_table, together
from seston.sheet import Sample

_BATCH = 256
#: Reasons of rejections by which no organism is lost.
_REPEATS = ("duplicate_name", "repeated_row")
#: Images of one sample that are farther apart are told.
_ONE_SAMPLE = timedelta(days=1)
#: A sample without a brighter pixel is told: 12-bit values in 16-bit files end at 16.
_DARK = 255 // 8


@dataclass(frozen=True)
class Cut:
    """One sample, cut into organisms: tables as in `schemas`, and a row of the effort table.

    `recorded` has a column for each field of the instrument's own, beside ``image_id``.
    """

    crops: pa.Table
    rejected: pa.Table
    recorded: pa.Table
    effort: dict[str, Any]

    def with_notes(self, notes: Sequence[str], flag: Flag) -> "Cut":
        """Return the same with other notes on its organisms and one more flag on the sample."""
        place = self.crops.column_names.index("notes")
        crops = self.crops.set_column(place, "notes", pa.array(notes, pa.string()))
        effort = self.effort | {
            "flags": [*self.effort["flags"], flag.code],
            "warnings": [*self.effort["warnings"], flag.text],
        }
        return replace(self, crops=crops, effort=effort)

    def without_crops(self) -> "Cut":
        """Return the same without the rows of its organisms: their pictures take most memory."""
        # Not `crops[:0]`, which would hold on to them.
        return replace(self, crops=self.crops.schema.empty_table())


def cut_sample(sample: Sample, reading: Reading, clean: bool = True) -> Cut:
    """Cut a sample into its organisms; what the sheet says goes before the instrument.

    Parameters
    ----------
    sample : Sample
    reading : Reading
        Limits and settings; what this sample's row of the sheet says is added to them.
    clean : bool
        Replace neighbours' pixels and gutters in the crops by their background.

    Raises
    ------
    ValueError
        If the instrument gave another number of organisms than it listed.
    """
    reading = replace(reading, pixel_um=sample.pixel_um, date_pattern=sample.date_pattern)
    effort, found = instrument(sample.instrument).read(sample.path, reading)
    flags = list(effort.flags)
    crops: list[pa.Table] = [schemas.CROPS.empty_table()]
    recorded: list[pa.Table] = [schemas.RECORDED.empty_table()]
    rejected: list[dict[str, Any]] = []
    brightest: list[int] = []
    # As tables, batch by batch: rows of Python objects take twenty times the memory.
    for batch in iter(lambda: list(islice(found, _BATCH)), []):
        rois: list[Roi] = []
        for item in batch:
            if isinstance(item, Roi) and min(item.pixels.shape[:2]) < MIN_SIDE:
                height, width = item.pixels.shape[:2]
                item = Rejection(item.roi, item.frame, "too_small", f"{width} x {height} px")
            if isinstance(item, Roi):
                rois.append(item)
            elif isinstance(item, Rejection):
                rejected.append({"sample": sample.sample, **vars(item)})
            else:
                flags.append(item)
        rows = crop_rows(sample, rois, effort.pixel_um, clean)
        crops.append(pa.Table.from_pylist(rows, schema=schemas.CROPS))
        ids = [row["image_id"] for row in rows]
        recorded.append(recorded_table(ids, [roi.recorded for roi in rois]))
        brightest += [int(roi.pixels.max()) for roi in rois]
    used = pa.concat_tables(crops).sort_by("image_id")
    del crops
    if effort.listed is not None and len(used) + len(rejected) != effort.listed:
        raise ValueError(
            f"{sample.sample}: {effort.listed} listed, but {len(used)} used"
            f" and {len(rejected)} rejected"
        )
    flags += [*_mask_flags(used), *_date_flags(sample, used), *_dark_flags(brightest)]
    return Cut(
        used,
        pa.Table.from_pylist(rejected, schema=schemas.REJECTED),
        together(recorded).sort_by("image_id"),
        _effort_row(sample, effort, len(used), rejected, flags),
    )


def _mask_flags(crops: pa.Table) -> list[Flag]:
    """Tell where masks are not the instrument's own: sizes then rest on a segmentation of ours."""
    sources = Counter(crops["mask"].to_pylist())
    told = {
        "background": Flag("mask_background", "masks made here, against an empty frame"),
        "crop": Flag("mask_crop", "masks made here, from the crop alone: take sizes with care"),
        None: Flag("mask_none", "organisms that nothing parts from the background: no sizes"),
    }
    return [
        replace(flag, text=f"{sources[source]} of {sources.total()} {flag.text}")
        for source, flag in told.items()
        if sources[source]
    ]


def _date_flags(sample: Sample, crops: pa.Table) -> list[Flag]:
    """Tell where images are of other days than their sample, by whose date they are counted."""
    ends = pc.min_max(crops["timestamp"]).as_py()
    if ends["min"] is None or ends["max"] - ends["min"] < _ONE_SAMPLE:
        return []
    text = (
        f"images from {ends['min']:%Y-%m-%d} to {ends['max']:%Y-%m-%d}, all counted on the sample's"
        f" {sample.datetime:%Y-%m-%d}: several samples in one?"
    )
    return [Flag("several_days", text)]


def _dark_flags(brightest: list[int]) -> list[Flag]:
    top = max(brightest, default=255)
    if top > _DARK:
        return []
    text = (
        f"largest grey value is {top} of 255 over all crops: a 12-bit camera in 16-bit files?"
        " pictures are dark"
    )
    return [Flag("dark", text)]


def _effort_row(
    sample: Sample,
    effort: Effort,
    used: int,
    rejected: Sequence[Mapping[str, Any]],
    flags: Sequence[Flag],
) -> dict[str, Any]:
    by_sheet = sample.volume_ml is not None
    return {
        "sample": sample.sample,
        "instrument": sample.instrument,
        "datetime": sample.datetime,
        "listed": used + len(rejected),
        "used": used,
        "rejected": len(rejected),
        "readable": _readable(effort, used, rejected),
        "volume_ml": sample.volume_ml if by_sheet else effort.volume_ml,
        "volume_source": "sheet" if by_sheet else effort.volume_source,
        "dilution": sample.dilution or effort.dilution or 1.0,
        "pixel_um": sample.pixel_um or effort.pixel_um,
        "run_mode": effort.run_mode,
        "magnification": effort.magnification,
        "frames": effort.frames,
        "flags": [flag.code for flag in flags],
        "warnings": [flag.text for flag in flags],
    }


def _readable(effort: Effort, used: int, rejected: Sequence[Mapping[str, Any]]) -> float:
    """Return the share of a sample, and of its water, that the used organisms stand for.

    Where nothing lists the organisms, what is rejected are whole frames. What
    is listed twice was there once.
    """
    lost = sum(row["reason"] not in _REPEATS for row in rejected)
    known = effort.frames if effort.listed is None else used + lost
    return 1 - lost / known if known else 1.0
