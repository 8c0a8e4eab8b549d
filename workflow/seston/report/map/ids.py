"""Names of a million organisms in little space: their patterns once, their numbers as columns.

``SPC-0P5X-1527900390720214-2368.jpeg`` is a pattern, ``SPC-…P…X-…-….jpeg``, with numbers in the
gaps. Where names are not mostly numbers (hashes, words), they are kept as text.
"""

import json
import re
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston.report.map.columns import LEVEL, Blocks

#: Digits of one number at most: it must fit into 32 bits. A longer run of digits is several.
DIGITS = 9
#: With more patterns than this, names are not mostly numbers.
MOST_PATTERNS = 250
#: Stands for a number in a pattern; no file name can hold it.
_GAP = "\0"
_NUMBER = rf"\d{{1,{DIGITS}}}"


def encode_rois(rois: pa.Array, blocks: Blocks) -> dict[str, Any]:
    """Return how the page makes the names of all organisms within their samples.

    Parameters
    ----------
    rois : pyarrow.Array of string, length n
        What follows ``<sample>/`` in the ids, in their order.
    blocks : Blocks
        Takes in the columns.

    Returns
    -------
    dict
        Either `kind` "patterns", with ``patterns``: a list of ``{parts: [text, …], fields:
        [{numbers, width}, …]}``, and ``pattern``: a column with the pattern of each organism (None
        where there is only one). The name is ``parts[0] + number + parts[1] + …``. A field has one
        number for each organism of the pattern, in order (`numbers` is a column); it is filled up
        with zeros to `width`: a whole number (0 = as it is), or a column like `numbers`.

        Or `kind` "text", with ``block``: all names, a deflated JSON list.
    """
    shapes = pc.replace_substring_regex(rois, _NUMBER, _GAP).dictionary_encode()
    if len(shapes.dictionary) > MOST_PATTERNS:
        text = json.dumps(rois.to_pylist(), ensure_ascii=False, separators=(",", ":"))
        block = blocks.add("roi-text", zlib.compress(text.encode(), LEVEL))
        return {"kind": "text", "block": block}
    which = shapes.indices.to_numpy(zero_copy_only=False)
    patterns = [
        _pattern(shape.split(_GAP), rois.filter(pa.array(which == number)), f"roi-{number}", blocks)
        for number, shape in enumerate(shapes.dictionary.to_pylist())
    ]
    column = blocks.column("roi-pattern", which) if len(patterns) > 1 else None
    return {"kind": "patterns", "patterns": patterns, "pattern": column}


def _pattern(parts: list[str], rois: pa.Array, name: str, blocks: Blocks) -> dict[str, Any]:
    """Return one pattern with the numbers of all names that follow it."""
    fields = []
    if len(parts) > 1:
        gaps = [f"(?P<g{place}>{_NUMBER})" for place in range(len(parts) - 1)]
        known = map(re.escape, parts)
        regex = "(?s)^" + next(known) + "".join(map(str.__add__, gaps, known)) + "$"
        for place, digits in enumerate(pc.extract_regex(rois, regex).flatten()):
            numbers = pc.cast(digits, pa.int64()).to_numpy(zero_copy_only=False)
            column = _smaller(f"{name}-{place}", numbers, blocks)
            width = _width(digits, f"{name}-{place}-width", blocks)
            fields.append({"numbers": column, "width": width})
    return {"parts": parts, "fields": fields}


def _width(digits: pa.Array, name: str, blocks: Blocks) -> int | dict[str, Any]:
    """Return the width that gives the leading zeros back: the same for all if it can be."""
    lengths = pc.utf8_length(digits)
    ends = pc.min_max(lengths).as_py()
    if ends["min"] == ends["max"]:
        return int(ends["min"])
    padded = pc.and_(pc.starts_with(digits, "0"), pc.greater(lengths, 1))
    if not pc.any(padded).as_py():
        return 0
    return blocks.column(name, lengths.to_numpy(zero_copy_only=False))


def _smaller(name: str, values: npt.NDArray[np.int64], blocks: Blocks) -> dict[str, Any]:
    """Take in the numbers as they are or as differences, whichever is smaller."""
    ways = []
    for delta in (False, True):
        own = Blocks()
        ways.append((own.column(name, values, delta=delta), own))
    column, own = min(ways, key=lambda way: len(way[1].data[name][1]))
    blocks.data |= own.data
    return column
