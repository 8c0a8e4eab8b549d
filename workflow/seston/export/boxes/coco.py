"""Boxes as one JSON file in the format of COCO.

Source: https://cocodataset.org/#format-data (object detection).
"""

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from seston import __version__

#: Bytes that wait in memory before they go to a file of the system.
_HELD = 1 << 22


class Coco:
    """Write ``coco.json`` as pictures and boxes come.

    Parameters
    ----------
    path : pathlib.Path
    categories : sequence of str
        Numbered from 1 in the file.
    """

    def __init__(self, path: Path, categories: Sequence[str]) -> None:
        self._path, self._categories = path, categories
        self._pictures, self._boxes = 0, 0
        self._waiting = tempfile.SpooledTemporaryFile(max_size=_HELD)  # noqa: SIM115 - see exit

    def __enter__(self) -> "Coco":
        self._file = self._path.open("wb")
        about = {"description": "organisms found by Seston", "version": __version__}
        self._file.write(b'{"info": ' + _json(about) + b',\n"images": [')
        return self

    def picture(self, name: str, width: int, height: int) -> None:
        """Add a picture; the boxes that follow are in it."""
        self._file.write(b",\n" if self._pictures else b"\n")
        self._pictures += 1
        told = {"id": self._pictures, "file_name": name, "width": width, "height": height}
        self._file.write(_json(told))

    def box(self, image_id: str, category: int, box: Sequence[int]) -> None:
        """Add an organism.

        Parameters
        ----------
        image_id : str
            Its id; kept as a key of its own, which other programs pass over.
        category : int
            Place among the categories, from 0.
        box : sequence of int
            Left, top, width, height in px; the corner of the first pixel is 0.
        """
        self._waiting.write(b",\n" if self._boxes else b"\n")
        self._boxes += 1
        told = {
            "id": self._boxes,
            "image_id": self._pictures,
            "category_id": category + 1,
            "bbox": list(box),
            "area": box[2] * box[3],
            "iscrowd": 0,
            "seston_image_id": image_id,
        }
        self._waiting.write(_json(told))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file, self._waiting:
            if error is None:
                self._file.write(b'\n],\n"annotations": [')
                self._waiting.seek(0)
                shutil.copyfileobj(self._waiting, self._file, _HELD)
                named = [
                    {"id": number, "name": name, "supercategory": "organism"}
                    for number, name in enumerate(self._categories, start=1)
                ]
                self._file.write(b'\n],\n"categories": ' + _json(named) + b"\n}\n")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
