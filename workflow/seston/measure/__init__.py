"""What is measured of one organism: size, shape, grey levels, sharpness, volume, carbon.

Every number is explained in docs/measurements.md, by the name of its column.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seston import schemas
from seston.measure.biovolume import moberg_sosik, sphere, spheroid
from seston.measure.carbon import carbon_of_diatom, carbon_of_protist
from seston.measure.grey import focus_of, luma, mean_and_spread
from seston.measure.shape import Shape, equivalent_diameter, shape_of, tight

__all__ = ["Organism", "equivalent_diameter", "measure", "without_fringe"]

Value = float | int | bool | str | None

_NAMES = tuple(schemas.MEASUREMENTS.names)


class Organism(NamedTuple):
    """What is measured of.

    Attributes
    ----------
    pixels : ndarray of uint8, (H, W) or (H, W, 3)
        Its crop, at least 3 x 3.
    mask : ndarray of bool, (H, W), or None
        True on the organism. It may touch the edge of the crop and be of several parts.
    pixel_um : float or None
        µm per pixel.
    at_border : bool
        It was cut by the border of the camera's frame; passed on as it is.
    """

    pixels: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_] | None
    pixel_um: float | None
    at_border: bool = False


def measure(organisms: Sequence[Organism]) -> list[dict[str, Value]]:
    """Measure organisms, step by step for all of them.

    Returns
    -------
    list of dict
        For each one value per column of `seston.schemas.MEASUREMENTS`. Without a
        mask (or with one that is False everywhere) all but `focus` and `at_border`
        are None, without `pixel_um` all in µm and what follows from them.
    """
    greys = [luma(one.pixels) for one in organisms]
    sharpness = [focus_of(grey) for grey in greys]
    images = [None if one.mask is None else tight(one.mask) for one in organisms]
    shapes = [None if image is None else shape_of(image) for image in images]
    levels = [
        (None, None) if one.mask is None or shape is None else mean_and_spread(grey, one.mask)
        for one, grey, shape in zip(organisms, greys, shapes, strict=True)
    ]
    volumes = [
        0.0 if image is None or shape is None else moberg_sosik(image, shape)
        for image, shape in zip(images, shapes, strict=True)
    ]
    found: list[dict[str, Value]] = []
    for one, sharp, shape, (mean, spread), volume in zip(
        organisms, sharpness, shapes, levels, volumes, strict=True
    ):
        row: dict[str, Value] = dict.fromkeys(_NAMES)
        row |= {"focus": sharp, "at_border": one.at_border, "mean_grey": mean, "sd_grey": spread}
        if shape is not None:
            row |= _in_pixels(shape)
            row |= {} if one.pixel_um is None else _in_um(shape, volume, one.pixel_um)
        found.append(row)
    return found


def without_fringe(diameter_um: float | None) -> dict[str, Value]:
    """Return volume and carbon of the sphere of VisualSpreadsheet's area-based diameter."""
    if diameter_um is None:
        return {"vs_volume_um3": None, "vs_carbon_pg": None}
    volume = sphere(diameter_um)
    return {"vs_volume_um3": volume, "vs_carbon_pg": carbon_of_protist(volume)}


def _in_pixels(shape: Shape) -> dict[str, Value]:
    return {
        "area_px": shape.area,
        "parts": shape.parts,
        "esd_px": shape.esd,
        "perimeter_px": shape.perimeter,
        "feret_max_px": shape.feret_max,
        "feret_min_px": shape.feret_min,
        "major_px": shape.ellipse.major,
        "minor_px": shape.ellipse.minor,
        "eccentricity": shape.ellipse.eccentricity,
        "solidity": shape.solidity,
    }


def _in_um(shape: Shape, biovolume_px3: float, pixel_um: float) -> dict[str, Value]:
    biovolume = biovolume_px3 * pixel_um**3
    esd = shape.esd * pixel_um
    major, minor = shape.ellipse.major * pixel_um, shape.ellipse.minor * pixel_um
    return {
        "area_um2": shape.area * pixel_um**2,
        "esd_um": esd,
        "perimeter_um": shape.perimeter * pixel_um,
        "feret_max_um": shape.feret_max * pixel_um,
        "feret_min_um": shape.feret_min * pixel_um,
        "major_um": major,
        "minor_um": minor,
        "volume_sphere_um3": sphere(esd),
        "volume_spheroid_um3": spheroid(major, minor),
        "biovolume_um3": biovolume,
        "carbon_pg": carbon_of_protist(biovolume),
        "carbon_if_diatom_pg": carbon_of_diatom(biovolume),
        "diatom": "unknown",
    }
