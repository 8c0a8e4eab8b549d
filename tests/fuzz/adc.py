"""IFCB's list of targets, behind the names of its fields in the first line (perhaps empty)."""

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from fuzz.tables import require_storable
from seston.instruments.contract import Rejection
from seston.instruments.ifcb.account import read_account
from seston.instruments.ifcb.adc import parse_targets
from seston.instruments.ifcb.bin import find_bin
from seston.instruments.ifcb.cut import cut
from seston.instruments.ifcb.effort import effort_of
from seston.instruments.ifcb.hdr import read_header
from seston.instruments.ifcb.stitch import group
from seston.instruments.text import read_lines
from synthetic.ifcb import V1_NAME, V2_NAME, shapes, write_bin

ROI = bytes(range(256)) * 40  # the pixels of any target


def seeds(folder: Path) -> Iterator[bytes]:
    """Yield lists of all instruments: with triggers without images, boxes in two, fields more."""
    images = [*shapes(4, height=8, width=10), None]
    for dialect in "abc":
        bin_ = write_bin(folder / dialect, images, dialect=dialect)
        names = ",".join(read_header(bin_.file(".hdr")).adc_fields)
        yield names.encode() + b"\n" + bin_.file(".adc").read_bytes()
    two = write_bin(
        folder / "two", shapes(4, height=8, width=10), dialect="a",
        places=[(10, 10), (14, 12), (60, 10), (61, 90)], triggers=[1, 1, 2, 2],
    )  # fmt: skip
    yield b"\n" + two.file(".adc").read_bytes()
    more = write_bin(folder / "more", images, extra=2)
    yield b"\n" + more.file(".adc").read_bytes()


def check(data: bytes, folder: Path) -> None:
    """Raise where rows are lost, or what is cut is not where its row says."""
    head, _, rows = data.partition(b"\n")
    (folder / f"{V2_NAME}.adc").write_bytes(rows)
    named = b"ADCFileFormat: " + head if head.strip() else b"runType: NORMAL"
    (folder / f"{V2_NAME}.hdr").write_bytes(named + b"\nrunTime: 100\ninhibitTime: 1\n")
    (folder / f"{V2_NAME}.roi").write_bytes(ROI)
    _account(folder / f"{V2_NAME}.adc")
    (folder / f"{V1_NAME}.adc").write_bytes(rows)
    _account(folder / f"{V1_NAME}.adc")


def _account(path: Path) -> None:
    account = read_account(find_bin(path))
    if account.targets is None:
        assert [flag.code for flag in account.problems] == ["adc_unreadable"]
        return
    lines = [line for line in read_lines(path, "list") if line.strip()]
    assert [row.number for row in account.rows] == list(range(1, len(lines) + 1))
    again = parse_targets(lines, account.header.adc_fields).rows
    assert repr(again) == repr(account.rows), "the same list, read otherwise"
    listed = [row for row in account.rows if row.has_image or row.problem]
    organisms = group(listed) if account.version == 1 else [[row] for row in listed]
    assert sum(map(len, organisms)) == len(listed)
    effort = effort_of(account, len(organisms), None)
    assert effort.listed == len(organisms)
    assert effort.volume_ml is None or 0 < effort.volume_ml < math.inf
    assert effort.frames is not None and effort.frames <= len(account.rows)
    found = list(cut(account, organisms, 10**6))
    assert len(found) == len(organisms), "listed is not used and rejected"
    names = [item.roi for item in found]
    assert names == sorted(names, key=int) and all(a != b for a, b in pairwise(names))
    kept = []
    for item, parts in zip(found, organisms, strict=True):
        if isinstance(item, Rejection):
            continue
        assert max(abs(item.x), abs(item.y)) < 2**31
        assert item.pixels.size >= max(part.width * part.height for part in parts)
        if len(parts) == 1:
            assert item.pixels.tobytes() == ROI[parts[0].start : parts[0].end]
        kept.append(item.recorded)
    require_storable(kept)
