"""A PDF of pictures, one a page: each page holds the very bytes of a PNG, deflated once.

Printing the pictures of some hundred clusters through matplotlib would deflate each of them once
more, and hold all of them until the last one.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TRUECOLOUR = b"\x08\x02\0\0\0"  # of IHDR: 8 bits, RGB, deflated, filtered by lines, not interlaced
CATALOG, PAGES, OUTLINES = 1, 2, 3  # objects that are written last, and named from the start


class PictureBook:
    """Writes a PDF page by page; it is whole when it was left without an error.

    Parameters
    ----------
    path : pathlib.Path
        The file to write.
    dpi : float
        Pixels per inch.
    """

    def __init__(self, path: Path, dpi: float) -> None:
        self._file, self._dpi = path.open("wb"), dpi
        self._places: dict[int, int] = {}
        self._next, self._pages, self._titles = OUTLINES + 1, list[int](), list[str]()
        self._file.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            if kind is None:
                self._finish()

    def add(self, png: Path, title: str) -> None:
        """Add a page of this picture; its title is a bookmark.

        Raises
        ------
        ValueError
            If it is no PNG of 8-bit RGB that is not interlaced.
        """
        width, height, pixels = _read(png)
        picture, content, page = (self._name() for _ in range(3))
        self._write(
            picture,
            f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent 8"
            " /ColorSpace /DeviceRGB /Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors 3"
            f" /BitsPerComponent 8 /Columns {width} >> /Length {len(pixels)} >>",
            pixels,
        )
        wide, high = (f"{72 * side / self._dpi:.3f}" for side in (width, height))
        drawn = f"{wide} 0 0 {high} 0 0 cm /P Do".encode()
        self._write(content, f"<< /Length {len(drawn)} >>", drawn)
        self._write(
            page,
            f"<< /Type /Page /Parent {PAGES} 0 R /MediaBox [0 0 {wide} {high}]"
            f" /Contents {content} 0 R /Resources << /XObject << /P {picture} 0 R >> >> >>",
        )
        self._pages.append(page)
        self._titles.append(title)

    def _finish(self) -> None:
        marks = [self._name() for _ in self._pages]
        for place, (mark, title) in enumerate(zip(marks, self._titles, strict=True)):
            beside = f" /Prev {marks[place - 1]} 0 R" if place else ""
            beside += f" /Next {marks[place + 1]} 0 R" if place + 1 < len(marks) else ""
            text = title.encode("utf-16-be", "replace").hex()
            self._write(
                mark,
                f"<< /Title <feff{text}> /Parent {OUTLINES} 0 R{beside}"
                f" /Dest [{self._pages[place]} 0 R /Fit] >>",
            )
        ends = f" /First {marks[0]} 0 R /Last {marks[-1]} 0 R" if marks else ""
        self._write(OUTLINES, f"<< /Type /Outlines /Count {len(marks)}{ends} >>")
        pages = " ".join(f"{page} 0 R" for page in self._pages)
        self._write(PAGES, f"<< /Type /Pages /Count {len(self._pages)} /Kids [{pages}] >>")
        self._write(
            CATALOG,
            f"<< /Type /Catalog /Pages {PAGES} 0 R /Outlines {OUTLINES} 0 R"
            " /PageMode /UseOutlines >>",
        )
        table = self._file.tell()
        lines = [f"{self._places[name]:010d} 00000 n \n" for name in range(1, self._next)]
        self._file.write(
            f"xref\n0 {self._next}\n0000000000 65535 f \n{''.join(lines)}"
            f"trailer\n<< /Size {self._next} /Root {CATALOG} 0 R >>\n"
            f"startxref\n{table}\n%%EOF\n".encode()
        )

    def _name(self) -> int:
        self._next += 1
        return self._next - 1

    def _write(self, name: int, told: str, stream: bytes | None = None) -> None:
        self._places[name] = self._file.tell()
        body = b"" if stream is None else b"\nstream\n" + stream + b"\nendstream"
        self._file.write(f"{name} 0 obj\n{told}".encode() + body + b"\nendobj\n")


def _read(png: Path) -> tuple[int, int, bytes]:
    """Return width, height and deflated, filtered lines of a PNG."""
    data = png.read_bytes()
    if data[:8] != SIGNATURE or data[24:29] != TRUECOLOUR:
        raise ValueError(f"{png}: not a PNG of 8-bit RGB")
    pixels, place = list[bytes](), len(SIGNATURE)
    while place < len(data):
        length = int.from_bytes(data[place : place + 4])
        if data[place + 4 : place + 8] == b"IDAT":
            pixels.append(data[place + 8 : place + 8 + length])
        place += length + 12
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24]), b"".join(pixels)
