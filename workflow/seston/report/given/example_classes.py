"""Which class each of the examples shows: by its cluster, or by the label it was given."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from seston.labels.sets import labels_of
from seston.naming.names import unnamed
from seston.report.given.names import Names


def example_classes(
    examples: pd.DataFrame,
    images: pd.DataFrame,
    names: Names,
    level: str,
    labels: tuple[Path, ...] = (),
) -> list[str]:
    """Return the class of each example, as the tables of abundance call it; "" without one.

    Parameters
    ----------
    examples : pandas.DataFrame
        ``image_id`` and ``cluster``.
    images : pandas.DataFrame
        ``image_id`` and ``label``, as the instrument's own files have it.
    names : Names
    level : str
        ``"cluster"``, ``"coarse"``, ``"name"`` or ``"label"``.
    labels : tuple of pathlib.Path
        Tables of labels; they alone count where there are any.

    Raises
    ------
    SestonError
        If a table of labels is faulty.
    """
    if level == "label":
        told = images.set_index("image_id")["label"].astype(object)
        if labels:
            ids = pa.chunked_array([pa.array(images["image_id"], pa.string())])
            found, _ = labels_of(labels, ids)
            told = pd.Series(list(found.values()), images["image_id"].iloc[list(found)], object)
        return told.reindex(examples["image_id"]).fillna("").tolist()
    called: dict[str, Callable[[int], str]] = {
        "cluster": str,
        "coarse": lambda cluster: str(names.coarse.get(cluster, "")),
        "name": lambda cluster: names.names.get(cluster, unnamed(cluster)),
    }
    return [called[level](int(cluster)) for cluster in examples["cluster"]]
