"""FlowCam's list of particles: any bytes are refused as a whole, or row by row."""

import math
from collections.abc import Iterator
from pathlib import Path

from fuzz.tables import require_storable
from seston.errors import SestonError
from seston.instruments.contract import Flag, Rejection
from seston.instruments.flowcam.ctx import Context
from seston.instruments.flowcam.cut import Beside, cut
from seston.instruments.flowcam.effort import Listed, effort_of
from seston.instruments.flowcam.fringe import sizes_of
from seston.instruments.flowcam.lst import check_head, is_list, read_list
from seston.instruments.flowcam.pictures import Pictures
from seston.measure import without_fringe
from synthetic.flowcam import write_run
from synthetic.flowcam_run import complete_run


def seeds(folder: Path) -> Iterator[bytes]:
    """Yield lists of all dialects, and what the readers' tests make of them."""
    for dialect in ("017", "legacy-44", "legacy-47"):
        yield complete_run(folder / dialect, 3, dialect=dialect).list.read_bytes()
    run = write_run(folder / "few", 3)
    plain = run.list.read_bytes()
    yield plain
    yield plain.decode("latin-1").encode("utf-16")
    yield plain.replace(b"0.5000", b"0,5000")
    yield plain[:-20]


def check(data: bytes, folder: Path) -> None:
    """Raise where the list is neither refused nor accounted for, row by row."""
    path = folder / "run.lst"
    path.write_bytes(data)
    found = is_list(path)
    try:
        listing = read_list(path)
        rows = list(listing.rows)
    except SestonError as error:
        assert path.name in str(error)
        return
    assert found, "read, but not told as a list"
    check_head(path)
    names = listing.fields.names
    assert len(set(names)) == len(names) == len(listing.fields.types)
    assert [row.line for row in rows] == sorted({row.line for row in rows})
    assert len(rows) <= data.count(b"\n") + 1
    sizes = sizes_of(rows)
    effort = effort_of(Listed(listing.fields, rows, listing.stated), Context())
    assert effort.listed == len(rows) == len(sizes.columns)
    items = list(cut(rows, sizes.columns, Beside(), Pictures(folder, 10**6)))
    assert all(isinstance(item, Rejection | Flag) for item in items), "no picture, yet an organism"
    rejected = [item for item in items if isinstance(item, Rejection)]
    assert len(rejected) == len(rows), "listed is not used and rejected"
    for row, columns in zip(rows, sizes.columns, strict=True):
        if row.values:
            recorded = row.recorded()
            assert set(recorded) <= set(names)
            assert len(recorded) + len(row.bad_numbers) == len(names)
        assert row.pixel_um is None or (row.pixel_um > 0 and row.pixel_um**3 < math.inf)
        assert row.time is None or 1980 <= row.time.year <= 2100
        given = {**columns, **without_fringe(columns["vs_abd_um"])}
        assert all(value is None or abs(value) < math.inf for value in given.values())
        del given["vs_convex_perimeter_um"]  # below 0 of specks, by VisualSpreadsheet's formula
        assert all(value is None or value >= 0 for value in given.values())
    require_storable([row.recorded() for row in rows if row.values])
