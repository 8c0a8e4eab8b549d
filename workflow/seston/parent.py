"""A process that works for another one ends with it, even if that was killed."""

import os
from multiprocessing import parent_process
from threading import Thread


def end_with_parent() -> None:
    """End this process, started by `multiprocessing`, as soon as the one that started it is gone.

    The workers of a pool would wait for their next task for ever. Give it to the pool as
    `initializer`.
    """
    parent = parent_process()
    if parent is None:
        raise RuntimeError("multiprocessing did not start this process")

    def watch() -> None:
        parent.join()
        os._exit(1)  # nobody is left to tell; what is half-written has a temporary name

    Thread(target=watch, name="parent", daemon=True).start()
