"""What an engine is, and how one is kept busy."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Tiles = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.float16]

#: Tiles at once on a CPU; what more of them need does not fit into a core's cache (64: 5 % slower).
CPU_BATCH = 16
#: Batches read in advance: one that is being read, one that lies ready.
AHEAD = 2


class Unavailable(Exception):
    """An engine that cannot be had on this machine; the message says what is missing."""


class Engine(Protocol):
    """A network on a device: tiles in, embeddings out, in batches of one size.

    The size of a batch is fixed and the last one is filled up, so that an
    embedding does not depend on which tiles are computed beside it.

    Attributes
    ----------
    batch_size : int
        Tiles computed at once.
    depth : int
        Batches it takes before the first must be fetched.
    """

    batch_size: int
    depth: int

    def prepare(self, parts: Sequence[Tiles]) -> Any:
        """Copy at most `batch_size` tiles to where `submit` takes them; runs in a thread."""

    def submit(self, batch: Any) -> Callable[[], Rows]:
        """Start a prepared batch; what is returned waits for its embeddings, (n, dim)."""


class Stream:
    """The embeddings of many tiles, block by block, in order.

    While a batch is computed a thread reads the next ones: reading releases
    the interpreter's lock when it waits for the disk.

    Parameters
    ----------
    engine : Engine
    blocks : iterable of ndarray (n, size, size, 3) of uint8
        Tiles as they lie in a memory-mapped file; blocks of any length.

    Attributes
    ----------
    waited, seconds : float
        Time for which no batch lay ready, and time in all, up to the last block.
    """

    def __init__(self, engine: Engine, blocks: Iterable[Tiles]) -> None:
        self.engine = engine
        self._groups = regroup(blocks, engine.batch_size)
        self.waited = self.seconds = 0.0

    @property
    def share_waited(self) -> float:
        """Share of the time in which there was no data to compute on, 0 to 1."""
        return self.waited / self.seconds if self.seconds else 0.0

    def __iter__(self) -> Iterator[Rows]:
        begun = time.perf_counter()
        computing: deque[Callable[[], Rows]] = deque()
        with ThreadPoolExecutor(1, "tiles") as reader:
            reading = deque(reader.submit(self._prepare) for _ in range(AHEAD))
            while reading or computing:
                if reading and len(computing) < self.engine.depth:
                    asked = time.perf_counter()
                    batch = reading.popleft().result()
                    self.waited += time.perf_counter() - asked
                    if batch is None:
                        reading.clear()
                        continue
                    reading.append(reader.submit(self._prepare))
                    computing.append(self.engine.submit(batch))
                else:
                    rows = computing.popleft()()
                    self.seconds = time.perf_counter() - begun
                    yield rows

    def _prepare(self) -> Any:
        parts = next(self._groups, None)
        return None if parts is None else self.engine.prepare(parts)


def regroup(blocks: Iterable[Tiles], size: int) -> Iterator[list[Tiles]]:
    """Yield views of the blocks, as lists of `size` tiles together; the last list has the rest.

    Blocks end where the writer of a file ended them. Without this each would
    end in a batch that is mostly filling.
    """
    parts: list[Tiles] = []
    count = 0
    for block in blocks:
        while len(block):
            parts.append(block[: size - count])
            block = block[len(parts[-1]) :]
            count += len(parts[-1])
            if count == size:
                yield parts
                parts, count = [], 0
    if parts:
        yield parts


def fill(batch: Tiles, parts: Sequence[Tiles]) -> int:
    """Copy tiles to the start of a batch, blacken the rest; return how many there are."""
    count = 0
    for part in parts:
        batch[count : count + len(part)] = part
        count += len(part)
    batch[count:] = 0
    return count


def embed_array(engine: Engine, tiles: Tiles) -> Rows:
    """Return the embeddings (n, dim) of tiles (n, size, size, 3), at least one."""
    return np.concatenate(list(Stream(engine, [tiles])))
