"""Read the files that the report is made of; what is wrong with one is told by its path."""

import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pandas as pd

from seston.errors import SestonError
from seston.models.header import read_header


def read_text_table(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    """Read a table of the run; every cell is text unless its column is named as numbers."""
    text = read_text(path)
    if text and not text.endswith("\n"):
        raise SestonError(f"{path}: ends in the middle of a line; delete it and run again")
    try:
        table = pd.read_csv(StringIO(text), sep="\t", dtype=str, na_filter=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise SestonError(f"{path}: not a readable table ({error}); run again") from error
    missing = [name for name in (*texts, *numbers) if name not in table]
    if missing:
        raise SestonError(f"{path}: columns missing: {', '.join(missing)}")
    for name in numbers:
        try:
            table[name] = pd.to_numeric(table[name].replace("", None))
        except ValueError as error:
            raise SestonError(
                f"{path}: column {name}: expected numbers ({error}); delete it and run again"
            ) from error
    return table


def read_arrays(path: Path) -> dict[str, npt.NDArray]:
    """Read the arrays of an ``.npz`` file."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, EOFError, ValueError, BadZipFile) as error:
        raise SestonError(f"{path}: not readable ({error}); delete it and run again") from error


def read_json(path: Path, keys: Sequence[str] = ()) -> dict[str, Any]:
    """Read a mapping that has these keys.

    JSON, unlike YAML, takes 1e-05 for a number and joins surrogate pairs.
    """
    try:
        found = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise SestonError(f"{path}: not JSON ({error}); delete it and run again") from error
    if not isinstance(found, dict):
        raise SestonError(f"{path}: expected a mapping in JSON; delete it and run again")
    missing = [key for key in keys if key not in found]
    if missing:
        raise SestonError(f"{path}: {', '.join(missing)} missing; delete it and run again")
    return found


def read_card(path: Path) -> dict[str, Any]:
    """Return the card of a model file, with its `fingerprint`; the weights are not read."""
    header = read_header(path)
    try:
        return json.loads(header["backbone"]) | {"fingerprint": header["fingerprint"]}
    except (ValueError, KeyError) as error:
        raise SestonError(f"{path}: has no readable card ({error}); run again") from error


def read_text(path: Path) -> str:
    """Return a UTF-8 file's text."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SestonError(f"{path}: not readable ({error}); delete it and run again") from error
