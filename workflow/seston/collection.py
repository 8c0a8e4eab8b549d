"""All tiles of a run as one sequence, and fair choices from them."""

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.arrays import ArrayFile
from seston.errors import SestonError


def choose_images(
    samples: npt.NDArray, most: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Return at most `most` positions in random order, evenly over the samples.

    Every sample gives the same number while it has them, so that a bloom does
    not own the training.

    Parameters
    ----------
    samples : ndarray
        Sample of each image: names, or (faster) whole numbers from 0.
    """
    order = rng.permutation(len(samples))
    if most >= len(samples):
        return order
    codes = samples if samples.dtype.kind in "iu" else np.unique(samples, return_inverse=True)[1]
    codes = codes[order]
    # rank[i]: how many of the same sample come before i in the random order
    grouped = np.argsort(codes, kind="stable")
    counts = np.bincount(codes)
    first = np.cumsum(counts) - counts
    rank = np.empty(len(order), np.int64)
    rank[grouped] = np.arange(len(order)) - np.repeat(first, counts)
    return rng.permutation(order[np.argsort(rank, kind="stable")[:most]])


class Tiles:
    """The tiles of all shards as one sequence, in the order of the shards.

    A tile costs a few bytes of memory; pixels and ids stay in the files.

    Attributes
    ----------
    size : int
        Side of a tile in pixels.
    fingerprint : str
        How the tiles were made.
    sample_names : ndarray of str
        The samples there are.
    sample_codes : ndarray of int32
        Place of each tile's sample in `sample_names`.
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
        chunks = [chunk for file in self.files for chunk in file.ids.chunks]
        self._ids = pa.chunked_array(chunks, pa.string())
        self.sample_names, self.sample_codes = _samples(chunks)
        digest = hashlib.sha256(self.fingerprint.encode())
        for chunk in chunks:
            digest.update("\n".join(["", *chunk.to_pylist()]).encode())
        self.digest = digest.hexdigest()

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def ids(self) -> npt.NDArray[np.str_]:
        """Ids of all tiles as one array: some hundred bytes each; see `ids_at`."""
        return np.array(self._ids.to_pylist(), dtype=np.str_)

    @property
    def samples(self) -> npt.NDArray[np.str_]:
        """Sample of each tile by name; `sample_codes` is smaller."""
        return self.sample_names[self.sample_codes]

    def ids_at(self, positions: npt.NDArray[np.int64]) -> list[str]:
        """Return the ids of the tiles at these positions."""
        return self._ids.take(pa.array(positions)).to_pylist()

    def positions(self, ids: pa.Array) -> npt.NDArray[np.int64]:
        """Return the position of the tile of each id; -1 where there is none."""
        return pc.fill_null(pc.index_in(ids, self._ids), -1).to_numpy().astype(np.int64)

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


def _samples(chunks: list[pa.Array]) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.int32]]:
    """Return the samples of ids, and each id's place among them, chunk by chunk."""
    places: dict[str, int] = {}
    codes = [np.empty(0, np.int32)]
    for ids in chunks:
        sample = pc.replace_substring_regex(ids, "(?s)/.*", "").dictionary_encode()
        known = [places.setdefault(name, len(places)) for name in sample.dictionary.to_pylist()]
        codes.append(np.array(known, np.int32)[sample.indices.to_numpy()])
    return np.array(list(places), dtype=np.str_), np.concatenate(codes)


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
