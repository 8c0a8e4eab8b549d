"""What EcoTaxa is told of each sample, its acquisition and its processing.

A sample has one acquisition and one process, which go by its name.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from seston import __version__
from seston.errors import SestonError
from seston.export.ecotaxa.cells import Texts, number
from seston.export.ecotaxa.rules import ACQUISITION, FREE, PREDEFINED, PROCESS, SAMPLE, TEXT

#: Columns of samples.tsv that EcoTaxa gets as they are, by the name they have there.
_TAKEN = {
    "sample_site": "site", "sample_group": "group", "sample_dilution_factor": "dilution",
    "acq_instrument": "instrument", "acq_imaged_volume_ml": "volume_ml",
    "acq_volume_source": "volume_source", "acq_run_mode": "run_mode",
    "acq_magnification": "magnification", "acq_frames": "frames", "acq_listed": "listed",
    "acq_used": "used", "acq_rejected": "rejected", "acq_readable": "readable",
    "acq_flags": "flags", "process_pixel": "pixel_um",
}  # fmt: skip
#: Of further columns of the sample sheet: those that say themselves where they belong.
_OWN = ("sample_", "acq_", "process_")


class Parents(NamedTuple):
    """What is told of samples.

    Attributes
    ----------
    columns : tuple of str
        Of samples, acquisitions and processes; those that no sample fills are left out.
    cells : mapping of str to tuple of str
        Of each sample.
    rows : mapping of str to mapping of str to str
        The lines of samples.tsv.
    """

    columns: tuple[str, ...]
    cells: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, Mapping[str, str]]


def read_parents(
    samples: Path, leave_out: Sequence[str], processed: Mapping[str, str], texts: Texts
) -> Parents:
    """Read the table of samples.

    Parameters
    ----------
    samples : pathlib.Path
        ``samples.tsv``, as the stage `tables` wrote it.
    leave_out : sequence of str
        Further columns of the sample sheet that are not exported.
    processed : mapping of str to str
        More that is told of processes, by column.
    texts : Texts

    Raises
    ------
    SestonError
        If a column to leave out is unknown, two columns of the sheet go by one name, or there are
        more than EcoTaxa takes.
    """
    with samples.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file, delimiter="\t")
        header = list(lines.fieldnames or ())
        rows = {row["sample"]: row for row in lines}
    # Further columns of the sheet stand between these two.
    further = header[header.index("depth_m") + 1 : header.index("flags")]
    _require_known(leave_out, further)
    names = _names([name for name in further if name not in leave_out])
    told = {name: _told(row, names, processed, texts) for name, row in rows.items()}
    columns = [*next(iter(told.values()), {})]
    kept = tuple(name for name in columns if any(cells[name] for cells in told.values()))
    _require_room(kept)
    return Parents(
        kept,
        {name: tuple(cells[column] for column in kept) for name, cells in told.items()},
        rows,
    )


def _told(
    row: Mapping[str, str], names: Mapping[str, str], processed: Mapping[str, str], texts: Texts
) -> dict[str, str]:
    """Return all cells of a sample; what the sheet says goes before what is known here."""
    water = _water(row)
    cells = {
        **dict.fromkeys((SAMPLE, ACQUISITION, PROCESS), row["sample"]),
        **{name: texts(name, row[column]) for name, column in _TAKEN.items()},
        "sample_tot_vol": number(water),
        "acq_sub_part": "" if water is None else "1",
        "process_software": "Seston",
        "process_software_version": __version__,
        **processed,
        **{name: texts(name, row[column]) for name, column in names.items()},
    }
    order = {prefix: place for place, prefix in enumerate(_OWN)}
    return dict(sorted(cells.items(), key=lambda cell: order[cell[0].partition("_")[0] + "_"]))


def _water(row: Mapping[str, str]) -> float | None:
    """Return the water, in m³, that the images of a sample stand for, before any dilution."""
    if not row["volume_ml"] or not float(row["readable"] or 0):
        return None
    return float(row["volume_ml"]) * float(row["readable"]) / float(row["dilution"] or 1) * 1e-6


def _names(further: Sequence[str]) -> dict[str, str]:
    """Return the names that columns of the sheet have in EcoTaxa, and the columns."""
    found: dict[str, str] = {}
    for column in further:
        plain = re.sub(r"\W+", "_", column.casefold()).strip("_")
        own = plain.startswith(_OWN) and plain not in (SAMPLE, ACQUISITION, PROCESS)
        name = plain if own else f"sample_{plain}"
        if name in found:
            raise SestonError(
                f"columns {found[name]!r} and {column!r} of the sample sheet would both be {name}"
                " in EcoTaxa; rename one, or name one in export.ecotaxa.leave_out"
            )
        found[name] = column
    return found


def _require_known(leave_out: Sequence[str], further: Sequence[str]) -> None:
    for name in leave_out:
        if name not in further:
            near = get_close_matches(name, further, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(further)}"
            raise SestonError(
                f"config: export.ecotaxa.leave_out: {name!r} is no further column of the sample"
                f" sheet; {hint if further else 'there are none'}"
            )


def _require_room(columns: Sequence[str]) -> None:
    for prefix in _OWN:
        free = [name for name in columns if name.startswith(prefix) and name not in PREDEFINED]
        most = FREE[prefix.rstrip("_")][TEXT]
        if len(free) > most:
            raise SestonError(
                f"EcoTaxa takes {most} columns {prefix}…, but there are {len(free)}:"
                f" {', '.join(free)}; name columns of the sample sheet in export.ecotaxa.leave_out"
            )
