"""Keep every numerical library to the threads the scheduler gave to the job.

Two jobs that each start as many threads as the machine has cores spend most
of their time spinning: on two cores a k-means job took five times as long.
"""

import os

_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def limit_threads(count: int) -> None:
    """Set the thread counts in the environment, for libraries imported later.

    Parameters
    ----------
    count : int
        Threads the process may use, at least 1.
    """
    for name in _VARIABLES:
        os.environ[name] = str(count)
    # Idle OpenMP threads must sleep, not spin, where jobs share cores.
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    import pyarrow as pa

    pa.set_cpu_count(count)
    pa.set_io_thread_count(max(1, count))
