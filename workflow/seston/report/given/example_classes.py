"""Which class each of the examples shows: by its cluster, or by the label it was given."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from seston.labels.table import read_labels
from seston.naming.names import unnamed
from seston.report.given.names import Names


def example_classes(
    examples: pd.DataFrame,
    images: pd.DataFrame,
    names: Names,
    level: str,
    labels: Path | None = None,
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
    labels : pathlib.Path or None
        A table of labels; it alone counts where it is given.

    Raises
    ------
    SestonError
        If the table of labels is faulty.
    """
    if level == "label":
        told = pd.Series(
            read_labels(labels) if labels else images.set_index("image_id")["label"], dtype=object
        )
        return told.reindex(examples["image_id"]).fillna("").tolist()
    called: dict[str, Callable[[int], str]] = {
        "cluster": str,
        "coarse": lambda cluster: str(names.coarse.get(cluster, "")),
        "name": lambda cluster: names.names.get(cluster, unnamed(cluster)),
    }
    return [called[level](int(cluster)) for cluster in examples["cluster"]]
