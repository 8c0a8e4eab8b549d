"""FlowCam's list of particles in format 017: 53 fields, as of a grey camera.

Sizes follow from the pixels of the masks by VisualSpreadsheet's formulae.
"""

from pathlib import Path
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd
from simulated.campaign.crops import MEASURED, Pool
from simulated.campaign.water import SCALE_UM

FRINGE_PX = 4.5
FRAME = (1292, 964)  # width and height of the camera's picture
_INTEGERS = [
    "id",
    "image_x",
    "image_y",
    "image_w",
    "image_h",
    "src_x",
    "src_y",
    "src_image",
    "cal_image",
    "ppc",
    "camera",
    "sphere_count",
]
_NAMES = (
    "id image_x image_y image_w image_h src_x src_y src_image cal_image ppc camera cal_const"
    " fringe_size sphere_count raw_sphere_volume raw_sphere_complement raw_sphere_unknown raw_area"
    " raw_feret_max raw_feret_min raw_feret_mean raw_perimeter raw_convex_perimeter"
    " raw_legendre_major raw_legendre_minor abd_area abd_diameter length width esd_diameter"
    " fd_diameter perimeter convex_perimeter intensity sigma_intensity sum_intensity compactness"
    " elongation roughness edge_gradient elapsed_time circle_fit symmetry circularity_hu"
    " intensity_calimage raw_convex_hull_area raw_filled_area filled_area feret_max_angle"
    " feret_min_angle timestamp collage_file image_id"
)
#: All fields in VisualSpreadsheet's order.
FIELDS = _NAMES.split()
_TYPES = {name: "int32" for name in _INTEGERS} | {
    "timestamp": "timestamp", "collage_file": "string", "image_id": "guid",
}  # fmt: skip


def listed(
    table: pd.DataFrame, pool: Pool, sample: pd.Series, random: np.random.Generator
) -> pd.DataFrame:
    """Return the rows of the list, by its `FIELDS`.

    `table` has ``kind number size area image_x image_y image_w image_h collage_file``: of which
    crop of the pool an organism is made, at which size, the pixels of its mask, and its place.
    """
    count = len(table)
    raw = pd.DataFrame(_measured(table, pool), columns=list(MEASURED)).round(4)
    raw["raw_area"] = table["area"].to_numpy(float)
    rows = pd.DataFrame(0.0, index=range(count), columns=FIELDS)
    rows["id"] = np.arange(1, count + 1)
    boxes = ["image_x", "image_y", "image_w", "image_h"]
    rows[[*boxes, "collage_file"]] = table[[*boxes, "collage_file"]]
    for at, side, most in (("src_x", "image_w", FRAME[0]), ("src_y", "image_h", FRAME[1])):
        rows[at] = random.integers(1, np.maximum(2, most - table[side]))
    rows["src_image"] = np.sort(random.integers(1, sample["frames"] + 1, count))
    rows["cal_image"] = rows["ppc"] = rows["camera"] = 1
    rows["cal_const"], rows["fringe_size"] = SCALE_UM, FRINGE_PX
    rows[list(MEASURED)] = raw
    rows = rows.assign(**_sizes(raw))
    rows["sum_intensity"] = raw["intensity"] * raw["raw_area"]
    rows["elongation"] = raw["raw_feret_max"] / raw["raw_feret_min"]
    rows["edge_gradient"] = 40 + 20 * random.random(count)
    seconds = rows["src_image"] / 10
    rows["elapsed_time"] = seconds
    times = pd.Timestamp(sample["start"]) + pd.to_timedelta(seconds, unit="s")
    rows["timestamp"] = times.dt.strftime("%Y-%m-%dT%H:%M:%S.%f").str[:-3]
    rows["image_id"] = [str(UUID(bytes=random.bytes(16))).upper() for _ in range(count)]
    return rows.astype(dict.fromkeys(_INTEGERS, int))


def _measured(table: pd.DataFrame, pool: Pool) -> npt.NDArray[np.float64]:
    """Return `MEASURED` of every organism: that of the crop it is made of, at its size."""
    values = np.empty((len(table), len(MEASURED)))
    for kind, rows in table.groupby("kind"):
        values[rows.index] = pool.measured[int(kind)][rows["number"]]
    size = table["size"].to_numpy()[:, None]
    powers = [2 if "area" in name else 1 if name.startswith("raw_") else 0 for name in MEASURED]
    return values * size ** np.array(powers)


def _sizes(raw: pd.DataFrame) -> dict[str, pd.Series]:
    """Return sizes in µm by VisualSpreadsheet's formulae: without the fringe of the picture."""

    def um(diameter: pd.Series) -> pd.Series:
        return SCALE_UM * np.maximum(diameter - FRINGE_PX, diameter / 2)

    equivalent, filled = (
        2 * np.sqrt(raw[name] / np.pi) for name in ("raw_area", "raw_filled_area")
    )
    return {
        "abd_diameter": um(equivalent),
        "fd_diameter": um(filled),
        "abd_area": np.pi / 4 * um(equivalent) ** 2,
        "filled_area": np.pi / 4 * um(filled) ** 2,
        "esd_diameter": um(raw["raw_feret_mean"]),
        "length": um(raw["raw_feret_max"]),
        "width": um(raw["raw_feret_min"]),
        "perimeter": SCALE_UM * raw["raw_perimeter"],
        "convex_perimeter": SCALE_UM * (raw["raw_convex_perimeter"] - FRINGE_PX),
    }


def write_list(path: Path, rows: pd.DataFrame) -> None:
    """Write a list of these rows."""
    head = ["017", f"num-fields|{len(FIELDS)}"]
    head += [f"{name}|{_TYPES.get(name, 'double')}" for name in FIELDS]
    with path.open("w", encoding="latin-1", newline="") as file:
        file.write("\n".join(head) + "\n")
        rows.to_csv(file, sep="|", header=False, index=False, float_format="%.4f")
