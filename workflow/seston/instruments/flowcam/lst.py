"""FlowCam's list of particles, `.lst`: every dialect, by field name.

Since format 017, line 1 is the format, line 2 the number of fields, then one
line per field (``name|type``), then one line per particle. The number of
fields differs between instruments (53, 64, 65 are seen), so nothing is read
by position. Lists before it have no names: `seston.instruments.flowcam.legacy_lst`.
"""

import re
from collections.abc import Iterator
from itertools import islice
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
_whole = re.compile("[0-9]{1,9}").fullmatch
_LONGEST = 4096  # bytes of a line that are looked at to tell a list


def is_list(path: Path) -> bool:
    """Say whether the file is a list of particles, of any format."""
    if not path.is_file():  # a FIFO would wait for ever
        return False
    try:
        with path.open("rb") as file:
            lines = [file.readline(_LONGEST).decode("latin-1").strip() for _ in range(8)]
    except OSError:
        return False
    first, second, *rows = lines
    first = first.removeprefix("\xef\xbb\xbf")  # the mark of UTF-8
    if not _whole(first):
        return False
    if int(first) >= _FORMAT:
        return second.startswith("num-fields|")
    return bool(_whole(second)) and (any(map(legacy_lst.is_row, rows)) or not any(rows))


def check_head(path: Path) -> None:
    """Raise what `read_list` raises, without reading a particle."""
    read_list(path)


def read_list(path: Path) -> ParticleList:
    """Read the head of a list; its `rows` come in their order, blank lines are passed over.

    Raises
    ------
    SestonError
        If the head of the file is not that of a list.
    """
    lines = read_lines(path, "list")
    first = next(lines, "").strip()
    if not _whole(first):
        raise SestonError(
            f"{path}, line 1: found {first[:40]!r}, expected the format number of a FlowCam list,"
            " such as 017 or 013; copy the list again from the instrument"
        )
    if int(first) < _FORMAT:
        return legacy_lst.read_legacy(path, lines)
    fields = _read_fields(path, lines)
    return ParticleList(fields, None, _rows(lines, fields))


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
    pairs = [text.strip().partition("|") for text in islice(lines, int(count))]
    names = [name for name, _, _ in pairs]
    missing = [name for name in REQUIRED if name not in names]
    if missing or "" in names or len(set(names)) < int(count):
        problem = f"fields missing: {', '.join(missing)}" if missing else "empty or repeated names"
        raise SestonError(
            f"{path}, lines 3-{int(count) + 2}: {problem}; the list is damaged,"
            " copy it again from the instrument"
        )
    return Fields(tuple(names), tuple(kind for _, _, kind in pairs))
