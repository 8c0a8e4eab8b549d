"""Particles of a FlowCam: drawn into an empty frame, outlined, and measured as it measures."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import cv2
import numpy as np
import numpy.typing as npt

from synthetic.flowcam import START

FRAME = (1280, 960)  # width, height
SCALE_UM, FRINGE_PX = 0.5, 4.5
BORDER = 5  # background around an organism, pixels

_INTEGERS = "id image_x image_y image_w image_h src_x src_y src_image cal_image ppc camera"
_DOUBLES = (
    "cal_const fringe_size sphere_count raw_sphere_volume raw_sphere_complement raw_sphere_unknown"
    " raw_area raw_feret_max raw_feret_min raw_feret_mean raw_perimeter raw_convex_perimeter"
    " raw_legendre_major raw_legendre_minor abd_area abd_diameter length width esd_diameter"
    " fd_diameter perimeter convex_perimeter intensity sigma_intensity sum_intensity compactness"
    " elongation roughness edge_gradient elapsed_time circle_fit symmetry circularity_hu"
    " intensity_calimage raw_convex_hull_area raw_filled_area filled_area feret_max_angle"
    " feret_min_angle"
)
#: Name and type of the 53 fields of a list of format 017 (grey camera, no fluorescence).
FIELDS = {
    **dict.fromkeys(_INTEGERS.split(), "int32"),
    **dict.fromkeys(_DOUBLES.split(), "double"),
    "timestamp": "timestamp",
    "collage_file": "string",
    "image_id": "guid",
}


@dataclass(frozen=True, eq=False)
class Particle:
    """A particle in its box: pixels (h, w[, 3]), mask (h, w), and its place in the frame."""

    pixels: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_]
    x: int
    y: int


def empty_frame(seed: int = 0) -> npt.NDArray[np.uint8]:
    """Return a grey frame without an organism: unevenly lit, with a little noise."""
    width, height = FRAME
    down, across = np.mgrid[:height, :width]
    light = 190 - 25 * ((across / width - 0.5) ** 2 + (down / height - 0.5) ** 2)
    noise = np.random.default_rng(seed).normal(0, 1.5, light.shape)
    return np.clip(light + noise, 0, 255).astype(np.uint8)


def drawn(count: int, frame: npt.NDArray[np.uint8], seed: int = 0) -> Iterator[Particle]:
    """Draw dark ellipses into a frame: every fifth with a hole, every seventh in two parts."""
    random = np.random.default_rng(seed)
    half = np.exp(random.normal(2.0, 0.5, (count, 2))).clip(2, 40).astype(int)
    angle = random.uniform(0, 180, count)
    for number in range(count):
        a, b = (int(side) for side in half[number])
        side = 2 * max(a, b) + 5
        canvas = np.zeros((side, side + 12), np.uint8)
        centre = (side // 2, side // 2)
        cv2.ellipse(canvas, centre, (a, b), angle[number], 0, 360, 1, -1)
        if number % 5 == 0 and min(a, b) > 4:
            cv2.circle(canvas, centre, 2, 0, -1)
        if number % 7 == 0:
            cv2.circle(canvas, (side + 6, side // 2), 3, 1, -1)
        x, y, w, h = cv2.boundingRect(canvas)
        mask = np.zeros((h + 2 * BORDER, w + 2 * BORDER), bool)
        mask[BORDER:-BORDER, BORDER:-BORDER] = canvas[y : y + h, x : x + w]
        left = int(random.integers(1, FRAME[0] - mask.shape[1]))
        top = int(random.integers(1, FRAME[1] - mask.shape[0]))
        pixels = frame[top : top + mask.shape[0], left : left + mask.shape[1]].copy()
        pixels[mask] = np.clip(pixels[mask] - random.integers(50, 110), 0, 255)
        yield Particle(pixels, mask, left, top)


def outlines_of(particle: Particle) -> list[tuple[int, int, str]]:
    """Return start in the frame and Freeman chain of every part, counted from the right."""
    found, _ = cv2.findContours(
        particle.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    digit = {(1, 0): 1, (1, -1): 2, (0, -1): 3, (-1, -1): 4,
             (-1, 0): 5, (-1, 1): 6, (0, 1): 7, (1, 1): 8}  # fmt: skip
    lines = []
    for contour in found:
        points = contour[:, 0]
        steps = np.diff(np.concatenate([points, points[:1]]), axis=0).tolist()
        x, y = points[0]
        chain = "".join(str(digit[dx, dy]) for dx, dy in steps if (dx, dy) != (0, 0))
        lines.append((int(x) + particle.x, int(y) + particle.y, chain))
    return lines


def values_of(
    identity: int, particle: Particle, place: tuple[str, int, int], chain: str
) -> dict[str, float | str]:
    """Return a row by the names of format 017; sizes by VisualSpreadsheet's formulae."""
    mask = particle.mask
    name, x, y = place
    filled = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), np.uint8)
    filled[1:-1, 1:-1] = mask
    cv2.floodFill(filled, None, (0, 0), 2)
    row: dict[str, float | str] = dict.fromkeys(FIELDS, 0.0)
    down, across = np.nonzero(mask)
    angles = np.deg2rad(np.arange(0, 180, 10))
    along = np.outer(across, np.cos(angles)) + np.outer(down, np.sin(angles))
    feret = along.max(axis=0) - along.min(axis=0) + 1
    perimeter = sum(1 if digit in "1357" else 2**0.5 for digit in chain)
    grey = (particle.pixels if particle.pixels.ndim == 2 else particle.pixels.mean(axis=2))[mask]
    raw = {
        "raw_area": float(mask.sum()),
        "raw_filled_area": float((filled != 2).sum()),
        "raw_feret_max": float(feret.max()),
        "raw_feret_min": float(feret.min()),
        "raw_feret_mean": float(feret.mean()),
        "raw_perimeter": perimeter,
        "raw_convex_perimeter": float(np.pi * feret.mean()),
    }
    raw = {key: round(value, 4) for key, value in raw.items()}

    def micrometres(diameter: float) -> float:
        return SCALE_UM * max(diameter - FRINGE_PX, diameter / 2)

    abd = micrometres((4 * raw["raw_area"] / np.pi) ** 0.5)
    fd = micrometres((4 * raw["raw_filled_area"] / np.pi) ** 0.5)
    row |= raw
    row |= {
        "id": identity,
        "image_x": x,
        "image_y": y,
        "image_w": mask.shape[1],
        "image_h": mask.shape[0],
        "src_x": particle.x,
        "src_y": particle.y,
        "src_image": 1 + identity // 3,
        "cal_image": 1,
        "ppc": 1,
        "camera": 1,
        "cal_const": SCALE_UM,
        "fringe_size": FRINGE_PX,
        "abd_diameter": abd,
        "fd_diameter": fd,
        "abd_area": np.pi * (abd / 2) ** 2,
        "filled_area": np.pi * (fd / 2) ** 2,
        "esd_diameter": micrometres(raw["raw_feret_mean"]),
        "length": micrometres(raw["raw_feret_max"]),
        "width": micrometres(raw["raw_feret_min"]),
        "perimeter": SCALE_UM * raw["raw_perimeter"],
        "convex_perimeter": SCALE_UM * (raw["raw_convex_perimeter"] - FRINGE_PX),
        "intensity": float(grey.mean()),
        "elapsed_time": float(identity),
        "timestamp": time_of(identity).isoformat(timespec="milliseconds"),
        "collage_file": name,
        "image_id": f"GUID-{identity}",
    }
    return row


def time_of(identity: int) -> datetime:
    """Return when a particle was seen: ten a second."""
    return START + timedelta(milliseconds=100 * identity)
