"""Folders of crops: what lies in them, and below; and what betrays another instrument's."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from seston.errors import SestonError
from seston.instruments.contract import Flag
from seston.instruments.names import is_archive, is_image, shown

# Other programs too write files that end in .hdr and .roi: in a folder they say nothing.
_OF_A_RUN = {".lst": "flowcam", ".ctx": "flowcam", ".adc": "ifcb"}
_OF_A_FILE = {**_OF_A_RUN, ".hdr": "ifcb", ".roi": "ifcb"}
_SHOWN = {"flowcam": "FlowCam", "ifcb": "IFCB"}


def crops_below(path: Path) -> tuple[list[str], list[str]]:
    """Return the crops below a folder, and the archives, which are not entered.

    Without sizes: each would be one question to the file server, and there may
    be a million crops. Linked folders are named as crops are, not entered: they
    may lead out of the sample or in circles.

    Returns
    -------
    crops, archives : list of str
        Sorted POSIX paths relative to the folder.

    Raises
    ------
    SestonError
        If a folder cannot be read: how many crops it holds, nobody would know.
    """
    top = os.fspath(path)
    crops: list[str] = []
    archives: list[str] = []
    for folder, folders, names in os.walk(top, onerror=refuse):
        here = "" if folder == top else os.path.relpath(folder, top).replace(os.sep, "/") + "/"
        # os.path: a Path for each of a million names would slow every start.
        apart = {
            name
            for name in folders
            if is_image(name) or os.path.islink(f"{folder}/{name}")  # noqa: PTH114
        }
        crops += [here + name for name in names if is_image(name)]
        crops += [here + name for name in apart]
        archives += [here + name for name in names if is_archive(name)]
        folders[:] = [name for name in folders if name not in apart]
    return sorted(crops), sorted(archives)


def is_inside(file: Path, root: Path) -> bool:
    """Say whether a file found by `crops_below` lies in the folder, also where it is a link.

    Parameters
    ----------
    file : pathlib.Path
    root : pathlib.Path
        The folder, resolved.
    """
    # No folder on the way is a link, so the file alone is asked about: one question, not ten.
    return not file.is_symlink() or file.resolve().is_relative_to(root)


def require_no_run(path: Path, what: str) -> None:
    """Raise `SestonError` for a folder of another instrument, whose pictures would be `what`.

    The collages of a FlowCam run would count as crops; the images of IFCB bins lie in
    their .roi, where nobody would look for them.
    """
    endings = tuple(_OF_A_RUN)
    try:
        with os.scandir(path) as entries:
            names = [entry.name for entry in entries if entry.name.lower().endswith(endings)]
    except OSError as error:
        refuse(error)
    foreign = min((name for name in names if not name.startswith(".")), default="")
    instrument = _OF_A_RUN.get(foreign[-4:].lower())
    if instrument == "flowcam":
        raise SestonError(
            f"{path}: holds {foreign}, so it looks like a FlowCam run; write flowcam as its"
            f" instrument, or move the {what} to a folder of their own"
        )
    if instrument == "ifcb":
        raise SestonError(
            f"{path}: holds {foreign}, so it looks like a folder of IFCB bins; give each bin a row"
            f" with ifcb as its instrument (python -m seston samples {path} writes them), or move"
            f" the {what} to a folder of their own"
        )


def require_own(file: Path, instrument: str) -> None:
    """Raise `SestonError` for a file that another instrument writes, by its ending."""
    other = _OF_A_FILE.get(file.suffix.lower(), instrument)
    if other != instrument:
        raise SestonError(
            f"{file}: a file of {_SHOWN[other]}, by its ending; write {other} as its instrument"
        )


def listing_flags(path: Path, pictures: Sequence[str], nested: Sequence[str]) -> list[Flag]:
    """Tell that a folder or archive holds no picture, or archives that are not entered."""
    flags = []
    if not pictures:
        text = f"no picture (png, jpg, tif) found in {shown(path.name)}: a true zero?"
        flags.append(Flag("no_organisms", text))
    if nested:
        text = f"archives inside were not opened: {len(nested)}, such as {shown(nested[0])}"
        flags.append(Flag("nested_archive", text))
    return flags


def refuse(error: OSError) -> NoReturn:
    """Raise `SestonError` for a folder that cannot be read."""
    raise SestonError(
        f"{error.filename}: the folder cannot be read ({error.strerror});"
        " give yourself the right to read it, or move it out of the sample's folder"
    ) from error
