"""Figures inside the page: as small as they must be, and no smaller."""

from base64 import b64encode
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from PIL import Image

from seston.errors import SestonError

#: Widths (pixels) and WebP qualities, tried in turn until all pictures fit.
LARGE = ((1500, 88), (1200, 82), (1000, 72), (800, 62), (640, 56), (480, 50))
SMALL = ((700, 84), (560, 78), (440, 70), (340, 62), (260, 50))
SAMPLE = 10  # one figure in so many tells how large all will be

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Picture:
    """A figure as the page shows it, in display pixels; `uri` is a ``data:`` URI."""

    uri: str
    width: int
    height: int


def embed(
    figures: Mapping[Name, Path], steps: tuple[tuple[int, int], ...], budget: int
) -> tuple[dict[Name, Picture], bool]:
    """Return all figures as pictures of at most `budget` bytes, and whether that cost detail.

    Raises
    ------
    SestonError
        If they do not fit even as small as the last step makes them.
    """
    few = list(figures.values())[::SAMPLE]
    for width, quality in steps:
        # A sample tells what is far too large, so that 200 mosaics are not encoded in vain.
        if len(few) < len(figures) and _bytes(few, width, quality) * SAMPLE > 1.2 * budget:
            continue
        pictures = {name: _picture(path, width, quality) for name, path in figures.items()}
        if sum(len(one.uri) for one in pictures.values()) <= budget:
            return pictures, (width, quality) != steps[0]
    raise SestonError(
        f"report: {len(figures)} figures do not fit into {budget / 1e6:.1f} MB of the page;"
        " use fewer sites or a longer trends.period"
    )


def _bytes(paths: list[Path], width: int, quality: int) -> int:
    return sum(len(_picture(path, width, quality).uri) for path in paths)


def _picture(path: Path, width: int, quality: int) -> Picture:
    with Image.open(path) as image:
        scale = min(1.0, width / image.width)
        size = (round(image.width * scale), round(image.height * scale))
        small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=quality, method=4)
    return Picture(f"data:image/webp;base64,{b64encode(buffer.getvalue()).decode()}", *size)
