"""Keeping an engine busy, with engines of paper."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from seston.runtime.engine import Rows, Stream, Tiles, embed_array, fill, regroup


class Paper:
    """Gives the first value of each tile; notes what is done, in which thread."""

    def __init__(self, batch_size: int = 4, depth: int = 2) -> None:
        self.batch_size, self.depth = batch_size, depth
        self.in_flight = self.most = 0
        self.threads: set[int] = set()
        self.sizes: list[int] = []

    def prepare(self, parts: Sequence[Tiles]) -> Tiles:
        self.threads.add(threading.get_ident())
        self.sizes.append(sum(map(len, parts)))
        return np.concatenate(parts)

    def submit(self, batch: Tiles) -> Callable[[], Rows]:
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)

        def collect() -> Rows:
            self.in_flight -= 1
            return batch[:, 0, 0, :1].astype(np.float16)

        return collect


def tiles(count: int) -> Tiles:
    return np.arange(count, dtype=np.uint8)[:, None, None, None].repeat(3, axis=3)


@pytest.mark.parametrize("count", [0, 1, 4, 5, 23])
@pytest.mark.parametrize("depth", [1, 3])
def test_rows_come_in_order_and_no_more_in_flight_than_allowed(count: int, depth: int) -> None:
    engine, source = Paper(depth=depth), tiles(count)
    blocks = [source[:1], source[1:3], source[3:3], source[3:]]  # as a writer may have cut them
    rows = [row for block in Stream(engine, blocks) for row in block]
    assert [int(row[0]) for row in rows] == list(range(count))
    assert engine.most == min(depth, -(-count // 4)) and engine.in_flight == 0
    assert sum(engine.sizes) == count and max(engine.sizes, default=0) <= 4
    assert threading.get_ident() not in engine.threads


def test_reading_goes_on_while_a_batch_is_computed() -> None:
    following = threading.Semaphore(0)  # counts the batches that are read after the first

    def blocks() -> Iterator[Tiles]:
        for start in range(0, 40, 4):
            yield tiles(40)[start : start + 4]
            following.release()

    class Patient(Paper):
        """Is ready with a batch only when the next one has been read."""

        def submit(self, batch: Tiles) -> Callable[[], Rows]:
            collect = super().submit(batch)

            def later() -> Rows:
                assert following.acquire(timeout=20), "nothing was read meanwhile"
                return collect()

            return later

    stream = Stream(Patient(depth=1), blocks())
    assert len(list(stream)) == 10
    assert 0 <= stream.waited <= stream.seconds


def test_time_without_data_is_counted() -> None:
    def blocks() -> Iterator[Tiles]:
        for _ in range(8):
            time.sleep(0.03)
            yield tiles(4)

    stream = Stream(Paper(), blocks())
    assert len(list(stream)) == 8 and stream.share_waited > 0.8


def test_what_fails_in_the_reading_thread_is_raised() -> None:
    def broken() -> Iterator[Tiles]:
        yield tiles(4)
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        list(Stream(Paper(), broken()))


def test_consumer_may_leave_early() -> None:
    engine = Paper()
    for _ in Stream(engine, [tiles(100)]):
        break
    assert len(engine.sizes) <= 6  # nothing is read for nobody


def test_batches_are_filled_over_the_ends_of_blocks() -> None:
    source = tiles(11)
    groups = list(regroup([source[:3], source[3:4], source[4:11]], 5))
    assert [[len(part) for part in group] for group in groups] == [[3, 1, 1], [5], [1]]
    assert all(np.shares_memory(part, source) for group in groups for part in group)
    batch = np.full((5, 1, 1, 3), 7, np.uint8)
    assert fill(batch, groups[0]) == 5 and batch[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4]
    assert fill(batch, groups[2]) == 1 and batch[:, 0, 0, 0].tolist() == [10, 0, 0, 0, 0]


def test_array_is_embedded_whole() -> None:
    assert embed_array(Paper(), tiles(9))[:, 0].tolist() == list(range(9))
