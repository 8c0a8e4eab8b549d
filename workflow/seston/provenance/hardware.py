"""What the machine is that a job runs on, as far as it can be known without asking a driver."""

import os
import platform
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np


def hardware() -> dict[str, Any]:
    """Return ``system``, ``cpu``, ``cores``, ``memory_gb``, ``gpus`` and ``blas``.

    ``cores`` are those of the machine; the kernel names NVIDIA's ``gpus``, whether or not this job
    was given one. No names of hosts or users.
    """
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": processor(),
        "cores": os.cpu_count(),
        "memory_gb": memory_gb(),
        "gpus": gpus(),
        "blas": blas(),
    }


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return the processor's name."""
    with suppress(OSError):  # not Linux
        found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def memory_gb() -> float | None:
    """Return the machine's memory in GB (10^9 bytes); None: not known."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (ValueError, OSError):
        return None


def gpus(driver: Path = Path("/proc/driver/nvidia/gpus")) -> list[str]:
    """Return the names of NVIDIA's GPUs, sorted."""
    texts = [path.read_text() for path in driver.glob("*/information")]
    found = [re.search(r"^Model:\s*(.+)$", text, re.MULTILINE) for text in texts]
    return sorted(model[1].strip() for model in found if model)


def blas() -> str:
    """Return the linear algebra behind numpy, with its version."""
    told = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{told['name']} {told['version']}"
