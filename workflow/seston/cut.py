"""One sample, cut into organisms: tables of what is used, what is not, and the effort."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import pyarrow as pa

from seston import schemas
from seston.instruments import instrument
from seston.instruments.contract import Effort, Flag, Reading, Rejection, Roi
from seston.organisms import crop_rows
from seston.sheet import Sample

#: Shortest side of a crop, px: sharpness needs neighbours on all sides.
MIN_SIDE = 3
_BATCH = 256
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
    brightest: list[int] = []
    crops: list[dict[str, Any]] = []
    recorded: list[Mapping[str, str | float]] = []
    rejected: list[dict[str, Any]] = []
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
        crops += crop_rows(sample, rois, effort.pixel_um, clean)
        recorded += [roi.recorded for roi in rois]
        brightest += [int(roi.pixels.max()) for roi in rois]
    listed = len(crops) + len(rejected) if effort.listed is None else effort.listed
    if len(crops) + len(rejected) != listed:
        raise ValueError(
            f"{sample.sample}: {listed} listed, but {len(crops)} used and {len(rejected)} rejected"
        )
    flags += [*_mask_flags(crops), *_dark_flags(brightest)]
    return Cut(
        pa.Table.from_pylist(crops, schema=schemas.CROPS).sort_by("image_id"),
        pa.Table.from_pylist(rejected, schema=schemas.REJECTED),
        recorded_table([row["image_id"] for row in crops], recorded),
        _effort_row(sample, effort, len(crops), len(rejected), flags),
    )


def recorded_table(ids: Sequence[str], rows: Sequence[Mapping[str, str | float]]) -> pa.Table:
    """Return the instrument's own fields, as numbers where every value of a field is one.

    Parameters
    ----------
    ids : sequence of str
        Of the organisms.
    rows : sequence of mapping
        What was recorded of each.

    Returns
    -------
    pyarrow.Table
        ``image_id``, then the fields in the order in which they are met; sorted by id. A field
        that the instrument too calls ``image_id`` becomes ``image_id_recorded``.
    """
    columns = {"image_id": pa.array(ids, pa.string())}
    for name in dict.fromkeys(name for row in rows for name in row):
        free = f"{name}_recorded" if name in columns else name
        columns[free] = _typed([row.get(name) for row in rows])
    return pa.table(columns).sort_by("image_id")


def _typed(values: list[Any]) -> pa.Array:
    try:
        found = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # numbers and text
        return pa.array([None if value is None else str(value) for value in values])
    return found if pa.types.is_string(found.type) else found.cast(pa.float64())


def _mask_flags(crops: Iterable[Mapping[str, Any]]) -> list[Flag]:
    """Tell where masks are not the instrument's own: sizes then rest on a segmentation of ours."""
    sources = Counter(row["mask"] for row in crops)
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
    sample: Sample, effort: Effort, used: int, rejected: int, flags: Sequence[Flag]
) -> dict[str, Any]:
    by_sheet = sample.volume_ml is not None
    return {
        "sample": sample.sample,
        "instrument": sample.instrument,
        "datetime": sample.datetime,
        "listed": used + rejected,
        "used": used,
        "rejected": rejected,
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
