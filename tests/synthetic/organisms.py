"""Three kinds of organisms that no one would mistake for one another, as particles of a FlowCam.

A tile is of one size whatever the organism's, so the kinds differ in shape: a chain of cells, a
disc with a rim, a star of spines. Each organism has its own size, direction and darkness.
"""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from synthetic.flowcam_particles import BORDER, Particle

Grey = npt.NDArray[np.float64]
SIDE = 140  # of the canvas an organism is drawn on, pixels
CENTRE = (SIDE // 2, SIDE // 2)


def chain(random: np.random.Generator) -> Grey:
    """Draw five to eight cells in a row."""
    cells, length = int(random.integers(5, 9)), int(random.integers(10, 14))
    canvas = np.zeros((SIDE, SIDE))
    first = CENTRE[0] - (cells * length) // 2
    for cell in range(cells):
        left = first + cell * length
        cv2.rectangle(canvas, (left, CENTRE[1] - 6), (left + length - 3, CENTRE[1] + 6), 1.0, -1)
        cv2.rectangle(canvas, (left, CENTRE[1] - 1), (left + length, CENTRE[1] + 1), 0.7, -1)
    return _turned(canvas, random)


def disc(random: np.random.Generator) -> Grey:
    """Draw a round body: pale, with a dark rim and a dark middle."""
    radius = int(random.integers(18, 34))
    canvas = np.zeros((SIDE, SIDE))
    cv2.circle(canvas, CENTRE, radius, 0.35, -1)
    cv2.circle(canvas, CENTRE, radius, 1.0, 3)
    off = random.integers(-3, 4, 2)
    cv2.circle(canvas, (CENTRE[0] + int(off[0]), CENTRE[1] + int(off[1])), radius // 3, 1.0, -1)
    return canvas


def star(random: np.random.Generator) -> Grey:
    """Draw eight to ten thin spines around a small body."""
    spines, reach = int(random.integers(8, 11)), float(random.uniform(38, 54))
    canvas = np.zeros((SIDE, SIDE))
    for turn in 2 * np.pi * (np.arange(spines) + random.random()) / spines:
        end = (CENTRE[0] + reach * np.cos(turn), CENTRE[1] + reach * np.sin(turn))
        cv2.line(canvas, CENTRE, (round(end[0]), round(end[1])), 1.0, 2)
    cv2.circle(canvas, CENTRE, 7, 1.0, -1)
    return canvas


KINDS: dict[str, Callable[[np.random.Generator], Grey]] = {
    "chain": chain,
    "disc": disc,
    "star": star,
}


def organism(kind: str, frame: npt.NDArray[np.uint8], random: np.random.Generator) -> Particle:
    """Draw an organism of a kind somewhere into a grey frame, darker than what is around it."""
    dark = cv2.GaussianBlur(KINDS[kind](random), (0, 0), 0.7)
    x, y, w, h = cv2.boundingRect((dark > 0.2).astype(np.uint8))
    dark = np.pad(dark[y : y + h, x : x + w], BORDER)
    mask = dark > 0.2
    top = int(random.integers(1, frame.shape[0] - mask.shape[0]))
    left = int(random.integers(1, frame.shape[1] - mask.shape[1]))
    behind = frame[top : top + mask.shape[0], left : left + mask.shape[1]]
    lit = behind - random.uniform(90, 130) * dark + random.normal(0, 2, mask.shape)
    return Particle(lit.clip(0, 255).astype(np.uint8), mask, left, top)


def _turned(canvas: Grey, random: np.random.Generator) -> Grey:
    turn = cv2.getRotationMatrix2D(CENTRE, float(random.uniform(0, 180)), 1.0)
    return cv2.warpAffine(canvas, turn, canvas.shape[::-1])
