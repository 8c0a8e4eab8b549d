"""All tiles of a run as one sequence, and fair choices from them."""

from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seston import store
from seston.arrays import ArrayFile
from seston.errors import SestonError


def choose_images(
    samples: npt.NDArray[np.str_], most: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Return at most `most` positions in random order, evenly over the samples.

    Every sample gives the same number while it has them, so that a bloom does
    not own the training.
    """
    order = rng.permutation(len(samples))
    if most >= len(samples):
        return order
    seen: Counter[str] = Counter()
    rank = np.empty(len(samples), np.int64)
    for place, position in enumerate(order):
        rank[place] = seen[samples[position]]
        seen[samples[position]] += 1
    return rng.permutation(order[np.argsort(rank, kind="stable")[:most]])


class Tiles:
    """The tiles of all shards as one sequence, in the order of the shards.

    Attributes
    ----------
    ids, samples : ndarray of str
        Of each tile.
    size : int
        Side of a tile in pixels.
    fingerprint : str
        How the tiles were made.
    digest : str
        Of the fingerprint and all ids.

    Raises
    ------
    SestonError
        If the shards were made in different ways.
    """

    def __init__(self, folder: Path, shards: list[str]) -> None:
        paths = [folder / f"{shard}.arrow" for shard in sorted(shards)]
        self.files = [ArrayFile(path, "tiles") for path in paths]
        self.fingerprint = store.common_fingerprint(paths)
        self.size = self.files[0].shape[0]
        self._starts = np.cumsum([0, *map(len, self.files)])
        ids = [one for file in self.files for one in file.ids.to_pylist()]
        self.ids = np.array(ids, dtype=np.str_)
        self.samples = np.array([one.partition("/")[0] for one in ids], dtype=np.str_)
        self.digest = store.fingerprint(self.fingerprint, "\n".join(ids).encode())

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """Return the tiles at these positions, (n, size, size, 3), in the order asked."""
        out = np.empty((len(positions), self.size, self.size, 3), np.uint8)
        which = np.searchsorted(self._starts, positions, side="right") - 1
        for file in np.unique(which):
            mine = which == file
            out[mine] = self.files[file].take(positions[mine] - self._starts[file])
        return out

    def require_fit(self, model: Path, image_size: int, trained_on: str | None) -> None:
        """Raise `SestonError` unless the model takes these tiles; see `require_fit`."""
        require_fit(self.files[0], model, image_size, trained_on)


def require_fit(tiles: ArrayFile, model: Path, image_size: int, trained_on: str | None) -> None:
    """Raise `SestonError` unless the model takes tiles of this size, made in this way.

    Parameters
    ----------
    tiles : ArrayFile
    model : pathlib.Path
        For the message.
    image_size : int
        Side of the tiles the model takes.
    trained_on : str or None
        Fingerprint of the tiles it was trained on; None: it takes any.
    """
    if tiles.shape[0] != image_size:
        raise SestonError(
            f"{tiles.path}: tiles of {tiles.shape[0]} px, but {model} takes {image_size} px;"
            " make the model again for this tiles.size"
        )
    if trained_on not in (None, tiles.fingerprint):
        raise SestonError(
            f"{tiles.path} (fingerprint {tiles.fingerprint[:12]}): not made like the tiles that"
            f" {model} was trained on ({trained_on[:12]}); make the tiles or the model again"
        )
