"""Boxes as one text file a picture, in the format of YOLO.

Source: https://docs.ultralytics.com/datasets/detect/ (a line has the class from 0, then middle,
width and height as shares of the picture). Pictures are not copied; see docs/exports-boxes.md.
"""

import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from seston import store
from seston.errors import SestonError


class Yolo:
    """Write ``labels/``, ``classes.txt`` and ``data.yaml`` into a folder.

    Parameters
    ----------
    folder : pathlib.Path
    categories : sequence of str
    """

    def __init__(self, folder: Path, categories: Sequence[str]) -> None:
        self._labels, self._named = folder / "labels", dict[str, str]()
        self._labels.mkdir(parents=True)
        store.write_text("".join(f"{name}\n" for name in categories), folder / "classes.txt")
        # JSON is YAML; names may hold what YAML would take for something else.
        names = json.dumps(list(categories), ensure_ascii=False)
        about = f"train: images\nval: images\nnc: {len(categories)}\nnames: {names}\n"
        store.write_text(about, folder / "data.yaml")

    def picture(
        self,
        name: str,
        size: tuple[int, int],
        categories: npt.NDArray[np.int64],
        boxes: npt.NDArray[np.int64],
    ) -> None:
        """Write the boxes of a picture.

        Parameters
        ----------
        name : str
            Of the picture, with the folder of its sample before it.
        size : (int, int)
            Width and height, px.
        categories : ndarray of int64, (n,)
        boxes : ndarray of int64, (n, 4)
            Left, top, width, height, px.

        Raises
        ------
        SestonError
            If another picture has the same name but for its ending.
        """
        place = PurePosixPath(name).with_suffix(".txt")
        first = self._named.setdefault(str(place).casefold(), name)
        if first != name:
            raise SestonError(
                f"{first} and {name}: YOLO tells pictures by their names without the ending, and"
                " not by capitals on some disks; rename one and run again, or set"
                " export.boxes.formats to [coco]"
            )
        middle = (boxes[:, :2] + boxes[:, 2:] / 2) / size
        shares = np.hstack([middle, boxes[:, 2:] / size])
        lines = [
            f"{category} " + " ".join(f"{share:.9f}" for share in row)
            for category, row in zip(categories.tolist(), shares.tolist(), strict=True)
        ]
        path = self._labels / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([*lines, ""]), encoding="utf-8", newline="\n")
