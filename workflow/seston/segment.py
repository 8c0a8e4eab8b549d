"""Stage `segment`: the raw files of a shard's samples to one row per organism."""

import io
import logging
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image

from seston import measure, schemas, store
from seston.errors import SestonError
from seston.instruments import instrument
from seston.instruments.contract import Rejection, Roi
from seston.progress import Progress
from seston.sheet import Sample, read_sheet

log = logging.getLogger("seston")

#: Shortest side of a crop, px: sharpness needs neighbours on all sides.
MIN_SIDE = 3
#: A sample without a brighter pixel is told: 12-bit values in 16-bit files end at 16.
_DARK = 255 // 8


@dataclass(frozen=True)
class Cut:
    """One sample, cut into organisms."""

    crops: pa.Table
    rejected: pa.Table
    effort: dict[str, Any]


def cut_sample(sample: Sample, max_pixels: int) -> Cut:
    """Cut a sample into its organisms; what the sheet says goes before the instrument.

    Raises
    ------
    ValueError
        If the instrument gave another number of organisms than it listed.
    """
    effort, found = instrument(sample.instrument).read(sample.path, max_pixels)
    brightest: list[int] = []
    crops: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    for item in found:
        if isinstance(item, Roi) and min(item.pixels.shape[:2]) < MIN_SIDE:
            height, width = item.pixels.shape[:2]
            item = Rejection(item.roi, item.frame, "too_small", f"{width} x {height} px")
        if isinstance(item, Roi):
            pixel_um = sample.pixel_um or item.pixel_um or effort.pixel_um
            crops.append(_crop_row(sample, item, pixel_um))
            brightest.append(int(item.pixels.max()))
        else:
            rejected.append({"sample": sample.sample, **vars(item)})
    if len(crops) + len(rejected) != effort.listed:
        raise ValueError(
            f"{sample.sample}: {effort.listed} listed, but {len(crops)} used"
            f" and {len(rejected)} rejected"
        )
    by_sheet = sample.volume_ml is not None
    row = {
        "sample": sample.sample,
        "instrument": sample.instrument,
        "datetime": sample.datetime,
        "listed": effort.listed,
        "used": len(crops),
        "rejected": len(rejected),
        "volume_ml": sample.volume_ml if by_sheet else effort.volume_ml,
        "volume_source": "sheet" if by_sheet else effort.volume_source,
        "dilution": sample.dilution or effort.dilution or 1.0,
        "pixel_um": sample.pixel_um or effort.pixel_um,
        "run_mode": effort.run_mode,
        "warnings": "; ".join([*effort.warnings, *_dark_warnings(brightest)]),
    }
    return Cut(
        pa.Table.from_pylist(crops, schema=schemas.CROPS).sort_by("image_id"),
        pa.Table.from_pylist(rejected, schema=schemas.REJECTED),
        row,
    )


def _dark_warnings(brightest: list[int]) -> list[str]:
    top = max(brightest, default=255)
    if top > _DARK:
        return []
    return [
        f"largest grey value is {top} of 255 over all crops: a 12-bit camera in 16-bit files?"
        " pictures are dark"
    ]


def _crop_row(sample: Sample, roi: Roi, pixel_um: float | None) -> dict[str, Any]:
    height, width = roi.pixels.shape[:2]
    row: dict[str, Any] = {
        "image_id": f"{sample.sample}/{roi.roi}",
        "sample": sample.sample,
        "roi": roi.roi,
        "frame": roi.frame,
        "x": roi.x,
        "y": roi.y,
        "w": width,
        "h": height,
        "timestamp": roi.timestamp or sample.datetime,
        "crop": _png(roi),
        "mask": roi.mask_source,
        "pixel_um": pixel_um,
        "focus": measure.focus(roi.pixels),
        **roi.columns,
    }
    if roi.mask is not None:
        area = measure.area_px(roi.mask)
        row["area_px"] = area
        if pixel_um is not None:
            row["area_um2"] = measure.area_um2(area, pixel_um)
            row["esd_um"] = measure.equivalent_diameter(row["area_um2"])
    return row


