"""IFCB's header, in all of its dialects: whatever stands there, numbers are finite, times sane."""

import math
from collections.abc import Iterator
from pathlib import Path

from seston.instruments.ifcb.hdr import read_header
from seston.instruments.ifcb.volume import analysed, flow
from synthetic.ifcb import shapes, write_bin


def seeds(folder: Path) -> Iterator[bytes]:
    """Yield a header of each dialect."""
    for dialect in "abc":
        yield write_bin(folder / dialect, shapes(2), dialect=dialect).file(".hdr").read_bytes()
    yield b"runSampleFast: True\nRunFastFactor: 3\nrunTime: 10\ninhibitTime: 1\n"
    yield b"sampleTime: 2013-05-26T09:52:07Z\nsampleType: Beads\n"


def check(data: bytes, folder: Path) -> None:
    """Raise where a header makes a volume of no numbers."""
    path = folder / "bin.hdr"
    path.write_bytes(data)
    header = read_header(path)
    assert all(key == key.lower() for key in header.values)
    for key in header.values:
        number = header.number(key)
        assert number is None or math.isfinite(number)
    assert header.time is None or 1980 <= header.time.year <= 2100
    assert isinstance(header.is_bead_run, bool)
    assert all(isinstance(field, str) for field in header.adc_fields)
    assert flow(header) > 0
    volume = analysed(header, [])
    assert volume.ml is None or 0 < volume.ml < math.inf
    assert (volume.ml is None) == (volume.source is None)
