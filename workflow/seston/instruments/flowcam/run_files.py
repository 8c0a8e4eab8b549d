"""The files of a FlowCam run: its list, and what belongs to the list."""

import os
from pathlib import Path

from seston.errors import SestonError
from seston.instruments import folders
from seston.instruments.flowcam.lst import check_head, is_list


def list_of(path: Path) -> Path:
    """Return the list of a run, given the run's folder or the list itself.

    Raises
    ------
    SestonError
        If there is no list that can be read, or more than one.
    """
    found = [path] if path.is_file() else _ending(path, ".lst")
    readable = [file for file in found if is_list(file)]
    if len(readable) == 1:
        return readable[0]
    if readable:
        names = ", ".join(file.name for file in readable)
        raise SestonError(f"{path}: {len(readable)} lists ({names}); give the path of one of them")
    if path.is_file():
        folders.require_own(path, "flowcam")
    if not found:
        raise SestonError(f"{path}: no .lst file; expected the folder of one FlowCam run")
    if found[0].is_file():  # a FIFO would wait for ever
        check_head(found[0])
    raise SestonError(
        f"{path}: {found[0].name} is not a FlowCam list; copy it again from the instrument"
    )


def beside(file: Path, suffix: str) -> Path | None:
    """Return the file of a run that ends so: under the list's name, or alone in its folder.

    Capitals do not matter: instruments run under Windows.
    """
    ending = _ending(file.parent, suffix)
    wanted = (file.stem + suffix).casefold()
    for path in ending:
        if path.name.casefold() == wanted and path.is_file():
            return path
    if any(is_list(other) for other in _ending(file.parent, ".lst") if other.name != file.name):
        return None  # a lone file may belong to the other run
    others = [path for path in ending if path.is_file()]
    return others[0] if len(others) == 1 else None


def _ending(folder: Path, suffix: str) -> list[Path]:
    if not folder.is_dir():
        return []
    # Names first: a Path for each of hundreds of collages would slow every start.
    names = os.listdir(folder)  # noqa: PTH208 - gives names
    return [
        folder / name
        for name in sorted(names)
        if name.casefold().endswith(suffix) and not name.startswith(".")
    ]
