"""A PDF made of PNGs: the same pixels, a page and a bookmark for each, every object where it is."""

import re
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seston.report.drawing.picture_book import PictureBook

TITLES = ["cluster 0 Dinobryon", "7: Kützing’s “θ”", "(2) \\ )"]


def pictures(folder: Path) -> list[Path]:
    rng = np.random.default_rng(0)
    paths = [folder / f"{place}.png" for place in range(len(TITLES))]
    for path, shape in zip(paths, [(30, 50), (300, 400), (1, 1)], strict=True):
        pixels = rng.integers(0, 255, (*shape, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path, compress_level=1, dpi=(300, 300))
    return paths


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def image_of(told: bytes, stream: bytes) -> np.ndarray:
    """Read an image of a PDF, whose lines are filtered as those of a PNG, as a PNG."""
    assert b"/FlateDecode" in told and b"/Predictor 15" in told
    width, height = (
        int(re.search(rb"/%s (\d+)" % name, told)[1]) for name in (b"Width", b"Height")
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", stream) + chunk(b"IEND", b"")
    with Image.open(BytesIO(png)) as image:
        return np.asarray(image)


def objects(pdf: bytes) -> dict[int, tuple[bytes, bytes]]:
    """Return dictionary and stream of each object, found as a reader finds them: by the table."""
    table = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", pdf)[1])
    head = re.match(rb"xref\n0 (\d+)\n0000000000 65535 f \n", pdf[table:])
    lines = pdf[table + head.end() :].split(b"trailer")[0]
    assert len(lines) == 20 * (int(head[1]) - 1)
    found = {}
    for number in range(1, int(head[1])):
        place = int(lines[20 * (number - 1) :][:10])
        body = re.match(rb"(\d+) 0 obj\n(<<.*?>>)(\nstream\n)?(?=\nendobj|(?<=stream\n))",
                        pdf[place:], re.DOTALL)  # fmt: skip
        assert int(body[1]) == number
        length = int(re.search(rb"/Length (\d+)", body[2])[1]) if body[3] else 0
        stream = pdf[place + body.end() :][:length]
        after = pdf[place + body.end() + length :]
        assert after.startswith(b"\nendstream\nendobj\n" if body[3] else b"\nendobj\n")
        found[number] = body[2], stream
    return found


def test_a_page_shows_each_picture_pixel_by_pixel(tmp_path):
    paths = pictures(tmp_path)
    with PictureBook(tmp_path / "book.pdf", 300) as book:
        for path, title in zip(paths, TITLES, strict=True):
            book.add(path, title)
    every = objects((tmp_path / "book.pdf").read_bytes())
    images = [one for one in every.values() if b"/Subtype /Image" in one[0]]
    for path, (told, stream) in zip(paths, images, strict=True):
        np.testing.assert_array_equal(image_of(told, stream), np.asarray(Image.open(path)))
    kids = re.search(rb"/Kids \[(.*?)\]", every[2][0])[1]
    pages = [every[int(number)][0] for number in re.findall(rb"(\d+) 0 R", kids)]
    sizes = [re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", page).groups() for page in pages]
    # 72 points are an inch of 300 pixels.
    assert [tuple(map(float, size)) for size in sizes] == [(12, 7.2), (96, 72), (0.24, 0.24)]
    for page, (wide, high) in zip(pages, sizes, strict=True):
        drawn = every[int(re.search(rb"/Contents (\d+) 0 R", page)[1])][1]
        assert drawn == b"%s 0 0 %s 0 0 cm /P Do" % (wide, high)


def test_every_page_has_its_bookmark_in_turn(tmp_path):
    with PictureBook(tmp_path / "book.pdf", 300) as book:
        for path, title in zip(pictures(tmp_path), TITLES, strict=True):
            book.add(path, title)
    every = objects((tmp_path / "book.pdf").read_bytes())
    assert b"/Outlines 3 0 R" in every[1][0]
    mark, found = int(re.search(rb"/First (\d+) 0 R", every[3][0])[1]), []
    while mark:
        told = every[mark][0]
        title = bytes.fromhex(re.search(rb"/Title <(\w+)>", told)[1].decode()).decode("utf-16")
        found.append((title, int(re.search(rb"/Dest \[(\d+) 0 R", told)[1])))
        following = re.search(rb"/Next (\d+) 0 R", told)
        mark = int(following[1]) if following else 0
    assert [title for title, _ in found] == TITLES
    assert f"[{' '.join(f'{page} 0 R' for _, page in found)}]".encode() in every[2][0]


def test_other_pictures_are_refused(tmp_path):
    path = tmp_path / "a.png"
    with PictureBook(tmp_path / "book.pdf", 300) as book:
        for mode in ("L", "RGBA", "P"):
            Image.new(mode, (3, 3)).save(path)
            with pytest.raises(ValueError, match=r"a\.png: not a PNG of 8-bit RGB"):
                book.add(path, "")
    assert len(objects((tmp_path / "book.pdf").read_bytes())) == 3


def test_a_book_that_was_left_with_an_error_ends_nowhere(tmp_path):
    with pytest.raises(KeyError), PictureBook(tmp_path / "book.pdf", 300):
        raise KeyError
    assert b"%%EOF" not in (tmp_path / "book.pdf").read_bytes()
