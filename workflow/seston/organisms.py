"""Organisms to rows of the crops table: masked, cleaned, measured, encoded.

Each step is done for all organisms that are given before the next begins: the
code of one step stays in the processor's cache, which saves a quarter of the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from seston.imaging.clean import clean as clean_crop
from seston.imaging.crop_mask import crop_mask
from seston.instruments.contract import Roi
from seston.measure import Organism, measure, without_fringe
from seston.sheet import Sample

# Stored, not deflated: Parquet compresses the column as a whole, to the same size in a quarter of
# the time. The filter "up" (difference to the row above) is what makes it compressible.
_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 0, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP)


@dataclass(frozen=True, eq=False)
class _Masked:
    """An organism with the best mask there is (None: nothing parts it from its background)."""

    roi: Roi
    pixels: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_] | None
    source: str | None
    notes: tuple[str, ...]


def crop_rows(
    sample: Sample, rois: Sequence[Roi], pixel_um: float | None, clean: bool
) -> list[dict[str, Any]]:
    """Return a row of `schemas.CROPS` for each organism.

    Parameters
    ----------
    sample : Sample
    rois : sequence of Roi
    pixel_um : float or None
        µm per pixel of the instrument; the sheet goes before it, and so does the organism's own.
    clean : bool
        Replace neighbours' pixels and gutters by their background.
    """
    masked = [_with_mask(roi) for roi in rois]
    if clean:
        masked = [_cleaned(one) for one in masked]
    scales = [sample.pixel_um or roi.pixel_um or pixel_um for roi in rois]
    measured = measure(
        [
            Organism(one.pixels, one.mask, scale, one.roi.at_border)
            for one, scale in zip(masked, scales, strict=True)
        ]
    )
    crops = [_png(one.pixels) for one in masked]
    return [
        {
            **_place(sample, one),
            "crop": crop,
            "pixel_um": scale,
            **sizes,
            **one.roi.columns,
            **without_fringe(one.roi.columns.get("vs_abd_um")),
        }
        for one, crop, scale, sizes in zip(masked, crops, scales, measured, strict=True)
    ]


def _with_mask(roi: Roi) -> _Masked:
    mask, source = roi.mask, roi.mask_source
    if mask is None:
        mask = crop_mask(roi.pixels, roi.background, roi.alone)
        source = "crop" if roi.background is None else "background"
    if mask.any():
        return _Masked(roi, roi.pixels, mask, source, roi.notes)
    return _Masked(roi, roi.pixels, None, None, notes=(*roi.notes, "no_mask"))


def _cleaned(one: _Masked) -> _Masked:
    if one.mask is None or one.roi.alone:
        return one
    pixels, replaced = clean_crop(one.pixels, one.mask, one.roi.background)
    if not replaced:
        return one
    return replace(one, pixels=pixels, notes=(*one.notes, "neighbours_removed"))


def _place(sample: Sample, one: _Masked) -> dict[str, Any]:
    roi = one.roi
    height, width = roi.pixels.shape[:2]
    return {
        "image_id": f"{sample.sample}/{roi.roi}",
        "sample": sample.sample,
        "roi": roi.roi,
        "frame": roi.frame,
        "x": roi.x,
        "y": roi.y,
        "w": width,
        "h": height,
        "timestamp": roi.timestamp or (None if "bad_clock" in one.notes else sample.datetime),
        "mask": one.source,
        "label": roi.label,
        "notes": ";".join(one.notes),
    }


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Encode a grey or RGB crop without loss."""
    ordered = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".png", ordered, _PNG)[1].tobytes()
