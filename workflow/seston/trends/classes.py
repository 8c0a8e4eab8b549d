"""What the images are counted as: clusters, their coarse groups, their names, or labels."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from seston.errors import SestonError
from seston.labels.sets import label_sets
from seston.naming.names import unnamed

Level = Literal["cluster", "coarse", "name", "label"]

UNLABELLED = "unlabelled"

#: Columns of the table of images that tell the class.
COLUMNS: dict[Level, list[str]] = {
    "cluster": ["cluster"],
    "coarse": ["cluster", "coarse"],
    "name": ["cluster", "name"],
    "label": ["image_id", "sample", "label"],
}


@dataclass(frozen=True)
class Classes:
    """The class of each of n images.

    Attributes
    ----------
    codes : ndarray of int64, shape (n,)
        Place of each image's class in `names`.
    names : list of str, length K
        What the classes are called, such as "12", "Dinobryon" or "cluster 12".
    of_cluster : ndarray of int64, or None
        Place of the class of each cluster from 0 to the last one with an image; -1 for one
        without. None for labels, which do not follow from clusters.
    """

    codes: npt.NDArray[np.int64]
    names: list[str]
    of_cluster: npt.NDArray[np.int64] | None


def classes_of(images: pa.Table, level: Level, labels: tuple[Path, ...] = ()) -> Classes:
    """Return the class of each image, at a level.

    Parameters
    ----------
    images : pyarrow.Table
        The table of images, with the columns `COLUMNS` of the level.
    level : {"cluster", "coarse", "name", "label"}
        Clusters and coarse groups stand in the order of their numbers. Clusters of one name
        are one class, in the order of their first, so largest, cluster; each cluster without
        a name is one for itself, as "cluster 12". Labels stand in the order of the alphabet,
        with the class "unlabelled" for images without one behind them.
    labels : tuple of Path
        Tables of labels; without any, those in the table of images.

    Raises
    ------
    SestonError
        If a table of labels is faulty.
    """
    if level == "label":
        return _labels(images, labels)
    cluster = images["cluster"].to_numpy()
    clusters, first, codes = np.unique(cluster, return_index=True, return_inverse=True)
    called = images[level].take(pa.array(first)).to_pylist()  # the same for all its images
    names: list[str]
    if level == "name":
        called = [name or unnamed(number) for number, name in zip(clusters, called, strict=True)]
        names = list(dict.fromkeys(called))
    else:
        called = [str(number) for number in called]
        names = sorted(set(called), key=int)
    place = np.array([names.index(name) for name in called], np.int64)
    of_cluster = np.full(cluster.max(initial=-1) + 1, -1)
    of_cluster[clusters] = place
    return Classes(place[codes], names, of_cluster)


def _labels(images: pa.Table, labels: tuple[Path, ...]) -> Classes:
    if not len(images):
        return Classes(np.zeros(0, np.int64), [], None)
    # Folders tell no classes here, so the place of an image in its sample is not looked at.
    sets = label_sets(images.append_column("roi", images["image_id"]), (), labels)
    if not sets:  # nobody labelled anything
        return Classes(np.zeros(len(images), np.int64), [UNLABELLED], None)
    codes, names = sets[-1].codes, [*sets[-1].classes]  # the table of labels, where there is one
    if (codes < 0).any() and UNLABELLED not in names:
        names.append(UNLABELLED)
    if UNLABELLED in names:
        codes = np.where(codes < 0, names.index(UNLABELLED), codes)
    return Classes(codes, names, None)


def require_labels(images: Path, classes: Classes) -> None:
    """Raise `SestonError` if labels were asked for, and no image has one."""
    if not set(classes.names) - {UNLABELLED}:
        raise SestonError(
            f"trends.level is label, but no image of {images} has a label:"
            " give a table of labels as labels.file, or choose cluster, coarse or name"
        )
