"""The columns of the sample sheet: which there are, and what their cells may hold."""

import difflib
import math
import re
from collections.abc import Collection, Sequence

REQUIRED = ("sample", "path", "instrument")
OPTIONAL = (
    "datetime", "date_pattern", "site", "group", "volume_ml", "dilution", "pixel_um",
    "latitude", "longitude", "depth_m",
)  # fmt: skip
#: Columns of images.parquet and samples.tsv, which no further column may take.
RESERVED = {
    "image_id", "timestamp", "frame", "x", "y", "w", "h", "mask", "label", "notes",
    "area_px", "parts", "at_border", "esd_px", "perimeter_px", "feret_max_px", "feret_min_px",
    "major_px", "minor_px", "eccentricity", "solidity", "mean_grey", "sd_grey", "focus",
    "area_um2", "esd_um", "perimeter_um", "feret_max_um", "feret_min_um", "major_um", "minor_um",
    "volume_sphere_um3", "volume_spheroid_um3", "biovolume_um3",
    "carbon_pg", "carbon_if_diatom_pg", "diatom",
    "vs_esd_um", "vs_abd_um", "vs_fd_um", "vs_length_um", "vs_width_um", "vs_area_um2",
    "vs_filled_area_um2", "vs_perimeter_um", "vs_convex_perimeter_um",
    "vs_volume_um3", "vs_carbon_pg", "readable",
    "cluster", "distance", "margin", "distance_percentile", "coarse", "name",
    "map_x", "map_y", "density_cluster",
    "listed", "used", "rejected", "volume_source", "run_mode", "magnification", "frames",
    "flags", "warnings",
}  # fmt: skip

# name -> lowest and highest value
NUMBERS = {
    "volume_ml": (0.0, math.inf),
    "dilution": (0.0, math.inf),
    "pixel_um": (0.0, 1e6),  # a metre: its cube is a volume that can be told
    "latitude": (-90.0, 90.0),
    "longitude": (-180.0, 180.0),
    "depth_m": (-12_000.0, 12_000.0),  # either sign: both conventions are in use
}
#: What others call our columns; as metadata they would be carried along unused.
SYNONYMS = {
    "date": "datetime", "time": "datetime", "timestamp": "datetime",
    "volume": "volume_ml", "vol": "volume_ml", "ml": "volume_ml", "volume_l": "volume_ml",
    "lat": "latitude", "lon": "longitude", "long": "longitude", "depth": "depth_m",
    "dilution_factor": "dilution", "pixel_size": "pixel_um", "pixelsize": "pixel_um",
    "pixel_size_um": "pixel_um", "um_per_pixel": "pixel_um", "um_per_px": "pixel_um",
}  # fmt: skip
#: How alike (0 to 1) a column is to one of ours that is taken for a slip.
_NEAR = 0.85
_POSITIVE = ("volume_ml", "dilution", "pixel_um")


def header_mistakes(header: Sequence[str]) -> list[str]:
    """Return what is wrong with the header, each with its remedy."""
    if len(header) == 1 and re.search("[,;]", header[0]):
        return ["line 1: cells are parted by commas or semicolons; save the sheet with tabs"]
    mistakes = []
    known = REQUIRED + OPTIONAL
    for position, name in enumerate(header, start=1):
        plain = re.sub(r"[\s-]+", "_", name.casefold())
        near = difflib.get_close_matches(plain, known, n=1, cutoff=_NEAR)
        if not name:
            mistakes.append(f"column {position} has no name")
        elif name in header[: position - 1]:
            mistakes.append(f"column {name!r} stands there twice")
        elif plain in SYNONYMS and SYNONYMS[plain] not in header:
            mistakes.append(
                f"column {name!r}: did you mean {SYNONYMS[plain]!r}? write that, in its unit,"
                " or another name if it is something else"
            )
        elif name in RESERVED:
            mistakes.append(f"column {name!r} is one that Seston writes itself; rename it")
        elif name not in known and near and (near[0] == plain or near[0] not in header):
            mistakes.append(f"found column {name!r}; write {near[0]!r}, or a name less like it")
    plain_names = [re.sub(r"[\s-]+", "_", name.casefold()) for name in header]
    for name in REQUIRED:
        if name not in header and name not in plain_names:
            mistakes.append(f"column {name!r} is missing{did_you_mean(name, header)}")
    return [f"line 1: {text}" for text in mistakes]


def number(key: str, text: str, found: list[str]) -> float | None:
    """Return a number, or None for an empty cell or after adding a mistake to `found`."""
    if not text:
        return None
    low, high = NUMBERS[key]
    wanted = f"a number from {low:g} to {high:g}"
    if key in _POSITIVE:
        wanted = "a number above 0" + (f" and at most {high:,.0f}" if high < math.inf else "")
    try:
        value = float(text)
    except ValueError:
        remedy = "leave the cell empty if unknown"
        if re.fullmatch(r"[+-]?\d+,\d+", text):
            remedy = "write the decimal sign as a point"
        elif ratio := re.fullmatch(r"1\s*[:/]\s*(\d+(?:\.\d+)?)", text):
            remedy = f"write {ratio[1]}"
        found.append(f"{key} {text!r}: expected {wanted}; {remedy}")
        return None
    if math.isfinite(value) and low <= value <= high and (value > 0 or key not in _POSITIVE):
        return value
    found.append(f"{key} {text!r}: expected {wanted}; leave the cell empty if unknown")
    return None


def did_you_mean(name: str, choices: Collection[str]) -> str:
    """Return a hint if one of the choices is close to the name, else an empty text."""
    close = difflib.get_close_matches(name.casefold(), choices, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
