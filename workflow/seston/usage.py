"""What a stage cost: processor time and memory, as the kernel counted them."""

import re
import resource
import sys
from pathlib import Path


def usage() -> tuple[float, float]:
    """Return CPU-seconds of this process and its ended children, and the peak MB of the largest.

    Snakemake's benchmarks look every 30 seconds once a job has run for 15, and know nothing of
    what came after their last look.
    """
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    seconds = sum(each.ru_utime + each.ru_stime for each in (own, children))
    unit = 1 / 1024 if sys.platform == "darwin" else 1  # macOS counts bytes, Linux KiB
    return seconds, max(_own_peak(own.ru_maxrss * unit), children.ru_maxrss * unit) / 1024


def _own_peak(counted: float) -> float:
    """Return this process's peak in KiB; what Linux counts may be of the process it came from."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return float(found[1]) if found else counted
