"""Keep every numerical library to the threads the scheduler gave to the job.

Two jobs that each start as many threads as the machine has cores spend most
of their time spinning: on two cores a k-means job took five times as long.
"""

import os
from contextlib import suppress
from pathlib import Path

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
    choose_kernels()
    # Read when OpenCV is first used; its import would cost every stage, even those without it.
    os.environ["OPENCV_FOR_THREADS_NUM"] = str(count)
    import pyarrow as pa

    pa.set_cpu_count(count)
    pa.set_io_thread_count(max(1, count))


def choose_kernels(cpuinfo: Path = Path("/proc/cpuinfo")) -> None:
    """Name the processor to OpenBLAS where it has AVX-512, unless the user has named one.

    The OpenBLAS inside faiss (0.3.15) does not know processors that came after it and gives
    them its oldest kernels: k-means took 3 times as long on Sapphire Rapids, 1.6 on Zen 5.
    """
    with suppress(OSError):  # not Linux: nothing to mend
        if "avx512f" in cpuinfo.read_text():
            os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")
