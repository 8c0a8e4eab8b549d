"""Prepare the next batch while the current one is computed."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")
Loaded = TypeVar("Loaded")


class Ahead(Generic[Item, Loaded]):
    """Pairs of each item and what `load` gives for it, loaded one item ahead in a thread.

    Parameters
    ----------
    items : iterable
    load : callable
        Reads from disk, mostly; errors are raised where its item is asked for.

    Attributes
    ----------
    waited : float
        Seconds for which the consumer had to wait.
    """

    def __init__(self, items: Iterable[Item], load: Callable[[Item], Loaded]) -> None:
        self.items, self.load = items, load
        self.waited = 0.0

    def __iter__(self) -> Iterator[tuple[Item, Loaded]]:
        with ThreadPoolExecutor(1, "loading") as thread:
            current: tuple[Item, Future[Loaded]] | None = None
            for item in self.items:
                following = (item, thread.submit(self.load, item))
                if current is not None:
                    yield self._wait(*current)
                current = following
            if current is not None:
                yield self._wait(*current)

    def _wait(self, item: Item, coming: Future[Loaded]) -> tuple[Item, Loaded]:
        start = time.monotonic()
        loaded = coming.result()
        self.waited += time.monotonic() - start
        return item, loaded
