"""Figures inside the page: as small as they must be, and no smaller."""

from base64 import b64encode
from collections.abc import Hashable, Iterable, Mapping
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
MOST_TRIED = 12  # files that tell how large all will be
UNSURE = 1.02  # how far above the size that is left these may put all of them
EFFORT = 2  # of WebP's encoder, of 6: twice the default's speed, for 4 % larger pictures

HEAD = "data:image/webp;base64,"
Steps = tuple[tuple[int, int], ...]

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Part:
    """A file to show, or a box of it: left, top, right, bottom (pixels)."""

    path: Path
    box: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class Picture:
    """A figure as the page shows it, in display pixels; `uri` is a ``data:`` URI."""

    uri: str
    width: int
    height: int


def embed(
    parts: Mapping[Name, Part], steps: Steps, budget: int, threads: int = 1
) -> tuple[dict[Name, Picture], bool]:
    """Return all parts as pictures of at most `budget` bytes, and whether that cost detail.

    Raises
    ------
    SestonError
        If they do not fit even as small as the last step makes them.
    """
    files: dict[Path, list[Name]] = {}
    for name, part in parts.items():
        files.setdefault(part.path, []).append(name)
    few = _few(files)
    for width, quality in steps:
        encoded = partial(_encoded, parts, width=width, quality=quality, threads=threads)
        if (width, quality) != steps[-1] and len(few) < len(files):
            told = _length(encoded(few).values()) * _bytes(files) / _bytes(few)
            if told > UNSURE * budget:
                continue
        pictures = encoded(files)
        if _length(pictures.values()) <= budget:
            return {name: pictures[name] for name in parts}, (width, quality) != steps[0]
    raise _too_many(len(parts), budget)


def encode(image: Image.Image, width: int, quality: int) -> Picture:
    """Return an image as a picture of at most this width."""
    scale = min(1.0, width / image.width)
    size = (round(image.width * scale), max(1, round(image.height * scale)))
    small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=quality, method=EFFORT)
    return Picture(HEAD + b64encode(buffer.getvalue()).decode(), *size)


def _few(files: Mapping[Path, list[Name]]) -> dict[Path, list[Name]]:
    """Return some of the files, of every size: large ones make large pictures."""
    order = sorted(files, key=lambda path: (path.stat().st_size, path))
    step = -(-len(order) // MOST_TRIED)
    return {path: files[path] for path in order[step // 2 :: step or 1]}


def _bytes(files: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in files)


def _encoded(
    parts: Mapping[Name, Part],
    files: Mapping[Path, list[Name]],
    width: int,
    quality: int,
    threads: int,
) -> dict[Name, Picture]:
    """Return the parts of these files; Pillow lets other threads work meanwhile."""

    def of_file(path: Path) -> list[Picture]:
        with Image.open(path) as image:
            boxes = [parts[name].box for name in files[path]]
            return [encode(image.crop(box) if box else image, width, quality) for box in boxes]

    names = [name for some in files.values() for name in some]
    with ThreadPoolExecutor(threads) as pool:
        pictures = [one for some in pool.map(of_file, files) for one in some]
    return dict(zip(names, pictures, strict=True))


def _length(pictures: Iterable[Picture]) -> int:
    return sum(len(one.uri) for one in pictures)


def _too_many(pictures: int, budget: int) -> SestonError:
    return SestonError(
        f"report: {pictures} figures do not fit into {budget / 1e6:.1f} MB of the page;"
        " use fewer sites or a longer trends.period"
    )
