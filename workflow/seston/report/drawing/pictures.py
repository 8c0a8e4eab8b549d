"""Figures inside the page: as small as they must be, and no smaller."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from PIL import Image

from seston.errors import SestonError

#: Widths (pixels) and WebP qualities, tried in turn until all pictures fit.
LARGE = ((1500, 88), (1200, 82), (1000, 72), (800, 62), (640, 56), (480, 50))
SMALL = ((640, 82), (520, 78), (420, 70), (320, 62), (240, 50))
SAMPLE = 5  # one figure in so many tells how large all will be

HEAD = "data:image/webp;base64,"
Steps = tuple[tuple[int, int], ...]

Name = TypeVar("Name", bound=Hashable)
Given = TypeVar("Given")


@dataclass(frozen=True)
class Picture:
    """A figure as the page shows it, in display pixels; `uri` is a ``data:`` URI."""

    uri: str
    width: int
    height: int


def embed(
    figures: Mapping[Name, Path], steps: Steps, budget: int, threads: int = 1
) -> tuple[dict[Name, Picture], bool]:
    """Return all figures as pictures of at most `budget` bytes, and whether that cost detail.

    Raises
    ------
    SestonError
        If they do not fit even as small as the last step makes them.
    """
    few = list(figures.values())[::SAMPLE]
    for width, quality in steps:
        # A sample tells what is far too large, so that not all are encoded in vain.
        some = _length(_picture(one, width, quality) for one in few)
        too_many = some * len(figures) > 1.05 * budget * len(few)
        if too_many and (width, quality) != steps[-1]:
            continue
        pictures = _all(partial(_picture, width=width, quality=quality), figures, threads)
        if _length(pictures.values()) <= budget:
            return pictures, (width, quality) != steps[0]
    raise _too_many(len(figures), budget)


def fit(
    pictures: Mapping[Name, Picture], steps: Steps, budget: int, threads: int = 1
) -> tuple[dict[Name, Picture], bool]:
    """Return pictures, made by the first of these steps, such that they fit; as `embed` does."""
    if _length(pictures.values()) <= budget:
        return dict(pictures), False
    few = list(pictures.values())[::SAMPLE]
    for width, quality in steps[1:]:
        some = _length(_again(one, width, quality) for one in few)
        too_many = some * len(pictures) > 1.05 * budget * len(few)
        if too_many and (width, quality) != steps[-1]:
            continue
        made = _all(partial(_again, width=width, quality=quality), pictures, threads)
        if _length(made.values()) <= budget:
            return made, True
    raise _too_many(len(pictures), budget)


def encode(image: Image.Image, width: int, quality: int) -> Picture:
    """Return an image as a picture of at most this width."""
    scale = min(1.0, width / image.width)
    size = (round(image.width * scale), max(1, round(image.height * scale)))
    small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=quality, method=4)
    return Picture(HEAD + b64encode(buffer.getvalue()).decode(), *size)


def _all(
    encoded: Callable[[Given], Picture], given: Mapping[Name, Given], threads: int
) -> dict[Name, Picture]:
    """Encode all; Pillow lets other threads work meanwhile."""
    with ThreadPoolExecutor(threads) as pool:
        return dict(zip(given, pool.map(encoded, given.values()), strict=True))


def _length(pictures: Iterable[Picture]) -> int:
    return sum(len(one.uri) for one in pictures)


def _picture(path: Path, width: int, quality: int) -> Picture:
    with Image.open(path) as image:
        return encode(image, width, quality)


def _again(picture: Picture, width: int, quality: int) -> Picture:
    with Image.open(BytesIO(b64decode(picture.uri.removeprefix(HEAD)))) as image:
        return encode(image, width, quality)


def _too_many(pictures: int, budget: int) -> SestonError:
    return SestonError(
        f"report: {pictures} figures do not fit into {budget / 1e6:.1f} MB of the page;"
        " use fewer sites or a longer trends.period"
    )
