"""A second process that draws beside the first: matplotlib keeps one processor busy, not two."""

from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from types import TracebackType
from typing import Any, Self, TypeVar

from seston.parent import end_with_parent

Done = TypeVar("Done")


class Companion:
    """Does what it is asked, in turn; with one thread there is none, and all is done here.

    Left without an error, it waits for all that was asked and raises what failed.
    """

    def __init__(self, threads: int = 1) -> None:
        self._pool: ProcessPoolExecutor | None = None
        if threads > 1:
            spawn = get_context("spawn")
            self._pool = ProcessPoolExecutor(1, spawn, initializer=end_with_parent)
        self._asked: list[Future[Any]] = []

    def ask(self, work: Callable[..., Done], *given: Any) -> Future[Done]:
        """Have a function of a module called; it, its arguments and its result are pickled."""
        if self._pool is not None:
            asked = self._pool.submit(work, *given)
        else:
            asked = Future()
            asked.set_result(work(*given))
        self._asked.append(asked)
        return asked

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                for one in self._asked:
                    one.result()
        finally:
            if self._pool is not None:
                self._pool.shutdown(cancel_futures=True)
