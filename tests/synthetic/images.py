"""Image files of every kind, good and bad."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image


def picture(height: int = 20, width: int = 30, seed: int = 0) -> npt.NDArray[np.uint8]:
    """A blob on noise, (height, width, 3)."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    blob = 120 * np.exp(-(((y - height / 2) / 5) ** 2) - ((x - width / 2) / 7) ** 2)
    noise = random.integers(0, 40, (height, width, 3))
    return (200 - blob[..., None] - noise).astype(np.uint8)


def encoded(pixels: npt.NDArray, kind: str, **options: object) -> bytes:
    """The bytes of an image file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def huge_png(side: int) -> bytes:
    """A PNG of a few bytes that says it has `side` x `side` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def damaged_png(pixels: npt.NDArray) -> bytes:
    """A PNG with one flipped byte in its pixel data."""
    data = bytearray(encoded(pixels, "png"))
    data[data.index(b"IDAT") + len(data) // 3] ^= 0xFF
    return bytes(data)


def write_folder(folder: Path, count: int = 4, date: str = "20180522_100000") -> Path:
    """A folder of good PNG crops of different sizes."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        pixels = picture(16 + 2 * number, 30 - 3 * (number % 5), seed=number)
        (folder / f"{date}_{number:04d}.png").write_bytes(encoded(pixels, "png"))
    return folder
