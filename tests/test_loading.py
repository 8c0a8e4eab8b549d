import threading
import time

import pytest

from seston.loading import Ahead


def test_items_come_in_order_with_what_was_loaded() -> None:
    assert list(Ahead(range(5), lambda n: n * n)) == [(n, n * n) for n in range(5)]
    assert list(Ahead([], lambda n: n)) == []


def test_the_next_is_loaded_while_this_one_is_used() -> None:
    loaded = [threading.Event() for _ in range(3)]

    def load(item: int) -> int:
        loaded[item].set()
        return item

    items = iter(Ahead(range(3), load))
    assert next(items) == (0, 0)
    assert loaded[1].wait(5)
    assert not loaded[2].is_set()  # one ahead, no more
    assert list(items) == [(1, 1), (2, 2)]


def test_waiting_is_counted_and_work_meanwhile_is_not() -> None:
    slow = Ahead(range(4), lambda item: time.sleep(0.05))
    list(slow)
    assert slow.waited > 0.15
    hidden = Ahead(range(4), lambda item: time.sleep(0.1))
    for _ in hidden:
        time.sleep(0.3)
    assert hidden.waited < 0.25  # the first, not all four


def test_errors_of_loading_reach_the_consumer() -> None:
    def load(item: int) -> int:
        if item == 2:
            raise OSError("gone")
        return item

    seen = []
    with pytest.raises(OSError, match="gone"):
        for item, _ in Ahead(range(4), load):
            seen.append(item)
    assert seen == [0, 1]
