"""Write a first sample sheet for a folder of data: `python -m seston samples DIR`."""

import csv
import os
import re
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from seston.errors import SestonError
from seston.grouping import hint
from seston.recognise import Found, recognise

#: Where those who run IFCBs put bins that are no samples.
_PUT_ASIDE = ("skip", "beads")
#: Columns of the sheet; those that no file tells stay empty, for people to fill in.
_COLUMNS = (
    "sample", "path", "instrument", "datetime",
    "site", "group", "volume_ml", "dilution", "pixel_um",
)  # fmt: skip
# Letters that are written with others; all further ones lose their accents.
_SPELLED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss",
     "æ": "ae", "ø": "oe", "Æ": "Ae", "Ø": "Oe"}
)  # fmt: skip


def discover(directory: Path, /) -> None:
    """Print a sample sheet for everything found below a folder.

    Recognised are FlowCam runs (a folder with a .lst), IFCB bins (.adc, .hdr
    and .roi of one name, also in trees DYYYY/DYYYYMMDD), folders of pictures
    (png, jpg, tif; the folder that holds them directly is one sample) and
    archives of pictures (zip, tar, tar.gz). Folders of pictures larger than a
    million pixels are proposed as raw frames. Paths are relative to the
    current folder, where the sheet is to be saved. What was passed over, is to
    be looked at, or is perhaps a group, is told on standard error.

    Parameters
    ----------
    directory : pathlib.Path
        Where to search.
    """
    if not directory.is_dir():
        raise SestonError(f"{directory}: no such folder; give the folder that holds the data")
    found, notes = find_samples(directory)
    notes += hint([sample.path.relative_to(directory) for sample in found])
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    if not found:
        raise SestonError(
            f"{directory}: neither FlowCam runs (.lst), IFCB bins (.adc, .hdr, .roi)"
            " nor folders or archives of png, jpg or tif found"
        )
    sheet = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    sheet.writerow(_COLUMNS)
    for name, sample in zip(unique_names(found), found, strict=True):
        when = sample.datetime.isoformat() if sample.datetime else ""
        told = [name, os.path.relpath(sample.path), sample.instrument, when]
        sheet.writerow(told + [""] * (len(_COLUMNS) - len(told)))


def find_samples(directory: Path) -> tuple[list[Found], list[str]]:
    """Return the samples below a folder, sorted by path, and notes on what was passed over.

    Only folders are listed: a tree of 100,000 bins costs no question to the
    file server per file but the header of each bin, which tells beads from water.
    """
    found: list[Found] = []
    notes: list[str] = []

    def pass_over(error: OSError) -> None:
        notes.append(f"{error.filename}: cannot be read ({error.strerror}), passed over")

    for place, folders, names in os.walk(directory, onerror=pass_over):
        aside = sorted(name for name in folders if name.lower() in _PUT_ASIDE)
        notes += [f"{Path(place, name)}: put aside by its name, passed over" for name in aside]
        folders[:] = sorted(
            name for name in folders if name not in aside and not name.startswith(".")
        )
        here, its_notes = recognise(Path(place), sorted(names))
        found += here
        notes += its_notes
    folders_of = {sample.path.parent for sample in found}
    holders = folders_of.union(*(folder.parents for folder in folders_of))
    nested = {
        sample.path
        for sample in found
        if sample.instrument in ("images", "frames") and sample.path in holders
    }
    notes += [f"{path}: images beside other samples, passed over" for path in sorted(nested)]
    kept = []
    for sample in found:
        if not _is_utf8(sample.path):
            shown = os.fsencode(sample.path).decode(errors="backslashreplace")
            notes.append(f"{shown}: a name that is not UTF-8, passed over; rename it")
        elif sample.path not in nested:
            kept.append(sample)
    return sorted(kept, key=lambda sample: str(sample.path)), notes


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:  # the file system's bytes, escaped by Python
        return False
    return True


def unique_names(found: Sequence[Found]) -> list[str]:
    """Return a name for each sample: its folder or file, with parents where two are alike.

    Two names that differ in upper and lower case only count as alike.
    """
    taken: set[str] = set()
    names = []
    resolved: dict[Path, Path] = {}  # a question to the file server per folder, not per bin
    for sample in found:
        folder = sample.path.parent if sample.is_file else sample.path
        if folder not in resolved:
            resolved[folder] = folder.resolve()
        parts = list(resolved[folder].parts[1:])
        if sample.is_file:
            parts.append(sample.path.stem.removesuffix(".tar"))
        for depth in range(1, len(parts) + 1):
            text = re.sub(r"[^A-Za-z0-9._-]+", "-", _plain("_".join(parts[-depth:])))
            name = text.strip(".-") or "sample"
            if name.casefold() not in taken:
                break
        base, number = name, 2
        while name.casefold() in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def _plain(text: str) -> str:
    """Return a text without umlauts and accents: ``Müll`` is ``Muell``, ``Saône`` ``Saone``."""
    spelled = unicodedata.normalize("NFC", text).translate(_SPELLED)
    parts = unicodedata.normalize("NFKD", spelled)
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
