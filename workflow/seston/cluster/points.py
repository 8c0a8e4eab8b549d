"""What is clustered: embeddings of all shards, seen through a space."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from seston.cluster.shards import EmbeddingShards
from seston.cluster.space import Space

Floats = npt.NDArray[np.float32]


class Points:
    """Embeddings on disk as the rows that centroids live among.

    Attributes
    ----------
    embeddings : EmbeddingShards
    space : Space
    dim : int
        Length of a row.
    names, counts, ids, order, fingerprint
        Those of the embeddings.

    Parameters
    ----------
    measured : ndarray of float32, shape (n, C), optional
        The measurements that the space asks for, in file order; NaN = missing.
    """

    def __init__(
        self, embeddings: EmbeddingShards, space: Space, measured: Floats | None = None
    ) -> None:
        if space.embedded != embeddings.dim:
            raise ValueError(
                f"a space for {space.embedded} numbers, embeddings of {embeddings.dim}"
            )
        self.embeddings, self.space = embeddings, space
        self.dim = space.dim
        self._measured = measured

    def __len__(self) -> int:
        return len(self.embeddings)

    @property
    def spherical(self) -> bool:
        """Rows have length 1."""
        return self.space.spherical

    @property
    def names(self) -> list[str]:
        """The shards, sorted."""
        return self.embeddings.names

    @property
    def counts(self) -> list[int]:
        """Rows of each shard."""
        return self.embeddings.counts

    @property
    def ids(self) -> pa.Array:
        """The ids, ascending."""
        return self.embeddings.ids

    @property
    def order(self) -> npt.NDArray[np.int64]:
        """File positions in ascending order of the ids."""
        return self.embeddings.order

    @property
    def fingerprint(self) -> str:
        """What made the embeddings."""
        return self.embeddings.fingerprint

    def blocks(self) -> Iterator[Floats]:
        """Yield all rows in file order, some at a time, as float32; the next may overwrite them."""
        start = 0
        for block in self.embeddings.blocks():
            stop = start + len(block)
            yield self.space.apply(
                block, None if self._measured is None else self._measured[start:stop]
            )
            start = stop

    def take(self, positions: npt.NDArray[np.int64]) -> Floats:
        """Return the rows at these file positions, as float32, in the order asked."""
        measured = None if self._measured is None else self._measured[positions]
        return self.space.apply(self.embeddings.take(positions), measured)

    def draw(self, count: int, generator: np.random.Generator) -> npt.NDArray[np.int64]:
        """Return the file positions of `count` rows drawn without return, by ascending id."""
        return self.embeddings.draw(count, generator)

    def where(self, position: int) -> tuple[str, str]:
        """Return the shard and the id of the row at a file position."""
        return self.embeddings.where(position)

    def require_usable(self) -> None:
        """Raise `SestonError` naming shard and id of rows that are not finite or all zero."""
        self.embeddings.require_usable()
