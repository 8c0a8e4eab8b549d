"""The IFCB bins of a run: where the rows of each are, and what its file is called."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from seston.errors import SestonError
from seston.export.ifcb_scores.asked import INSTRUMENT
from seston.id_order import Rows, rows_of_samples
from seston.instruments.ifcb.bin import date_of_name, is_bin_name
from seston.parts import TableReader


class Bin(NamedTuple):
    """A bin with at least one organism.

    Attributes
    ----------
    lid : str
        Its name, such as ``D20130526T095207_IFCB013``.
    taken : datetime
        When it was begun, UTC.
    rows : Rows
        Its organisms in the tables of all images.
    """

    lid: str
    taken: datetime
    rows: Rows

    @property
    def path(self) -> str:
        """Where the dashboard looks for its file first."""
        return f"D{self.taken:%Y}/D{self.taken:%Y_%j}/{self.lid}_class.h5"


def bins_of(samples: Path, images: TableReader, ids: pa.ChunkedArray) -> tuple[list[Bin], int]:
    """Return the bins that have organisms, in the order of their samples, and how many have none.

    Parameters
    ----------
    samples : pathlib.Path
        One row per sample.
    images : TableReader
        One row per organism.
    ids : pyarrow.ChunkedArray of string
        Of all organisms.

    Raises
    ------
    SestonError
        If no sample is of an IFCB, or bins have names that IFCBs do not give, or the same.
    """
    try:
        sheet = pd.read_csv(samples, sep="\t", dtype=str, keep_default_na=False)
        ours = set(sheet.loc[sheet["instrument"] == INSTRUMENT, "sample"])
    except FileNotFoundError as error:
        raise SestonError(f"{samples}: file not found") from error
    except (ValueError, KeyError) as error:
        raise SestonError(
            f"{samples}: not readable as the table of samples ({error!r}); delete it and run again"
        ) from error
    if not ours:
        raise SestonError(f"{samples}: no sample is of an IFCB, so there are no bins to score")
    lids = {
        rows: _lid(images, rows.first) for rows in rows_of_samples([ids]) if rows.sample in ours
    }
    dates = {lid: date_of_name(lid) for lid in lids.values() if is_bin_name(lid)}
    found = [Bin(lid, date, rows) for rows, lid in lids.items() if (date := dates.get(lid))]
    wrong = [f"{rows.sample} ({lid})" for rows, lid in lids.items() if not dates.get(lid)]
    if wrong:
        raise SestonError(
            f"{samples}: bins with names that IFCBs do not give: {', '.join(wrong[:10])}; expected"
            " such as D20130526T095207_IFCB013: the dashboard finds no others, so name the files of"
            " the bins as the instrument did"
        )
    first: dict[str, str] = {}
    for one in found:
        if first.setdefault(one.lid, one.rows.sample) != one.rows.sample:
            raise SestonError(
                f"{samples}: {first[one.lid]} and {one.rows.sample} are both the bin {one.lid}, and"
                " would write one file; keep one of them"
            )
    return found, len(ours) - len(found)


def _lid(images: TableReader, row: int) -> str:
    """Return the name of the bin that an organism is of: its frame is the bin's `.roi`."""
    [frame] = images.rows(row, 1, ("image_id", "frame"))["frame"].to_pylist()
    return (frame or "").removesuffix(".roi")
