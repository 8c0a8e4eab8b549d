"""What the page knows beside its pictures, as its scripts read it."""

from typing import Any

import numpy as np
import pandas as pd

from seston.report.drawing.class_colours import class_colours
from seston.report.map.columns import Blocks
from seston.report.map.ids import encode_rois
from seston.report.map.points import Points
from seston.report.map.steps import steps

FORMAT = 1
#: Steps of the map along its longer side, less one.
GRID = 65_535

_UNITS = {"um": "µm", "um2": "µm²", "um3": "µm³", "pg": "pg C", "px": "px", "ml": "mL", "m": "m"}
_LABELS = {
    "esd_um": "Size (ESD)",
    "esd_px": "Size (ESD)",
    "mean_grey": "Mean grey level",
    "sd_grey": "Spread of grey levels",
    "at_border": "Cut by the frame",
    "distance_percentile": "Oddness in its cluster",
}
#: Where the name has no unit.
_UNIT_OF = {"distance_percentile": "%", "focus": "grey levels²", "mean_grey": "", "sd_grey": ""}


def facts(points: Points, samples: pd.DataFrame, blocks: Blocks) -> dict[str, Any]:
    """Return what is known of all organisms; `seston.report.map.stage` says what it holds.

    Parameters
    ----------
    points : Points
    samples : pandas.DataFrame
        Those of `points`, each with its ``shard`` and ``offset``.
    blocks : Blocks
        Takes in the columns.
    """
    columns, unknown = _columns(points, blocks)
    told = _samples(samples)
    classes = max(points.cluster.max(), points.density.max()) + 1
    most = max(int(classes), len(told["groups"]), len(told["sites"]))
    return {
        "format": FORMAT,
        "n": len(points),
        "clustering": points.clustering,
        "columns": columns,
        "unknown": unknown,
        "clusters": points.clusters.to_dict("records"),
        "colours": {
            "light": class_colours(most),
            "dark": class_colours(most, dark=True),
        },
        **told,
        "ids": encode_rois(points.rois, blocks),
    }


def label_and_unit(name: str) -> tuple[str, str]:
    """Return what to call a measurement, and its unit ("" = a number without one)."""
    words, _, last = name.rpartition("_")
    unit = _UNIT_OF.get(name, _UNITS.get(last, "") if words else "")
    plain = words if words and last in _UNITS else name
    return _LABELS.get(name, plain.replace("_", " ").capitalize()), unit


def _columns(points: Points, blocks: Blocks) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return the columns by name, and the measurements of which no value is known."""
    order = np.argsort(points.cluster, kind="stable")
    columns = {"cluster": blocks.column("cluster", points.cluster)}
    noise = int(points.density.max(initial=-1)) + 1
    density = np.where(points.density < 0, noise, points.density)
    column = blocks.column("density-cluster", density, by_cluster=order)
    columns["density_cluster"] = column | {"missing": noise}
    low, high = points.place.min(axis=0), points.place.max(axis=0)
    span = float((high - low).max()) or 1.0
    for axis, name in enumerate("xy"):
        # Both with the same scale, the shorter one in the middle.
        start = float(low[axis] + high[axis] - span) / 2
        codes = np.rint((points.place[:, axis] - start) / span * GRID).astype(np.int64)
        column = blocks.column(name, np.clip(codes, 0, GRID), by_cluster=order)
        columns[name] = column | {"low": start, "high": start + span, "top": GRID}
    unknown = []
    for name, values in points.measured.items():
        found = steps(values)
        label, unit = label_and_unit(name)
        if found is None:
            unknown.append(label)
            continue
        in_steps, scale = found
        column = blocks.column(f"measured-{name}", in_steps, by_cluster=order)
        columns[name] = column | {"label": label, "unit": unit} | scale
    return columns, unknown


def _samples(samples: pd.DataFrame) -> dict[str, Any]:
    times = samples["datetime"].to_numpy("datetime64[s]")
    days, day = np.unique(times.astype("datetime64[D]"), return_inverse=True)
    sites, site = np.unique(samples["site"].to_numpy(str), return_inverse=True)
    groups, group = np.unique(samples["group"].to_numpy(str), return_inverse=True)
    rows = zip(
        samples["sample"].tolist(),
        site.tolist(),
        group.tolist(),
        np.datetime_as_string(times, unit="m").tolist(),
        day.tolist(),
        *(samples[name].tolist() for name in ("first", "count", "shard", "offset")),
        strict=True,
    )
    keys = ("id", "site", "group", "time", "day", "first", "count", "shard", "offset")
    return {
        "samples": [dict(zip(keys, row, strict=True)) for row in rows],
        "sites": sites.tolist(),
        "groups": groups.tolist(),
        "days": np.datetime_as_string(days).tolist(),
    }
