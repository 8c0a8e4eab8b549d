"""A file of class scores, version 3.

Its parts are those that WHOI's classifier and SMHI's write, and pyifcb, the dashboard, iRfcb and
ClassiPyR read.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import numpy.typing as npt

#: What an image is called whose highest score is below the threshold.
UNCLASSIFIED = "unclassified"


class Scores(NamedTuple):
    """What a classifier says of the N images of a bin.

    Attributes
    ----------
    rois : ndarray of int32, shape (N,)
        Their numbers: rows of the ``.adc``, from 1.
    scores : ndarray of float32, shape (N, C)
    best : sequence of str, length N
        The class of the highest score.
    unsure : ndarray of bool, shape (N,)
        Which are below the threshold.
    """

    rois: npt.NDArray[np.int32]
    scores: npt.NDArray[np.float32]
    best: Sequence[str]
    unsure: npt.NDArray[np.bool_]


def write_class_file(
    path: Path,
    said: Scores,
    classes: Sequence[str],
    *,
    threshold: float,
    model: str,
    lid: str,
    taken: datetime,
) -> None:
    """Write the file of a bin.

    Parameters
    ----------
    path : pathlib.Path
    said : Scores
    classes : sequence of str, length C
    threshold : float
        Of the highest score, for all classes.
    model : str
        What tells the classifier from others.
    lid : str
        Name of the bin.
    taken : datetime
        When it was begun, UTC: the same file whenever it is written.
    """
    text = h5py.string_dtype()
    kept = [
        UNCLASSIFIED if unsure else name
        for name, unsure in zip(said.best, said.unsure.tolist(), strict=True)
    ]
    with h5py.File(path, "w") as file:
        about = file.create_dataset("metadata", data=h5py.Empty("f"))
        about.attrs["version"] = "v3"
        about.attrs["model_id"] = model
        about.attrs["timestamp"] = f"{taken:%Y-%m-%dT%H:%M:%S}Z"
        about.attrs["bin_id"] = lid
        file.create_dataset("output_scores", data=said.scores, compression="gzip")
        file.create_dataset("class_labels", data=list(classes), dtype=text)
        file.create_dataset("roi_numbers", data=said.rois, compression="gzip")
        file.create_dataset("classifier_name", data=[model], dtype=text)
        file.create_dataset("class_name_auto", data=list(said.best), dtype=text, compression="gzip")
        file.create_dataset("class_name", data=kept, dtype=text, compression="gzip")
        file.create_dataset("thresholds", data=np.full(len(classes), threshold))
