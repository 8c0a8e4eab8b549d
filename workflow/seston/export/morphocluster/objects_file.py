"""Pictures of organisms with their index, as MorphoCluster's `load-objects` reads them."""

import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from seston.cluster.shards import EmbeddingShards
from seston.errors import SestonError
from seston.export.morphocluster.tree_file import Rows
from seston.export.organisms import Organisms
from seston.export.png import deflated
from seston.export.zip_entry import zip_entry
from seston.progress import Progress

INDEX = "index.csv"


def write_objects(
    organisms: Organisms,
    embeddings: EmbeddingShards,
    chosen: npt.NDArray[np.int64],
    assigned: Rows,
    path: Path,
) -> npt.NDArray[np.int64]:
    """Write the pictures, and note the cluster of each.

    Parameters
    ----------
    organisms : Organisms
        With ``image_id`` and ``cluster``.
    embeddings : EmbeddingShards
        Of the same organisms.
    chosen : ndarray of int64, shape (n,)
        Places in the order of the ids, ascending.
    assigned : Rows
        To it ids and clusters are added.
    path : pathlib.Path
        The archive.

    Returns
    -------
    ndarray of int64
        Images of the clusters 0, 1, … among them.

    Raises
    ------
    SestonError
        If images, crops and embeddings are not of the same organisms.
    """
    sizes = np.zeros(0, np.int64)
    with (
        Rows(("object_id", "path")) as index,
        zipfile.ZipFile(path, "w") as archive,
        Progress(len(organisms), "organisms") as progress,
    ):
        for part in organisms.parts():
            ids = part.table["image_id"]
            if not ids.equals(pa.chunked_array([embeddings.ids.slice(part.first, len(ids))])):
                raise SestonError(
                    f"the table of images and the embeddings do not hold the same images, from"
                    f" {ids[0]} on; one of them is out of date: delete both and run again"
                )
            first, last = np.searchsorted(chosen, (part.first, part.first + len(ids)))
            places = (chosen[first:last] - part.first).tolist()
            taken = part.table.take(pa.array(places, pa.int64()))
            # By number: names of files may hold what other systems do not take.
            files = [f"{part.sample}/{part.place + place + 1:06d}.png" for place in places]
            for file, place in zip(files, places, strict=True):
                archive.writestr(zip_entry(file), deflated(part.pictures[place]))
            named, clusters = taken["image_id"].to_pylist(), taken["cluster"].to_pylist()
            index.add(zip(named, files, strict=True))
            assigned.add(zip(named, clusters, strict=True))
            counts = np.bincount(np.array(clusters, np.int64), minlength=len(sizes))
            counts[: len(sizes)] += sizes
            sizes = counts
            progress.add(len(ids))
        index.into(archive, INDEX)
    return sizes
