"""Pictures of chosen images, many on one sheet."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.arrays import ArrayFile
from seston.errors import SestonError
from seston.report.map.sheets import encode_sheet, side_of

#: Pictures in a row of a sheet.
COLUMNS = 8


class Pictures:
    """The tiles of all images, memory-mapped, by the row of the image.

    Attributes
    ----------
    side : int
        Of a picture on a sheet, px.

    Parameters
    ----------
    tiles_dir : Path
        Folder with one ``<shard>.arrow`` per shard.
    shards : list of str
    ids : pyarrow.ChunkedArray of string
        Of all images.

    Raises
    ------
    SestonError
        If a file is missing or damaged, or an image has no tile.
    """

    def __init__(self, tiles_dir: Path, shards: list[str], ids: pa.ChunkedArray) -> None:
        paths = [tiles_dir / f"{shard}.arrow" for shard in sorted(shards)]
        store.common_fingerprint(paths)
        self._files = [ArrayFile(path, "tiles") for path in paths]
        self._starts = np.cumsum([0, *map(len, self._files)])
        held = pa.chunked_array(
            [chunk for file in self._files for chunk in file.ids.chunks], pa.string()
        )
        places = pc.index_in(ids, value_set=held)
        if places.null_count:
            lost = ids.filter(pc.is_null(places))[0].as_py()
            raise SestonError(
                f"{tiles_dir}: no tile of image {lost}, which the table of images has; one of them"
                " is out of date: run the workflow again"
            )
        self._places = places.to_numpy()
        self.side = side_of(self._files[0].shape[0])

    def take(self, rows: npt.NDArray[np.integer]) -> npt.NDArray[np.uint8]:
        """Return the tiles (n, side, side, 3) of the images at these rows, in the order asked."""
        places = self._places[rows]
        which = np.searchsorted(self._starts, places, side="right") - 1
        out = np.empty((len(rows), *self._files[0].shape), np.uint8)
        for file in np.unique(which):
            mine = which == file
            out[mine] = self._files[file].take(places[mine] - self._starts[file])
        return out

    def sheet(self, rows: npt.NDArray[np.integer]) -> bytes:
        """Return a WebP of the images at these rows (one or more), `COLUMNS` beside each other."""
        return encode_sheet(self.take(rows), self.side, COLUMNS)
