"""Image files of every kind, good and bad."""

import io
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Mapping, Sequence
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


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def text_bomb(kind: bytes, size: int = 200_000_000) -> bytes:
    """A PNG with a ``zTXt`` or ``iCCP`` chunk that unpacks to `size` bytes."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000))
    head = {b"zTXt": b"Comment\0\0", b"iCCP": b"profile\0\0"}[kind]
    png = encoded(picture(), "png")
    return png[:33] + chunk(kind, head + packed + packer.flush()) + png[33:]


def with_exif(taken: str = "", offset: str = "", orientation: int = 1) -> Image.Exif:
    """EXIF data with a time, its distance from UTC, and an orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    details = {0x9003: taken, 0x9011: offset}
    exif.get_ifd(0x8769).update({tag: value for tag, value in details.items() if value})
    return exif


def write_archive(path: Path, files: Mapping[str, bytes] | Sequence[tuple[str, bytes]]) -> Path:
    """A zip, tar or gzipped tar, by its suffix, with these files in this order."""
    pairs = files.items() if isinstance(files, Mapping) else files
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names that are there twice
            for name, data in pairs:
                archive.writestr(name, data)
        return path
    with tarfile.open(path, "w" if path.suffix == ".tar" else "w:gz") as archive:
        for name, data in pairs:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def patch_zip(path: Path, name: str, flags: int | None = None, size: int | None = None) -> None:
    """Change what both headers of a member say: its flags, or its size when unpacked."""
    data = bytearray(path.read_bytes())
    # APPNOTE 4.3.7, 4.3.12: places of name, flags and unpacked size in local and central header
    for mark, name_at, flags_at, size_at in ((b"PK\3\4", 30, 6, 22), (b"PK\1\2", 46, 8, 24)):
        at = data.find(mark)
        while data[at + name_at : at + name_at + len(name)] != name.encode():
            at = data.find(mark, at + 1)
            assert at >= 0, name
        if flags is not None:
            struct.pack_into("<H", data, at + flags_at, flags)
        if size is not None:
            struct.pack_into("<I", data, at + size_at, size)
    path.write_bytes(data)
