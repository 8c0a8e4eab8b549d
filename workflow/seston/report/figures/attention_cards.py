"""Where the model looks in the most typical organism of each cluster: a strip for its card."""

from base64 import b64encode
from collections.abc import Iterable
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from seston.report.drawing.pictures import Picture
from seston.report.figures.attention_panels import overlay
from seston.report.given.attention_values import MODELS, Arrays, places_of_clusters
from seston.report.given.results import Results

GAP = 4  # px between the squares, transparent
QUALITY = 76  # of WebP: 3 kB a square


def attention_cards(results: Results, clusters: Iterable[int]) -> dict[int, Picture]:
    """Return one picture per cluster: its most typical organism, then that under each map.

    The maps are attention rollouts, before and after fine-tuning where there are both (see
    `squares`). Those of one cluster share their scale, from 0 to their greatest value, by the
    square root; colours do not compare clusters. A cluster without a map is left out.

    Raises
    ------
    SestonError
        If the maps are of another clustering.
    """
    attention = results.attention or {}
    where = places_of_clusters(attention, results.kmeans["fingerprint"])
    return {one: _picture(strip(attention, where[one])) for one in clusters if one in where}


def squares(results: Results) -> list[str]:
    """Return what each square of a card shows, from the left."""
    attention = results.attention or {}
    there = [when for model, when in MODELS.items() if f"clusters_{model}" in attention]
    return ["organism", *(there if len(there) > 1 else ["where the model looks"] * len(there))]


def strip(attention: Arrays, place: int) -> npt.NDArray[np.uint8]:
    """Return organism and maps of one cluster side by side, (side, width, 4), with alpha."""
    organism = attention["clusters_pictures"][place]
    names = (f"clusters_{model}" for model in MODELS)
    maps = [attention[name][place] for name in names if name in attention]
    top = max(float(one.max()) for one in maps)
    shown = [organism, *(_bytes(overlay(organism, one, top)) for one in maps)]
    side = len(organism)
    whole = np.zeros((side, len(shown) * (side + GAP) - GAP, 4), np.uint8)
    for turn, square in enumerate(shown):
        start = turn * (side + GAP)
        whole[:, start : start + side, :3] = square
        whole[:, start : start + side, 3] = 255
    return whole


def _bytes(picture: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    return np.round(picture * 255).astype(np.uint8)


def _picture(pixels: npt.NDArray[np.uint8]) -> Picture:
    buffer = BytesIO()
    Image.fromarray(pixels, "RGBA").save(buffer, "WEBP", quality=QUALITY, method=4)
    uri = f"data:image/webp;base64,{b64encode(buffer.getvalue()).decode()}"
    return Picture(uri, pixels.shape[1], pixels.shape[0])
