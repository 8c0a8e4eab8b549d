"""One colour for each class, the same on every map of a run: of cluster c the one of number c."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

#: Okabe and Ito's, safe for colour-blind eyes; without their yellow, too pale on white, and black.
FIRST = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GOLDEN_ANGLE = 2.399963  # radians: hues that follow each other lie far apart
#: Lightness and chroma of three levels in turn, which keep the first twenty colours apart.
LEVELS = ((0.40, 0.12), (0.59, 0.14), (0.70, 0.09))
#: How much lighter colours are on dark ground: of the way to white, and of OKLCH lightness.
TOWARDS_WHITE, LIGHTER = 0.3, 0.16

_TO_CONES = (
    (0.3963377774, 0.2158037573),
    (-0.1055613458, -0.0638541728),
    (-0.0894841775, -1.291485548),
)
_TO_RGB = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.707614701),
)


def class_colours(count: int, *, dark: bool = False) -> list[str]:
    """Return ``#rrggbb`` of classes 0 to `count` - 1.

    A class keeps its colour however many others there are.

    Parameters
    ----------
    count : int
    dark : bool
        For dark ground: the same hues, lighter.
    """
    first = np.array([_bytes(colour) for colour in FIRST])
    if dark:
        first = first + TOWARDS_WHITE * (255 - first)
    place = np.arange(len(FIRST), max(count, len(FIRST)))
    lightness, chroma = np.array(LEVELS)[place % len(LEVELS)].T
    rest = from_oklch(lightness + LIGHTER * dark, chroma, place * GOLDEN_ANGLE + 0.65)
    rgb = np.rint(np.concatenate([first, rest])).astype(int)
    return ["#{:02x}{:02x}{:02x}".format(*colour) for colour in rgb[:count].tolist()]


def from_oklch(lightness: Floats, chroma: Floats, hue: Floats) -> Floats:
    """Return sRGB from 0 to 255, (n, 3), of OKLCH, in which equal steps are equally far to the eye.

    Parameters
    ----------
    lightness, chroma : ndarray, (n,)
    hue : ndarray, (n,)
        In radians. What no screen can show is cut to what it can.
    """
    ab = np.stack([chroma * np.cos(hue), chroma * np.sin(hue)])
    cones = (lightness + np.array(_TO_CONES) @ ab) ** 3
    light = np.clip(np.array(_TO_RGB) @ cones, 0, 1)
    even = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return 255 * even.T


def _bytes(colour: str) -> list[int]:
    return list(bytes.fromhex(colour.removeprefix("#")))
