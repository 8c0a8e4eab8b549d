"""FlowCam's list of particles, `.lst`: every dialect, by field name.

Since format 017, line 1 is the format, line 2 the number of fields, then one
line per field (``name|type``), then one line per particle. The number of
fields differs between instruments (53, 64, 65 are seen), so nothing is read
by position. Lists before it have no names: `seston.instruments.flowcam.legacy_lst`.
"""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from seston.errors import SestonError
from seston.instruments.flowcam import legacy_lst
from seston.instruments.flowcam.list_rows import Fields, ParticleList, Row
from seston.instruments.text import read_lines

#: Fields without which a particle cannot be cut out.
REQUIRED = ("id", "image_x", "image_y", "image_w", "image_h", "collage_file")
_NAMES = (
    "id image_x image_y image_w image_h src_x src_y src_image cal_image ppc camera cal_const"
    " fringe_size sphere_count raw_sphere_volume raw_sphere_complement raw_sphere_unknown raw_area"
    " raw_feret_max raw_feret_min raw_feret_mean raw_perimeter raw_convex_perimeter"
    " raw_legendre_major raw_legendre_minor abd_area abd_diameter length width esd_diameter"
    " fd_diameter perimeter convex_perimeter intensity sigma_intensity sum_intensity compactness"
    " elongation roughness edge_gradient elapsed_time circle_fit symmetry circularity_hu"
    " intensity_calimage raw_convex_hull_area raw_filled_area filled_area feret_max_angle"
    " feret_min_angle avg_red avg_green avg_blue ch1_peak ch1_width ch1_area ch2_peak ch2_width"
    " ch2_area ch3_peak ch3_width ch3_area timestamp collage_file image_id"
)
#: Fields that VisualSpreadsheet is known to write.
KNOWN = frozenset({*_NAMES.split(), *legacy_lst.TWO, *legacy_lst.THREE})
_FORMAT = 17
_field = re.compile(r"([^|]+)\|(\w+)").fullmatch
_whole = re.compile("[0-9]{1,9}").fullmatch
# Bytes that hold the head of any list: 65 fields take 2,000, the first 50 particles of an old
# list 25,000.
_HEAD = 65_536


def is_list(path: Path) -> bool:
    """Say whether the file is a list of particles, of any format."""
    if not path.is_file():  # a FIFO would wait for ever
        return False
    try:
        lines = read_lines(path, "list", most=_HEAD)
    except SestonError:
        return False
    first, second, *rows = [next(lines, "").strip() for _ in range(2 + legacy_lst.TRIED)]
    if not _whole(first):
        return False
    if int(first) >= _FORMAT:
        return second.startswith("num-fields|")
    return bool(_whole(second)) and (any(map(legacy_lst.is_row, rows)) or not any(rows))


def check_head(path: Path) -> None:
    """Raise what `read_list` raises, without reading the whole file."""
    _parse(path, read_lines(path, "list", most=_HEAD))


def read_list(path: Path) -> ParticleList:
    """Read the head of a list; its `rows` come in their order, blank lines are passed over.

    Raises
    ------
    SestonError
        If the head of the file is not that of a list.
    """
    return _parse(path, read_lines(path, "list"))


def _parse(path: Path, lines: Iterator[str]) -> ParticleList:
    first = next(lines, "").strip()
    if not _whole(first):
        raise SestonError(
            f"{path}, line 1: found {first[:40]!r}, expected the format number of a FlowCam list,"
            " such as 017 or 013; copy the list again from the instrument"
        )
    if int(first) < _FORMAT:
        return legacy_lst.read_legacy(path, lines)
    fields = _read_fields(path, lines)
    row = next(lines, "")
    if _field(row.strip()):
        expected = f"a particle: the head announces {len(fields.names)} fields"
        raise _unexpected(path, row, len(fields.names), expected)
    return ParticleList(fields, None, _rows(chain([row], lines), fields))


def _rows(lines: Iterator[str], fields: Fields) -> Iterator[Row]:
    width = len(fields.names)
    for number, text in enumerate(lines, start=width + 3):
        if not text.strip():
            continue
        values = text.rstrip().split("|")
        yield Row(number, values if len(values) == width else [], len(values), fields)


def _read_fields(path: Path, lines: Iterator[str]) -> Fields:
    key, _, count = next(lines, "").strip().partition("|")
    if key != "num-fields" or not _whole(count):
        raise SestonError(
            f"{path}, line 2: found {key[:40]!r}, expected num-fields|N; the list is damaged,"
            " copy it again from the instrument"
        )
    names: list[str] = []
    kinds: list[str] = []
    while len(names) < int(count):
        text = next(lines, "")
        found = _field(text.strip())
        if not found:
            expected = (
                f"a field NAME|TYPE, as image_x|int32: the head announces {int(count)} fields"
            )
            raise _unexpected(path, text, len(names), expected)
        names.append(found[1])
        kinds.append(found[2])
    missing = [name for name in REQUIRED if name not in names]
    if missing or len(set(names)) < int(count):
        problem = f"fields missing: {', '.join(missing)}" if missing else "repeated names"
        raise SestonError(
            f"{path}, lines 3-{int(count) + 2}: {problem}; the list is damaged,"
            " copy it again from the instrument"
        )
    return Fields(tuple(names), tuple(kinds))


def _unexpected(path: Path, text: str, fields: int, expected: str) -> SestonError:
    found = repr(text.strip()[:40]) if text.strip() else "nothing"
    return SestonError(
        f"{path}, line {fields + 3}: found {found}, expected {expected}, and {fields} come before"
        " this line; the list is damaged, copy it again from the instrument"
    )