def _png(roi: Roi) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(roi.pixels).save(buffer, "png")
    return buffer.getvalue()


def require_few_rejected(rejected: pa.Table, listed: int, max_rejected: float) -> None:
    """Raise `SestonError` if more than this share of what was listed is rejected."""
    count = len(rejected)
    if count <= max_rejected * listed:
        return
    reasons = Counter(rejected["reason"].to_pylist()).most_common()
    first = {row["reason"]: row for row in reversed(rejected.to_pylist())}
    lines = [f"{number} {reason}, such as {_told(first[reason])}" for reason, number in reasons]
    raise SestonError(
        f"{count} of {listed} listed organisms cannot be used, more than"
        f" segment.max_rejected allows ({max_rejected:g})\n  "
        + "\n  ".join(lines)
        + "\n  mend the files, or raise segment.max_rejected in the settings"
    )


def _told(row: dict[str, Any]) -> str:
    file = "" if row["path"] in ("", row["roi"]) else f" ({row['path']})"
    return f"{row['sample']}/{row['roi']}{file}: {row['detail']}"


def segment(
    *,
    sheet: Path,
    samples: list[str],
    crops: Path,
    rejected: Path,
    effort: Path,
    max_rejected: float,
    max_pixels: int = 50_000_000,
    threads: int = 1,
) -> None:
    """Cut the samples of one shard into single organisms.

    Parameters
    ----------
    sheet : pathlib.Path
        The sample sheet.
    samples : list of str
        Names of the shard's samples.
    crops : pathlib.Path
        Written: one row per organism, with its crop as PNG at native resolution.
    rejected : pathlib.Path
        Written: one row per listed thing that was not used, with the reason.
    effort : pathlib.Path
        Written: one row per sample, with counts, volume and warnings.
    max_rejected : float
        Largest share of rejected among the listed, 0 to 1.
    max_pixels : int
        Larger image files are rejected without being decoded.
    threads : int
        Samples worked on at the same time.
    """
    known = {sample.sample: sample for sample in read_sheet(sheet, only=samples)}
    unknown = [name for name in samples if name not in known]
    if unknown:
        raise SestonError(f"{sheet}: no sample {', '.join(unknown)} in the sheet")
    chosen = [known[name] for name in sorted(samples)]
    total = sum(instrument(sample.instrument).count(sample.path) for sample in chosen)
    cuts: list[Cut] = []
    with Progress(total, "images") as progress, ThreadPoolExecutor(threads) as pool:
        for cut in pool.map(lambda sample: cut_sample(sample, max_pixels), chosen):
            cuts.append(cut)
            progress.add(cut.effort["listed"])
            if cut.effort["warnings"]:
                log.warning("%s: %s", cut.effort["sample"], cut.effort["warnings"])
    efforts = pa.Table.from_pylist([cut.effort for cut in cuts], schema=schemas.EFFORT)
    used = _together((cut.crops for cut in cuts), schemas.CROPS).sort_by("image_id")
    refused = _together((cut.rejected for cut in cuts), schemas.REJECTED)
    listed = len(used) + len(refused)
    log.info("%d listed = %d used + %d rejected", listed, len(used), len(refused))
    require_few_rejected(refused, listed, max_rejected)
    made_by = store.fingerprint("segment", max_pixels)
    store.write_table(used, crops, schemas.CROPS, "crops", made_by)
    store.write_table(refused, rejected, schemas.REJECTED, "rejected", made_by)
    store.write_table(efforts, effort, schemas.EFFORT, "effort", made_by)


def _together(tables: Iterable[pa.Table], schema: pa.Schema) -> pa.Table:
    return pa.concat_tables([schema.empty_table(), *tables])
