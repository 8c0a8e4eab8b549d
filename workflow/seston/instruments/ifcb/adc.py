"""IFCB's list of targets (`.adc`): one line of numbers per target, without a head.

A target is numbered by its row, from 1. Instruments 1 to 6 write 15 fields
(and a comma after the last), the later ones 24 or more, which their header
names; the spelling of those names varies between versions of the software.
All rows of a list have as many fields: what has more or less is damaged.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

V1 = (
    "trigger", "processingEndTime", "fluorescenceLow", "fluorescenceHigh", "scatteringLow",
    "scatteringHigh", "comparatorPulse", "triggerOpenTime", "frameGrabTime", "roiX", "roiY",
    "roiWidth", "roiHeight", "startByte", "valveStatus",
)  # fmt: skip
V2 = (
    "trigger", "ADCtime", "PMTA", "PMTB", "PMTC", "PMTD", "peakA", "peakB", "peakC", "peakD",
    "timeOfFlight", "grabTimeStart", "grabTimeEnd", "roiX", "roiY", "roiWidth", "roiHeight",
    "startByte", "comparatorOut", "startPoint", "signalLength", "status", "runTime",
    "inhibitTime",
)  # fmt: skip
#: No camera's frame is larger; a place beyond it is a damaged number.
_MOST_PX = 1_000_000
#: Fields without which a target cannot be cut out.
REQUIRED = ("trigger", "roiX", "roiY", "roiWidth", "roiHeight", "startByte")


class Target(NamedTuple):
    """One row: where its image lies in the camera's frame (px) and in the `.roi` (byte).

    `problem` says why the row cannot be used; the numbers are 0 then.
    """

    number: int
    trigger: int
    x: int
    y: int
    width: int
    height: int
    start: int
    recorded: Mapping[str, float | str]
    problem: str = ""

    @property
    def roi(self) -> str:
        """The target's number as the field writes it."""
        return f"{self.number:05d}"

    @property
    def has_image(self) -> bool:
        """Whether the camera's frame showed anything: a trigger alone has a box of 0 x 0 px."""
        return self.width > 0 and self.height > 0

    @property
    def end(self) -> int:
        """The byte of the `.roi` after the last one of its image."""
        return self.start + self.width * self.height

    def value(self, field: str) -> float | None:
        """Return what was recorded under a name, if it is a number."""
        value = self.recorded.get(field)
        return value if isinstance(value, float) else None


@dataclass(frozen=True)
class Targets:
    """All rows of a list, in its order.

    Attributes
    ----------
    version : {1, 2}
        Which instruments write such a list; 2 where there is no row to tell.
    named : bool
        False if the header names fields that are not those of the list.
    """

    rows: Sequence[Target]
    version: int = 2
    named: bool = True


def parse_targets(lines: Iterable[str], fields: Sequence[str] = ()) -> Targets:
    """Return the targets of a list.

    Parameters
    ----------
    lines : iterable of str
        Blank ones are passed over and do not count.
    fields : sequence of str
        Their names by the header (``ADCFileFormat``), for instruments from 7 on.
    """
    rows = [_cells(line) for line in lines if line.strip()]
    counts = Counter(map(len, rows))
    width = max(counts, key=lambda length: (counts[length], length), default=0)
    version = 1 if width == len(V1) and not fields else 2
    names, named = (V1, True) if version == 1 else _name(fields, width)
    names += tuple(f"extra{place}" for place in range(1, width - len(names) + 1))
    parsed = [_parse(number, cells, names) for number, cells in enumerate(rows, start=1)]
    return Targets(parsed, version, named)


def _cells(line: str) -> list[str]:
    cells = line.strip().split(",")
    return cells if cells[-1].strip() else cells[:-1]


def _name(fields: Sequence[str], width: int) -> tuple[tuple[str, ...], bool]:
    """Spell the header's names as in `V2`: ``ROIwidth`` and ``RoiWidth`` are one field."""
    spelled = {name.lower(): name for name in V2}
    names = [spelled.get(re.sub(r"[\W_]", "", field).lower(), field) for field in fields]
    usable = set(REQUIRED) <= set(names) and len(set(names)) == len(names)
    usable &= not len(V2) <= width < len(names)
    return (tuple(names) if usable else V2), usable or not fields


def _parse(number: int, cells: Sequence[str], names: Sequence[str]) -> Target:
    if len(cells) != len(names):
        problem = f"{len(cells)} values, not {len(names)}: is the list damaged, or cut off?"
        return Target(number, 0, 0, 0, 0, 0, 0, {}, problem)
    recorded = dict(zip(names, map(_number, cells), strict=True))
    try:
        box = [int(recorded[field]) for field in REQUIRED]
    except (ValueError, OverflowError):
        problem = "a trigger, a box or an offset that is not a number"
        return Target(number, 0, 0, 0, 0, 0, 0, recorded, problem)
    trigger, x, y, width, height, start = box
    if min(width, height, start) < 0 or max(abs(x), abs(y), width, height) > _MOST_PX:
        problem = f"a box of {width:.6g} x {height:.6g} px at {x:.6g},{y:.6g}, byte {start:.12g}"
        return Target(number, trigger, 0, 0, 0, 0, 0, recorded, problem)
    return Target(number, trigger, x, y, width, height, start, recorded)


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell.strip()
