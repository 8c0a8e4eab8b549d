"""Progress of a long stage: lines in a log, a bar in a terminal."""

import logging
import sys
import time
from types import TracebackType

from tqdm import tqdm

log = logging.getLogger("seston")


class Progress:
    """Count what is done and say how fast and how long still.

    Parameters
    ----------
    total : int
        How many units there are to do.
    unit : str
        What is counted, in the plural: ``"images"``.
    every : float
        Seconds between two lines of the log.
    """

    def __init__(self, total: int, unit: str, every: float = 10.0) -> None:
        self.total, self.unit, self.every = total, unit, every
        self.done = 0
        self._start = self._last = time.monotonic()
        terminal = sys.stderr.isatty()
        self._bar = tqdm(total=total, unit=f" {unit}") if terminal else None

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        if error is None:
            seconds = max(time.monotonic() - self._start, 1e-9)
            rate = self.done / seconds
            log.info("%d %s in %.1f s (%.0f/s)", self.done, self.unit, seconds, rate)

    def add(self, count: int = 1) -> None:
        """Count `count` more units as done."""
        self.done += count
        if self._bar is not None:
            self._bar.update(count)
            return
        now = time.monotonic()
        if now - self._last < self.every:
            return
        self._last = now
        rate = self.done / (now - self._start)
        left = (self.total - self.done) / rate if rate > 0 else float("inf")
        log.info("%d of %d %s, %.0f/s, %.0f s left", self.done, self.total, self.unit, rate, left)
