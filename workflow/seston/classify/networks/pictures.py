"""The tiles of labelled organisms as a network sees them: turned and relit, or whole."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch import Tensor

from seston.augment import Crop, background, cropped, draw
from seston.batches import derived_seed
from seston.collection import Tiles
from seston.errors import SestonError
from seston.models.backbones import images_of

#: Gentler than without labels: what a crop leaves out may be what tells the class.
AREA = (0.7, 1.0)
LIGHT = 0.2
#: Tiles that are computed at once without gradient.
BATCH = 128

Places = npt.NDArray[np.int64]


class Pictures:
    """The tiles of the organisms of a manifest.

    Parameters
    ----------
    folder : pathlib.Path
        Of the tiles.
    shards : list of str
    ids : pyarrow.Array of string
        The organisms, in the order of the manifest.
    device : torch.device

    Raises
    ------
    SestonError
        If an organism has no tile.
    """

    def __init__(
        self, folder: Path, shards: list[str], ids: pa.Array, device: torch.device
    ) -> None:
        self.tiles, self.device = Tiles(folder, shards), device
        self.crop = Crop(self.tiles.size, AREA, light=LIGHT)
        self._positions = self.tiles.positions(ids)
        absent = np.flatnonzero(self._positions < 0)
        if len(absent):
            raise SestonError(
                f"{folder}: no tile of {len(absent)} labelled organisms, such as"
                f" {ids[int(absent[0])].as_py()}; the labels are of another run: make them again"
            )

    def crops(self, rows: Places, seed: int, step: int) -> Tensor:
        """Return a random crop of each of these rows, (n, 3, size, size); the step decides it."""
        images = self._images(rows)
        generator = torch.Generator().manual_seed(derived_seed(seed, step))
        draws = draw(len(rows), self.crop, generator)
        return cropped(images, self.crop, draws, background(images))

    def whole(self, rows: Places) -> Iterator[Tensor]:
        """Yield the tiles of these rows as they are, in batches."""
        for start in range(0, len(rows), BATCH):
            yield self._images(rows[start : start + BATCH])

    def _images(self, rows: Places) -> Tensor:
        tiles = torch.from_numpy(self.tiles.take(self._positions[rows]))
        return images_of(tiles.to(self.device))
